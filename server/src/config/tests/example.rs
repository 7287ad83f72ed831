//! The example at the repository's root: parsed, and equal to the defaults where it shows them.

use super::{CHANNEL, World, with};
use crate::config::{Limits, Timeouts};

pub(super) const EXAMPLE: &str = include_str!("../../../../watertight.example.toml");

pub(super) fn load_example(text: &str) -> crate::config::Config {
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
    assert_eq!(example.live.timeouts, Timeouts::default());
    assert_eq!(example.live.limits, plain.live.limits);
    assert_eq!(example.live.limits.in_flight, Limits::default().in_flight);
    assert_eq!(example.fixed, plain.fixed);
    assert_eq!(example.live.shutdown, plain.live.shutdown);
    assert_eq!(
        (example.live.monitor.warning, example.live.monitor.danger),
        (plain.live.monitor.warning, plain.live.monitor.danger)
    );
}

#[test]
fn its_commented_values_are_valid_too() {
    let uncommented: Vec<&str> =
        EXAMPLE.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
    let config = load_example(&uncommented.join("\n"));
    assert_eq!(config.live.channels.len(), 5);
    assert_eq!(config.live.keys.len(), 1);
    assert!(config.live.admin.token.is_some());
    assert!(config.live.tls.is_some());
    let shown = config.render(str::to_owned);
    assert!(shown.contains("[tls]\ncert = \"cert.pem\"\nkey = \"key.pem\"\n"), "{shown}");
    assert!(!shown.contains("BEGIN"), "{shown}");
}

/// The same file for who reads Chinese.
#[test]
fn the_chinese_one_differs_in_its_comments_alone() {
    const CHINESE: &str = include_str!("../../../../watertight.example.zh.toml");
    let keys = |text: &str| -> Vec<String> {
        let own = |line: &str| {
            line.strip_prefix("#: ").unwrap_or(line).split(" # ").next().unwrap_or("").trim().to_owned()
        };
        text.lines().map(own).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
    };
    assert_eq!(keys(EXAMPLE), keys(CHINESE));
    let comments = |text: &str| text.lines().filter(|line| line.contains("# ")).count();
    assert_eq!(comments(EXAMPLE), comments(CHINESE), "a comment is missing");
    let english = |line: &&str| {
        line.split("# ")
            .nth(1)
            .is_some_and(|said| said.is_ascii() && said.contains(' ') && !line.contains(": "))
    };
    assert_eq!(CHINESE.lines().filter(english).collect::<Vec<_>>(), Vec::<&str>::new());
}
