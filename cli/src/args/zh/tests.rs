use std::collections::BTreeMap;

use clap::{Arg, Command, CommandFactory};
use report::text::columns;
use vitals::{Language, Measure};

use super::super::{Cli, help, parse, said};
use super::{shared, words};
use crate::words::{Term, term};

/// Every command with its path.
fn commands() -> Vec<(String, Command)> {
    fn walk(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        found.push((path.to_owned(), command.clone()));
        for sub in command.get_subcommands() {
            walk(sub, format!("{path} {}", sub.get_name()).trim(), found);
        }
    }
    let mut found = Vec::new();
    walk(&Cli::command(), "", &mut found);
    found
}

fn args() -> impl Iterator<Item = (String, Arg)> {
    commands().into_iter().flat_map(|(path, command)| {
        command.get_arguments().map(|arg| (path.clone(), arg.clone())).collect::<Vec<_>>()
    })
}

fn long_of(arg: &Arg) -> Option<String> {
    let [short, long] = [arg.get_help(), arg.get_long_help()].map(|help| help.map(ToString::to_string));
    long.filter(|long| Some(long) != short.as_ref())
}

fn english(arg: &Arg) -> String {
    arg.get_help().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn every_text_of_the_tree_has_its_chinese() {
    let mut missing = Vec::new();
    for (path, command) in commands().into_iter() {
        let words = words::of(&path);
        if words.is_none_or(|words| words.long.is_some() != command.get_long_about().is_some()) {
            missing.push(format!("`{path}`"));
        }
    }
    for (path, arg) in args() {
        let id = arg.get_id().as_str();
        if words::arg(&path, id).is_none() {
            missing.push(format!("`{path}` {id}"));
        }
        if long_of(&arg).is_some() != words::long_arg(&path, id).is_some() {
            missing.push(format!("`{path}` {id}, at length"));
        }
        if let Some(heading) = arg.get_help_heading().filter(|en| words::heading(en).is_none()) {
            missing.push(format!("heading {heading}"));
        }
        let told = arg.get_possible_values().into_iter().filter(|value| value.get_help().is_some());
        let untold = told.filter(|value| words::value(&path, id, value.get_name()).is_none());
        missing.extend(untold.map(|value| format!("`{path}` {id} {}", value.get_name())));
    }
    assert!(missing.is_empty(), "put the Chinese of these into cli/src/args/zh: {missing:#?}");
}

#[test]
fn no_chinese_is_left_of_what_is_gone() {
    let all: Vec<(String, Arg)> = args().collect();
    let is = |path: &str, id: &str| all.iter().any(|(own, arg)| own == path && arg.get_id() == id);
    let mut stale = Vec::new();
    for words in words::ALL.iter().copied().flatten() {
        let path = words.page.path;
        assert!(commands().iter().any(|(own, _)| own == path), "`{path}` is no command");
        let ids = words.args.iter().chain(words.long_args).map(|(id, _)| *id);
        let ids = ids.chain(words.values.iter().map(|(id, _)| *id));
        stale.extend(ids.filter(|id| !is(path, id)).map(|id| format!("`{path}` {id}")));
    }
    let own = |path: &str, id: &str| {
        words::of(path).is_some_and(|words| words.args.iter().any(|(own, _)| *own == id))
    };
    for (id, _) in shared::ARGS {
        let users = all.iter().filter(|(path, arg)| arg.get_id() == id && !own(path, id));
        let said: BTreeMap<String, &String> = users.map(|(path, arg)| (english(arg), path)).collect();
        // Forms of one thing that English says in several ways.
        if said.is_empty()
            || (said.len() > 1 && !matches!(*id, "format" | "webhook_format" | "webhook_secret_file"))
        {
            stale.push(format!("shared {id}: {said:#?}"));
        }
    }
    for (en, _) in shared::HEADINGS {
        if !all.iter().any(|(_, arg)| arg.get_help_heading() == Some(en)) && *en != "Commands" {
            stale.push(format!("heading {en}"));
        }
    }
    assert!(stale.is_empty(), "{stale:#?}");
}

#[test]
fn examples_and_exit_codes_are_the_same() {
    for page in help::PAGES {
        let zh = words::page(page.path).unwrap();
        // What a line looks for is what the program prints in that language.
        let said = |line: &str| line.replace("^默认", "^default");
        let lines = |page: &help::Page| page.examples.iter().map(|(line, _)| said(line)).collect::<Vec<_>>();
        let codes = |page: &help::Page| page.exits.iter().map(|(code, _)| *code).collect::<Vec<_>>();
        assert_eq!((lines(zh), codes(zh)), (lines(page), codes(page)), "{}", page.path);
        // At eighty columns with the two in front: a broken line cannot be copied.
        let long = page.examples.iter().find(|(line, _)| columns(line) > 78);
        assert_eq!(long, None, "{}", page.path);
    }
}

/// Columns and labels are named as the program prints them, so that a reader finds them.
#[test]
fn help_names_what_is_printed_in_its_language() {
    for (language, [open, close]) in [(Language::En, ["`", "`"]), (Language::Zh, ["“", "”"])] {
        let (text, printed) = language.during(|| {
            let printed = [
                crate::words::short_label(Measure::Unexplained),
                term(Term::Change),
                term(Term::Net),
                crate::words::start_to_end(),
            ];
            (said(&parse(["watertight", "watch", "--help"].map(Into::into)).unwrap_err()), printed)
        });
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for name in printed {
            assert!(text.contains(&format!("{open}{name}{close}")), "{name}: {text}");
        }
    }
    let text = error_of("watertight config show --help");
    assert!(text.contains("watertight config show | grep -v ^默认"), "{text}");
}

fn error_of(line: &str) -> String {
    Language::Zh.during(|| said(&parse(line.split_whitespace().map(Into::into)).unwrap_err()))
}

/// Names, values and command lines are no English prose; three words in a row are.
fn is_prose(line: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic());
    let words: Vec<bool> = line.split(' ').map(is_word).collect();
    let is_command =
        ["watertight", "用法: watertight"].iter().any(|start| line.trim_start().starts_with(start));
    !is_command && words.windows(3).any(|three| three.iter().all(|is| *is))
}

