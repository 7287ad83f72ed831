//! Help at a terminal: clap breaks lines only at spaces, of which Chinese has none, so it is told to break none, and
//! this breaks them, by the columns that characters really take.

use report::text::{columns, wrap};

/// Stands in front of a text: where its further lines begin, too. Of those characters that mean nothing, and that clap
/// lets through.
pub(crate) const MARK: &str = "\u{e000}";

/// What clap says of its own accord.
const OWN: &[(&str, &str)] = &[
    ("Print help (see more with '--help')", "\u{e000}显示帮助（`--help` 更详细）"),
    ("Print help (see a summary with '-h')", "\u{e000}显示帮助（`-h` 是摘要）"),
    ("Print help", "\u{e000}显示帮助"),
    ("Print version", "\u{e000}显示版本"),
    ("[aliases: ", "[别名: "),
    ("[alias: ", "[别名: "),
    ("[env: ", "[环境变量: "),
];

const HEADINGS: &[(&str, &str)] = &[("Options:", "选项:"), ("Arguments:", "参数:"), ("Commands:", "命令:")];

/// Labels that no line ends in: each is a word of as many columns while lines are broken.
const WHOLE: &[(&str, &str)] =
    &[("[默认值: ", "[default:"), ("[可选值: ", "[choices:"), ("[环境变量: ", "[environment")];

/// The columns that help may take: those of the terminal, a hundred at most.
pub(crate) fn width() -> usize {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let said = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(said).unwrap_or(100).clamp(20, 100)
}

/// Rendered help, in Chinese throughout and broken to this width.
pub(crate) fn help(rendered: &str, width: usize) -> String {
    let mut text = String::new();
    let mut in_usage = false;
    for line in rendered.lines() {
        in_usage = line.starts_with("Usage:") || (in_usage && line.starts_with(' '));
        let line = if in_usage { usage(line) } else { own(line) };
        for broken in broken(&line, width) {
            text.push_str(broken.trim_end());
            text.push('\n');
        }
    }
    text
}

/// A line of usage: `用法: watertight watch [选项]`.
pub(super) fn usage(line: &str) -> String {
    let line = line.replace("[OPTIONS]", "[选项]").replace("[COMMAND]", "[命令]");
    match line.strip_prefix("Usage:") {
        Some(rest) => format!("用法:{rest}"),
        // Below the first one, which has become a column shorter.
        None => line.strip_prefix("       ").map_or(line.clone(), |rest| format!("      {rest}")),
    }
}

fn own(line: &str) -> String {
    if let Some((_, zh)) = HEADINGS.iter().find(|(en, _)| *en == line) {
        return (*zh).to_owned();
    }
    OWN.iter().fold(line.to_owned(), |line, (en, zh)| line.replace(en, zh))
}

fn broken(line: &str, width: usize) -> Vec<String> {
    let (before, text) = line.split_once(MARK).unwrap_or_else(|| {
        let text = line.trim_start();
        line.split_at(line.len() - text.len())
    });
    let text = text.replace(MARK, "");
    let taken = columns(before);
    if taken + columns(&text) <= width {
        return vec![format!("{before}{text}")];
    }
    let further = " ".repeat(taken);
    let whole = WHOLE.iter().fold(text, |text, (label, word)| text.replace(label, word));
    let room = width.saturating_sub(taken);
    let lines = wrap(&bound(&whole, room), room).into_iter().enumerate();
    let apart = |line: String| {
        WHOLE.iter().fold(line, |line, (label, word)| line.replace(word, label)).replace(BOUND, " ")
    };
    lines.map(|(n, line)| format!("{}{}", if n == 0 { before } else { &further }, apart(line))).collect()
}

/// In the place of a blank at which no line ends.
const BOUND: char = '\u{e001}';

/// A text whose commands in quotes stay on one line, as far as one has room for them: whoever copies one gets it whole.
fn bound(text: &str, room: usize) -> String {
    let (mut bound, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['`', '\'']) {
        let (before, from) = rest.split_at(at);
        bound.push_str(before);
        let quote = &from[..1];
        match from[1..].split_once(quote).filter(|(inner, _)| columns(inner) + 2 <= room) {
            Some((inner, after)) => {
                bound += &format!("{quote}{}{quote}", inner.replace(' ', &BOUND.to_string()));
                rest = after;
            }
            None => {
                bound.push_str(quote);
                rest = &from[1..];
            }
        }
    }
    bound + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_in_quotes_stays_on_one_line() {
        let rendered = "  -o  \u{e000}结论变化时运行命令 `watertight drill --list`，或 'a b c'\n";
        assert_eq!(
            help(rendered, 40),
            "  -o  结论变化时运行命令\n      `watertight drill --list`，或\n      'a b c'\n"
        );
    }

    #[test]
    fn further_lines_begin_below_the_text() {
        let rendered = "Usage: watertight x [OPTIONS]\n       watertight x <A>\n\nOptions:\n  -a, --a <B>  \u{e000}渠道的名字，默认是全部，写在配置里 [默认值: 5s]\n  -h  Print help\n";
        let expected = "用法: watertight x [选项]\n      watertight x <A>\n\n选项:\n  -a, --a <B>  渠道的名字，默认是全\n               部，写在配置里\n               [默认值: 5s]\n  -h  显示帮助\n";
        assert_eq!(help(rendered, 35), expected);
    }
}
