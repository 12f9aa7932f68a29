"""Sets every LaTeX table of results folders, and opens every table for word processors, where the programs are there.

Usage: python scripts/report/typeset.py RESULTS_FOLDER ... [--out FOLDER] [--pages]

Each `tables/NAME.tex` is set by pdflatex in a document of its own that loads the packages of its first line and nothing
else; an error, a line wider than the text or a glyph that is not there is told with the table's name. Each
`tables/NAME.html` is opened by LibreOffice as a text and written as a page of PDF and as .docx. With `--pages` the
pages are drawn to be looked at (pdftoppm). The exit code says whether anything failed.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

DOCUMENT = r"""\documentclass{article}
\usepackage[a4paper,left=2.5cm,right=2.5cm,top=2.5cm,bottom=2.5cm]{geometry}
%s
\begin{document}
\input{%s}
\end{document}
"""


def typeset(table, out):
    """Faults of one table."""
    packages = table.read_text(encoding="utf-8").splitlines()[0].removeprefix("% ")
    if not re.fullmatch(r"\\usepackage\{[a-z,]+\}", packages):
        return [f"the first line names no packages: {packages}"]
    name = table.stem
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copy(table, folder / "table.tex")
        (folder / "page.tex").write_text(DOCUMENT % (packages, "table.tex"), encoding="utf-8")
        # A table over several pages finds its widths by the third time.
        for _ in range(3 if "longtable" in packages else 1):
            run = ["pdflatex", "-interaction=nonstopmode", "-file-line-error", "page.tex"]
            subprocess.run(run, cwd=folder, stdout=subprocess.DEVNULL, check=False)
        log = (folder / "page.log").read_text(encoding="utf-8", errors="replace")
        faults = re.findall(r"^\S*?:\d+: .*", log, re.M)
        faults += [f"{points} pt wider than the text" for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
        faults += re.findall(r"Missing character: .*", log)
        if (folder / "page.pdf").exists():
            shutil.copy(folder / "page.pdf", out / f"{name}.pdf")
        elif not faults:
            faults.append("no page was made")
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--pages", action="store_true")
    asked = parser.parse_args()
    failed = 0
    for results in asked.folders:
        out = (asked.out or results / "typeset") / results.name
        out.mkdir(parents=True, exist_ok=True)
        tables = sorted((results / "tables").glob("*.tex"))
        if shutil.which("pdflatex"):
            faults = {table.stem: typeset(table, out) for table in tables}
            for name, found in faults.items():
                for fault in found:
                    print(f"  {name}: {fault}")
            wrong = sum(1 for found in faults.values() if found)
            failed += wrong
            print(f"{results}: {len(tables)} tables set by pdflatex, {wrong} with faults")
        else:
            print("pdflatex is not there: LaTeX tables were not set")
        office = shutil.which("soffice") or shutil.which("libreoffice")
        pages = sorted((results / "tables").glob("*.html"))
        if office:
            word = out / "word"
            for kind in ("docx", "pdf"):
                run = [office, "--headless", "--infilter=HTML (StarWriter)", "--convert-to", kind, "--outdir", str(word)]
                subprocess.run([*run, *map(str, pages)], stdout=subprocess.DEVNULL, check=False)
            lacking = [page.stem for page in pages for kind in ("docx", "pdf") if not (word / f"{page.stem}.{kind}").exists()]
            failed += len(lacking)
            print(f"{results}: {len(pages)} tables opened by LibreOffice, {len(lacking)} not written {lacking[:3]}")
        else:
            print("LibreOffice is not there: tables for word processors were not opened")
        if asked.pages:
            for page in sorted(out.rglob("*.pdf")):
                subprocess.run(["pdftoppm", "-r", "70", "-png", str(page), str(page.with_suffix(""))], check=False)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
