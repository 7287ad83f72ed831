//! `[[channels]]`: where calls go.

use std::time::Duration;

use adaptors::adaptor::{Inexpressible, Sampling, Terms};
use adaptors::demo;
use adaptors::dialect::{Dialect, GEMINI, OPENAI, RESPONSES};
use adaptors::provider::{self, Amend, Endpoint, Provider};
use http::{HeaderName, HeaderValue};
use vitals::Secret;

use super::address::{BaseUrl, Proxy};
use super::auth::{Auth, auth};
use super::callers::Unique;
use super::forms::{DEADLINE, count, flag, list, number, quoted, table, text, time, words};
use super::pattern::{ModelPattern, ModelRule};
use super::places::{self, Values, path, query, values};
use super::proxies;
use super::reader::{Section, TABLE, Value, Wanted};
use super::secrets::Resolver;
use super::settings::{Channel, Fixed, Live, OWN, Timeouts};
use super::signers;
use super::table::{Form, Key, lay, record};
use super::terms::{ids, sampling, unsupported};
use crate::spelling::nearest;

const fn at_v1(dialect: Dialect) -> Endpoint {
    Endpoint { dialect, root: "/v1", auth: None }
}

/// The provider that answers by itself: no address, no key, every model.
pub static DEMO: Provider = Provider {
    name: "demo",
    aliases: &[],
    base_url: None,
    auth: provider::Auth::None,
    signer: None,
    endpoints: &[at_v1(demo::DIALECTS[0]), at_v1(demo::DIALECTS[1])],
    paths: &[],
    query: &[],
    headers: &[],
    amend: Amend::None,
    forward: &[],
    env: None,
    models: &["*"],
};

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

const PROVIDER: Wanted = Wanted::new("a provider", "\"openai\"");
const BASE_URL: Wanted = Wanted::new("a URL", "\"https://api.openai.com\"");
const PROXY: Wanted = Wanted::secret("a proxy", "\"socks5://127.0.0.1:1080\" or \"none\"");

/// A channel as it is shown: beside the deadlines for all.
pub(super) struct Shown {
    pub(super) channel: Channel,
    pub(super) general: Timeouts,
}

record! {
    /// One `[[channels]]` as it is given.
    Given => Shown;
    name: String, words("a name", "\"openai-main\""), |shown| Some(shown.channel.name.clone());
    provider: &'static Provider, text(PROVIDER, find_provider, provider_name), |shown| Some(shown.channel.provider);
    base_url: BaseUrl, text(BASE_URL, BaseUrl::parse, BaseUrl::to_string), |shown| shown.channel.base_url.clone();
    dialect: Vec<Dialect>, dialects(), |shown| shown.unless_demo(&shown.channel.dialects);
    path: String, path(), |shown| shown.channel.path.clone();
    query: Values, query(), |shown| Some(shown.channel.query.clone());
    values: Values, values(), |shown| Some(shown.channel.values.clone());
    auth: Auth, auth(), |shown| shown.unless_demo(&shown.channel.auth);
    keys: Vec<Secret>, keys(), |shown| Some(shown.channel.keys.clone());
    models: Vec<ModelRule>, models(), |shown| Some(shown.channel.models.clone());
    priority: i64, number(-1_000_000..=1_000_000, "10"), |shown| Some(shown.channel.priority);
    weight: u32, number(1..=1_000_000, "1"), |shown| Some(shown.channel.weight);
    proxy: Option<Proxy>, text(PROXY, find_proxy, proxy_name), |shown| match &shown.channel.proxy {
        None => shown.unless_demo(&None),
        proxy => Some(proxy.clone()),
    };
    timeouts: Vec<(&'static str, Duration)>, own_timeouts(), |shown| Some(shown.own_timeouts());
    headers: Vec<(HeaderName, HeaderValue)>, headers(), |shown| Some(shown.channel.headers.clone());
    in_flight: usize, count(), |shown| shown.channel.in_flight;
    http2: bool, flag(), |shown| shown.channel.http2;
    unsupported: Inexpressible, unsupported(), |shown| shown.unless_demo(&shown.channel.terms.inexpressible);
    sampling: Sampling, sampling(), |shown| shown.unless_demo(&shown.channel.terms.sampling);
    ids: bool, ids(), |shown| shown.unless_demo(&shown.channel.passes_ids);
}

impl Shown {
    fn unless_demo<T: Clone>(&self, value: &T) -> Option<T> {
        (!self.channel.is_demo()).then(|| value.clone())
    }

