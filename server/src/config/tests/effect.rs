//! Where each value came from, and a first file.

use super::{CHANNEL, World, with};
use crate::config::begin::beginning;
use crate::config::{Inputs, Origin, Place};

/// `KEY  ORIGIN  REFERS` of a value.
fn origin(world: &World, key: &str) -> (Origin, Option<String>) {
    let values = world.good().values();
    let found = values.into_iter().find(|value| value.key == key);
    let found = found.unwrap_or_else(|| panic!("{key} is not shown"));
    (found.origin, found.refers)
}

fn line(line: usize) -> Origin {
    Origin::File(Place { file: "watertight.toml".to_owned(), line })
}

#[test]
fn each_value_tells_what_set_it() {
    let text =
        format!("\n[limits]\nin_flight = 7\n[admin]\ntoken = \"env:KEY\"\n{CHANNEL}proxy = \"none\"\n");
    let world = with(&text).var("PORT", "4").var("RELAY_TIMEOUT", "60").var("STREAMING_TIMEOUT", "0");
    let of = |key| origin(&world, key);
    assert_eq!(of("listen"), (Origin::Variable("PORT".to_owned()), None));
    assert_eq!(of("timeouts.total"), (Origin::Variable("RELAY_TIMEOUT".to_owned()), None));
    assert_eq!(of("timeouts.idle"), (Origin::Default, None), "0 is the default");
    assert_eq!(of("limits.in_flight"), (line(3), None));
    assert_eq!(of("admin.token"), (line(5), Some("env:KEY".to_owned())));
    assert_eq!(of("channels.openai.provider"), (line(7), None));
    assert_eq!(of("channels.openai.keys"), (line(8), Some("env:KEY".to_owned())));
    assert_eq!(of("channels.openai.proxy"), (line(9), None));
    assert_eq!(of("channels.openai.weight"), (Origin::Default, None));
    let shown: Vec<_> = world.good().values();
    assert!(shown.iter().all(|value| !format!("{value:?}").contains("sentinel")), "{shown:?}");
}

#[test]
fn what_stands_above_the_file_is_told_in_its_place() {
    let text = format!("listen = \"127.0.0.1:3\"\n{CHANNEL}");
    let world = || with(&text).var("WATERTIGHT_LISTEN", "127.0.0.1:2");
    assert_eq!(origin(&with(&text).var("PORT", "4"), "listen"), (line(1), None));
    let variable = Origin::Variable("WATERTIGHT_LISTEN".to_owned());
    assert_eq!(origin(&world(), "listen"), (variable, None));
    let flag = Origin::Flag("--listen".to_owned());
    assert_eq!(origin(&world().flag_listen("127.0.0.1:1"), "listen"), (flag, None));
    let demo = "[[channels]]\nprovider = \"demo\"\nmodels = [\"x\"]\n";
    let demo = with("").file("/d.toml", demo).flag_file("/d.toml").flag_demo();
    assert_eq!(origin(&demo, "channels.demo.provider"), (Origin::Flag("--demo".to_owned()), None));
    assert_eq!(origin(&demo, "channels.demo.models"), (Origin::Default, None));
}

#[test]
fn two_callers_are_two_and_a_key_of_the_environment_is_told_by_its_name() {
    let hash = |key: &str| vitals::key::KeyHash::of(key).to_string();
    let text = format!(
        "[[keys]]\nname = \"a\"\nhash = \"env:HASH\"\n[[keys]]\nname = \"b\"\nhash = \"{}\"\n",
        hash("b")
    );
    let world =
        with(&text).var("HASH", &hash("a")).var("OPENAI_API_KEY", "sk-1").var("HTTPS_PROXY", "http://p:1");
    assert_eq!(origin(&world, "keys.a.hash"), (line(3), Some("env:HASH".to_owned())));
    assert_eq!(origin(&world, "keys.b.hash"), (line(6), None));
    let variable = |name: &str| (Origin::Variable(name.to_owned()), None);
    assert_eq!(origin(&world, "channels.openai.keys"), variable("OPENAI_API_KEY"));
    assert_eq!(origin(&world, "channels.openai.proxy"), variable("HTTPS_PROXY"));
}

#[test]
fn the_key_of_the_first_start_stands_in_its_own_file() {
    let hash = vitals::key::KeyHash::of("x");
    let world = with(CHANNEL)
        .file("/cfg/watertight.keys", &format!("# made\n[[keys]]\nname = \"first\"\nhash = \"{hash}\"\n"))
        .flag_listen("0.0.0.0:1");
    let place = Place { file: "/cfg/watertight.keys".to_owned(), line: 4 };
    assert_eq!(origin(&world, "keys.first.hash"), (Origin::File(place), None));
}

/// The first file for these variables, and the world in which it is used.
fn begun(vars: &[(&str, &str)]) -> (String, World) {
    let world = vars.iter().fold(World::default(), |world, (name, value)| world.var(name, value));
    let env = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
    let inputs = Inputs { env: &env, ..Inputs::of_process(None, None, false) };
    let text = beginning(&inputs, "watertight.toml").text;
    let world = world.file("/cfg/watertight.toml", &text);
    (text, world)
}

#[test]
fn a_first_file_has_a_channel_for_each_key_and_no_key() {
    let keys = [("OPENAI_API_KEY", "sk-sentinel-1"), ("GEMINI_API_KEY", "sk-sentinel-2")];
    let (text, world) = begun(&keys);
    assert!(!text.contains("sentinel"), "{text}");
    let config = world.good();
    let without = keys.iter().fold(World::default(), |world, (name, value)| world.var(name, value)).good();
    assert_eq!(config.live.channels, without.live.channels, "what came by itself is written down");
    assert_eq!((config.fixed, config.live.limits), (without.fixed, without.live.limits));
}

#[test]
fn a_first_file_without_a_key_is_the_demo_and_pins_no_default() {
    let (text, world) = begun(&[]);
    assert!(world.good().is_demo(), "{text}");
    let set: Vec<_> = world.good().values();
    let set = set.iter().filter(|value| value.origin != Origin::Default).map(|value| value.key.as_str());
    assert_eq!(set.collect::<Vec<_>>(), ["channels.demo.name", "channels.demo.provider"]);
    assert_eq!(world.var("PORT", "4").good().fixed.listen.port(), 4);
}

/// Every comment that is a key or a table is one that may be used as it stands.
#[test]
fn what_a_first_file_has_as_comments_is_valid_too() {
    let (text, _) = begun(&[("OPENAI_API_KEY", "sk-1")]);
    let key =
        |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(k, _)| !k.contains(' '));
    let plain = |line: &str| {
        let rest = line.strip_prefix("#: ").or_else(|| line.strip_prefix("# "));
        rest.filter(|rest| key(rest)).unwrap_or(line).to_owned()
    };
    let plain: Vec<String> = text.lines().map(plain).collect();
    let config = super::example::load_example(&plain.join("\n"));
    assert_eq!((config.live.channels.len(), config.live.keys.len()), (6, 1));
}
