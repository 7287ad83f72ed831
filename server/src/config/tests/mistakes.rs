//! Every mistake says where, what and what to do.

use super::{CHANNEL, World, with};

/// Text of the file, and what the message must contain.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let wrong = with(text).wrong();
    for part in expected {
        assert!(wrong.contains(part), "expected: {part}\nfound: {wrong}");
    }
}

#[test]
fn unknown_keys_name_the_nearest() {
    check(
        "listen = \"127.0.0.1:1\"\n\n[[chanels]]\nprovider = \"openai\"\n",
        &["watertight.toml:3: unknown key `chanels`, did you mean `channels`?"],
    );
    check(
        &format!("[timeouts]\nfirst-byte = \"1s\"\n{CHANNEL}"),
        &["watertight.toml:2: unknown key `timeouts.first-byte`, did you mean `first_byte`?"],
    );
    check(
        &format!("{CHANNEL}timeouts = {{ tls = \"1s\" }}\n"),
        &[":4: unknown key `channels.timeouts.tls`, known here are connect"],
    );
    check(
        &format!("{CHANNEL}models = [{{ name = \"a\", to = \"b\" }}]\n"),
        &[":4: unknown key `channels.models.to`"],
    );
    for absent in ["storage = \"sqlite:x\"\n", "shared = \"redis://\"\n", "trusted_proxies = []\n"] {
        check(&format!("{absent}{CHANNEL}"), &["unknown key"]);
    }
}

/// One mistake, one line: what is only written wrong is not missing as well.
#[test]
fn a_key_that_is_written_wrong_is_not_missing() {
    for (file, said) in [
        (
            format!("{CHANNEL}models = [\"a\", {{ nmae = \"b\", upstream = \"c\" }}]\n"),
            ":4: unknown key `channels.models.nmae`, did you mean `name`?",
        ),
        (
            format!("[[keys]]\nnmae = \"a\"\nhash = \"sha256:{}\"\n{CHANNEL}", "0".repeat(64)),
            ":2: unknown key `keys.nmae`",
        ),
        ("[[channels]]\nprovidr = \"openai\"\n".to_owned(), ":2: unknown key `channels.providr`"),
        (
            "[[channels]]\nprovider = \"openai\"\nkyes = [\"env:K\"]\n".to_owned(),
            ":3: unknown key `channels.kyes`",
        ),
        (format!("[tls]\ncret = \"c.pem\"\nkey = \"k.pem\"\n{CHANNEL}"), ":2: unknown key `tls.cret`"),
    ] {
        let wrong = with(&file).wrong();
        assert!(wrong.contains(said) && !wrong.contains("missing"), "{file}: {wrong}");
    }
    // Another key that is unknown does not stand for it.
    check(&format!("{CHANNEL}models = [{{ to = \"b\" }}]\n"), &[":4: missing `channels.models.name`"]);
}

#[test]
fn a_certificate_is_named_with_its_key_and_can_be_read() {
    check(
        &format!("[tls]\ncert = \"c.pem\"\n{CHANNEL}"),
        &[":1: missing `tls.key`, such as key = \"key.pem\""],
    );
    check(
        &format!("[tls]\ncert = \"c.pem\"\nkey = \"k.pem\"\n{CHANNEL}"),
        &[":2: `tls.cert`: cannot read `/cfg/c.pem`: no such file"],
    );
    check(&format!("[tls]\ncert = \"c.pem\"\nca = \"x\"\n{CHANNEL}"), &[":3: unknown key `tls.ca`"]);
    let wrong = with(&format!("[tls]\ncert = \"c.pem\"\nkey = \"k.pem\"\n{CHANNEL}"))
        .file("/cfg/c.pem", "-----BEGIN PRIVATE KEY-----\nc2VudGluZWw=\n-----END PRIVATE KEY-----\n")
        .wrong();
    assert!(wrong.contains(":2: `tls.cert`: `c.pem` holds no certificate"), "{wrong}");
    assert!(!wrong.contains("c2VudGluZWw"), "{wrong}");
}