    fn own_timeouts(&self) -> Vec<(&'static str, Duration)> {
        let (mut own, mut general) = (self.channel.timeouts.clone(), self.general.clone());
        let all = OWN.iter().map(|(key, get)| (*key, *get(&mut own), *get(&mut general)));
        all.filter(|(_, own, general)| own != general).map(|(key, own, _)| (key, own)).collect()
    }
}

/// The channel of a provider about which nothing is said.
pub(super) fn plain(provider: &'static Provider, fixed: &Fixed, general: &Live) -> Channel {
    Channel {
        name: provider.name.to_owned(),
        provider,
        dialects: provider.endpoints.iter().map(|endpoint| endpoint.dialect).collect(),
        // One with placeholders has no address yet.
        base_url: provider.base_url.filter(|url| !url.contains('{')).and_then(|url| BaseUrl::parse(url).ok()),
        path: None,
        query: Vec::new(),
        values: Vec::new(),
        auth: Auth::from(provider.auth),
        auths: of_dialects(provider),
        signer: None,
        keys: Vec::new(),
        models: rules(provider.models),
        priority: 0,
        weight: 1,
        proxy: None,
        timeouts: general.timeouts.clone(),
        tls: fixed.tls,
        headers: Vec::new(),
        in_flight: None,
        http2: None,
        terms: Terms { inexpressible: general.unsupported, sampling: Sampling::default() },
        passes_ids: false,
    }
}

/// Reads one `[[channels]]`; `general` holds for all.
pub(super) fn read(
    section: &mut Section<'_>,
    fixed: &Fixed,
    general: &Live,
    unique: &mut Unique,
) -> Option<Channel> {
    let given = Given::read(section);
    section.require(given.provider.is_some(), "provider", "\"openai\"");
    let plain = plain(given.provider?, fixed, general);
    let name = given.name.unwrap_or(plain.name);
    unique.check(section, "channel", &name);
    section.resolver().names("channels", &name, KEYS.iter().map(|key| key.name));
    let (own_address, demo) = (given.base_url.is_some(), *plain.provider == DEMO);
    let is_at_home = match (&given.base_url, &plain.base_url) {
        (Some(own), Some(plain)) => own.authority == plain.authority,
        _ => true,
    };
    let mut wanted = plain.provider.wanted();
    let given_values = given.values.unwrap_or_default();
    if given.auth == Some(Auth::SigV4) {
        wanted.extend(["region", "service"].iter().filter(|name| !wanted.contains(name)).collect::<Vec<_>>());
    }
    let values = places::complete(section, &name, &wanted, given_values);
    let base_url = match (given.base_url.or(plain.base_url), plain.provider.base_url) {
        (None, Some(template)) => {
            let filled = places::base(section, template, &values)?;
            Some(BaseUrl::parse(&filled).map_err(|why| section.note(why)).ok()?)
        }
        (base_url, _) => base_url,
    };
    if !demo {
        section.require(base_url.is_some(), "base_url", "\"https://llm.example.com\"");
    }
    let signer = plain.provider.signer.filter(|_| given.keys.is_none());
    let auths = if given.auth.is_none() { plain.auths } else { Vec::new() };
    let auth = given.auth.or(signer.map(Auth::from)).unwrap_or(plain.auth);
    let signs = matches!(auth, Auth::GoogleOauth | Auth::SigV4);
    if given.keys.is_none() && auth != Auth::None && !signs && !own_address && !demo {
        let Provider { name, env, .. } = plain.provider;
        let variable = env.unwrap_or("API_KEY");
        section
            .lacks("keys", format!("missing `keys`: {name} wants one, such as keys = [\"env:{variable}\"]"));
    }
    if demo && (given.path.is_some() || given.query.is_some()) {
        section.note("the demo provider has no address: leave `path` and `query` out".to_owned());
    }
    let proxy = given.proxy.or_else(|| inherited_proxy(section, &name, base_url.as_ref()?));
    let dialects = given.dialect.unwrap_or_else(|| known(plain.dialects, is_at_home));
    let mut timeouts = plain.timeouts;
    for (key, own) in given.timeouts.unwrap_or_default() {
        OWN.iter().filter(|(known, _)| *known == key).for_each(|(_, get)| *get(&mut timeouts) = own);
    }
    let keys = given.keys.unwrap_or_default();
    let row = plain.provider.signer;
    let signer = base_url
        .as_ref()
        .filter(|_| !demo)
        .and_then(|base| signers::find(section, (&name, &auth), &keys, (row, base), &values));
    let channel = Channel {
        name,
        base_url: base_url.filter(|_| !demo),
        path: given.path.filter(|_| !demo),
        query: places::parameters(plain.provider.query, given.query),
        values,
        dialects,
        auth,
        auths,
        signer,
        keys,
        models: given.models.unwrap_or_else(|| if own_address { rules(&["*"]) } else { plain.models }),
        priority: given.priority.unwrap_or(plain.priority),
        weight: given.weight.unwrap_or(plain.weight),
        proxy: proxy.flatten(),
        timeouts,
        headers: given.headers.unwrap_or_default(),
        in_flight: given.in_flight,
        http2: given.http2,
        terms: Terms {
            inexpressible: given.unsupported.unwrap_or(plain.terms.inexpressible),
            sampling: given.sampling.unwrap_or_default(),
        },
        passes_ids: given.ids.unwrap_or(plain.passes_ids),
        ..plain
    };
    let channel = places::with_headers(channel);
    places::check(section, &channel, &wanted);
    Some(channel)
}

/// How a provider's key is shown in dialects in which that is not the usual way.
fn of_dialects(provider: &Provider) -> Vec<(Dialect, Auth)> {
    let own = |endpoint: &Endpoint| Some((endpoint.dialect, Auth::from(endpoint.auth?)));
    provider.endpoints.iter().filter_map(own).collect()
}

/// Servers that are compatible with a provider mostly know its chat completions, and neither responses nor Gemini's dialect.
fn known(mut dialects: Vec<Dialect>, is_at_home: bool) -> Vec<Dialect> {
    if !is_at_home && dialects.contains(&OPENAI) {
        dialects.retain(|dialect| ![RESPONSES, GEMINI].contains(dialect));
    }
    dialects
}

fn inherited_proxy(section: &Section<'_>, channel: &str, url: &BaseUrl) -> Option<Option<Proxy>> {
    let found = proxies::from_environment(section.resolver(), channel, url);
    let note = |(variable, why)| section.note(format!("the environment variable {variable}: {why}"));
    found.map_err(note).ok()
}

fn find_provider(name: &str) -> Result<&'static Provider, String> {
    if name == DEMO.name {
        return Ok(&DEMO);
    }
    provider::find(name).ok_or_else(|| {
        let names = || provider::all().map(|p| p.name).chain([DEMO.name]);
        let cure = match nearest(name, names()) {
            Some(near) => format!(", did you mean `{near}`?"),
            None => format!(": known are {}", names().collect::<Vec<_>>().join(", ")),
        };
        format!("`{name}` is not a provider{cure}")
    })
}

