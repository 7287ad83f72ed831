use std::fmt::Write as _;

use adaptors::adaptor::Operation;
use adaptors::dialect::{ANTHROPIC, OPENAI};
use adaptors::provider::{Auth, all, find};

#[test]
fn the_whole_table() {
    let mut table = String::new();
    for provider in all() {
        let base = provider.base_url.unwrap_or("http://HOST");
        let _ =
            writeln!(table, "{} {:?} {:?} {:?}", provider.name, provider.auth, provider.env, provider.models);
        for endpoint in provider.endpoints {
            let origin = base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            let offer = endpoint.dialect.offer(Operation::Chat).expect("all converse");
            let path = provider.path(endpoint.dialect, offer.outbound, base, false);
            let _ = writeln!(table, "  {origin}{path} {:?}", provider.forward);
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn names_and_aliases_are_unique_and_found_in_any_case() {
    let mut names: Vec<&str> =
        all().iter().flat_map(|p| [p.name].into_iter().chain(p.aliases.iter().copied())).collect();
    assert_eq!(find("OpenAI").map(|p| p.name), Some("openai"));
    assert_eq!(find("claude").map(|p| p.name), Some("anthropic"));
    assert_eq!(find("nobody"), None);
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn rows_make_sense() {
    for provider in all() {
        assert!(!provider.endpoints.is_empty() && !provider.models.is_empty(), "{}", provider.name);
        assert!(
            provider.env.is_none() || provider.base_url.is_some(),
            "{}: a key alone must do",
            provider.name
        );
        assert!(provider.base_url.is_none_or(|url| !url.ends_with('/')), "{}", provider.name);
        assert!(provider.env.is_none() || provider.auth != Auth::None, "{}", provider.name);
    }
}

fn chat(name: &str, base: &str, several: bool) -> String {
    find(name).expect(name).path(OPENAI, "/chat/completions", base, several)
}

fn messages(name: &str, base: &str, several: bool) -> String {
    find(name).expect(name).path(ANTHROPIC, "/messages", base, several)
}

#[test]
fn a_base_url_is_taken_as_it_was_written() {
    for base in [
        "https://h",
        "https://h/",
        "https://h/v1",
        "https://h/v1/",
        "http://h:8000/v1?x=1",
        "h/v1",
        "http://[::1]:8",
    ] {
        assert_eq!(chat("custom", base, false), "/v1/chat/completions", "{base}");
        assert_eq!(messages("custom", base, false), "/v1/messages", "{base}");
    }
    for base in
        ["/v1beta/openai", "/v1/acct/gw/compat", "/inference", "/api/v3", "/openai", "/v1beta", "/proxy/v1"]
    {
        for name in ["custom", "openai", "dashscope", "groq", "perplexity"] {
            assert_eq!(
                chat(name, &format!("https://h{base}/"), false),
                format!("{base}/chat/completions"),
                "{name}"
            );
        }
    }
    for (base, path) in [
        ("/anthropic", "/anthropic/v1/messages"),
        ("/anthropic/v1", "/anthropic/v1/messages"),
        ("/v1alpha/projects/p/invoke", "/v1alpha/projects/p/invoke/v1/messages"),
    ] {
        for name in ["custom", "custom-anthropic", "anthropic", "deepseek", "openai"] {
            assert_eq!(messages(name, &format!("https://h{base}"), false), path, "{name}");
        }
    }
}

#[test]
fn a_bare_host_and_an_address_of_the_rows_own_get_the_rows_paths() {
    assert_eq!(chat("zhipu", "https://h", false), "/api/paas/v4/chat/completions");
    assert_eq!(messages("zhipu", "https://h:8443/", false), "/api/anthropic/v1/messages");
    assert_eq!(chat("perplexity", "https://h", false), "/chat/completions");
    for base in [
        "https://open.bigmodel.cn",
        "https://open.bigmodel.cn/api/paas/v4",
        "https://open.bigmodel.cn/api/anthropic/v1/",
    ] {
        assert_eq!(chat("zhipu", base, false), "/api/paas/v4/chat/completions", "{base}");
        assert_eq!(messages("zhipu", base, false), "/api/anthropic/v1/messages", "{base}");
    }
    for base in ["https://api.groq.com/openai", "https://api.groq.com/openai/v1"] {
        assert_eq!(chat("groq", base, false), "/openai/v1/chat/completions", "{base}");
    }
    assert_eq!(chat("deepseek", "https://api.deepseek.com/anthropic/v1", false), "/v1/chat/completions");
    assert_eq!(chat("openai", "https://api.openai.com/other", false), "/other/chat/completions");
}

#[test]
fn one_base_url_of_several_dialects_is_joined_with_the_root_of_each() {
    for base in ["https://h", "https://h/v1"] {
        assert_eq!(chat("xai", base, true), "/v1/chat/completions");
        assert_eq!(messages("xai", base, true), "/v1/messages");
    }
    assert_eq!(chat("custom", "https://h/vllm", true), "/vllm/v1/chat/completions");
    assert_eq!(chat("custom", "https://h/api/v3", true), "/api/v3/chat/completions");
    assert_eq!(chat("deepseek", "https://h/anthropic/v1", true), "/v1/chat/completions");
    assert_eq!(messages("deepseek", "https://h/v1", true), "/anthropic/v1/messages");
    assert_eq!(messages("deepseek", "https://h/anthropic", true), "/anthropic/v1/messages");
    assert_eq!(messages("zhipu", "https://h/api/paas/v4", true), "/api/anthropic/v1/messages");
}
