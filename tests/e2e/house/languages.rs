//! What arises in English deep within the relay or the drill has its Chinese: the tables of `words/zh` are held against the
//! source, so that a sentence without its translation fails here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use house::literals::{formatted, literals, pairs, plain};

/// Where sentences for people arise, by crate; a folder, or a file.
const SPOKEN: &[(&str, &[&str])] = &[
    ("server", &["config", "life", "probe", "setup", "signer", "upstream", "words/log.rs"]),
    (
        "drill",
        &[
            "client",
            "command.rs",
            "compare",
            "gauge.rs",
            "relay",
            "report",
            "resume.rs",
            "rows",
            "run",
            "start",
            "system.rs",
            "upstream/answer/said.rs",
            "upstream/connection_fault.rs",
            "upstream/list.rs",
            "upstream/mod.rs",
            "upstream/table.rs",
            "written",
            "written.rs",
        ],
    ),
];

/// Literals that look like sentences and are none, or are for programs.
const OTHERS: &[(&str, &str)] = &[
    ("server/src/config/begin.rs", "the text of a file, which has its own words"),
    ("drill/src/relay/plan.rs", "a configuration"),
    ("drill/src/relay/config.rs", "a configuration"),
    ("drill/src/relay/log.rs", "lines of a log that are waited for"),
    ("drill/src/start/output.rs", "the name of a thread"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(at: &Path) -> Vec<PathBuf> {
    if at.is_file() {
        return vec![at.to_owned()];
    }
    let entries = fs::read_dir(at).unwrap_or_else(|error| panic!("{}: {error}", at.display()));
    let mut all: Vec<PathBuf> = entries.flat_map(|entry| files(&entry.unwrap().path())).collect();
    all.retain(|file| file.extension().is_some_and(|end| end == "rs"));
    all.sort();
    all
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/")
}

/// The tables of a crate.
fn table(name: &str) -> Vec<(String, String)> {
    of(&root().join(name).join("src/words/zh"))
}

/// What all crates hear from the system and from the readers of formats, and say in the same words.
fn shared() -> Vec<(String, String)> {
    of(&root().join("vitals/src/system.rs"))
}

fn of(place: &Path) -> Vec<(String, String)> {
    files(place).iter().flat_map(|file| pairs(&fs::read_to_string(file).unwrap()).unwrap()).collect()
}

/// Two words or more, what stands in backquotes or in a hole aside.
fn is_sentence(text: &str) -> bool {
    let (mut words, mut depth, mut code) = (String::new(), 0, false);
    for c in text.chars() {
        match c {
            '`' => code = !code,
            '{' => depth += 1,
            '}' => depth -= 1,
            c if depth == 0 && !code => words.push(c),
            _ => {}
        }
    }
    let is_word = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.len() > 1 && word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '-'))
    };
    let is_code =
        text.contains("HTTP/1") || text.contains("\r\n") || text.contains("</") || text.contains("]]");
    !is_code && words.split_whitespace().filter(is_word).count() >= 2
}

fn holes(pattern: &str) -> BTreeSet<String> {
    let pattern = pattern.replace("{{", "").replace("}}", "");
    let holes = pattern.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    holes.map(|(hole, _)| hole.trim_start_matches(['~', '#']).to_owned()).collect()
}

#[test]
fn every_sentence_has_its_chinese() {
    let mut lacking = BTreeMap::<String, Vec<String>>::new();
    let mut seen = 0;
    for (name, places) in SPOKEN {
        let known: BTreeSet<String> =
            table(name).iter().chain(&shared()).map(|(english, _)| formatted(english)).collect();
        let is_known = |text: &str| {
            let ways = [formatted(text), plain(text)];
            ways.iter().any(|text| {
                // What reads on from a name, and what stands behind it.
                let alone = text.trim_start_matches(": ").trim_start_matches("# ");
                [text.as_str(), alone, &format!("`{{}}`{text}"), text.trim()]
                    .iter()
                    .any(|text| known.contains(*text))
            })
        };
        let source = root().join(name).join("src");
        for file in files(&source) {
            let shown = shown(&file);
            let inner = file.strip_prefix(&source).unwrap();
            if inner
                .components()
                .any(|part| ["tests", "tests.rs", "zh", "en.rs"].iter().any(|own| part.as_os_str() == *own))
                || OTHERS.iter().any(|(other, _)| *other == shown)
            {
                continue;
            }
            let spoken = places.iter().any(|place| inner.starts_with(place));
            let texts =
                literals(&fs::read_to_string(&file).unwrap()).unwrap().into_iter().filter(|literal| {
                    let logged =
                        matches!(literal.given_to.as_deref(), Some("error" | "warn" | "info" | "debug"));
                    // A setting's description is documentation.
                    // So is why a fault comes, and how a good relay takes it.
                    let documents = literal.given_to.as_deref() == Some("settings")
                        || matches!(literal.field.as_deref(), Some("why" | "good"));
                    (spoken || logged) && !documents && is_sentence(&literal.text)
                });
            for text in texts {
                seen += 1;
                if !is_known(&text.text) && !ENGLISH.iter().any(|(other, _)| *other == text.text) {
                    lacking.entry(shown.clone()).or_default().push(text.text);
                }
            }
        }
    }
    assert!(seen > 150, "the search looks in the wrong place: {seen} sentences");
    assert!(lacking.is_empty(), "no Chinese for these: {lacking:#?}");
}

