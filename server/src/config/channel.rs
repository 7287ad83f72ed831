//! A channel: one upstream, the credentials for it and the models that it serves.

use adaptors::adaptor::Dialect;
pub use adaptors::provider::Auth;
use adaptors::provider::{Endpoint, Provider};
use http::{HeaderName, HeaderValue};
use vitals::Secret;

use super::address::{BaseUrl, Proxy};
use super::pattern::ModelRule;
use super::settings::Timeouts;

const fn at_v1(dialect: Dialect) -> Endpoint {
    Endpoint { dialect, root: "/v1", headers: &[], forward: &[] }
}

/// The provider that answers by itself: no address, no key, every model.
pub static DEMO: Provider = Provider {
    name: "demo",
    aliases: &[],
    base_url: None,
    auth: Auth::None,
    endpoints: &[at_v1(Dialect::OpenAi), at_v1(Dialect::Anthropic)],
    env: None,
    models: &["*"],
};

/// One upstream.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// The channel's name, unique; it appears in logs and metrics.
    pub name: String,
    /// The provider's row in the table, or [`DEMO`]: paths and headers.
    pub provider: &'static Provider,
    /// The dialects that the upstream speaks. Never empty.
    pub dialects: Vec<Dialect>,
    /// Where the upstream is; `None` for the demo provider only.
    pub base_url: Option<BaseUrl>,
    /// How the key is shown.
    pub auth: Auth,
    /// The keys to use, in turn. Empty where the upstream wants none.
    pub keys: Vec<Secret>,
    /// The models served, first match first. Never empty.
    pub models: Vec<ModelRule>,
    /// Channels of the highest priority are asked first.
    pub priority: i64,
    /// The share among channels of the same priority, at least 1.
    pub weight: u32,
    /// The proxy on the way to the upstream.
    pub proxy: Option<Proxy>,
    /// The relay's deadlines with the channel's own laid over them.
    pub timeouts: Timeouts,
    /// Headers added to every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Exchanges on this channel at once.
    pub in_flight: Option<usize>,
    /// Whether HTTP/2 is spoken. `None`: over TLS where the upstream chooses it, without TLS never. `true`: always,
    /// without TLS by prior knowledge. `false`: never.
    pub http2: Option<bool>,
}

impl Channel {
    /// Whether the relay answers by itself.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.base_url.is_none()
    }

    /// The upstream's name for a model, or `None` when the channel does not serve it.
    #[must_use]
    pub fn upstream_name<'a>(&'a self, model: &'a str) -> Option<&'a str> {
        let rule = self.models.iter().find(|rule| rule.pattern.matches(model))?;
        Some(rule.upstream.as_deref().unwrap_or(model))
    }

    /// Whether the upstream speaks a dialect.
    #[must_use]
    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.dialects.contains(&dialect)
    }
}

const AUTHS: [(Auth, &str); 3] =
    [(Auth::Bearer, "bearer"), (Auth::XApiKey, "x-api-key"), (Auth::None, "none")];

pub(super) fn auth_name(auth: Auth) -> &'static str {
    AUTHS.into_iter().find(|(known, _)| *known == auth).map_or("none", |(_, name)| name)
}

pub(super) fn parse_auth(text: &str) -> Result<Auth, String> {
    let found = AUTHS.into_iter().find(|(_, name)| *name == text).map(|(auth, _)| auth);
    found.ok_or_else(|| format!("`{text}` is not known: use \"bearer\", \"x-api-key\" or \"none\""))
}

/// The dialects of a provider.
pub(super) fn dialects_of(provider: &Provider) -> Vec<Dialect> {
    provider.endpoints.iter().map(|endpoint| endpoint.dialect).collect()
}
