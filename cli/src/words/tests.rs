//! Sentences stand in `words` and nowhere else.
//!
//! A sentence is a literal with three words or more. The help of the command line (`args/`) and tests may have them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Files whose literals look like sentences and are none.
const NAMES: &[(&str, &str)] = &[
    ("commands/pages.rs", "troff"),
    ("finding/check.rs", "the names of checks in JSON, JUnit and Nagios"),
    ("source/go.rs", "the first line of a goroutine profile"),
    ("source/process.rs", "a name in /proc/PID/limits"),
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