/// Sentences that stay English, and why.
const ENGLISH: &[(&str, &str)] = &[
    (
        "monitoring endpoints enabled at /api/monitor/health",
        "a start-up line that scripts and `rollout` wait for",
    ),
    ("listening on {url}", "the other one"),
    ("listening on {url}, taken over from the old relay", "the same"),
    ("listening on {url}, passed by the service manager", "the same"),
    ("Reply with the single word: ok", "said to a model"),
    ("{{ name = {name}, upstream = {} }}", "TOML"),
    ("{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", "a header"),
    ("connected twice", "a programmer's mistake"),
    ("\"socks5://127.0.0.1:1080\" or \"none\"", "TOML, and what stands between is said"),
    ("\"openai\" or [\"openai\", \"anthropic\"]", "TOML, and what stands between is said"),
    ("\"cancel\" or { drain = \"30s\", bytes = \"8MiB\" }", "TOML, and what stands between is said"),
    ("\ndialect = \"openai\"", "TOML"),
    ("dialect = \"openai\"", "TOML"),
    ("dialect = \"responses\"", "TOML"),
    ("dialect = \"{dialect}\"\nmodels = [{models}]\nproxy = \"none\"", "TOML"),
    ("dialect = \"gemini\"\nmodels = [\"*\"]\npriority = 9\nproxy = \"none\"", "TOML"),
    ("{{ name = \"{dialect}-{fault}\", upstream = \"fault-{fault}\" }}", "TOML"),
    ("models = [\"drill\"]", "TOML"),
    ("[tls]\ncert = {cert:?}\nkey = {key:?}\n", "TOML"),
    ("[\"{model}\", \"both\", \"drill\", \"fault-*\"]", "TOML"),
    ("{} instead of the answer", "each outcome has its own"),
    ("{} instead of an error that says so", "each outcome has its own"),
    ("Say something about water.", "said to a model"),
    ("Something about water.", "said to a model"),
    ("gzip, gzip", "a header"),
    ("br, gzip", "a header"),
    ("the relay is stopping", "what a client is told, looked for"),
    ("stopping: no new requests", "a line of the log, looked for"),
    ("sent bytes beyond its answer", "a line of the log, looked for"),
    ("not valid for name", "a line of the log, looked for"),
    ("no settings", "the name of a case"),
    ("exit status: 0", "what the system says, looked for"),
    ("exit code: 0", "what the system says, looked for"),
    ("## watertight drill compare\n\n", "a command's name"),
    ("watertight serve", "a command"),
    ("listening on {scheme}://{}\n", "a line that scripts wait for"),
];

#[test]
fn the_tables_are_whole() {
    for (name, _) in SPOKEN {
        let (mut english, mut wrong) = (BTreeSet::new(), Vec::new());
        for (one, own) in table(name) {
            let is_chinese =
                own.chars().any(|c| matches!(c, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}'));
            let is_words = is_sentence(&one);
            if holes(&one) != holes(&own) || is_words && !is_chinese {
                wrong.push(format!("{one:?} and {own:?}"));
            }
            if !english.insert(one.clone()) {
                wrong.push(format!("twice: {one:?}"));
            }
        }
        assert!(wrong.is_empty() && english.len() > 100, "{name}: {wrong:#?}");
    }
}