#[test]
fn help_is_chinese_throughout_and_fits_its_lines() {
    for (path, _) in commands() {
        for flag in ["-h", "--help"] {
            let text = error_of(&format!("watertight {path} {flag}"));
            assert!(text.contains("用法: watertight") && text.contains("示例:\n"), "{text}");
            assert!(!text.contains(super::screen::MARK) && text.contains("\n    0  "), "{text}");
            for line in text.lines() {
                assert!(!is_prose(line), "`{path}` {flag}: {line}");
                let one_word = !line.trim().contains(' ') || line.trim_start().starts_with("watertight");
                assert!(one_word || columns(line) <= 100, "`{path}` {flag}: {line}");
            }
        }
    }
}

#[test]
fn what_is_wrong_is_told_in_chinese() {
    for (line, told) in [
        (
            "watch --intervall 5",
            "错误：没有 `--intervall` 这个参数\n\n  提示：您是不是想写 `--interval`\n\n用法: ",
        ),
        ("wach", "错误：没有 `wach` 这个命令\n\n  提示：您是不是想写 `watch`\n\n用法: "),
        ("--max-peek 5 watch", "提示：有 `watch --max-peak` 这种写法"),
        ("keys new -x", "错误：没有 `-x` 这个参数\n\n用法: "),
        ("compare a -x", "提示：如果 `-x` 是一个值，请写 `-- -x`"),
        ("watch -i 5x", "`--interval <TIME>` 的值 `5x` 无效：`5x` 不是时长：请写带单位的数字"),
        ("watch --max-peak 0", "请写 1 以上的整数，例如 3000"),
        ("quick-check --samples 0", "0 超出范围：1 到 1000"),
        ("quick-check --samples x", "请写整数"),
        ("quick-check --pid 0", "0 太小，最小是 1"),
        ("quick-check --expect goroutines", "请写一个数字的名字"),
        ("quick-check --color blue", "`--color <WHEN>` 的值 `blue` 无效\n  [可选值: auto, always, never]"),
        ("quick-check --lang fr", "`--lang <LANGUAGE>` 的值 `fr` 无效\n  [可选值: en, zh]"),
        ("record", "错误：缺少必需的参数：\n  --csv <FILE>\n\n用法: watertight record"),
        ("record --csv a --append --force", "`--append` 不能和 `--force` 一起用"),
        ("record --csv a --csv b", "`--csv <FILE>` 只能写一次"),
        ("drill compare a", "`<FILE> <FILE>...` 至少要 2 个值，只给了 1 个"),
    ] {
        let text = error_of(&format!("watertight {line}"));
        assert!(text.contains(told), "{line}: {text}");
        assert!(
            !text.lines().any(is_prose) && text.ends_with("更多信息请运行 `--help`。\n"),
            "{line}: {text}"
        );
    }
}
