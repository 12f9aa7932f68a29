//! A table in LaTeX: three rules, columns as wide as they need, the page turned for what is wider.
//!
//! A column of words that has no room is set in a paragraph of a share of the line, so that the table fits the text of
//! whatever class it is put into. The first comment names the packages.

use std::fmt::Write;

use super::widths::{Column, columns, pieces, share};
use super::{Sheet, Written, plain};
use crate::report::escape::latex;

/// Lines of a table that stays on one page; longer ones are broken over pages.
const PAGE: usize = 44;

/// How a table is set: the size of its letters, how many of them a line holds, whether the page is turned, and how many
/// lines a cell may take for that.
struct Setting {
    size: &'static str,
    line: f64,
    turned: bool,
    most: usize,
}

/// From the plainest on. A line is 16 cm long, or 24.7 cm on a page that is turned.
const SETTINGS: [Setting; 7] = [
    Setting { size: "", line: 90.0, turned: false, most: 1 },
    Setting { size: "\\small", line: 98.0, turned: false, most: 1 },
    Setting { size: "\\footnotesize", line: 106.0, turned: false, most: 1 },
    Setting { size: "\\footnotesize", line: 106.0, turned: false, most: 2 },
    Setting { size: "\\footnotesize", line: 164.0, turned: true, most: 3 },
    Setting { size: "\\scriptsize", line: 176.0, turned: true, most: 4 },
    Setting { size: "\\scriptsize", line: 176.0, turned: true, most: usize::MAX },
];

impl Sheet {
    /// With the name of its label.
    pub fn latex(&self, label: &str) -> String {
        let mut columns = columns(self);
        let mut heights = Vec::new();
        let fits = SETTINGS.iter().find(|setting| {
            let fits = share(&mut columns, setting.line);
            let height = |row: &Vec<Written>| columns.iter().zip(row).map(|(column, cell)| column.lines(cell)).max();
            heights = self.rows.iter().map(|row| height(row).unwrap_or(1)).collect();
            setting.most == usize::MAX || (fits && heights.iter().all(|height| *height <= setting.most))
        });
        let setting = fits.unwrap_or(&SETTINGS[SETTINGS.len() - 1]);
        let long = setting.turned || heights.iter().sum::<usize>() > PAGE;
        let broken = columns.iter().any(|column| column.room.is_some());

        let mut packages = vec!["booktabs"];
        if broken {
            packages.insert(0, "array");
        }
        if long {
            packages.push("longtable");
        }
        if setting.turned {
            packages.push("pdflscape");
        }
        let mut out = format!("% \\usepackage{{{}}}\n", packages.join(","));
        if self.beyond_pdflatex() {
            out.push_str("% holds signs that only LuaLaTeX or XeLaTeX set, with a font that has them\n");
        }
        let shape: String = columns
            .iter()
            .map(|column| match column.room {
                // The gaps are not part of a column's own width.
                Some(room) => format!(
                    ">{{\\raggedright\\arraybackslash}}p{{{:.3}\\linewidth}}",
                    (room / setting.line * 1000.0).floor() / 1000.0
                ),
                None => if column.numeric { "r" } else { "l" }.to_owned(),
            })
            .collect();
        let shape = format!("@{{}}{shape}@{{}}");
        let heads: Vec<String> = columns.iter().map(head).collect();
        let heads = heads.join(" & ");
        let caption = format!("\\caption{{{}}}\\label{{tab:{label}}}", latex(&plain(&self.caption())));
        let gap = "\\setlength{\\tabcolsep}{4pt}";
        if setting.turned {
            out.push_str("\\begin{landscape}\n");
        }
        if long {
            let _ = writeln!(
                out,
                "\\begingroup{}{gap}\\setlength{{\\LTcapwidth}}{{\\linewidth}}\n\\begin{{longtable}}{{{shape}}}\n{caption}\\\\[4pt]\n\
                 \\toprule\n{heads} \\\\\n\\midrule\n\\endfirsthead\n\\multicolumn{{{}}}{{@{{}}l}}{{Table \\thetable{{}}, continued}}\\\\\n\
                 \\toprule\n{heads} \\\\\n\\midrule\n\\endhead\n\\bottomrule\n\\endfoot",
                setting.size,
                columns.len()
            );
        } else {
            let _ = writeln!(
                out,
                "\\begin{{table}}[htbp]\n\\centering\n{caption}\\vspace{{4pt}}\n{}{gap}\n\\begin{{tabular}}{{{shape}}}\n\\toprule\n{heads} \\\\\n\\midrule",
                setting.size
            );
        }
        for row in &self.rows {
            let cells: Vec<String> =
                row.iter().zip(&columns).map(|(cell, column)| content(cell, column.room.is_some())).collect();
            // A row that begins with a bracket would be taken for an argument of the line break.
            let guard = if cells.first().is_some_and(|cell| cell.starts_with('[')) { "{}" } else { "" };
            let _ = writeln!(out, "{guard}{} \\\\", cells.join(" & "));
        }
        out.push_str(if long { "\\end{longtable}\n\\endgroup\n" } else { "\\bottomrule\n\\end{tabular}\n" });
        for (mark, note) in &self.notes {
            let mark = mark.as_ref().map_or(String::new(), |mark| format!("\\textsuperscript{{{mark}}} "));
            let _ = writeln!(
                out,
                "\\par\\smallskip{{\\footnotesize\\noindent\\raggedright {mark}{}\\par}}",
                latex(&plain(note))
            );
        }
        if !long {
            out.push_str("\\end{table}\n");
        }
        if setting.turned {
            out.push_str("\\end{landscape}\n");
        }
        out
    }

