//! One provider's row.

use std::borrow::Cow;

use bytes::Bytes;

use super::{path, template, vertex, vertex_gemini};
use crate::adaptor::Operation;
use crate::dialect::Dialect;

/// How a provider's key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Auth {
    /// `authorization: Bearer KEY`.
    Bearer,
    /// `NAME: KEY`, the name in lower case.
    Header(&'static str),
    /// `?NAME=KEY` in the URL.
    Query(&'static str),
    /// No key is needed; one that is configured is sent as [`Auth::Bearer`].
    None,
}

/// How requests are signed where no key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signer {
    /// A token of Google's, for a service account.
    Google,
    /// AWS's signature of each request (SigV4).
    Aws {
        /// The service's name in it.
        service: &'static str,
    },
}

/// What a provider wants differently in a body of a dialect that it speaks otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amend {
    /// Nothing.
    None,
    /// Vertex's form of Anthropic's messages: [`super::vertex`].
    Vertex,
    /// Vertex's form of a question for a number of tokens: [`super::vertex_gemini`].
    VertexGemini,
}

impl Amend {
    /// The body as this provider wants it; the same bytes where it wants nothing else.
    #[must_use]
    pub fn body(self, operation: Operation, body: Bytes) -> Bytes {
        match self {
            Self::None => body,
            Self::Vertex => vertex::amend(&body, operation == Operation::CountTokens),
            Self::VertexGemini if operation == Operation::CountTokens => vertex_gemini::unwrapped(body),
            Self::VertexGemini => body,
        }
    }

    /// A model's name, percent-encoded, as this provider's paths have it.
    #[must_use]
    pub fn model(self, name: Cow<'_, str>) -> Cow<'_, str> {
        match self {
            Self::None | Self::VertexGemini => name,
            Self::Vertex => vertex::model(name),
        }
    }
}

/// An operation that is not at its dialect's own path below the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// The operation; all of them where it is `None`.
    pub operation: Option<Operation>,
    /// Another root than the endpoint's.
    pub root: Option<&'static str>,
    /// The path below the root, with placeholders ([`template`]).
    pub template: &'static str,
}

impl Path {
    /// That of one operation, below the endpoint's root.
    #[must_use]
    pub const fn of(operation: Operation, template: &'static str) -> Self {
        Self { operation: Some(operation), root: None, template }
    }
}

/// A dialect that a provider speaks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The dialect.
    pub dialect: Dialect,
    /// The path below the base URL that an adaptor's own path is put behind: mostly `/v1`. It may have placeholders.
    pub root: &'static str,
    /// How the key is sent there, where that is not the provider's usual way.
    pub auth: Option<Auth>,
}

