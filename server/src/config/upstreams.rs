//! The file's `[[channels]]`.

use std::collections::BTreeMap;

use adaptors::adaptor::Dialect;
use adaptors::provider::{self, Provider};
use http::{HeaderName, HeaderValue};
use vitals::Secret;

use super::address::{BaseUrl, Proxy};
use super::channel::{self, Auth, Channel, DEMO};
use super::file::{self, Unique};
use super::pattern::{ModelPattern, ModelRule};
use super::proxies;
use super::reader::{At, Section, Wanted};
use super::secrets::Resolver;
use super::settings::Timeouts;
use super::spelling::nearest;

type Origins = BTreeMap<String, String>;

/// Headers that the relay sets itself, or that concern one connection only.
const RESERVED: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "trailer",
    "upgrade",
    "keep-alive",
    "expect",
];

/// Reads all channels; `timeouts` are the relay's own.
pub(super) fn read(
    top: &mut Section<'_>,
    timeouts: &Timeouts,
    resolver: &Resolver<'_>,
    origins: &mut Origins,
) -> Vec<Channel> {
    let mut unique = Unique::default();
    top.sections("channels", |section| channel(section, timeouts, resolver, origins, &mut unique))
}

fn channel(
    section: &mut Section<'_>,
    timeouts: &Timeouts,
    resolver: &Resolver<'_>,
    origins: &mut Origins,
    unique: &mut Unique,
) -> Option<Channel> {
    let name = section.string("name", Wanted::new("a name", "\"openai-main\""));
    let provider = section.parsed("provider", Wanted::new("a provider", "\"openai\""), find_provider);
    let base_url =
        section.parsed("base_url", Wanted::new("a URL", "\"https://api.openai.com\""), BaseUrl::parse);
    let dialects = dialects(section);
    let auth = section.parsed("auth", Wanted::new("a word", "\"bearer\""), channel::parse_auth);
    let keys = keys(section, resolver);
    let models = models(section);
    let priority = section.number("priority", -1_000_000..=1_000_000, "10").unwrap_or(0);
    let weight =
        section.number("weight", 1..=1_000_000, "1").and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
    let proxy = section.parsed(
        "proxy",
        Wanted::secret("a proxy", "\"socks5://127.0.0.1:1080\" or \"none\""),
        |text| {
            if text == "none" { Ok(None) } else { Proxy::parse(text).map(Some) }
        },
    );
    let mut merged = timeouts.clone();
    section.section("timeouts", |inner| file::exchange_timeouts(inner, &mut merged));
    let headers = headers(section, resolver);
    let in_flight = file::count(section, "in_flight");
    let http2 = section.boolean("http2", "true");

    section.require(provider.is_some(), "provider", "\"openai\"");
    let provider = provider?;
    let name = name.map_or_else(|| provider.name.to_owned(), |name| name.value);
    unique.check(section, "channel", &name);
    let own_address = base_url.is_some();
    let base_url = base_url.or_else(|| BaseUrl::parse(provider.base_url?).ok());
    let demo = *provider == DEMO;
    if !demo {
        section.require(base_url.is_some(), "base_url", "\"https://llm.example.com\"");
    }
    let auth = auth.unwrap_or(provider.auth);
    if let Some(keys) = &keys {
        origins.insert(format!("channels.{name}.keys"), keys.origins.join(", "));
    } else if auth != Auth::None && !own_address && !demo {
        let variable = provider.env.unwrap_or("API_KEY");
        section.note(
            section.span.clone(),
            format!("missing `keys`: {} wants one, such as keys = [\"env:{variable}\"]", provider.name),
        );
    }
    let proxy = match (proxy, &base_url) {
        (Some(own), _) => own,
        (None, Some(url)) => match proxies::from_environment(resolver.inputs, url) {
            Ok(Some((proxy, variable))) => {
                origins.insert(format!("channels.{name}.proxy"), variable.to_owned());
                Some(proxy)
            }
            Ok(None) => None,
            Err((variable, why)) => {
                section.note(section.span.clone(), format!("the environment variable {variable}: {why}"));
                None
            }
        },
        (None, None) => None,
    };
    Some(Channel {
        name,
        provider,
        dialects: dialects.unwrap_or_else(|| channel::dialects_of(provider)),
        base_url: base_url.filter(|_| !demo),
        auth,
        keys: keys.map(|keys| keys.secrets).unwrap_or_default(),
        models: models.unwrap_or_else(|| default_models(provider, own_address)),
        priority,
        weight,
        proxy,
        timeouts: merged,
        headers,
        in_flight,
        http2,
    })
}

fn find_provider(name: &str) -> Result<&'static Provider, String> {
    if name == DEMO.name {
        return Ok(&DEMO);
    }
    provider::find(name).ok_or_else(|| {
        let names = || provider::all().iter().map(|p| p.name).chain([DEMO.name]);
        let near = nearest(name, names()).map(|near| format!(", did you mean `{near}`?"));
        near.map_or_else(
            || format!("`{name}` is not a provider: known are {}", names().collect::<Vec<_>>().join(", ")),
            |near| format!("`{name}` is not a provider{near}"),
        )
    })
}