    /// Whether a sign is in none of the fonts that pdfLaTeX has by itself.
    fn beyond_pdflatex(&self) -> bool {
        let cells = self.rows.iter().flatten().map(|cell| &cell.text);
        let mut texts = cells
            .chain(&self.columns)
            .chain([&self.title, &self.everywhere])
            .chain(self.notes.iter().map(|(_, note)| note));
        texts.any(|text| {
            latex(text).chars().any(|sign| {
                !sign.is_ascii() && !matches!(sign, 'À'..='ž' | '–' | '—' | '‘'..='”' | '§' | '¡' | '¿' | '«' | '»')
            })
        })
    }
}

/// A heading; one of several lines stands on the foot of its row.
fn head(column: &Column) -> String {
    let lines: Vec<String> = column.head.iter().map(|line| latex(line)).collect();
    if lines.len() < 2 {
        return lines.concat();
    }
    let side = if column.numeric { 'r' } else { 'l' };
    format!("\\begin{{tabular}}[b]{{@{{}}{side}@{{}}}}{}\\end{{tabular}}", lines.join("\\\\"))
}

/// A cell; where its words may be broken, a name breaks at its joints.
fn content(cell: &Written, broken: bool) -> String {
    let text = if broken {
        pieces(&cell.text)
            .iter()
            .map(|piece| if piece.ends_with([' ', '-']) { latex(piece) } else { latex(piece) + "\\allowbreak{}" })
            .collect::<String>()
            .trim_end_matches("\\allowbreak{}")
            .to_owned()
    } else {
        latex(&cell.text)
    };
    let indent = if cell.indented { "\\quad " } else { "" };
    let mark = cell.mark.as_ref().map_or(String::new(), |mark| format!("\\textsuperscript{{{mark}}}"));
    let (digits, point) = cell.lacks;
    let blank = match (digits, point) {
        (0, false) => String::new(),
        (digits, point) => format!("\\phantom{{{}{}}}", if point { "." } else { "" }, "0".repeat(digits)),
    };
    format!("{indent}{text}{mark}{blank}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::results::{Cell, ResultTable};

    fn of(words: &str, rows: usize) -> String {
        let mut table = ResultTable::new("t", "T", ["feature", "hazard ratio (95% CI)", "p"]);
        for row in 0..rows {
            table.push([
                Cell::text(format!("{words} {row}")),
                Cell::number(row as f64, 2),
                Cell::P(0.004 + row as f64),
            ]);
        }
        Sheet::new(&table).latex("t")
    }

    /// Brackets that are not escaped are closed, and no sign of LaTeX is left that the text did not mean.
    fn sound(tex: &str) {
        let body: String = tex.lines().filter(|line| !line.starts_with('%')).map(|line| format!("{line}\n")).collect();
        let bare = body.replace("\\\\", "").replace("\\{", "").replace("\\}", "").replace("\\%", "").replace("\\&", "");
        let bare = bare.replace("\\#", "").replace("\\$", "").replace("\\_", "");
        assert_eq!(bare.matches('{').count(), bare.matches('}').count(), "{tex}");
        for sign in ['%', '#', '$', '_', '~'] {
            assert!(!bare.contains(sign), "{sign} in {tex}");
        }
        for begin in ["table", "tabular", "longtable", "landscape"] {
            let count = |what: &str| body.matches(&format!("\\{what}{{{begin}}}")).count();
            assert_eq!(count("begin"), count("end"), "{tex}");
        }
    }

    #[test]
    fn a_table_is_set_as_its_words_need() {
        let plain = of("age", 3);
        assert!(plain.starts_with("% \\usepackage{booktabs}\n") && plain.contains("{@{}lrr@{}}"), "{plain}");
        // The heading of a narrow column of numbers is broken, the points stand below each other.
        assert!(
            plain.contains("\\begin{tabular}[b]{@{}r@{}}hazard\\\\ratio\\\\(95\\%\\\\CI)\\end{tabular}"),
            "{plain}"
        );
        assert!(
            plain.contains("& 0.00 & 0.004 \\\\\n") && plain.contains("2.00 & \\textgreater{} 0.99\\phantom{0}"),
            "{plain}"
        );
        let wide = of(&"a word and ".repeat(12), 3);
        assert!(wide.contains("p{0.") && wide.starts_with("% \\usepackage{array,booktabs}\n"), "{wide}");
        let wider = of(&"a word and ".repeat(40), 3);
        assert!(wider.starts_with("% \\usepackage{array,booktabs,longtable,pdflscape}\n"), "{wider}");
        let long = of("age", 50);
        assert!(long.starts_with("% \\usepackage{booktabs,longtable}\n") && !long.contains("{table}"), "{long}");
        for tex in [plain, wide, wider, long] {
            sound(&tex);
        }
    }

    #[test]
    fn every_sign_is_set_as_it_is() {
        let signs = "50% of a_b & {x} $1 #2 ~3 ^4 \\5 <≤ >≥ ±× −1 10⁻⁴ α β χ² Δ µm “q” é – → ≈ ° | \" ` ' […";
        let mut table = ResultTable::new("t", signs, [signs, "[n]"]);
        table.push([Cell::text(signs), Cell::count(1)]);
        table.push([Cell::text(format!("[{signs}")), Cell::NotEstimable(signs.to_owned())]);
        table.notes.push(signs.to_owned());
        let tex = Sheet::new(&table).latex("t");
        sound(&tex);
        assert!(!tex.contains("LuaLaTeX"), "{tex}");
        assert!(
            tex.contains("\\ensuremath{\\chi}\\ensuremath{^2}") && tex.contains("\\ensuremath{\\rightarrow}"),
            "{tex}"
        );
        assert!(tex.contains("\n{}[50\\%"), "{tex}");
        let mut foreign = table;
        foreign.push([Cell::text("肝"), Cell::count(2)]);
        assert!(Sheet::new(&foreign).latex("t").contains("% holds signs that only LuaLaTeX"));
    }
}
