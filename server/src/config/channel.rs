//! A channel: one upstream, the credentials for it and the models that it serves.

use adaptors::adaptor::Dialect;
use http::{HeaderName, HeaderValue};
use vitals::Secret;

use super::address::{BaseUrl, Proxy};
use super::pattern::ModelRule;
use super::settings::Timeouts;

/// How an upstream wants to be shown its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// `authorization: Bearer KEY`.
    Bearer,
    /// `x-api-key: KEY`.
    XApiKey,
}

/// One upstream.
#[derive(Clone, Debug)]
pub struct Channel {
    /// The channel's name, unique; it appears in logs and metrics.
    pub name: String,
    /// The provider's name; `demo` answers by itself.
    pub provider: &'static str,
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
