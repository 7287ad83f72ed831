//! What is written is what holds.

use std::time::Duration;

use adaptors::dialect::{ANTHROPIC, GEMINI, OPENAI, RESPONSES};

use super::{CHANNEL, with};
use crate::config::{Auth, Failover, Limits, ProxyKind, Timeouts};

#[test]
fn a_file_with_a_channel_alone_has_the_defaults() {
    let config = with(CHANNEL).good();
    assert_eq!(config.live.timeouts, Timeouts::default());
    let Limits { buffered, memory, upload, .. } = Limits::default();
    assert_eq!(Limits { buffered, memory, upload, ..config.live.limits }, Limits::default());
    assert_eq!(
        (config.live.limits.buffered, config.live.limits.memory),
        (1 << 30, (4 << 30) / 5 * 4),
        "of 4 GiB"
    );
    assert_eq!(config.live.failover, Failover { attempts: 4, affinity: true, ..Failover::default() });
    assert_eq!(config.fixed.listen.to_string(), "127.0.0.1:3000");
    let channel = &config.live.channels[0];
    assert_eq!(
        (channel.name.as_str(), channel.auth.clone(), channel.weight, channel.priority),
        ("openai", Auth::Bearer, 1, 0)
    );
    assert_eq!(channel.base_url.as_ref().unwrap().to_string(), "https://api.openai.com");
    assert_eq!(channel.keys[0].reveal(), "sk-sentinel");
    assert_eq!(channel.upstream_name("gpt-4o"), Some("gpt-4o"));
    assert_eq!(channel.upstream_name("claude-x"), None);
}

#[test]
fn every_value_is_read() {
    let config = with(
        r#"
        listen = "[::1]:8080"
        [limits]
        in_flight = 1
        connections = 2
        request_body = "1MiB"
        buffered = 2097152
        sse_event = "64KiB"
        on_disconnect = "cancel"
        [timeouts]
        connect = 1
        first_byte = "2s"
        idle = "3s"
        total = "1h"
        client_write = "5s"
        error_body = "6s"
        request_header = "7s"
        request_body = 0.5
        tls = "9s"
        client_idle = "10s"
        upstream_idle = "11s"
        [shutdown]
        drain = "0s"
        [admin]
        token = "env:KEY"
        [monitor]
        every = "1m"
        warning = 10
        danger = 20
        token = "file:secret"
        [[keys]]
        name = "alice"
        hash = "sha256:f3abf2a6cc4f00987743db5f544ba345b4899ae31f326d8ee9c4816de153c9e0"
        models = ["gpt-*"]
        in_flight = 5
        [[channels]]
        name = "one"
        provider = "xai"
        base_url = "http://10.0.0.1:9000/v1/"
        dialect = ["anthropic"]
        auth = "x-api-key"
        keys = ["env:KEY", "file:/run/key"]
        models = ["grok-*", { name = "fast", upstream = "grok-mini" }, { name = "slow" }]
        priority = -3
        weight = 7
        proxy = "socks5://me:pa%3Ass@127.0.0.1"
        timeouts = { first_byte = "60s", total = 90 }
        headers = { x-team = "blue", x-secret = "env:KEY" }
        in_flight = 9
        "#,
    )
    .file("/cfg/secret", "tok-sentinel\r\n")
    .file("/run/key", "sk-sentinel-2\n")
    .good();
    assert_eq!(config.fixed.listen.to_string(), "[::1]:8080");
    let limits = &config.live.limits;
    assert_eq!((limits.in_flight, limits.connections, limits.request_body), (1, 2, 1 << 20));
    assert_eq!((limits.buffered, limits.sse_event), (2 << 20, 64 << 10));
    let (t, f) = (&config.live.timeouts, &config.fixed);
    let millis: Vec<u128> = [
        t.connect,
        t.first_byte,
        t.idle,
        t.total,
        f.client_write,
        t.error_body,
        f.request_header,
        t.request_body,
        f.tls,
        f.client_idle,
        f.upstream_idle,
    ]
    .map(|d| d.as_millis())
    .to_vec();
    assert_eq!(millis, [1000, 2000, 3000, 3_600_000, 5000, 6000, 7000, 500, 9000, 10_000, 11_000]);
    assert_eq!(config.live.shutdown.drain, Duration::ZERO);
    assert_eq!(config.live.admin.token.unwrap().reveal(), "sk-sentinel");
    assert_eq!(
        (config.fixed.every.as_secs(), config.live.monitor.warning, config.live.monitor.danger),
        (60, 10, 20)
    );
    assert_eq!(config.live.monitor.token.unwrap().reveal(), "tok-sentinel");
    let caller = &config.live.keys[0];
    assert_eq!((caller.name.as_str(), caller.in_flight), ("alice", Some(5)));
    assert!(caller.allows("gpt-4") && !caller.allows("grok-4"));
    let channel = &config.live.channels[0];
    let url = channel.base_url.as_ref().unwrap();
    assert_eq!((url.host.as_str(), url.port, url.tls, url.path.as_str()), ("10.0.0.1", 9000, false, "/v1"));
    assert_eq!(channel.auth, Auth::Header(http::HeaderName::from_static("x-api-key")));
    assert_eq!(channel.dialects[..], [ANTHROPIC]);
    assert_eq!(
        channel.keys.iter().map(vitals::Secret::reveal).collect::<Vec<_>>(),
        ["sk-sentinel", "sk-sentinel-2"]
    );
    assert_eq!(channel.upstream_name("fast"), Some("grok-mini"));
    assert_eq!(channel.upstream_name("slow"), Some("slow"));
    assert_eq!((channel.priority, channel.weight, channel.in_flight), (-3, 7, Some(9)));
    let proxy = channel.proxy.as_ref().unwrap();
    let (user, password) = proxy.credentials.as_ref().unwrap();
    assert_eq!(
        (proxy.kind, proxy.port, user.as_str(), password.reveal()),
        (ProxyKind::Socks5, 1080, "me", "pa:ss")
    );
    assert_eq!((channel.timeouts.first_byte.as_secs(), channel.timeouts.total.as_secs()), (60, 90));
    assert_eq!(channel.timeouts.idle.as_secs(), 3);
    assert_eq!(channel.headers.len(), 2);
}

