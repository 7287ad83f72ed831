//! One provider's row.

use super::path;
use crate::dialect::Dialect;

/// How a provider's key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Auth {
    /// `authorization: Bearer KEY`.
    Bearer,
    /// `NAME: KEY`, the name in lower case.
    Header(&'static str),
    /// No key is needed; one that is configured is sent as [`Auth::Bearer`].
    None,
}

/// A dialect that a provider speaks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The dialect.
    pub dialect: Dialect,
    /// The path below the base URL that an adaptor's own path is put behind: mostly `/v1`.
    pub root: &'static str,
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
    /// The dialects that it speaks; never empty.
    pub endpoints: &'static [Endpoint],
    /// Headers of the client that are passed on besides those of the dialect, in lower case.
    pub forward: &'static [&'static str],
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

    /// The whole path of an adaptor's `path` at `base_url`'s host. A bare host, and an address of the row's own, get the
    /// row's root: `https://host` gives `/v1/chat/completions`. Any other base is taken as it was written, for the one
    /// dialect that its channel speaks; only what all paths of the dialect begin with is put between, and not doubled. Where
    /// a channel speaks `several`, one base stands for all of them, and each dialect's root is joined to it.
    #[must_use]
    pub fn path(&self, dialect: Dialect, path: &str, base_url: &str, several: bool) -> String {
        let root = self.endpoint(dialect).map_or("/v1", |endpoint| endpoint.root);
        let base = path::of_url(base_url);
        let mut whole = if several || base.is_empty() || self.is_own(base_url) {
            let others =
                self.endpoints.iter().filter(|other| other.dialect != dialect).map(|other| other.root);
            path::join(base, root, others)
        } else {
            let prefix = dialect.prefix();
            format!("{}{prefix}", base.strip_suffix(prefix).unwrap_or(base))
        };
        whole.push_str(path);
        whole
    }

    /// True for the row's own base URL, alone or with the root of one of its dialects.
    fn is_own(&self, base_url: &str) -> bool {
        let Some(own) = self.base_url else { return false };
        let Some(rest) = base_url.trim_end_matches('/').strip_prefix(own) else { return false };
        rest.is_empty() || self.endpoints.iter().any(|endpoint| endpoint.root == rest)
    }
}
