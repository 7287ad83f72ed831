//! `[[channels]]`: where calls go.

use std::time::Duration;

use adaptors::demo;
use adaptors::dialect::Dialect;
use adaptors::provider::{self, Auth, Endpoint, Provider};
use http::{HeaderName, HeaderValue};
use vitals::Secret;

use super::address::{BaseUrl, Proxy};
use super::callers::Unique;
use super::forms::{COUNT, DEADLINE, Flag, Number, Text, list, quoted, table, words};
use super::pattern::{ModelPattern, ModelRule};
use super::proxies;
use super::reader::{Section, TABLE, Value, Wanted};
use super::secrets::Resolver;
use super::settings::{Channel, Fixed, OWN, Timeouts};
use super::spelling::nearest;
use super::table::{Form, record};

const fn at_v1(dialect: Dialect) -> Endpoint {
    Endpoint { dialect, root: "/v1", headers: &[], forward: &[] }
}

/// The provider that answers by itself: no address, no key, every model.
pub static DEMO: Provider = Provider {
    name: "demo",
    aliases: &[],
    base_url: None,
    auth: Auth::None,
    endpoints: &[at_v1(demo::DIALECTS[0]), at_v1(demo::DIALECTS[1])],
    env: None,
    models: &["*"],
};

const AUTHS: [(Auth, &str); 3] =
    [(Auth::Bearer, "bearer"), (Auth::Header("x-api-key"), "x-api-key"), (Auth::None, "none")];

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

const PROVIDER: Text<&'static Provider> = Text {
    wanted: Wanted::new("a provider", "\"openai\""),
    read: find_provider,
    show: |provider| provider.name.to_owned(),
};
const BASE_URL: Text<BaseUrl> = Text {
    wanted: Wanted::new("a URL", "\"https://api.openai.com\""),
    read: BaseUrl::parse,
    show: BaseUrl::to_string,
};
const AUTH: Text<Auth> = Text {
    wanted: Wanted::new("a word", "\"bearer\""),
    read: |text| {
        let found = AUTHS.into_iter().find(|(_, name)| *name == text).map(|(auth, _)| auth);
        found.ok_or_else(|| format!("`{text}` is not known: use \"bearer\", \"x-api-key\" or \"none\""))
    },
    show: |auth| AUTHS.iter().find(|(known, _)| known == auth).map_or("none", |(_, name)| name).to_owned(),
};
const PROXY: Text<Option<Proxy>> = Text {
    wanted: Wanted::secret("a proxy", "\"socks5://127.0.0.1:1080\" or \"none\""),
    read: |text| if text == "none" { Ok(None) } else { Proxy::parse(text).map(Some) },
    show: |proxy| proxy.as_ref().map_or_else(|| "none".to_owned(), Proxy::to_string),
};

/// A channel as it is shown: beside the deadlines for all.
pub(super) struct Shown {
    pub(super) channel: Channel,
    pub(super) general: Timeouts,
}

record! {
    /// One `[[channels]]` as it is given.
    Given => Shown;
    name: String, words("a name", "\"openai-main\""), |shown| Some(shown.channel.name.clone());
    provider: &'static Provider, PROVIDER, |shown| Some(shown.channel.provider);
    base_url: BaseUrl, BASE_URL, |shown| shown.channel.base_url.clone();
    dialect: Vec<Dialect>, Dialects, |shown| shown.unless_demo(shown.channel.dialects.clone());
    auth: Auth, AUTH, |shown| shown.unless_demo(shown.channel.auth);
    keys: Vec<Secret>, Keys, |shown| Some(shown.channel.keys.clone());
    models: Vec<ModelRule>, Models, |shown| Some(shown.channel.models.clone());
    priority: i64, Number(-1_000_000..=1_000_000, "10"), |shown| Some(shown.channel.priority);
    weight: u32, Number(1..=1_000_000, "1"), |shown| Some(shown.channel.weight);
    proxy: Option<Proxy>, PROXY, |shown| match &shown.channel.proxy {
        None => shown.unless_demo(None),
        proxy => Some(proxy.clone()),
    };
    timeouts: Vec<(&'static str, Duration)>, Own, |shown| Some(shown.own_timeouts());
    headers: Vec<(HeaderName, HeaderValue)>, Headers, |shown| Some(shown.channel.headers.clone());
    in_flight: usize, COUNT, |shown| shown.channel.in_flight;
    http2: bool, Flag, |shown| shown.channel.http2;
}

impl Shown {
    fn unless_demo<T>(&self, value: T) -> Option<T> {
        (!self.channel.is_demo()).then_some(value)
    }

