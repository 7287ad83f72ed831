//! Sentences stand in `words` and nowhere else.
//!
//! A sentence is a literal with three words or more. The help of the command line (`args/`) and tests may have them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Files whose literals look like sentences and are none.
const NAMES: &[(&str, &str)] = &[
    ("commands/pages.rs", "troff"),
    ("rollout/plan.rs", "commands for a shell"),
    ("rollout/schedule.rs", "units of systemd and lines of a crontab"),
    ("rollout/short.rs", "commands for a shell"),
    ("finding/check.rs", "the names of checks in JSON, JUnit and Nagios"),
    ("source/go.rs", "the first line of a goroutine profile"),
    ("source/process/linux.rs", "a name in /proc/PID/limits"),
];

/// The literal without what stands between these two.
fn without(literal: &str, open: char, close: char) -> String {
    let mut depth = 0_i32;
    let outside = literal.chars().filter(|c| {
        depth += i32::from(*c == open);
        let outside = depth == 0;
        depth -= i32::from(*c == close && depth > 0);
        outside
    });
    outside.collect()
}

fn is_sentence(literal: &str) -> bool {
    let said = without(literal, '{', '}');
    // Markup.
    let said = if said.contains("</") || said.starts_with('<') { without(&said, '<', '>') } else { said };
    let is_word = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphabetic());
        !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '-'))
    };
    said.split_whitespace().filter(|word| is_word(word)).count() >= 3
}

/// The string literals outside of comments, attributes and inline tests.
fn literals(source: &str) -> Vec<String> {
    let is_code = |line: &&str| {
        let line = line.trim_start();
        let attribute = line.starts_with("#[") || line.contains("reason = \"");
        !line.starts_with("//") && !attribute
    };
    let code = source.split("\nmod tests {").next().unwrap_or_default();
    let code = code.lines().filter(is_code).collect::<Vec<_>>().join("\n").replace("'\"'", "");
    let (mut found, mut open, mut plain) = (Vec::new(), None::<String>, String::new());
    for (n, part) in code.split("r#\"").enumerate() {
        let (raw, rest) = if n == 0 { ("", part) } else { part.split_once("\"#").unwrap_or_default() };
        found.push(raw.to_owned());
        plain.push_str(rest);
    }
    let mut chars = plain.chars().peekable();
    while let Some(c) = chars.next() {
        match (&mut open, c) {
            (None, '"') => open = Some(String::new()),
            (None, _) => {}
            (Some(_), '"') => found.extend(open.take()),
            (Some(text), '\\') => match chars.next() {
                Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                // Two digits follow.
                Some('x') => drop(chars.nth(1)),
                _ => text.push(' '),
            },
            (Some(text), c) => text.push(c),
        }
    }
    found
}

fn files(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => files(&entry, into),
            false => into.push(entry),
        }
    }
}

#[test]
fn sentences_stand_in_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&root, &mut all);
    let mut read = 0;
    let mut elsewhere = BTreeMap::new();
    for path in all.iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let exempt =
            ["words", "args/"].iter().any(|room| name.starts_with(room)) || name.ends_with("tests.rs");
        if exempt || NAMES.iter().any(|(file, _)| *file == name) {
            continue;
        }
        read += 1;
        let found =
            literals(&fs::read_to_string(path).unwrap()).into_iter().find(|literal| is_sentence(literal));
        elsewhere.extend(found.map(|sentence| (name, sentence)));
    }
    assert!(read > 50, "the search looks in the wrong place: {}", root.display());
    assert!(elsewhere.is_empty(), "sentences outside of words: move them there: {elsewhere:#?}");
}

#[test]
fn what_a_sentence_is() {
    for sentence in ["the port is taken", "{n} polls failed: look (there)", "start it, or don't"] {
        assert!(is_sentence(sentence), "{sentence}");
    }
    for other in
        ["{one two three} polls", "content-type: text/plain", "<p class=\"a b\">{}</p>", "not reported"]
    {
        assert!(!is_sentence(other), "{other}");
    }
    let source = "// \"a comment is free\"\nlet a = \"one \\\n    two\\n three\";\n#[expect(x, reason = \"it is so\")]\nf('\"', b\"x\")";
    assert_eq!(literals(source), ["", "one two  three", "x"]);
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

/// Files of Chinese, and two that read the words of others.
const CHINESE: &[&str] = &[
    "words/zh",
    "words/terms.rs",
    "words/tests.rs",
    "args/",
    "recording/reader/rows/log_line.rs",
    "moment.rs",
];

#[test]
fn chinese_stands_in_words_and_is_chinese() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&root, &mut all);
    let english = [" the ", " is ", " are ", " of ", " it ", " and ", " not ", " than ", " with "];
    let (mut elsewhere, mut left, mut read) = (Vec::new(), Vec::new(), 0);
    for path in all.iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let literals = literals(&fs::read_to_string(path).unwrap());
        if name.starts_with("words/zh") {
            read += 1;
            let said = literals.into_iter().find(|literal| english.iter().any(|word| literal.contains(word)));
            left.extend(said.map(|sentence| (name, sentence)));
        } else if !CHINESE.iter().any(|own| name.starts_with(own)) && !name.ends_with("tests.rs") {
            let said = literals.into_iter().find(|literal| literal.chars().any(is_chinese));
            elsewhere.extend(said.map(|sentence| (name, sentence)));
        }
    }
    assert!(read > 20, "the search looks in the wrong place: {}", root.display());
    assert!(left.is_empty(), "English in words/zh: {left:#?}");
    assert!(elsewhere.is_empty(), "Chinese outside of words: move it there: {elsewhere:#?}");
}

/// Only numbers and functions that make them come from English.
#[test]
fn nothing_chinese_falls_back_to_english() {
    let numbers = [
        "Slopes",
        "about",
        "allowed",
        "amount",
        "clock",
        "error_percent",
        "file_name",
        "grouped",
        "is_steep",
        "is_too_many",
        "length",
        "percent",
        "rate",
        "share",
        "time",
        "typeset",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/words");
    let mut all = vec![root.join("zh.rs")];
    files(&root.join("zh"), &mut all);
    for path in &all {
        let source = fs::read_to_string(path).unwrap();
        for line in source.lines().filter(|line| line.contains("::en::")) {
            let names = line.trim_end_matches(';').rsplit("::").next().unwrap().trim_matches(['{', '}']);
            for name in names.split([',', ' ']).filter(|name| !name.is_empty() && *name != "as") {
                assert!(numbers.contains(&name), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn every_term_has_its_translation() {
    for [en, zh] in super::terms::ALL {
        assert!(zh.chars().any(is_chinese) && !en.chars().any(is_chinese), "{en}: {zh}");
    }
    let mut labels: Vec<_> = vitals::Measure::columns().map(super::zh::label).collect();
    assert!(labels.iter().all(|label| label.chars().any(is_chinese) || *label == "GC"), "{labels:?}");
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), vitals::Measure::columns().count());
}