/// One provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The name in the configuration.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// Scheme and host, perhaps with a path and placeholders; `None` when the channel must give it.
    pub base_url: Option<&'static str>,
    /// How the key is sent.
    pub auth: Auth,
    /// Who signs where no key is configured.
    pub signer: Option<Signer>,
    /// The dialects that it speaks; never empty.
    pub endpoints: &'static [Endpoint],
    /// Operations at paths of the provider's own.
    pub paths: &'static [Path],
    /// What every URL's query holds, with placeholders.
    pub query: &'static [(&'static str, &'static str)],
    /// Headers of every request, with placeholders, names in lower case.
    pub headers: &'static [(&'static str, &'static str)],
    /// What it wants differently in bodies.
    pub amend: Amend,
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

    /// The whole path of an operation at a channel's host, as a template: only what each request fills is left open.
    /// `own` is the dialect's own path of it. A bare host, and an address of the row's own, get the row's root:
    /// `https://host` gives `/v1/chat/completions`. Any other base is taken as it was written, for the one dialect that its
    /// channel speaks; only what all paths of the dialect begin with is put between, and not doubled. Where a channel speaks
    /// several, one base stands for all of them, and each dialect's root is joined to it.
    #[must_use]
    pub fn path(&self, site: &Site<'_>, dialect: Dialect, operation: Option<Operation>, own: &str) -> String {
        let base = path::of_url(site.base_url);
        let holds_for = |template: &&str| operation == Some(Operation::Chat) || of_all(template);
        let (mut whole, template) = match site.path.filter(|path| operation.is_some() && holds_for(path)) {
            Some(template) => (base.to_owned(), Some(template)),
            None => {
                let own = operation.and_then(|operation| self.own_path(operation));
                (self.root(site, dialect, base, own), own.map(|own| own.template))
            }
        };
        match template {
            None => whole.push_str(own),
            Some(template) => {
                let (of_dialect, query) = own.split_once('?').unwrap_or((own, ""));
                let of_dialect = of_dialect.trim_start_matches('/');
                let value = |name: &str| match name {
                    template::OPERATION => Some(Cow::Borrowed(of_dialect)),
                    _ => site.value(name),
                };
                whole.push_str(&template::fill(template, value));
                if of_all(template) && !query.is_empty() {
                    whole.extend([if whole.contains('?') { "&" } else { "?" }, query]);
                }
            }
        }
        whole
    }

    /// The base's path with what belongs between it and an operation's.
    fn root(&self, site: &Site<'_>, dialect: Dialect, base: &str, path: Option<&Path>) -> String {
        let elsewhere = path.and_then(|path| path.root);
        if site.several || base.is_empty() || self.is_own(site) || elsewhere.is_some() {
            let usual = self.endpoint(dialect).map_or(dialect.root(), |endpoint| endpoint.root);
            let root = site.fill(elsewhere.unwrap_or(usual));
            let others = self.endpoints.iter().map(|other| site.fill(other.root));
            let others: Vec<String> = others.filter(|other| *other != root).collect();
            return path::join(base, &root, others.iter().map(String::as_str));
        }
        if path.is_some() {
            return base.to_owned();
        }
        let prefix = dialect.prefix();
        format!("{}{prefix}", base.strip_suffix(prefix).unwrap_or(base))
    }

    fn own_path(&self, operation: Operation) -> Option<&'static Path> {
        self.paths.iter().find(|path| path.operation.is_none_or(|of| of == operation))
    }

    /// True where the two dialects have roots of their own here, so that no one path can be meant for both.
    #[must_use]
    pub fn are_apart(&self, one: Dialect, other: Dialect) -> bool {
        let root = |dialect| self.endpoint(dialect).map(|endpoint| endpoint.root);
        root(one).zip(root(other)).is_some_and(|(one, other)| one != other)
    }

    /// True for the row's own base URL, alone or with the root of one of its dialects.
    fn is_own(&self, site: &Site<'_>) -> bool {
        let Some(own) = self.base_url else { return false };
        let own = site.fill(own);
        let Some(rest) = site.base_url.trim_end_matches('/').strip_prefix(&*own) else { return false };
        rest.is_empty() || self.endpoints.iter().any(|endpoint| site.fill(endpoint.root) == rest)
    }

    /// The values that the row's addresses and headers are filled with.
    #[must_use]
    pub fn wanted(&self) -> Vec<&'static str> {
        let roots = self.endpoints.iter().map(|endpoint| endpoint.root);
        let pairs = self.query.iter().chain(self.headers).map(|(_, value)| *value);
        let mut wanted = Vec::new();
        for template in self.base_url.into_iter().chain(roots).chain(pairs) {
            for name in template::names(template).unwrap_or_default() {
                let name = super::derived_from(name).unwrap_or(name);
                if !wanted.contains(&name) {
                    wanted.push(name);
                }
            }
        }
        wanted
    }
}

/// True for a template that holds for every operation.
fn of_all(template: &str) -> bool {
    template.contains("{operation}")
}

/// What a channel knows of its address.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// Scheme, host and path, without placeholders.
    pub base_url: &'a str,
    /// The channel speaks several dialects there.
    pub several: bool,
    /// A path of the channel's own, behind the base URL's; without `{operation}` in it, it is that of conversations alone.
    pub path: Option<&'a str>,
    /// What the channel's placeholders stand for.
    pub values: &'a [(String, String)],
}

impl Site<'_> {
    fn fill(&self, template: &str) -> String {
        template::fill(template, |name| self.value(name))
    }

    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        super::value(self.values, name)
    }
}