fn provider_name(provider: &&Provider) -> String {
    provider.name.to_owned()
}

fn rules(patterns: &[&str]) -> Vec<ModelRule> {
    let parsed = patterns.iter().filter_map(|text| ModelPattern::parse(text).ok());
    parsed.map(|pattern| ModelRule { pattern, upstream: None }).collect()
}

fn find_proxy(text: &str) -> Result<Option<Proxy>, String> {
    if text == "none" { Ok(None) } else { Proxy::parse(text).map(Some) }
}

fn proxy_name(proxy: &Option<Proxy>) -> String {
    proxy.as_ref().map_or_else(|| "none".to_owned(), Proxy::to_string)
}

fn dialects() -> impl Form<Vec<Dialect>> {
    let wanted = Wanted::new("a dialect", "\"openai\" or [\"openai\", \"anthropic\"]");
    let read = move |value: &Value<'_>| {
        let texts = value.texts(wanted)?;
        if texts.is_empty() {
            value.is_empty("name one, or leave it out");
        }
        let find = |name: &str| find_dialect(value.resolver().inputs.dialects, name);
        let all: Vec<Dialect> = texts.iter().filter_map(|text| text.parsed(wanted, find)).collect();
        (!all.is_empty()).then_some(all)
    };
    (read, |all: &Vec<Dialect>| Some(list(all.iter().map(|dialect| quoted(dialect.name())))))
}