#[test]
fn a_key_in_the_wrong_section_is_sent_to_the_right_one() {
    check(&format!("in_flight = 5\n{CHANNEL}"), &[":1: unknown key `in_flight`, it belongs into [limits]"]);
    check(
        &format!("[limits]\nidle = \"5s\"\n{CHANNEL}"),
        &[":2: unknown key `limits.idle`, it belongs into [timeouts]"],
    );
}

#[test]
fn wrong_types_show_an_example() {
    check(
        &format!("[timeouts]\nconnect = true\n{CHANNEL}"),
        &[":2: `timeouts.connect` is a boolean (true), expected a duration such as \"10s\""],
    );
    check(
        &format!("[limits]\nin_flight = \"many\"\n{CHANNEL}"),
        &[":2: `limits.in_flight` is a string (\"many\"), expected a whole number"],
    );
    check(
        &format!("limits = 3\n{CHANNEL}"),
        &[":1: `limits` is an integer (3), expected a table such as [limits]"],
    );
    check(
        "[channels]\nprovider = \"openai\"\n",
        &["`channels` is a table, expected a list of tables such as [[channels]]"],
    );
    check(
        &format!("listen = 3000\n{CHANNEL}"),
        &["expected an address and a port such as \"127.0.0.1:3000\""],
    );
    check(
        &format!("[[keys]]\nname = \"a\"\nhash = 5\n{CHANNEL}"),
        &[":3: `keys.hash` is an integer, expected a hash"],
    );
}

#[test]
fn units_and_bounds() {
    check(
        &format!("[timeouts]\nidle = \"5 parsecs\"\n{CHANNEL}"),
        &[":2: `timeouts.idle`: `5 parsecs` is not a duration", "500ms, 5s"],
    );
    check(
        &format!("[timeouts]\nidle = 0\n{CHANNEL}"),
        &[":2: `timeouts.idle` = 0 is out of bounds, expected 1ms to 1d"],
    );
    check(&format!("[timeouts]\ntotal = \"40d\"\n{CHANNEL}"), &["expected 1ms to 1d"]);
    check(
        &format!("[limits]\nin_flight = 0\n{CHANNEL}"),
        &["`limits.in_flight` = 0 is out of bounds, expected 1 to 1000000"],
    );
    check(&format!("[limits]\nin_flight = -5\n{CHANNEL}"), &["`limits.in_flight` = -5 is out of bounds"]);
    check(&format!("[limits]\nsse_event = \"10XB\"\n{CHANNEL}"), &["`10XB` is not a size"]);
    check(&format!("[limits]\nrequest_body = 0\n{CHANNEL}"), &["expected 1.0 KiB to 1.0 GiB"]);
    check(&format!("[limits]\nbuffered = \"200%\"\n{CHANNEL}"), &["between 1% and 90%"]);
    check(
        &format!("[limits]\non_disconnect = \"wait\"\n{CHANNEL}"),
        &["`wait` is not known: \"cancel\" drops"],
    );
    check(
        &format!("[limits]\non_disconnect = 5\n{CHANNEL}"),
        &["expected a word or a table such as \"cancel\""],
    );
    check(
        &format!("[limits]\non_disconnect = {{ bytes = \"1MiB\" }}\n{CHANNEL}"),
        &["missing `limits.on_disconnect.drain`, such as drain = \"30s\""],
    );
    check(
        &format!("[limits]\non_disconnect = {{ drain = \"2h\", byte = 1 }}\n{CHANNEL}"),
        &["expected 1ms to 1h", "did you mean `bytes`?"],
    );
    check(
        &format!("[failover]\nattempts = 0\n{CHANNEL}"),
        &["`failover.attempts` = 0 is out of bounds, expected 1 to 16"],
    );
    check(
        &format!("[[keys]]\nname = \"a\"\nhash = \"sha256:x\"\nrate = \"often\"\n{CHANNEL}"),
        &["`keys.rate`: `often` is not a rate"],
    );
    check(
        &format!("[monitor]\nwarning = 9\ndanger = 3\n{CHANNEL}"),
        &["`monitor.warning` (9) is above `monitor.danger` (3)"],
    );
    for (listen, monitor) in
        [("127.0.0.1:99", "127.0.0.1:99"), ("127.0.0.1:99", "0.0.0.0:99"), ("[::]:99", "[::1]:99")]
    {
        check(
            &format!("listen = \"{listen}\"\nmonitor.listen = \"{monitor}\"\n{CHANNEL}"),
            &[&format!("watertight.toml:2: `monitor.listen` ({monitor}) is taken by `listen` ({listen})")],
        );
    }
    check(
        &format!("listen = \"example.com:80\"\n{CHANNEL}"),
        &["`example.com:80` is not an address to listen on"],
    );
}

