//! Manual pages in Chinese: what their writer says of its own accord, and the names of sections.

/// Whole lines.
const SECTIONS: &[(&str, &str)] = &[
    (".SH NAME", ".SH 名称"),
    (".SH SYNOPSIS", ".SH 用法"),
    (".SH DESCRIPTION", ".SH 说明"),
    (".SH OPTIONS", ".SH 选项"),
    (".SH SUBCOMMANDS", ".SH 命令"),
    (".SH \"EXAMPLES\"", ".SH \"示例\""),
    (".SH \"EXIT STATUS\"", ".SH \"退出码\""),
];

/// Within lines.
const OWN: &[(&str, &str)] = &[
    ("[default: ", "[默认值: "),
    ("May also be specified with the ", "也可以用环境变量 "),
    (" environment variable. ", " 指定。"),
    ("Print help (see more with \\*(Aq\\-\\-help\\*(Aq)", "显示帮助（\\-\\-help 更详细）"),
    ("Print help (see a summary with \\*(Aq\\-h\\*(Aq)", "显示帮助（\\-h 是摘要）"),
    ("Print help", "显示帮助"),
    ("Print version", "显示版本"),
    ("watertight manual", "watertight 手册"),
];

/// A page that was written from the Chinese tree.
pub(crate) fn manual(written: &str) -> String {
    let mut text = String::new();
    for line in written.lines() {
        match SECTIONS.iter().find(|(en, _)| *en == line) {
            Some((_, zh)) => text.push_str(zh),
            None => text.push_str(&OWN.iter().fold(line.to_owned(), |line, (en, zh)| line.replace(en, zh))),
        }
        text.push('\n');
        // Chinese has few spaces to stretch, and among it a hyphen would be taken for part of a name.
        if line.starts_with(".TH ") {
            text.push_str(".ad l\n.nh\n");
        }
    }
    text
}
