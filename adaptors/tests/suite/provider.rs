//! The tables of providers: a golden file each, and `docs/providers.md`.

use std::fmt::Write as _;
use std::path::Path;

use adaptors::adaptor::Operation;
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, Offer, RESPONSES};
use adaptors::provider::{Auth, Provider, Signer, Site, all, find, template, value};

/// Values for every placeholder of the tables.
fn values() -> Vec<(String, String)> {
    let names: Vec<&str> = all().flat_map(Provider::wanted).collect();
    let value = |name: &str| {
        if name == "location" { "global".to_owned() } else { format!("MY-{}", name.to_uppercase()) }
    };
    names.into_iter().map(|name| (name.to_owned(), value(name))).collect()
}

/// A row's own address: its base URL, filled.
fn base(provider: &Provider, values: &[(String, String)]) -> String {
    template::fill(provider.base_url.unwrap_or("http://HOST"), |name| value(values, name))
}

/// What it takes to ask a provider: where conversations go, and what has a path of the provider's own. A new provider is one row of the table and one such file:
/// `INSTA_UPDATE=always cargo test -p adaptors provider` writes it.
#[test]
fn each_has_its_golden_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/providers");
    let values = values();
    let mut known = Vec::new();
    insta::with_settings!({snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true}, {
        for provider in all() {
            insta::assert_snapshot!(provider.name, told(provider, &values));
            known.push(format!("{}.snap", provider.name));
        }
    });
    for file in std::fs::read_dir(&folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name) || name.ends_with(".new"), "{name} is nobody's");
    }
}

fn told(provider: &Provider, values: &[(String, String)]) -> String {
    let mut told = String::new();
    let _ = writeln!(told, "auth {:?} {:?}", provider.auth, provider.signer);
    let _ = writeln!(told, "env {:?}, models {:?}", provider.env, provider.models);
    let _ = writeln!(
        told,
        "forwards {:?}, headers {:?}, amends {:?}",
        provider.forward, provider.headers, provider.amend
    );
    let base = base(provider, values);
    let origin = base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let site = Site { base_url: &base, several: false, path: None, values };
    for endpoint in provider.endpoints {
        let own = |operation| provider.paths.iter().any(|path| path.operation == Some(operation));
        let shown = |offer: &&Offer| offer.operation == Operation::Chat || own(offer.operation);
        if let Some(auth) = endpoint.auth {
            let _ = writeln!(told, "{} has auth {auth:?}", endpoint.dialect.name());
        }
        for offer in endpoint.dialect.offers().iter().filter(shown) {
            let path = provider.path(&site, endpoint.dialect, Some(offer.operation), offer.outbound);
            let _ = write!(told, "{} {origin}{path}", offer.inbound);
            for (n, (name, value)) in provider.query.iter().enumerate() {
                let _ = write!(told, "{}{name}={value}", if n == 0 { '?' } else { '&' });
            }
            told.push('\n');
        }
    }
    told
}

/// Where the table begins and ends in the page.
const MARKS: [&str; 2] = ["<!-- providers: begin -->\n", "<!-- providers: end -->"];

/// `WATERTIGHT_UPDATE=1 cargo test -p adaptors` writes the table anew.
#[test]
fn the_page_is_the_tables() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/providers.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = page.split_once(MARKS[0]).unwrap();
    let (_, after) = rest.split_once(MARKS[1]).unwrap();
    let fresh = [before, MARKS[0], &table(), MARKS[1], after].concat();
    if std::env::var_os("WATERTIGHT_UPDATE").is_some() {
        std::fs::write(&file, fresh).unwrap();
        return;
    }
    assert!(page == fresh, "docs/providers.md has drifted: WATERTIGHT_UPDATE=1 cargo test -p adaptors");
}

fn table() -> String {
    let mut table = String::from(
        "| provider | dialect and address | key | values | models by default |\n|---|---|---|---|---|\n",
    );
    for provider in all() {
        let also = provider.aliases.iter().map(|alias| format!(", `{alias}`")).collect::<String>();
        let base = provider.base_url.unwrap_or("");
        let of = |endpoint: &adaptors::provider::Endpoint| {
            format!("{} `{base}{}`", endpoint.dialect.name(), endpoint.root)
        };
        let addresses: Vec<String> = provider.endpoints.iter().map(of).collect();
        let values: Vec<String> = provider.wanted().iter().map(|name| format!("`{name}`")).collect();
        let models: Vec<String> = provider.models.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(
            table,
            "| `{}`{also} | {} | {} | {} | {} |",
            provider.name,
            addresses.join("<br>"),
            key(provider),
            values.join(", "),
            models.join(", ")
        );
    }
    table
}

fn shown(auth: Auth) -> String {
    match auth {
        Auth::Bearer => "`bearer`".to_owned(),
        Auth::Header(name @ ("x-api-key" | "x-goog-api-key")) => format!("`{name}`"),
        Auth::Header(name) => format!("`header:{name}`"),
        Auth::Query(name) => format!("`query:{name}`"),
        Auth::None => "`none`".to_owned(),
    }
}

fn key(provider: &Provider) -> String {
    let others = provider
        .endpoints
        .iter()
        .filter_map(|endpoint| Some(format!(" ({}: {})", endpoint.dialect.name(), shown(endpoint.auth?))));
    let sent = shown(provider.auth) + &others.collect::<String>();
    let variable = provider.env.map(|name| format!(", `{name}`")).unwrap_or_default();
    let signer = match provider.signer {
        None => "",
        Some(Signer::Google) => "; without keys `google-oauth`",
        Some(Signer::Aws { .. }) => "; without keys `sigv4`",
    };
    sent + &variable + signer
}