#[test]
fn shares_are_of_the_memory_and_defaults_fit_into_them() {
    let small = |text: &str| with(&format!("{text}{CHANNEL}")).file("/proc/meminfo", "MemTotal: 65536 kB\n");
    let config = small("").good();
    let limits = config.live.limits;
    assert_eq!((limits.buffered, limits.request_body, limits.form()), (16 << 20, 16 << 20, 32 << 20));
    let half = small("[limits]\nbuffered = \"50%\"\n").good();
    assert_eq!((half.live.limits.buffered, half.live.limits.request_body), (32 << 20, 32 << 20));
    let forms = small("[limits]\nrequest_body = \"1MiB\"\n").good().live.limits.form();
    assert_eq!(forms, 1 << 20);
    let wrong = small("[limits]\nrequest_body = \"20MiB\"\n").wrong();
    assert!(wrong.contains("`limits.request_body` is larger than `limits.buffered` (16.0 MiB)"), "{wrong}");
}

#[test]
fn addresses_to_listen_on() {
    for (text, address) in [
        ("0.0.0.0:80", "0.0.0.0:80"),
        (":80", "0.0.0.0:80"),
        ("localhost:1", "127.0.0.1:1"),
        ("8080", "127.0.0.1:8080"),
        ("[::]:0", "[::]:0"),
        ("*:5", "0.0.0.0:5"),
    ] {
        assert_eq!(with(CHANNEL).flag_listen(text).good().fixed.listen.to_string(), address, "{text}");
    }
}

