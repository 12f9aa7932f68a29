// Opens a report in headless Chromium and holds it to what it promises: no error, no request to
// the network, no violation that axe finds in light, dark and at a phone's width, tables that sort
// and filter, figures that open, nothing wider than a phone, a PDF without a cut figure, and under
// 5 MB. Exit code 1 if any of it fails.
//
//   node check.mjs REPORT.html [FOLDER FOR SCREENSHOTS]

import { createRequire } from "node:module";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [report, shots] = process.argv.slice(2);
const require = createRequire(join(process.env.REPORT_CHECK_MODULES, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const faults = [];
const say = (holds, words) => {
  console.log(`${holds ? "ok  " : "FAIL"} ${words}`);
  if (!holds) faults.push(words);
};

const megabytes = statSync(report).size / 1e6;
say(megabytes < 5, `size ${megabytes.toFixed(2)} MB`);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const views = [
  ["desktop", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
  ["dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
  ["phone", { viewport: { width: 375, height: 740 }, colorScheme: "light", isMobile: true, hasTouch: true }],
];
for (const [name, options] of views) {
  // The page's own policy would keep axe out; that nothing is fetched is watched all the same.
  const context = await browser.newContext({ ...options, bypassCSP: true });
  // On a busy machine a large report takes its time.
  context.setDefaultTimeout(300_000);
  const page = await context.newPage();
  const requests = [], errors = [];
  page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || requests.push(request.url()));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(pathToFileURL(resolve(report)).href, { waitUntil: "load" });
  await page.addScriptTag({ content: axe });
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of found.violations) {
    console.log(`  ${violation.id} (${violation.impact}): ${violation.help}`);
    for (const node of violation.nodes.slice(0, 3)) console.log(`    ${node.html.slice(0, 200)}`);
  }
  say(found.violations.length === 0, `${name}: ${found.violations.length} violations, ${found.passes?.length ?? 0} rules passed`);
  say(requests.length === 0, `${name}: ${requests.length} requests to a network ${requests.slice(0, 3)}`);
  say(errors.length === 0, `${name}: ${errors.length} errors ${errors.slice(0, 3)}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  say(wide <= 0, `${name}: the page is ${wide > 0 ? `${wide} px wider than` : "no wider than"} the screen`);
  if (name === "desktop") await behaves(page);
  if (shots) {
    mkdirSync(shots, { recursive: true });
    // A page as long as a report is more than one picture holds: the beginning of every part.
    for (const id of await page.evaluate(() => [...document.querySelectorAll("main section[id]")].map((one) => one.id))) {
      await page.evaluate((id) => document.getElementById(id).scrollIntoView(), id);
      await page.screenshot({ path: join(shots, `${name}-${id}.png`), timeout: 120_000 });
    }
  }
  await context.close();
}

// With its policy in force: the page works, and prints.
const page = await browser.newPage();
page.setDefaultTimeout(300_000);
const errors = [];
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
page.on("pageerror", (error) => errors.push(String(error)));
await page.goto(pathToFileURL(resolve(report)).href, { waitUntil: "load" });
say(errors.length === 0, `under its own policy: ${errors.length} errors ${errors.slice(0, 3)}`);
const files = await page.evaluate(() => [...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"))
  .filter((href) => !/^(#|data:|https:)/.test(href)));
const absent = files.filter((file) => !existsSync(join(dirname(resolve(report)), file)));
say(absent.length === 0, `${files.length} links to files beside the page, ${absent.length} lead nowhere ${absent.slice(0, 3)}`);
await downloads(page);
await page.emulateMedia({ media: "print" });
const tall = await page.evaluate(() => {
  // A page of A4 within its margins, in CSS pixels.
  const most = ((297 - 36) / 25.4) * 96;
  return [...document.querySelectorAll("figure")].filter((one) => one.getBoundingClientRect().height > most).length;
});
say(tall === 0, `print: ${tall} figures taller than a page`);
// The width of A4 within its margins.
await page.setViewportSize({ width: Math.floor(((210 - 32) / 25.4) * 96), height: 987 });
const cut = await page.evaluate(() => {
  const most = document.documentElement.clientWidth;
  return [...document.querySelectorAll("table, pre, figure")]
    .filter((one) => one.getBoundingClientRect().right > most + 1)
    .map((one) => (one.caption ?? one).textContent.trim().slice(0, 60));
});
say(cut.length === 0, `print: ${cut.length} tables or figures wider than a page ${cut.slice(0, 4)}`);
const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true });
const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
say(pages > 0, `print: ${pages} pages of PDF`);
if (shots) writeFileSync(join(shots, "report.pdf"), pdf);
await browser.close();
if (faults.length) {
  console.log(`${faults.length} of the promises fail`);
  process.exit(1);
}

// What is carried compressed comes out as text, as many lines as the file beside the page has.
async function downloads(page) {
  const link = page.locator("a[data-z]").first();
  if (!(await link.count())) return;
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 20_000 }), link.click()]);
  const lines = (text) => text.trimEnd().split("\n").length;
  const got = lines(readFileSync(await download.path(), "utf8"));
  const file = join(dirname(resolve(report)), await link.getAttribute("href"));
  const wanted = existsSync(file) && statSync(file).isFile() ? lines(readFileSync(file, "utf8")) : got;
  say(got > 1 && got === wanted, `data downloads as ${download.suggestedFilename()}: ${got} lines of ${wanted}`);
}

async function behaves(page) {
  const sorted = await page.evaluate(() => {
    for (const table of document.querySelectorAll(".table table")) {
      for (const [at, head] of [...table.tHead.rows[0].cells].entries()) {
        const button = head.querySelector("button");
        const numbers = () => [...table.tBodies[0].rows].map((row) => parseFloat(row.cells[at]?.dataset.v ?? "NaN"));
        const before = numbers();
        if (!button || before.some(Number.isNaN) || new Set(before).size < 3) continue;
        button.click();
        const after = numbers();
        const right = after.every((value, index) => index === 0 || after[index - 1] <= value);
        button.click();
        button.click();
        return right && String(numbers()) === String(before) ? "yes" : "no";
      }
    }
    return "none";
  });
  say(sorted !== "no", `a table sorts by its numbers and back: ${sorted}`);
  const filtered = await page.evaluate(() => {
    const find = document.querySelector(".find");
    if (!find) return "none";
    const rows = [...find.closest(".table").querySelectorAll("tbody tr")];
    find.value = rows[0].textContent;
    find.dispatchEvent(new Event("input"));
    const shown = rows.filter((row) => !row.hidden).length;
    find.value = "";
    find.dispatchEvent(new Event("input"));
    return shown >= 1 && shown < rows.length && rows.every((row) => !row.hidden) ? "yes" : "no";
  });
  say(filtered !== "no", `a table filters and shows all again: ${filtered}`);
  const figure = page.locator("figure .enlarge").first();
  if (await figure.count()) {
    await figure.click();
    const open = await page.evaluate(() => document.querySelector("dialog").open);
    await page.keyboard.press("Escape");
    const closed = await page.evaluate(() => !document.querySelector("dialog").open);
    say(open && closed, "a figure opens large and closes");
  }
}