#[test]
fn names_and_aliases_are_unique_and_found_in_any_case() {
    let mut names: Vec<&str> =
        all().flat_map(|p| [p.name].into_iter().chain(p.aliases.iter().copied())).collect();
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
        assert!(
            provider.env.is_none() || provider.wanted().is_empty(),
            "{}: a key alone must do",
            provider.name
        );
        assert!(provider.env.is_none() || provider.auth != Auth::None, "{}", provider.name);
    }
}

fn path(
    name: &str,
    dialect: Dialect,
    (operation, own): (Operation, &str),
    base_url: &str,
    several: bool,
) -> String {
    let values = values();
    let site = Site { base_url, several, path: None, values: &values };
    find(name).expect(name).path(&site, dialect, Some(operation), own)
}

fn chat(name: &str, base: &str, several: bool) -> String {
    path(name, OPENAI, (Operation::Chat, "/chat/completions"), base, several)
}

fn messages(name: &str, base: &str, several: bool) -> String {
    path(name, ANTHROPIC, (Operation::Chat, "/messages"), base, several)
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

#[test]
fn an_operation_of_the_rows_own_is_below_whatever_its_root_is() {
    assert_eq!(chat("azure-deployments", "https://h", false), "/openai/deployments/{model}/chat/completions");
    assert_eq!(
        chat("azure-deployments", "https://h/openai", false),
        "/openai/deployments/{model}/chat/completions"
    );
    assert_eq!(chat("azure-deployments", "https://h/gw", false), "/gw/deployments/{model}/chat/completions");
    assert_eq!(chat("minimax", "https://h", false), "/v1/text/chatcompletion_v2");
    let claude = "/v1/projects/MY-PROJECT/locations/global/publishers/anthropic/models/{model}:{predict}";
    assert_eq!(messages("vertex-claude", "https://h", false), claude);
    assert_eq!(messages("vertex-claude", "https://aiplatform.googleapis.com", false), claude);
    assert_eq!(messages("vertex-claude", "https://h/p", false), "/p/models/{model}:{predict}");
    let counting = (Operation::CountTokens, "/messages/count_tokens");
    assert_eq!(
        path("vertex-claude", ANTHROPIC, counting, "https://h/p", false),
        "/p/models/count-tokens:rawPredict"
    );
}

#[test]
fn cohere_ranks_at_a_root_of_its_own() {
    let rerank = |base| path("cohere", OPENAI, (Operation::Rerank, "/rerank"), base, false);
    for base in ["https://api.cohere.com", "https://api.cohere.com/compatibility/v1", "https://h"] {
        assert_eq!(rerank(base), "/v2/rerank", "{base}");
    }
    assert_eq!(rerank("https://h/gw/compatibility/v1"), "/gw/v2/rerank");
    assert_eq!(chat("cohere", "https://api.cohere.com", false), "/compatibility/v1/chat/completions");
}

#[test]
fn gemini_has_its_own_dialect_beside_the_root_for_openais_clients() {
    let native = (Operation::Chat, "/models/{model}:generateContent");
    for base in [
        "https://generativelanguage.googleapis.com",
        "https://generativelanguage.googleapis.com/v1beta/openai",
    ] {
        assert_eq!(path("gemini", GEMINI, native, base, true), "/v1beta/models/{model}:generateContent");
        assert_eq!(chat("gemini", base, true), "/v1beta/openai/chat/completions");
    }
    assert!(
        find("gemini").unwrap().are_apart(GEMINI, OPENAI)
            && !find("openai").unwrap().are_apart(RESPONSES, OPENAI)
    );
    let vertex = "/v1/projects/MY-PROJECT/locations/global/publishers/google/models/{model}:generateContent";
    assert_eq!(path("vertex-gemini", GEMINI, native, "https://aiplatform.googleapis.com", false), vertex);
}

#[test]
fn a_path_of_the_channels_own_stands_in_place_of_all_others() {
    let (values, openai) = (values(), find("openai").unwrap());
    let at = |path, operation, own| {
        let site = Site { base_url: "https://h/gw", several: false, path: Some(path), values: &values };
        openai.path(&site, OPENAI, operation, own)
    };
    let all = "/{region}/{model}/{operation}";
    assert_eq!(at(all, Some(Operation::Chat), "/chat/completions"), "/gw/MY-REGION/{model}/chat/completions");
    assert_eq!(at(all, Some(Operation::Embeddings), "/embeddings"), "/gw/MY-REGION/{model}/embeddings");
    assert_eq!(at("/talk", Some(Operation::Chat), "/chat/completions"), "/gw/talk");
    assert_eq!(at("/talk", Some(Operation::Embeddings), "/embeddings"), "/gw/embeddings");
    assert_eq!(at(all, None, "/models"), "/gw/models");
    // A query of the dialect's own stands at the end, or goes with the path that it belongs to.
    let beta = |path| at(path, Some(Operation::Chat), "/messages?beta=true");
    assert_eq!(beta("/{operation}/x"), "/gw/messages/x?beta=true");
    assert_eq!(beta("/{operation}?v=1"), "/gw/messages?v=1&beta=true");
    assert_eq!(beta("/talk"), "/gw/talk");
}