#[test]
fn the_rendered_configuration_masks_secrets_and_is_toml() {
    let config = with(&format!(
        "admin.token = \"env:KEY\"\n{CHANNEL}headers = {{ x-secret = \"env:KEY\", x-plain = \"a\\\"b\" }}\nproxy = \"http://u:sentinel@p:8\"\n"
    ))
    .flag_listen("127.0.0.1:0")
    .good();
    let text = config.render(str::to_owned);
    assert!(!text.contains("sentinel"), "{text}");
    assert!(!format!("{config:?}").contains("sentinel"));
    let read: toml::Table = text.parse().unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(read["timeouts"]["first_byte"].as_str(), Some("15m"));
    assert_eq!(read["channels"][0]["keys"][0].as_str(), Some("***"));
    assert_eq!(read["channels"][0]["proxy"].as_str(), Some("http://***@p:8"));
    assert_eq!(read["channels"][0]["headers"]["x-plain"].as_str(), Some("a\"b"));
    assert!(text.contains("listen = \"127.0.0.1:0\"  # from --listen"), "{text}");
    assert!(text.contains("keys = [\"***\"]  # from env:KEY"), "{text}");
}

#[test]
fn what_is_in_effect_shows_where_each_operation_goes() {
    let shown = |channel: &str| {
        let text = with(&format!("[[channels]]\n{channel}")).good().render(str::to_owned);
        text.lines().filter(|line| line.starts_with("# /")).map(str::to_owned).collect::<Vec<_>>()
    };
    let all = shown("provider = \"custom\"\nauth = \"none\"\nbase_url = \"https://h:8/v1beta/openai/\"");
    for line in [
        "# /v1/chat/completions: https://h:8/v1beta/openai/chat/completions",
        "# /v1/embeddings: https://h:8/v1beta/openai/embeddings",
        "# /v1/audio/speech: https://h:8/v1beta/openai/audio/speech",
        "# /v2/rerank: https://h:8/v1beta/openai/rerank",
    ] {
        assert!(all.iter().any(|shown| shown == line), "{line}: {all:#?}");
    }
    assert_eq!(
        shown("provider = \"anthropic\"\nauth = \"none\""),
        [
            "# /v1/messages: https://api.anthropic.com/v1/messages",
            "# /v1/messages/count_tokens: https://api.anthropic.com/v1/messages/count_tokens"
        ]
    );
    assert!(shown("provider = \"demo\"\nname = \"x\"").is_empty());
}

#[test]
fn a_provider_s_key_is_sent_as_each_of_its_dialects_wants_it() {
    let goog = || Auth::Header(http::HeaderName::from_static("x-goog-api-key"));
    let channel = |more: &str| {
        let text = format!("[[channels]]\nprovider = \"gemini\"\nkeys = [\"env:KEY\"]\n{more}");
        with(&text).good().live.channels[0].clone()
    };
    let home = channel("");
    assert_eq!(home.dialects[..], [GEMINI, OPENAI]);
    assert_eq!((home.auth_of(GEMINI), home.auth_of(OPENAI)), (&goog(), &Auth::Bearer));
    let address = |dialect, own| home.path(dialect, None, own);
    assert_eq!(address(GEMINI, "/models"), "/v1beta/models");
    assert_eq!(address(OPENAI, "/models"), "/v1beta/openai/models");
    let said = channel("auth = \"query:key\"");
    assert_eq!((said.auth_of(GEMINI), said.auth_of(OPENAI)), (&said.auth, &Auth::Query("key".to_owned())));
    // Elsewhere it is what it was taken for before: a server that OpenAI's clients may call.
    let other = channel("base_url = \"https://h/v1\"");
    assert_eq!((&other.dialects[..], other.auth_of(OPENAI)), (&[OPENAI][..], &Auth::Bearer));
    let both = channel("base_url = \"https://h/gw\"\ndialect = [\"gemini\", \"openai\"]");
    assert_eq!(both.path(OPENAI, None, "/models"), "/gw/v1beta/openai/models");
    let azure =
        "[[channels]]\nprovider = \"azure-openai\"\nkeys = [\"env:KEY\"]\nvalues = { resource = \"r\" }";
    assert_eq!(with(azure).good().live.channels[0].dialects[..], [OPENAI, RESPONSES]);
}