    fn own_timeouts(&self) -> Vec<(&'static str, Duration)> {
        let (mut own, mut general) = (self.channel.timeouts.clone(), self.general.clone());
        let all = OWN.iter().map(|(key, get)| (*key, *get(&mut own), *get(&mut general)));
        all.filter(|(_, own, general)| own != general).map(|(key, own, _)| (key, own)).collect()
    }
}

/// The channel of a provider about which nothing is said.
pub(super) fn plain(provider: &'static Provider, fixed: &Fixed, timeouts: &Timeouts) -> Channel {
    Channel {
        name: provider.name.to_owned(),
        provider,
        dialects: provider.endpoints.iter().map(|endpoint| endpoint.dialect).collect(),
        base_url: provider.base_url.and_then(|url| BaseUrl::parse(url).ok()),
        auth: provider.auth,
        keys: Vec::new(),
        models: rules(provider.models),
        priority: 0,
        weight: 1,
        proxy: None,
        timeouts: timeouts.clone(),
        tls: fixed.tls,
        headers: Vec::new(),
        in_flight: None,
        http2: None,
    }
}

/// Reads one `[[channels]]`; `general` are the deadlines of all.
pub(super) fn read(
    section: &mut Section<'_>,
    fixed: &Fixed,
    general: &Timeouts,
    from: &Resolver<'_>,
    unique: &mut Unique,
) -> Option<Channel> {
    let given = Given::read(section, from);
    section.require(given.provider.is_some(), "provider", "\"openai\"");
    let plain = plain(given.provider?, fixed, general);
    let name = given.name.unwrap_or(plain.name);
    unique.check(section, "channel", &name);
    from.moves("channels.keys", format!("channels.{name}.keys"));
    let (own_address, demo) = (given.base_url.is_some(), *plain.provider == DEMO);
    let base_url = given.base_url.or(plain.base_url);
    if !demo {
        section.require(base_url.is_some(), "base_url", "\"https://llm.example.com\"");
    }
    let auth = given.auth.unwrap_or(plain.auth);
    if given.keys.is_none() && auth != Auth::None && !own_address && !demo {
        let Provider { name, env, .. } = plain.provider;
        let variable = env.unwrap_or("API_KEY");
        section.note(format!("missing `keys`: {name} wants one, such as keys = [\"env:{variable}\"]"));
    }
    let proxy = given.proxy.or_else(|| {
        let found = proxies::from_environment(from, &name, base_url.as_ref()?);
        let note = |(variable, why)| section.note(format!("the environment variable {variable}: {why}"));
        found.map_err(note).ok()
    });
    let mut timeouts = plain.timeouts;
    for (key, own) in given.timeouts.unwrap_or_default() {
        OWN.iter().filter(|(known, _)| *known == key).for_each(|(_, get)| *get(&mut timeouts) = own);
    }
    Some(Channel {
        name,
        base_url: base_url.filter(|_| !demo),
        dialects: given.dialect.unwrap_or(plain.dialects),
        auth,
        keys: given.keys.unwrap_or_default(),
        models: given.models.unwrap_or_else(|| if own_address { rules(&["*"]) } else { plain.models }),
        priority: given.priority.unwrap_or(plain.priority),
        weight: given.weight.unwrap_or(plain.weight),
        proxy: proxy.flatten(),
        timeouts,
        headers: given.headers.unwrap_or_default(),
        in_flight: given.in_flight,
        http2: given.http2,
        ..plain
    })
}

fn find_provider(name: &str) -> Result<&'static Provider, String> {
    if name == DEMO.name {
        return Ok(&DEMO);
    }
    provider::find(name).ok_or_else(|| {
        let names = || provider::all().iter().map(|p| p.name).chain([DEMO.name]);
        let cure = match nearest(name, names()) {
            Some(near) => format!(", did you mean `{near}`?"),
            None => format!(": known are {}", names().collect::<Vec<_>>().join(", ")),
        };
        format!("`{name}` is not a provider{cure}")
    })
}

fn rules(patterns: &[&str]) -> Vec<ModelRule> {
    let parsed = patterns.iter().filter_map(|text| ModelPattern::parse(text).ok());
    parsed.map(|pattern| ModelRule { pattern, upstream: None }).collect()
}

struct Dialects;

impl Form<Vec<Dialect>> for Dialects {
    fn read(&self, value: Value<'_>, from: &Resolver<'_>) -> Option<Vec<Dialect>> {
        let wanted = Wanted::new("a dialect", "\"openai\" or [\"openai\", \"anthropic\"]");
        let texts = value.texts(wanted)?;
        if texts.is_empty() {
            value.is_empty("name one, or leave it out");
        }
        let find = |name: &str| find_dialect(from.inputs.dialects, name);
        let all: Vec<Dialect> = texts.iter().filter_map(|text| text.parsed(wanted, find)).collect();
        (!all.is_empty()).then_some(all)
    }

    fn show(&self, dialects: &Vec<Dialect>) -> Option<String> {
        Some(list(dialects.iter().map(|dialect| quoted(dialect.name()))))
    }
}

fn find_dialect(known: &[Dialect], name: &str) -> Result<Dialect, String> {
    known.iter().copied().find(|dialect| dialect.name() == name).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|dialect| dialect.name()).collect();
        format!("`{name}` is not a dialect: known are {}", names.join(" and "))
    })
}

struct Keys;

