//! The table of keys against everything that speaks of keys: the example, the documentation, what is shown, hints.

use std::collections::BTreeSet;

use super::example::EXAMPLE;
use super::{CHANNEL, World, with};
use crate::config::file::{home_of, keys};

const DOCS: &str = include_str!("../../../../docs/configuration.md");

fn full(head: &str, key: &str) -> String {
    let section = head.trim_matches(['[', ']']);
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// Every key of the table, as in `limits.in_flight`.
fn table() -> BTreeSet<String> {
    let all = keys().into_iter();
    all.flat_map(|(head, keys)| keys.into_iter().map(move |key| full(&head, key))).collect()
}

#[test]
fn the_example_has_every_key_and_no_other() {
    let mut head = "";
    let lines = EXAMPLE.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line));
    let mut found = BTreeSet::new();
    for line in lines.filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') {
            head = line.split('#').next().unwrap_or("").trim();
        } else if let Some((key, _)) = line.split_once(" = ") {
            found.insert(full(head, key));
        }
    }
    assert_eq!(found, table());
}

/// The first two cells of the rows of the documentation's tables of keys.
fn documented() -> Vec<(&'static str, &'static str)> {
    let (_, rows) = DOCS.split_once("## Keys\n").unwrap();
    let (rows, _) = rows.split_once("\n## ").unwrap();
    let rows = rows.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.map(|(key, rest)| (key, rest.split(" | ").next().unwrap())).collect()
}

#[test]
fn the_documentation_has_every_key_once_and_no_other() {
    let rows = documented();
    assert_eq!(rows.iter().map(|(key, _)| (*key).to_owned()).collect::<BTreeSet<_>>(), table());
    assert_eq!(rows.len(), table().len());
}

#[test]
fn the_documentation_says_the_defaults() {
    let literal = |(key, default): (&str, &str)| {
        let value = default.strip_prefix('`')?.strip_suffix('`')?;
        (!key.starts_with("channels.")).then(|| format!("{key} = {value}\n"))
    };
    let written: Vec<String> = documented().into_iter().filter_map(literal).collect();
    assert!(written.len() > 20, "{written:?}");
    assert_eq!(
        with(&format!("{}{CHANNEL}", written.concat())).good().render(str::to_owned),
        with(CHANNEL).good().render(str::to_owned)
    );
}

/// What is shown can be read, and is then the same.
#[test]
fn what_is_shown_is_read_again() {
    let text = "tls = { cert = \"cert.pem\", key = \"key.pem\" }\n\
        limits = { in_flight = 7, on_disconnect = { drain = \"9s\", bytes = \"3MiB\" } }\ntimeouts.total = \"61s\"\n\
        [[channels]]\nprovider = \"custom\"\nbase_url = \"http://h:1/v1\"\nauth = \"none\"\ndialect = \"anthropic\"\n\
        models = [\"a-*\", { name = \"b\", upstream = \"c\" }]\npriority = -3\nweight = 7\nproxy = \"socks5://p:1\"\n\
        timeouts = { idle = \"3s\" }\nheaders = { x-team = \"blue\" }\nin_flight = 9\nhttp2 = true\n\
        unsupported = \"refuse\"\nsampling = \"drop\"\n";
    let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let world = |text: &str| {
        let world = World::default().file("/cfg/watertight.toml", text);
        world.file("/cfg/cert.pem", &pair.cert.pem()).file("/cfg/key.pem", &pair.signing_key.serialize_pem())
    };
    let shown = world(text).good().render(str::to_owned);
    assert_eq!(world(&shown).good().render(str::to_owned), shown);
    for part in [
        "drain = \"9s\", bytes = \"3MiB\"",
        "timeouts = { idle = \"3s\" }",
        "http2 = true",
        "unsupported = \"drop\"",
        "unsupported = \"refuse\"\nsampling = \"drop\"",
        "total = \"1m1s\"",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

/// What takes a restart: each key is told by its own name, and the documentation lists them.
#[test]
fn a_fixed_key_is_named_when_it_changes() {
    let start = with(CHANNEL).good().fixed;
    let changed = [
        "listen = \"127.0.0.1:1\"",
        "limits.on_disconnect = \"drain\"",
        "timeouts.client_write = \"1s\"",
        "timeouts.request_header = \"1s\"",
        "timeouts.tls = \"1s\"",
        "timeouts.client_idle = \"1s\"",
        "timeouts.upstream_idle = \"1s\"",
        "monitor.every = \"1s\"",
    ];
    let now = with(&format!("{}\n{CHANNEL}", changed.join("\n"))).good().fixed;
    assert_eq!(start.differing(&now).len(), changed.len());
    let reloading =
        DOCS.split("## Reloading").nth(1).and_then(|text| text.split("need a restart").next()).unwrap();
    for line in changed {
        let key = line.split_once(" = ").unwrap().0;
        let now = with(&format!("{line}\n{CHANNEL}")).good().fixed;
        assert_eq!(start.differing(&now), [key]);
        let short = key.rsplit('.').next().unwrap();
        assert!(reloading.contains(&format!("{short}`")), "`{key}` is not among what needs a restart");
    }
    let live = "limits.in_flight = 1\ntimeouts.total = \"1s\"\nmonitor.warning = 1\n";
    assert!(start.differing(&with(&format!("{live}{CHANNEL}")).good().fixed).is_empty());
}

#[test]
fn a_key_is_at_home_where_only_one_section_has_it() {
    for (key, home) in [
        ("in_flight", Some("[limits]")),
        ("memory", Some("[limits]")),
        ("client_idle", Some("[timeouts]")),
        ("drain", Some("[shutdown]")),
        ("danger", Some("[monitor]")),
        ("proxy", Some("[[channels]]")),
        ("request_body", None),
        ("token", None),
        ("tls", None),
        ("keys", None),
        ("models", None),
        ("hash", None),
        ("storage", None),
    ] {
        assert_eq!(home_of(key).as_deref(), home, "{key}");
    }
}