fn find_dialect(known: &[Dialect], name: &str) -> Result<Dialect, String> {
    known.iter().copied().find(|dialect| dialect.name() == name).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|dialect| dialect.name()).collect();
        let cure = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("known are {}", names.join(", ")),
        };
        format!("`{name}` is not a dialect: {cure}")
    })
}

fn keys() -> impl Form<Vec<Secret>> {
    let example = "[\"env:OPENAI_API_KEY\", \"file:/run/secrets/openai\"]";
    let wanted = Wanted::secret("a list of references to secrets", example);
    let read = move |value: &Value<'_>| {
        let (from, texts) = (value.resolver(), value.texts(wanted)?);
        let read = |reference: &str| Ok((from.key(reference)?, reference.to_owned()));
        let (secrets, references): (_, Vec<_>) =
            texts.iter().filter_map(|text| text.parsed(wanted, read)).unzip();
        from.came(&value.name, references.join(", "));
        Some(secrets)
    };
    (read, |keys: &Vec<Secret>| (!keys.is_empty()).then(|| list(keys.iter().map(quoted))))
}

fn models() -> impl Form<Vec<ModelRule>> {
    let example = "[\"gpt-*\", { name = \"fast\", upstream = \"gpt-5-mini\" }]";
    let wanted = Wanted::new("a list of model patterns", example);
    let plain = |text: &str| Ok(ModelRule { pattern: ModelPattern::parse(text)?, upstream: None });
    let read = move |value: &Value<'_>| {
        let items = value.items(wanted)?;
        let rules = items.iter().filter_map(|item| match item.is_table() {
            true => item.table(wanted, rule).flatten(),
            false => item.parsed(wanted, plain),
        });
        let rules: Vec<ModelRule> = rules.collect();
        if items.is_empty() {
            value.is_empty("name a pattern such as \"*\", or leave it out");
        }
        Some(rules)
    };
    let show = |rule: &ModelRule| {
        let name = quoted(rule.pattern.as_str());
        match &rule.upstream {
            None => name,
            Some(upstream) => format!("{{ name = {name}, upstream = {} }}", quoted(upstream)),
        }
    };
    (read, move |rules: &Vec<ModelRule>| Some(list(rules.iter().map(show))))
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

fn own_timeouts() -> impl Form<Vec<(&'static str, Duration)>> {
    let read = |value: &Value<'_>| {
        value.table(TABLE, |inner| {
            let own = |key| Some((key, time(DEADLINE).read(&inner.get(key)?)?));
            OWN.iter().map(|(key, _)| *key).filter_map(own).collect()
        })
    };
    let show = |(key, own): &(_, _)| Some(format!("{key} = {}", time(DEADLINE).show(own)?));
    (read, move |all: &Vec<(&'static str, Duration)>| table(all.iter().filter_map(show)))
}

fn headers() -> impl Form<Vec<(HeaderName, HeaderValue)>> {
    let wanted = Wanted::secret("a header's value", "{ x-team = \"blue\" }");
    let read = move |value: &Value<'_>| {
        value.table(TABLE, |inner| {
            let entries = inner.entries(wanted).into_iter();
            let read = |(name, value): (_, Value<'_>)| {
                value.parsed(wanted, |text| header(name, text, value.resolver()))
            };
            entries.filter_map(read).collect()
        })
    };
    let show = |(name, value): &(HeaderName, HeaderValue)| {
        let shown = if value.is_sensitive() { "***" } else { value.to_str().unwrap_or("***") };
        format!("{} = {}", quoted(name), quoted(shown))
    };
    (read, move |all: &Vec<(HeaderName, HeaderValue)>| table(all.iter().map(show)))
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
