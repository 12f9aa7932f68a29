"use strict";
// Columns sort by their numbers where they have some, else by their words; long tables filter.
for (const table of document.querySelectorAll(".table table")) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const order = [...body.rows];
  if (order.length < 3) continue;
  const value = (row, at) => {
    const cell = row.cells[at];
    if (!cell) return null;
    const number = parseFloat(cell.dataset.v ?? "");
    return Number.isNaN(number) ? cell.textContent.trim() || null : number;
  };
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.setAttribute("aria-label", "Sort by " + head.textContent);
    head.append(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: null }[head.ariaSort] ?? (head.ariaSort ? null : "ascending");
      for (const other of heads) other.removeAttribute("aria-sort");
      const rows = [...order];
      if (next) {
        head.ariaSort = next;
        const way = next === "ascending" ? 1 : -1;
        rows.sort((a, b) => {
          const x = value(a, at), y = value(b, at);
          if (x === null || y === null) return (x === null) - (y === null);
          if (typeof x === typeof y && typeof x === "number") return way * (x - y);
          return way * String(x).localeCompare(String(y), "en", { numeric: true });
        });
      }
      body.append(...rows);
    });
  });
  if (order.length > 11) {
    const find = document.createElement("input");
    find.type = "search";
    find.className = "find";
    find.placeholder = "Filter rows";
    find.setAttribute("aria-label", "Filter rows of: " + table.caption.textContent);
    find.addEventListener("input", () => {
      const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of order) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
    });
    table.closest(".table").prepend(find);
  }
}
// Data that is carried compressed unpacks when it is asked for.
for (const link of document.querySelectorAll("a[data-z]")) {
  link.addEventListener("click", async (event) => {
    if (typeof DecompressionStream === "undefined") return;
    event.preventDefault();
    const bytes = Uint8Array.from(atob(link.dataset.z), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const address = URL.createObjectURL(new Blob([await new Response(stream).blob()], { type: "text/csv" }));
    const get = document.createElement("a");
    get.href = address;
    get.download = link.download;
    get.click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  });
}
// A figure opens large, and its drawing downloads.
const large = document.createElement("dialog");
large.setAttribute("aria-label", "Figure");
const picture = document.createElement("img"), close = document.createElement("button");
close.type = "button";
close.textContent = "Close";
close.addEventListener("click", () => large.close());
large.addEventListener("click", (event) => event.target === close || large.close());
large.append(picture, close);
document.body.append(large);
for (const image of document.querySelectorAll("figure img")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "enlarge";
  button.setAttribute("aria-label", "Enlarge: " + image.alt);
  image.replaceWith(button);
  button.append(image);
  button.addEventListener("click", () => {
    picture.src = image.src;
    picture.alt = image.alt;
    large.showModal();
  });
  const get = button.closest("figure").querySelector(".get"), link = document.createElement("a");
  if (get) {
    link.href = image.src;
    link.download = button.closest("figure").id + ".svg";
    link.textContent = "SVG";
    get.append(" ", link);
  }
}
