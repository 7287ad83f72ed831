//! The table and the sentences as a page with the look of `watertight report`.

use std::fmt::Write;

use report::html::{escape, page};

use super::say;
use super::sheet::{Gate, Sheet};
use crate::run::Grade;
use crate::words::said;

/// Of the verdicts in the table; each is a word, too.
const STYLE: &str = "\
    td{text-align:left}td.pass{color:var(--ok)}td.bad{color:var(--bad);font-weight:600}td.none{color:var(--faint)}\n\
    tbody.counts th,tbody.counts td{font-weight:400;color:var(--faint)}ul{padding-left:20px}\n";

/// The page.
pub(super) fn html(sheet: &Sheet<'_>) -> String {
    let mut body = String::new();
    let (class, symbol) = match sheet.gate.as_ref().map(Gate::verdict) {
        Some("pass") => ("ok", "✓ "),
        Some("fail") => ("danger", "■ "),
        Some(_) => ("unknown", "? "),
        None => ("", ""),
    };
    // Writing to a string does not fail.
    let _ = writeln!(
        body,
        "<section class=\"verdict {class}\"><h2><b>{symbol}</b>{}</h2></section>",
        escape(&say::last(sheet))
    );
    table(sheet, &mut body);
    for (heading, items) in say::sections(sheet) {
        let items: String = items.iter().map(|item| format!("<li>{}</li>", escape(item))).collect();
        let _ = writeln!(body, "<h2>{heading}</h2>\n<ul>{items}</ul>");
    }
    let origin = |drill| escape(&say::origin(drill));
    let drills = sheet.drills.iter();
    let drills: String =
        drills.map(|drill| format!("<dt>{}</dt><dd>{}</dd>", escape(&drill.name), origin(drill))).collect();
    let _ = writeln!(body, "<h2>{}</h2>\n<dl>{drills}</dl>", said("What was drilled"));
    let names: Vec<&str> = sheet.drills.iter().map(|drill| drill.name.as_str()).collect();
    page(&names.join(", "), STYLE, &body)
}

fn table(sheet: &Sheet<'_>, body: &mut String) {
    let heads = sheet.drills.iter().map(|drill| format!("<th class=\"left\">{}</th>", escape(&drill.name)));
    let _ = writeln!(
        body,
        "<div class=\"table\"><table><thead><tr><th>{}</th>{}</tr></thead><tbody>",
        said("row"),
        heads.collect::<String>()
    );
    for line in &sheet.lines {
        let (name, words) = line.words();
        let cells = line.cells.iter().zip(words).map(|(cell, word)| {
            let class = match cell.map(|row| row.grade) {
                Some(Grade::Pass) => "pass",
                Some(Grade::Skipped) | None => "none",
                Some(_) => "bad",
            };
            let why = cell.map_or_else(String::new, |row| said(&row.text));
            format!("<td class=\"{class}\" title=\"{}\">{}</td>", escape(&why), said(word))
        });
        let _ = writeln!(body, "<tr><th>{}</th>{}</tr>", escape(name.trim()), cells.collect::<String>());
    }
    body.push_str("</tbody><tbody class=\"counts\">\n");
    for (word, counts) in sheet.counts() {
        let cells: String = counts.iter().map(|count| format!("<td>{count}</td>")).collect();
        let _ = writeln!(body, "<tr><th>{}</th>{cells}</tr>", said(&format!("rows: {word}")));
    }
    body.push_str("</tbody></table></div>\n");
}