#[test]
fn secrets_are_references() {
    check(
        "[[channels]]\nprovider = \"openai\"\nkeys = [\"sk-sentinel\"]\n",
        &[":3: `channels.keys`: a secret must not stand", "\"env:NAME\""],
    );
    check("[[channels]]\nprovider = \"openai\"\nkeys = [\"env:NOPE\"]\n", &["`NOPE` is not set: export it"]);
    check(
        "[[channels]]\nprovider = \"openai\"\nkeys = [\"file:/no/file\"]\n",
        &["cannot read the secret in `/no/file`: no such file"],
    );
    check(
        "[[channels]]\nprovider = \"openai\"\n",
        &[":1: missing `keys`: openai wants one, such as keys = [\"env:OPENAI_API_KEY\"]"],
    );
    let files = |text: &str| with("admin.token = \"file:t\"\n").file("/cfg/t", text).wrong();
    assert!(files("UNREADABLE").contains("permission denied"));
    assert!(files("\n").contains("`/cfg/t` is empty"));
    assert!(files("a-sentinel\nb\n").contains("more than one line"));
    assert!(files("a sentinel\n").contains("no header can carry"));
}

#[test]
fn channels() {
    check(
        "[[channels]]\nprovider = \"opnai\"\n",
        &[":2: `channels.provider`: `opnai` is not a provider, did you mean `openai`?"],
    );
    check("[[channels]]\nprovider = \"zzzzzz\"\n", &["known are openai, anthropic"]);
    check("[[channels]]\nname = \"x\"\n", &[":1: missing `channels.provider`"]);
    check("[[channels]]\nprovider = \"custom\"\n", &["missing `channels.base_url`"]);
    check(&format!("{CHANNEL}{CHANNEL}"), &[":4: there is another channel named `openai`"]);
    for (url, why) in [
        ("api.openai.com", "does not begin with http:// or https://"),
        ("ftp://x", "does not begin with"),
        ("http://x:99999", "not between 1 and 65535"),
        ("http://u:sentinel@x", "user or a password"),
        ("http://x?key=sentinel", "has a query"),
        ("http://", "is not a URL"),
        ("http://a b", "is not a URL"),
    ] {
        check(&format!("{CHANNEL}base_url = \"{url}\"\n"), &[":4: `channels.base_url`", why]);
    }
    check(&format!("{CHANNEL}models = [\"gpt-[45]\"]\n"), &["the only wildcard is `*`"]);
    check(&format!("{CHANNEL}models = []\n"), &["`channels.models` is empty"]);
    check(&format!("{CHANNEL}models = [{{ upstream = \"x\" }}]\n"), &["missing `channels.models.name`"]);
    let once = with(&format!("{CHANNEL}models = [{{ upstream = \"x\" }}]\n")).wrong();
    assert!(!once.contains("is empty"), "{once}");
    check(
        &format!("{CHANNEL}models = [{{ name = \"x\", upstream = \"gpt-*\" }}]\n"),
        &["one model's name, without wildcards"],
    );
    check(&format!("{CHANNEL}weight = 0\n"), &["expected 1 to 1000000"]);
    check(&format!("{CHANNEL}dialect = \"bedrock\"\n"), &["known are openai, responses, anthropic, gemini"]);
    check(&format!("{CHANNEL}dialect = \"opnai\"\n"), &["did you mean \"openai\"?"]);
    check(
        &format!("{CHANNEL}auth = \"basic\"\n"),
        &["\"query:NAME\", \"google-oauth\", \"sigv4\" or \"none\""],
    );
    check(
        &format!("{CHANNEL}proxy = \"ftp://u:sentinel@p\"\n"),
        &["`ftp://***@p` is not a proxy", "known are http, https and socks5"],
    );
    check(&format!("{CHANNEL}headers = {{ host = \"x\" }}\n"), &["the relay's own business"]);
    check(&format!("{CHANNEL}headers = {{ \"a b\" = \"x\" }}\n"), &["not a header's name"]);
}

