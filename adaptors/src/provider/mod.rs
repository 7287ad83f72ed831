//! The providers: where each one is, how it wants to be asked, what it speaks. Data in [`table`], one row a provider.

mod path;
mod table;

use crate::adaptor::{Dialect, Operation};

/// How a provider's key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Auth {
    /// `authorization: Bearer KEY`.
    Bearer,
    /// `x-api-key: KEY`.
    XApiKey,
    /// No key is needed; one that is configured is sent as [`Auth::Bearer`].
    None,
}

/// A dialect that a provider speaks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The dialect.
    pub dialect: Dialect,
    /// The path before `/chat/completions` or `/messages`, below the base URL: mostly `/v1`.
    pub root: &'static str,
    /// Headers that the upstream needs, in lower case; a forwarded header of the client's replaces its default.
    pub headers: &'static [(&'static str, &'static str)],
    /// Headers of the client that are passed on, in lower case. All others stay here: some name accounts
    /// (`openai-organization`, `openai-project` would choose who pays, and belong to the channel), some people, and
    /// the rest the upstream does not need.
    pub forward: &'static [&'static str],
}

/// One provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The name in the configuration.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// Scheme and host, perhaps with a path; `None` when the channel must give it.
    pub base_url: Option<&'static str>,
    /// How the key is sent.
    pub auth: Auth,
    /// What it speaks; never empty.
    pub endpoints: &'static [Endpoint],
    /// The environment variable whose key makes a channel by itself.
    pub env: Option<&'static str>,
    /// The model patterns of such a channel (`*` at the end matches anything); `*` alone where the names are free.
    pub models: &'static [&'static str],
}

impl Provider {
    /// The endpoint for a dialect, if the provider speaks it.
    #[must_use]
    pub fn endpoint(&self, dialect: Dialect) -> Option<&'static Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.dialect == dialect)
    }

    /// The whole path of an operation's URL below `base_url`'s host, the base's own path included:
    /// `https://host/v1` and `https://host` both give `/v1/chat/completions`. A base that ends in another version
    /// (`/api/v3`) keeps it. A dialect that the provider does not speak is taken to be at `/v1`.
    #[must_use]
    pub fn path(&self, dialect: Dialect, operation: Operation, base_url: &str) -> String {
        let root = self.endpoint(dialect).map_or("/v1", |endpoint| endpoint.root);
        let others = self.endpoints.iter().filter(|other| other.dialect != dialect).map(|other| other.root);
        let mut path = path::join(path::of_url(base_url), root, others);
        path.push_str(match operation {
            Operation::ChatCompletions => "/chat/completions",
            Operation::Embeddings => "/embeddings",
            Operation::Messages => "/messages",
        });
        path
    }
}

/// All providers, in the order of the table.
#[must_use]
pub fn all() -> &'static [Provider] {
    &table::PROVIDERS
}

/// The provider of that name or alias, in any case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Provider> {
    let is_it = |known: &str| known.eq_ignore_ascii_case(name);
    all().iter().find(|provider| is_it(provider.name) || provider.aliases.iter().copied().any(is_it))
}
