//! The Chinese documents say what is there: commands, flags, keys with their defaults, and pages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;

use super::super::{command, parse};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn documents() -> Vec<(PathBuf, String)> {
    let pages = fs::read_dir(root().join("docs/zh")).unwrap().map(|entry| entry.unwrap().path());
    let all = pages.chain([root().join("README.zh.md")]);
    all.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn flags(command: &Command, into: &mut BTreeSet<String>) {
    let longs = command.get_arguments().filter_map(clap::Arg::get_long_and_visible_aliases).flatten();
    into.extend(longs.map(|long| format!("--{long}")));
    command.get_subcommands().for_each(|sub| flags(sub, into));
}

#[test]
fn flags_exist() {
    let mut known = BTreeSet::new();
    flags(&command(), &mut known);
    known.extend(["--help", "--version"].map(str::to_owned));
    for (path, text) in documents() {
        // Those in front of which a letter or a quote stands belong to another program's command.
        let others = ["--port", "--upstream"];
        for (at, _) in text.match_indices("--") {
            let flag: String =
                text[at..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            let is_flag = flag.len() > 3 && !text[..at].ends_with(['-', '|', ':']);
            let is_ours = known.contains(flag.trim_end_matches('-')) || others.contains(&flag.as_str());
            assert!(!is_flag || is_ours, "{}: {flag} is no flag", path.display());
        }
    }
}

/// What a shell would give to the program: what stands before a pipe, without quotes around single words.
fn words(line: &str) -> Vec<std::ffi::OsString> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut().unwrap().push(c),
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).map(Into::into).collect()
}

#[test]
fn command_lines_are_read() {
    let mut read = 0;
    for (path, text) in documents() {
        let blocks = text.split("```").skip(1).step_by(2);
        for block in blocks {
            let block = block.replace("\\\n", " ");
            // The rest of a console is what was answered.
            let is_typed = |line: &&str| !block.starts_with("console") || line.starts_with("$ ");
            let lines = block.lines().filter(is_typed);
            let lines = lines.map(|line| line.strip_prefix("$ ").unwrap_or(line));
            let ours = lines.filter_map(|line| line.find("watertight ").map(|at| (at, line)));
            // With variables or a folder in front, nothing else.
            let ours = ours
                .filter(|(at, line)| *at == 0 || line[..*at].ends_with("bin/") || line[..*at].contains("=1"));
            for (at, line) in ours {
                let line = [" | ", " > ", " >> ", " || ", " && ", "; ", " # ", "  "]
                    .iter()
                    .fold(&line[at..], |line, end| line.split(end).next().unwrap());
                let result = parse(words(line));
                assert!(result.is_ok(), "{}: {line}: {}", path.display(), result.unwrap_err());
                read += 1;
            }
        }
    }
    assert!(read > 20, "the search looks in the wrong place: {read}");
}

/// The rows of tables whose first cell is a key, with their default.
fn keys(text: &str) -> BTreeMap<&str, &str> {
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        Some((cells.next()?.trim_end_matches('`'), cells.next()?))
    });
    let is_key =
        |key: &str| key.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c) || c.is_ascii_digit());
    let is_in_file = |key: &str| key.contains('.') || ["listen", "unsupported"].contains(&key);
    rows.filter(|(key, _)| is_key(key) && is_in_file(key) && !key.starts_with("values"))
        .map(|(key, default)| (key, if default.starts_with('`') { default } else { "" }))
        .collect()
}

#[test]
fn keys_and_their_defaults_are_the_same() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (en, zh) = (read("docs/configuration.md"), read("docs/zh/configuration.md"));
    let (en, zh) = (keys(&en), keys(&zh));
    assert!(en.len() > 40, "{en:?}");
    for (key, default) in &en {
        let told = zh.get(key);
        // Where English says it in words, Chinese may, too; a value is the same.
        assert!(told.is_some_and(|told| told == default || default.is_empty()), "{key}: {default}, {told:?}");
    }
    assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
}

#[test]
fn pages_exist() {
    for (path, text) in documents() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let file = link.split('#').next().unwrap();
            if !link.starts_with("http") {
                assert!(path.parent().unwrap().join(file).exists(), "{}: {link}", path.display());
            }
        }
    }
}