#[test]
fn callers() {
    let hash = "sha256:f3abf2a6cc4f00987743db5f544ba345b4899ae31f326d8ee9c4816de153c9e0";
    let one = format!("[[keys]]\nname = \"a\"\nhash = \"{hash}\"\n");
    check(
        &format!("{one}{one}{CHANNEL}"),
        &[":4: there is another key named `a`", ":4: the key `a` has the same hash"],
    );
    check(
        &format!("[[keys]]\nname = \"a\"\nhash = \"sk-sentinel\"\n{CHANNEL}"),
        &[":3: `keys.hash`: expected `sha256:`", "watertight keys hash"],
    );
    check(&format!("[[keys]]\nname = \"a\"\n{CHANNEL}"), &[":1: missing `keys.hash`"]);
    check(
        &format!("[[keys]]\nhash = \"{hash}\"\nmodels = [\"a b\"]\n{CHANNEL}"),
        &["missing `keys.name`", ":3: `keys.models`"],
    );
}

#[test]
fn all_mistakes_are_reported_in_the_order_of_the_file() {
    let wrong = with("listen = 1\n[limits]\nin_flight = 0\nfoo = 1\n[timeouts]\nidle = \"x\"\n[[channels]]\nprovider = \"x\"\n").wrong();
    let lines: Vec<&str> = wrong.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "watertight.toml:1:",
            "watertight.toml:3:",
            "watertight.toml:4:",
            "watertight.toml:6:",
            "watertight.toml:8:"
        ]
    );
}

#[test]
fn broken_toml_has_a_line() {
    check("listen = \n", &["watertight.toml:1: not valid TOML"]);
    check(
        "[limits]\nin_flight = 1\nin_flight = 2\n",
        &["watertight.toml:3: not valid TOML: duplicate key `in_flight`"],
    );
    check("[[channels]\n", &["watertight.toml:1: not valid TOML"]);
    check("keys = [\"sk-sentinel\n", &["watertight.toml:1: not valid TOML"]);
}

#[test]
fn files_that_cannot_be_read() {
    let missing = World::default().flag_file("other.toml").wrong();
    assert!(missing.starts_with("other.toml: cannot read the configuration: no such file"), "{missing}");
    let unreadable = World::default().file("/cfg/watertight.toml", "UNREADABLE").wrong();
    assert_eq!(unreadable, "watertight.toml: cannot read the configuration: permission denied");
    let named = World::default().var("WATERTIGHT_CONFIG", "/etc/w.toml").wrong();
    assert!(named.starts_with("/etc/w.toml: cannot read"), "{named}");
}

#[test]
fn variables_and_flags() {
    assert!(World::default().var("PORT", "http").wrong().starts_with("PORT: `http` is not a port"));
    assert!(
        World::default()
            .var("RELAY_TIMEOUT", "5m")
            .wrong()
            .starts_with("RELAY_TIMEOUT: `5m` is not a whole number")
    );
    assert!(World::default().flag_listen("x").wrong().starts_with("--listen: `x` is not an address"));
    assert!(World::default().var("WATERTIGHT_LISTEN", "x:y").wrong().starts_with("WATERTIGHT_LISTEN: "));
    let bad_key = World::default().var("OPENAI_API_KEY", "sk sentinel").wrong();
    assert!(bad_key.starts_with("OPENAI_API_KEY: contains a space"), "{bad_key}");
    let bad_proxy =
        World::default().var("OPENAI_API_KEY", "sk-1").var("HTTPS_PROXY", "ftp://u:sentinel@p").wrong();
    assert!(bad_proxy.starts_with("HTTPS_PROXY: `ftp://***@p` is not a proxy"), "{bad_proxy}");
}

