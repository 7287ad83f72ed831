//! Flag, `WATERTIGHT_*`, file, old names, default.

use super::{CHANNEL, World, with};

#[test]
fn nothing_at_all_is_the_demo() {
    let config = World::default().good();
    assert!(config.is_demo() && !config.needs_first_key());
    assert_eq!(config.fixed.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.live.channels[0].upstream_name("anything"), Some("anything"));
    assert!(config.source.file.is_none());
}

#[test]
fn a_file_that_only_says_where_to_listen_is_the_demo() {
    for text in ["listen = \"127.0.0.1:7\"\n", "# nothing yet\n", ""] {
        let config = with(text).good();
        assert!(config.is_demo() && config.source.bare, "{text}");
    }
    assert!(!with(CHANNEL).good().source.bare);
}

#[test]
fn a_key_in_the_environment_is_a_channel() {
    let world = World::default()
        .var("OPENAI_API_KEY", "sk-1")
        .var("ANTHROPIC_API_KEY", " sk-2\n")
        .var("XAI_API_KEY", "");
    let config = world.var("HTTPS_PROXY", "http://p:8080").good();
    let names: Vec<&str> = config.live.channels.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["openai", "anthropic"]);
    assert_eq!(config.live.channels[1].keys[0].reveal(), "sk-2");
    assert_eq!(config.live.channels[1].proxy.as_ref().unwrap().to_string(), "http://p:8080");
    assert!(!config.is_demo());
    let text = config.render(str::to_owned);
    assert!(
        text.contains("from env:OPENAI_API_KEY")
            && text.contains("from HTTPS_PROXY")
            && !text.contains("sk-1"),
        "{text}"
    );
}

#[test]
fn channels_of_the_file_stand_alone() {
    let config = with(CHANNEL).var("ANTHROPIC_API_KEY", "sk-2").good();
    assert_eq!(config.live.channels.len(), 1);
    let config = with("listen = \"127.0.0.1:7\"\n").var("ANTHROPIC_API_KEY", "sk-2").good();
    assert_eq!((config.live.channels[0].name.as_str(), config.fixed.listen.port()), ("anthropic", 7));
}

#[test]
fn the_demo_flag_needs_and_uses_nothing() {
    let config = with("this is not toml").var("OPENAI_API_KEY", "sk-1").flag_demo().good();
    assert!(config.is_demo());
    let config = with("")
        .file("/x.toml", &format!("listen = \"127.0.0.1:9\"\n{CHANNEL}"))
        .flag_file("/x.toml")
        .flag_demo()
        .good();
    assert!(config.is_demo());
    assert_eq!(config.fixed.listen.port(), 9);
}

#[test]
fn the_demo_can_be_a_channel_among_others() {
    let config = with(&format!("{CHANNEL}[[channels]]\nprovider = \"demo\"\nmodels = [\"demo\"]\n")).good();
    assert!(!config.is_demo() && config.live.channels[1].is_demo());
    assert_eq!(config.live.channels[1].upstream_name("gpt-4"), None);
}

#[test]
fn precedence_of_listen() {
    let file = format!("listen = \"127.0.0.1:3\"\n{CHANNEL}");
    let port = |world: World| world.good().fixed.listen.port();
    assert_eq!(
        port(with(&file).var("PORT", "4").var("WATERTIGHT_LISTEN", "127.0.0.1:2").flag_listen("127.0.0.1:1")),
        1
    );
    assert_eq!(port(with(&file).var("PORT", "4").var("WATERTIGHT_LISTEN", "127.0.0.1:2")), 2);
    assert_eq!(port(with(&file).var("PORT", "4")), 3);
    assert_eq!(port(with(CHANNEL).var("PORT", "4")), 4);
    assert_eq!(port(with(CHANNEL)), 3000);
}

#[test]
fn old_timeouts_are_seconds_and_zero_is_the_default() {
    let config = with(CHANNEL).var("RELAY_TIMEOUT", "60").var("STREAMING_TIMEOUT", "0").good();
    assert_eq!((config.live.timeouts.total.as_secs(), config.live.timeouts.idle.as_secs()), (60, 300));
    assert_eq!(config.live.channels[0].timeouts.total.as_secs(), 60);
    let config = with(&format!("timeouts.total = \"7s\"\n{CHANNEL}")).var("RELAY_TIMEOUT", "60").good();
    assert_eq!(config.live.timeouts.total.as_secs(), 7);
    assert!(
        !config.render(str::to_owned).contains("RELAY_TIMEOUT"),
        "the file's value is not the variable's"
    );
    let config = with(CHANNEL).var("RELAY_TIMEOUT", "60").var("PORT", "5").good();
    let text = config.render(str::to_owned);
    assert!(
        text.contains("total = \"1m\"  # from RELAY_TIMEOUT") && text.contains(":5\"  # from PORT"),
        "{text}"
    );
}

#[test]
fn a_named_file_and_its_folder() {
    let config = World::default()
        .file("/etc/w/w.toml", "[[channels]]\nprovider = \"demo\"\n")
        .var("WATERTIGHT_CONFIG", "/etc/w/w.toml")
        .good();
    assert_eq!(config.source.dir.to_str(), Some("/etc/w"));
    assert_eq!(config.source.file.unwrap().to_str(), Some("/etc/w/w.toml"));
}

#[test]
fn a_proxy_of_the_channel_stands_above_the_environment() {
    let proxied = |extra: &str| {
        let world = with(&format!("{CHANNEL}{extra}")).var("ALL_PROXY", "socks5://p:1");
        world.good().live.channels[0].proxy.as_ref().map(ToString::to_string)
    };
    assert_eq!(proxied("").as_deref(), Some("socks5://p:1"));
    assert_eq!(proxied("proxy = \"http://q:2\"\n").as_deref(), Some("http://q:2"));
    assert_eq!(proxied("proxy = \"none\"\n"), None);
    assert_eq!(proxied("base_url = \"http://127.0.0.1:5\"\n"), None);
}

#[test]
fn an_address_of_ones_own_needs_no_key_and_serves_everything() {
    let config = with("[[channels]]\nprovider = \"openai\"\nbase_url = \"http://127.0.0.1:5\"\n").good();
    assert!(config.live.channels[0].keys.is_empty());
    assert_eq!(config.live.channels[0].upstream_name("fault-cut"), Some("fault-cut"));
}