impl Form<Vec<Secret>> for Keys {
    fn read(&self, value: Value<'_>, from: &Resolver<'_>) -> Option<Vec<Secret>> {
        let wanted = Wanted::secret(
            "a list of references to secrets",
            "[\"env:OPENAI_API_KEY\", \"file:/run/secrets/openai\"]",
        );
        let read = |reference: &str| Ok((from.secret(reference)?, reference.to_owned()));
        let texts = value.texts(wanted)?;
        let (secrets, references): (Vec<_>, Vec<_>) =
            texts.iter().filter_map(|text| text.parsed(wanted, read)).unzip();
        from.came(value.name, references.join(", "));
        Some(secrets)
    }

    fn show(&self, keys: &Vec<Secret>) -> Option<String> {
        (!keys.is_empty()).then(|| list(keys.iter().map(quoted)))
    }
}

struct Models;

impl Form<Vec<ModelRule>> for Models {
    fn read(&self, value: Value<'_>, _: &Resolver<'_>) -> Option<Vec<ModelRule>> {
        let wanted = Wanted::new(
            "a list of model patterns",
            "[\"gpt-*\", { name = \"fast\", upstream = \"gpt-5-mini\" }]",
        );
        let items = value.items(wanted)?;
        let rules = items.iter().filter_map(|item| match item.is_table() {
            true => item.table(wanted, rule).flatten(),
            false => {
                item.parsed(wanted, ModelPattern::parse).map(|pattern| ModelRule { pattern, upstream: None })
            }
        });
        let rules: Vec<ModelRule> = rules.collect();
        if rules.is_empty() {
            value.is_empty("name a pattern such as \"*\", or leave it out");
        }
        Some(rules)
    }

    fn show(&self, rules: &Vec<ModelRule>) -> Option<String> {
        Some(list(rules.iter().map(|rule| {
            let name = quoted(rule.pattern.as_str());
            match &rule.upstream {
                None => name,
                Some(upstream) => format!("{{ name = {name}, upstream = {} }}", quoted(upstream)),
            }
        })))
    }
}

/// `{ name = "fast", upstream = "gpt-5-mini" }`.
fn rule(section: &mut Section<'_>) -> Option<ModelRule> {
    let wanted = Wanted::new("a model pattern", "\"fast\"");
    let pattern = section.get("name").and_then(|name| name.parsed(wanted, ModelPattern::parse));
    let wanted = Wanted::new("a model's name", "\"gpt-5-mini\"");
    let upstream = section.get("upstream").and_then(|value| Some((value.text(wanted)?, value)));
    section.require(pattern.is_some(), "name", "\"fast\"");
    let upstream = upstream.and_then(|(name, value)| {
        let fits = !name.is_empty()
            && name.len() <= 256
            && !name.contains(['*', '"', '\\'])
            && !name.chars().any(char::is_control);
        if !fits {
            value.note(" is one model's name, without wildcards");
        }
        fits.then(|| name.to_owned())
    });
    Some(ModelRule { pattern: pattern?, upstream })
}

struct Own;

impl Form<Vec<(&'static str, Duration)>> for Own {
    fn read(&self, value: Value<'_>, from: &Resolver<'_>) -> Option<Vec<(&'static str, Duration)>> {
        value.table(TABLE, |inner| {
            let own = |key| Some((key, DEADLINE.read(inner.get(key)?, from)?));
            OWN.iter().map(|(key, _)| *key).filter_map(own).collect()
        })
    }

    fn show(&self, own: &Vec<(&'static str, Duration)>) -> Option<String> {
        let all = own.iter().filter_map(|(key, value)| Some(format!("{key} = {}", DEADLINE.show(value)?)));
        table(all)
    }
}

struct Headers;

impl Form<Vec<(HeaderName, HeaderValue)>> for Headers {
    fn read(&self, value: Value<'_>, from: &Resolver<'_>) -> Option<Vec<(HeaderName, HeaderValue)>> {
        let wanted = Wanted::secret("a header's value", "{ x-team = \"blue\" }");
        value.table(TABLE, |inner| {
            let entries = inner.entries(wanted).into_iter();
            entries
                .filter_map(|(name, value)| value.parsed(wanted, |text| header(name, text, from)))
                .collect()
        })
    }

    fn show(&self, headers: &Vec<(HeaderName, HeaderValue)>) -> Option<String> {
        table(headers.iter().map(|(name, value)| {
            let shown = if value.is_sensitive() { "***" } else { value.to_str().unwrap_or("***") };
            format!("{} = {}", quoted(name), quoted(shown))
        }))
    }
}

fn header(name: &str, value: &str, from: &Resolver<'_>) -> Result<(HeaderName, HeaderValue), String> {
    let name: HeaderName = name.parse().map_err(|_| "this is not a header's name".to_owned())?;
    if RESERVED.contains(&name.as_str()) {
        return Err("this header is the relay's own business: leave it out".to_owned());
    }
    let secret = value.starts_with("env:") || value.starts_with("file:");
    let value = if secret { from.secret(value)?.reveal().to_owned() } else { value.to_owned() };
    let mut value = HeaderValue::from_str(&value)
        .map_err(|_| "a header's value is one line of visible characters".to_owned())?;
    value.set_sensitive(secret);
    Ok((name, value))
}