/// What a channel without `models` serves: the provider's own models, and everything at an address of one's own.
pub(super) fn default_models(provider: &Provider, own_address: bool) -> Vec<ModelRule> {
    let patterns = if own_address { &["*"] } else { provider.models };
    let parsed = patterns.iter().filter_map(|text| ModelPattern::parse(text).ok());
    parsed.map(|pattern| ModelRule { pattern, upstream: None }).collect()
}

fn dialects(section: &mut Section<'_>) -> Option<Vec<Dialect>> {
    let wanted = Wanted::new("a dialect", "\"openai\" or [\"openai\", \"anthropic\"]");
    let mut all = Vec::new();
    let given = section.strings("dialect", wanted)?;
    for text in &given {
        match text.value.as_str() {
            "openai" => all.push(Dialect::OpenAi),
            "anthropic" => all.push(Dialect::Anthropic),
            other => section.note(
                text.span.clone(),
                format!("`channels.dialect`: `{other}` is not a dialect: known are openai and anthropic"),
            ),
        }
    }
    if given.is_empty() {
        section
            .note(section.span.clone(), "`channels.dialect` is empty: name one, or leave it out".to_owned());
    }
    (!all.is_empty()).then_some(all)
}

struct Keys {
    secrets: Vec<Secret>,
    origins: Vec<String>,
}

fn keys(section: &mut Section<'_>, resolver: &Resolver<'_>) -> Option<Keys> {
    let wanted = Wanted::secret(
        "a list of references to secrets",
        "[\"env:OPENAI_API_KEY\", \"file:/run/secrets/openai\"]",
    );
    let mut keys = Keys { secrets: Vec::new(), origins: Vec::new() };
    for At { value, span } in section.strings("keys", wanted)? {
        match resolver.secret(&value) {
            Ok(secret) => {
                keys.secrets.push(secret);
                keys.origins.push(value);
            }
            Err(why) => section.note(span, format!("`channels.keys`: {why}")),
        }
    }
    Some(keys)
}

fn models(section: &mut Section<'_>) -> Option<Vec<ModelRule>> {
    let wanted = Wanted::new(
        "a list of model patterns",
        "[\"gpt-*\", { name = \"fast\", upstream = \"gpt-5-mini\" }]",
    );
    let plain =
        |text: At<String>| Ok(ModelRule { pattern: ModelPattern::parse(&text.value)?, upstream: None });
    let rules = section.strings_or_sections("models", wanted, plain, |inner| {
        let pattern = inner.parsed("name", Wanted::new("a model pattern", "\"fast\""), ModelPattern::parse);
        let upstream = inner.string("upstream", Wanted::new("a model's name", "\"gpt-5-mini\""));
        inner.require(pattern.is_some(), "name", "\"fast\"");
        let upstream = upstream.and_then(|name| {
            let fits = !name.value.is_empty()
                && name.value.len() <= 256
                && !name.value.contains(['*', '"', '\\'])
                && !name.value.chars().any(char::is_control);
            if !fits {
                inner.note(
                    name.span,
                    "`channels.models.upstream` is one model's name, without wildcards".to_owned(),
                );
            }
            fits.then_some(name.value)
        });
        Some(ModelRule { pattern: pattern?, upstream })
    })?;
    if rules.is_empty() {
        section.note(
            section.span.clone(),
            "`channels.models` is empty: name a pattern such as \"*\", or leave it out".to_owned(),
        );
    }
    Some(rules)
}

fn headers(section: &mut Section<'_>, resolver: &Resolver<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let wanted = Wanted::secret("a header's value", "{ x-team = \"blue\" }");
    let read = section.section("headers", |inner| {
        let mut all = Vec::new();
        for (name, value) in inner.entries(wanted) {
            match header(&name.value, &value.value, resolver) {
                Ok(header) => all.push(header),
                Err(why) => inner.note(name.span, format!("`{}`: {why}", inner.name_of(&name.value))),
            }
        }
        all
    });
    read.unwrap_or_default()
}

fn header(name: &str, value: &str, resolver: &Resolver<'_>) -> Result<(HeaderName, HeaderValue), String> {
    let name: HeaderName = name.parse().map_err(|_| "this is not a header's name".to_owned())?;
    if RESERVED.contains(&name.as_str()) {
        return Err("this header is the relay's own business: leave it out".to_owned());
    }
    let secret = value.starts_with("env:") || value.starts_with("file:");
    let value = if secret { resolver.secret(value)?.reveal().to_owned() } else { value.to_owned() };
    let mut value = HeaderValue::from_str(&value)
        .map_err(|_| "a header's value is one line of visible characters".to_owned())?;
    value.set_sensitive(secret);
    Ok((name, value))
}
