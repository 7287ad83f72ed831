//! Puts the table over the command tree.

use clap::builder::PossibleValue;
use clap::{Arg, Command};

use super::screen::{MARK, width};
use super::words::{self, heading};

/// Where the tree is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// At a terminal: lines are broken by `help`, at the marks.
    Screen,
    /// In manual pages, whose reader breaks lines.
    Manual,
}

/// The tree with Chinese texts; the path of its root is empty.
pub(crate) fn speak(command: Command, shown: Use) -> Command {
    walk(command, "", shown)
}

fn walk(mut command: Command, path: &str, shown: Use) -> Command {
    let below: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in below {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(&name, |sub| walk(sub, path.trim(), shown));
    }
    let ids: Vec<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    for id in ids {
        command = command.mut_arg(&id, |arg| told(arg, path, &id, shown));
    }
    if shown == Use::Screen {
        let widest = command.get_arguments().map(taken).max().unwrap_or_default();
        // As clap does it for words that it can break.
        command = command.term_width(0).next_line_help(widest * 5 > width() * 2);
    }
    let Some(words) = words::of(path) else { return command };
    let mark = if shown == Use::Screen { MARK } else { "" };
    let command = command.subcommand_value_name("命令").about(format!("{mark}{}", words.about));
    match words.long {
        Some(long) => command.long_about(format!("{}\n\n{long}", words.about)),
        None => command,
    }
}

/// The columns of an argument's name and value in a list, with the gap behind them.
fn taken(arg: &Arg) -> usize {
    let name = arg.get_long().map_or(0, |long| 6 + long.len());
    let takes = arg.get_action().takes_values();
    let values = arg.get_value_names().unwrap_or_default();
    let value = if takes { values.iter().map(|value| 3 + value.len()).sum() } else { 0 };
    2 + name + value + 2
}

fn told(mut arg: Arg, path: &str, id: &str, shown: Use) -> Arg {
    if let Some(zh) = arg.get_help_heading().and_then(heading) {
        arg = arg.help_heading(zh);
    }
    let Some(short) = words::arg(path, id) else { return arg };
    let long = words::long_arg(path, id);
    let values = arg.get_possible_values();
    // A flag without a value has `true` and `false`.
    let takes = arg.get_action().takes_values();
    let values = if takes { values } else { Vec::new() };
    if shown == Use::Manual {
        let whole = long.map_or_else(|| short.to_owned(), |long| format!("{short}\n\n{long}"));
        let listed = in_a_row(path, id, &values);
        return arg.hide_possible_values(takes).help(format!("{short}{listed}")).long_help(whole + &listed);
    }
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let default = if takes { default.join(" ") } else { String::new() };
    let default = if default.is_empty() { String::new() } else { format!("[默认值: {default}]") };
    let names = names(&values);
    let gap = |text: &str| if text.is_empty() { String::new() } else { format!(" {text}") };
    arg = arg.help(format!("{MARK}{short}{}{}", gap(&default), gap(&names)));
    let list = list(path, id, &values);
    if long.is_some() || !list.is_empty() {
        let rest = [long.map(|long| format!("{MARK}{long}")).unwrap_or_default(), list, default];
        let rest = rest.into_iter().filter(|part| !part.is_empty());
        arg = arg.long_help(rest.fold(format!("{MARK}{short}"), |all, part| all + "\n\n" + &part));
    }
    arg.hide_possible_values(takes).hide_default_value(takes)
}

fn visible(values: &[PossibleValue]) -> impl Iterator<Item = &str> {
    values.iter().filter(|value| !value.is_hide_set()).map(PossibleValue::get_name)
}

fn names(values: &[PossibleValue]) -> String {
    let names: Vec<&str> = visible(values).collect();
    if names.is_empty() { String::new() } else { format!("[可选值: {}]", names.join(", ")) }
}

/// A line per value, where they have meanings; otherwise their names.
fn list(path: &str, id: &str, values: &[PossibleValue]) -> String {
    let widest = visible(values).map(str::len).max().unwrap_or_default();
    let lines = visible(values).filter_map(|name| {
        let gap = " ".repeat(widest - name.len());
        words::value(path, id, name).map(|meaning| format!("\n- {name}: {gap}{MARK}{meaning}"))
    });
    let lines: String = lines.collect();
    if lines.is_empty() { names(values) } else { format!("可选值:{lines}") }
}

/// The same in one paragraph.
fn in_a_row(path: &str, id: &str, values: &[PossibleValue]) -> String {
    let told = visible(values).map(|name| match words::value(path, id, name) {
        Some(meaning) => format!("{name}（{}）", meaning.trim_end_matches('。')),
        None => name.to_owned(),
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { String::new() } else { format!("；可选值：{}", told.join("、")) }
}