#[test]
fn a_file_without_channels_and_nothing_in_the_environment() {
    check(
        "listen = \"127.0.0.1:1\"\n[limits]\nin_flight = 5\n",
        &["watertight.toml: there is no channel: add [[channels]]", "--demo"],
    );
}

#[test]
fn every_page_needs_keys() {
    let cors = |more: &str| format!("{more}[cors]\norigins = [\"*\"]\n{CHANNEL}");
    let wrong = with(&cors("")).wrong();
    assert!(wrong.contains(":2: `cors.origins` lists \"*\" while there are no [[keys]]"), "{wrong}");
    // There a key is made.
    with(&cors("listen = \"0.0.0.0:3000\"\n")).good();
    let wrong = with(&cors("listen = \"0.0.0.0:3000\"\n")).flag_listen("127.0.0.1:3000").wrong();
    assert!(wrong.contains("cors.origins"), "{wrong}");
    let wrong = with(&format!("[cors]\norigins = [\"app.example.com\"]\n{CHANNEL}")).wrong();
    assert!(wrong.contains("line 2") || wrong.contains(":2"), "{wrong}");
    assert!(wrong.contains("`app.example.com` is not an origin"), "{wrong}");
    with(&format!("[cors]\norigins = \"http://localhost:*\"\n{CHANNEL}")).good();
}

#[test]
fn models_that_stand_in_for_others() {
    let with_table = |table: &str| format!("[failover]\nfallbacks = {table}\n{CHANNEL}");
    for (table, why) in [
        ("{ \"gpt-5\" = [\"gpt-5\"] }", "that is a loop"),
        ("{ \"gpt-5\" = [\"gpt-4\", \"gpt-4\"] }", "named twice"),
        ("{ \"gpt-5\" = [\"gpt-*\"] }", "is a pattern"),
        ("{ \"gpt-*\" = [\"gpt-4\"] }", "without wildcards"),
        ("{ \"gpt-5\" = [] }", "names 1 to 8 models"),
        ("{ \"gpt-5\" = 7 }", "list of models"),
    ] {
        check(&with_table(table), &[":2: ", why]);
    }
    let wrong = with(&with_table("{ \"gpt-5\" = [\"claude-x\"], \"gemini-x\" = \"gpt-5\" }")).wrong();
    for name in ["claude-x", "gemini-x"] {
        assert!(wrong.contains(&format!("names the model `{name}`, which no channel serves")), "{wrong}");
    }
    let table = "[failover.fallbacks]\ngpt-5 = [\n\"o3\",\n\"gpt-44\",\n]\n";
    let channel =
        "[[channels]]\nprovider = \"openai\"\nkeys = [\"env:K\"]\nmodels = [\"gpt-5\", \"gpt-4\", \"o3\"]\n";
    let wrong = with(&format!("{table}{channel}")).var("K", "sk-1").wrong();
    assert!(wrong.contains(":4: ") && wrong.contains("did you mean `gpt-4`? If not, add it"), "{wrong}");
    let good = with(&with_table("{ \"gpt-5\" = [\"gpt-4\", \"o3\"], \"gpt-4\" = \"gpt-5\" }")).good();
    let fallbacks = &good.live.failover.fallbacks;
    assert_eq!(
        (fallbacks.of("gpt-5").len(), fallbacks.of("gpt-4").len(), fallbacks.of("o3").len()),
        (2, 1, 0)
    );
    assert!(
        good.render(str::to_owned)
            .contains("fallbacks = { gpt-4 = [\"gpt-5\"], gpt-5 = [\"gpt-4\", \"o3\"] }")
            || good
                .render(str::to_owned)
                .contains("fallbacks = { \"gpt-4\" = [\"gpt-5\"], \"gpt-5\" = [\"gpt-4\", \"o3\"] }"),
        "{}",
        good.render(str::to_owned)
    );
}
