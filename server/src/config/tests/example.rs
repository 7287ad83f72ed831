//! The example at the repository's root: parsed, and equal to the defaults where it shows them.

use super::{CHANNEL, World, with};
use crate::config::{Limits, Timeouts};

const EXAMPLE: &str = include_str!("../../../../watertight.example.toml");

fn load_example(text: &str) -> crate::config::Config {
    let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    World::default()
        .file("/cfg/watertight.toml", text)
        .file("/cfg/cert.pem", &pair.cert.pem())
        .file("/cfg/key.pem", &pair.signing_key.serialize_pem())
        .var("OPENAI_API_KEY", "sk-1")
        .var("ANTHROPIC_API_KEY", "sk-2")
        .var("WATERTIGHT_ADMIN_TOKEN", "adm")
        .good()
}

#[test]
fn shows_the_defaults() {
    let (example, plain) = (load_example(EXAMPLE), with(CHANNEL).good());
    assert_eq!(example.timeouts, Timeouts::default());
    assert_eq!(example.limits, plain.limits);
    assert_eq!(example.limits.in_flight, Limits::default().in_flight);
    assert_eq!(example.listen, plain.listen);
    assert_eq!(example.shutdown, plain.shutdown);
    assert_eq!(
        (example.monitor.every, example.monitor.warning, example.monitor.danger),
        (plain.monitor.every, plain.monitor.warning, plain.monitor.danger)
    );
}

#[test]
fn its_commented_values_are_valid_too() {
    let uncommented: Vec<&str> =
        EXAMPLE.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
    let config = load_example(&uncommented.join("\n"));
    assert_eq!(config.channels.len(), 4);
    assert_eq!(config.keys.len(), 1);
    assert!(config.admin.token.is_some());
    assert!(config.tls.is_some());
    let shown = config.render();
    assert!(shown.contains("[tls]\ncert = \"cert.pem\"\nkey = \"key.pem\"\n"), "{shown}");
    assert!(!shown.contains("BEGIN"), "{shown}");
}

#[test]
fn the_documentation_names_every_key_of_the_example() {
    let docs = include_str!("../../../../docs/configuration.md");
    let mut section = String::new();
    for line in EXAMPLE
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line))
        .filter(|line| !line.starts_with('#'))
    {
        if line.starts_with('[') {
            section = line.split('#').next().unwrap_or("").trim().trim_matches(['[', ']']).to_owned();
        } else if let Some((key, _)) = line.split_once(" = ") {
            let name = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
            assert!(docs.contains(&format!("| `{name}` |")), "docs/configuration.md has no row for `{name}`");
        }
    }
}
