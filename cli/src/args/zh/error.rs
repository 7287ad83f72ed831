//! What is wrong with a command line, in Chinese: from the kind and the context of clap's errors, not from their text.

use std::error::Error as _;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::screen::usage;

/// The whole of it: what is wrong, what may be meant, the usage, and where there is more.
pub(crate) fn said(error: &Error) -> String {
    let mut text = format!("错误：{}", wrong(error));
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        let meant = all(error, kind);
        if !meant.is_empty() {
            text.push_str(&format!("\n\n  提示：您是不是想写 {}", quoted(&meant)));
        }
    }
    if let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested) {
        let tips = tips.iter().filter_map(|tip| self::tip(&tip.to_string()));
        tips.for_each(|tip| text.push_str(&format!("\n\n  提示：{tip}")));
    }
    if let Some(ContextValue::StyledStr(line)) = error.get(ContextKind::Usage) {
        let lines: Vec<String> = line.to_string().lines().map(usage).collect();
        text.push_str(&format!("\n\n{}", lines.join("\n")));
    }
    text + "\n\n更多信息请运行 `--help`。\n"
}

/// `'watch --count' exists`, or `to pass '-x' as a value, use '-- -x'`.
fn tip(en: &str) -> Option<String> {
    let mut quoted = en.split('\'').skip(1).step_by(2);
    let (first, second) = (quoted.next()?, quoted.next());
    match second {
        None if en.ends_with(" exists") => Some(format!("有 `{first}` 这种写法")),
        Some(second) if first.starts_with('-') => Some(format!("如果 `{first}` 是一个值，请写 `{second}`")),
        _ => None,
    }
}

fn one(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn all(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join("、")
}

fn below(texts: &[String]) -> String {
    texts.iter().map(|text| format!("\n  {text}")).collect()
}

fn wrong(error: &Error) -> String {
    let arg = one(error, ContextKind::InvalidArg).unwrap_or_default();
    let value = one(error, ContextKind::InvalidValue).unwrap_or_default();
    let command = one(error, ContextKind::InvalidSubcommand).unwrap_or_default();
    let number = |kind| one(error, kind).unwrap_or_default();
    match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("`{arg}` 缺少值{}", possible(error, ContextKind::ValidValue))
        }
        ErrorKind::InvalidValue => {
            format!("`{arg}` 的值 `{value}` 无效{}", possible(error, ContextKind::ValidValue))
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(|why| format!("：{}", plain(&why.to_string()))).unwrap_or_default();
            format!("`{arg}` 的值 `{value}` 无效{why}")
        }
        ErrorKind::UnknownArgument => format!("没有 `{arg}` 这个参数"),
        ErrorKind::InvalidSubcommand => format!("没有 `{command}` 这个命令"),
        ErrorKind::MissingSubcommand => {
            format!("`{command}` 后面要写一个命令{}", possible(error, ContextKind::ValidSubcommand))
        }
        ErrorKind::MissingRequiredArgument => {
            format!("缺少必需的参数：{}", below(&all(error, ContextKind::InvalidArg)))
        }
        ErrorKind::ArgumentConflict => conflict(error, if arg.is_empty() { &command } else { &arg }),
        ErrorKind::NoEquals => format!("`{arg}` 和它的值之间要写等号"),
        ErrorKind::TooManyValues => format!("`{arg}` 不接受多出的值 `{value}`"),
        ErrorKind::TooFewValues => format!(
            "`{arg}` 至少要 {} 个值，只给了 {} 个",
            number(ContextKind::MinValues),
            number(ContextKind::ActualNumValues)
        ),
        ErrorKind::WrongNumberOfValues => format!(
            "`{arg}` 要 {} 个值，给了 {} 个",
            number(ContextKind::ExpectedNumValues),
            number(ContextKind::ActualNumValues)
        ),
        ErrorKind::InvalidUtf8 => "命令行里有不是 UTF-8 的字符".to_owned(),
        _ => "命令行无法使用".to_owned(),
    }
}

fn possible(error: &Error, kind: ContextKind) -> String {
    let values = all(error, kind);
    if values.is_empty() { String::new() } else { format!("\n  [可选值: {}]", values.join(", ")) }
}

fn conflict(error: &Error, arg: &str) -> String {
    match error.get(ContextKind::PriorArg) {
        Some(ContextValue::String(prior)) if prior == arg => format!("`{arg}` 只能写一次"),
        Some(ContextValue::String(prior)) => format!("`{arg}` 不能和 `{prior}` 一起用"),
        Some(ContextValue::Strings(prior)) => format!("`{arg}` 不能和这些一起用：{}", below(prior)),
        _ => format!("`{arg}` 不能和其他参数一起用"),
    }
}

/// What the standard library and clap say of numbers; what is said here is Chinese already.
fn plain(why: &str) -> String {
    if let Some((value, range)) = why.split_once(" is not in ") {
        return match range.split_once("..") {
            // The largest of its kind is no bound of ours.
            Some((from, "" | "=4294967295")) => format!("{value} 太小，最小是 {from}"),
            Some((from, to)) => format!("{value} 超出范围：{from} 到 {}", to.trim_start_matches('=')),
            None => format!("{value} 超出范围：{range}"),
        };
    }
    match why {
        "invalid digit found in string" => "请写整数".to_owned(),
        "cannot parse integer from empty string" => "是空的，请写整数".to_owned(),
        "number too large to fit in target type" => "数字太大".to_owned(),
        other => other.to_owned(),
    }
}
