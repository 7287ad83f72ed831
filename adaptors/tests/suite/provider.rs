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
            let path = provider.path(endpoint.dialect, offer.outbound, base);
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

#[test]
fn a_base_url_is_taken_as_people_write_it() {
    let chat = |name: &str, base: &str| find(name).expect(name).path(OPENAI, "/chat/completions", base);
    for base in ["https://h", "https://h/", "https://h/v1", "https://h/v1/", "http://h:8000/v1?x=1", "h/v1"] {
        assert_eq!(chat("openai", base), "/v1/chat/completions", "{base}");
    }
    assert_eq!(chat("custom", "https://h/proxy"), "/proxy/v1/chat/completions");
    assert_eq!(chat("custom", "https://h/proxy/v1"), "/proxy/v1/chat/completions");
    assert_eq!(chat("custom", "https://h/api/v3"), "/api/v3/chat/completions");
    assert_eq!(chat("custom", "https://h/v1beta"), "/v1beta/chat/completions");
    assert_eq!(chat("custom", "https://h/vllm"), "/vllm/v1/chat/completions");
    assert_eq!(chat("zhipu", "https://h/api/paas/v4"), "/api/paas/v4/chat/completions");
    assert_eq!(chat("dashscope", "https://h/compatible-mode"), "/compatible-mode/v1/chat/completions");
    assert_eq!(chat("deepseek", "https://h/anthropic/v1"), "/v1/chat/completions");
    let messages = |name: &str, base: &str| find(name).expect(name).path(ANTHROPIC, "/messages", base);
    assert_eq!(messages("deepseek", "https://h/v1"), "/anthropic/v1/messages");
    assert_eq!(messages("deepseek", "https://h/anthropic"), "/anthropic/v1/messages");
    assert_eq!(messages("zhipu", "https://h/api/paas/v4"), "/api/anthropic/v1/messages");
    assert_eq!(messages("xai", "https://h/v1"), "/v1/messages");
    assert_eq!(find("openai").unwrap().path(OPENAI, "/embeddings", "https://h"), "/v1/embeddings");
}
