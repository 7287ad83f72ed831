//! Addresses with placeholders, and how keys are shown.

use super::{World, with};

/// A channel's lines of `serve --check`: its addresses, or (`key = `) a value.
fn shown(channel: &str, what: &str) -> Vec<String> {
    lines(&world(channel), what)
}

fn world(channel: &str) -> World {
    with(&format!("[[channels]]\nkeys = [\"env:KEY\"]\n{channel}"))
}

fn lines(world: &World, what: &str) -> Vec<String> {
    let text = world.good().render(str::to_owned);
    assert!(!text.contains("sentinel"), "{text}");
    text.lines().filter(|line| line.starts_with(what)).map(str::to_owned).collect()
}

#[test]
fn a_clouds_address_is_filled_from_values_or_the_environment() {
    let row = "provider = \"bedrock\"\n";
    let at =
        "# /v1/chat/completions: https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/chat/completions";
    assert_eq!(shown(&format!("{row}values = {{ region = \"eu-west-1\" }}"), "# /v1/chat"), [at]);
    let world = world(row).var("AWS_REGION", "eu-west-1").var("GOOGLE_CLOUD_PROJECT", "p");
    assert_eq!(lines(&world, "# /v1/chat"), [at]);
    assert_eq!(
        lines(&world, "values = "),
        ["values = { \"region\" = \"eu-west-1\" }  # from env:AWS_REGION"]
    );
    let cloudflare = "provider = \"cloudflare\"\nvalues = { account = \"a1\" }";
    let at = "https://api.cloudflare.com/client/v4/accounts/a1/ai/v1/chat/completions";
    assert_eq!(shown(cloudflare, "# /v1/chat"), [format!("# /v1/chat/completions: {at}")]);
    let claude = "provider = \"claude-aws\"\nvalues = { region = \"us-east-1\", workspace = \"wrk_1\" }";
    assert_eq!(shown(claude, "headers = "), ["headers = { \"anthropic-workspace-id\" = \"wrk_1\" }"]);
}

#[test]
fn paths_and_queries_are_templates() {
    let own = "provider = \"custom\"\nbase_url = \"https://h/gw\"\npath = \"/{team}/{model}/{operation}\"\n\
               query = \"api-version=preview&team={team}\"\nvalues = { team = \"a\" }";
    assert_eq!(
        shown(own, "# /v1/chat"),
        ["# /v1/chat/completions: https://h/gw/a/{model}/chat/completions?api-version=preview&team=a"]
    );
    let azure = "provider = \"azure-deployments\"\nbase_url = \"https://h\"\n";
    let at = "# /v1/chat/completions: https://h/openai/deployments/{model}/chat/completions?api-version=";
    assert_eq!(shown(azure, "# /v1/chat"), [format!("{at}2024-10-21")]);
    let version = format!("{azure}query = {{ api-version = \"2099-01-01\" }}");
    assert_eq!(shown(&version, "# /v1/chat"), [format!("{at}2099-01-01")]);
}

#[test]
fn every_way_to_show_a_key_is_shown_as_it_was_written() {
    for auth in ["bearer", "x-api-key", "x-goog-api-key", "header:api-key", "query:key", "none"] {
        let channel = format!("provider = \"custom\"\nbase_url = \"https://h\"\nauth = \"{auth}\"");
        assert_eq!(shown(&channel, "auth = "), [format!("auth = \"{auth}\"")]);
    }
}

#[test]
fn mistakes_of_templates_are_named() {
    let own = "provider = \"custom\"\nbase_url = \"https://h\"\n";
    for (channel, said) in [
        (
            format!("{own}path = \"/{{deployment}}\""),
            ":5: `channels.path`: `{deployment}` stands for nothing: give it, such as values = { deployment",
        ),
        (
            format!("{own}query = \"a={{modle}}\""),
            ":5: `channels.query`: `{modle}` stands for nothing: did you mean `{model}`? If not, give it",
        ),
        (
            format!("{own}path = \"/{{tennant}}\"\nvalues = {{ tenant = \"x\" }}"),
            ":6: `channels.values`: `tenant` is in no part of this channel's address: did you mean `tennant`?",
        ),
        (format!("{own}path = \"/a?b\""), "belongs into `query`"),
        (format!("{own}path = \"x\""), "begins with `/`"),
        (format!("{own}path = \"/{{\""), "a `{` without its `}`"),
        (format!("{own}path = \"/a b\""), "percent-encode it"),
        (format!("{own}query = \"a=b#\""), "not one parameter"),
        (
            format!("{own}values = {{ region = \"x\" }}"),
            ":5: `channels.values`: `region` is in no part of this channel's address: leave it out",
        ),
        (
            format!("{own}[channels.values]\nmodel = \"x\""),
            ":6: `channels.values`: `model` is filled by each request: leave it out",
        ),
        (format!("{own}auth = \"header:\""), "not a header's name"),
        (format!("{own}auth = \"header:host\""), "the relay's own business"),
        (format!("{own}auth = \"query:a&b\""), "a parameter's name"),
        (
            "provider = \"bedrock\"".to_owned(),
            "`{region}` stands for nothing: give it, such as values = { region = \"us-east-1\" }",
        ),
        (
            "provider = \"vertex\"\nvalues = { location = \"eu\" }".to_owned(),
            "values = { project = \"my-project\" }",
        ),
        ("provider = \"bedrock\"\nvalues = { region = \"a/b\" }".to_owned(), "a value is 1 to 128 letters"),
        (
            "provider = \"claude-aws\"\nvalues = { region = \"r\" }".to_owned(),
            "`{workspace}` stands for nothing",
        ),
    ] {
        let wrong = world(&channel).wrong();
        assert!(wrong.contains(said), "{channel}\n{wrong}");
    }
}
