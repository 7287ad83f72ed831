//! How a channel shows who it is: `channels.auth`.

use adaptors::provider;
use http::HeaderName;

use super::forms::text;
use super::reader::Wanted;
use super::table::Form;

/// How a channel's key is sent, or who signs its requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `authorization: Bearer KEY`.
    Bearer,
    /// `NAME: KEY`.
    Header(HeaderName),
    /// `?NAME=KEY` in the URL.
    Query(String),
    /// `authorization: Bearer TOKEN`, a token of Google's.
    GoogleOauth,
    /// AWS's signature of each request.
    SigV4,
    /// No key is needed; one that is configured is sent as [`Auth::Bearer`].
    None,
}

impl From<provider::Auth> for Auth {
    fn from(auth: provider::Auth) -> Self {
        match auth {
            provider::Auth::Bearer => Self::Bearer,
            provider::Auth::Header(name) => Self::Header(HeaderName::from_static(name)),
            provider::Auth::Query(name) => Self::Query(name.to_owned()),
            provider::Auth::None => Self::None,
        }
    }
}

impl From<provider::Signer> for Auth {
    fn from(signer: provider::Signer) -> Self {
        match signer {
            provider::Signer::Google => Self::GoogleOauth,
            provider::Signer::Aws { .. } => Self::SigV4,
        }
    }
}

/// Headers with a word of their own.
const HEADERS: [&str; 2] = ["x-api-key", "x-goog-api-key"];
/// Headers that say something else, so that no key may stand in them.
const TAKEN: [&str; 5] = ["host", "content-length", "content-type", "transfer-encoding", "connection"];

pub(super) fn auth() -> impl Form<Auth> {
    text(Wanted::new("a word", "\"bearer\""), find, name)
}

fn find(word: &str) -> Result<Auth, String> {
    if HEADERS.contains(&word) {
        return header(word);
    }
    match word.split_once(':').unwrap_or((word, "")) {
        ("bearer", "") => Ok(Auth::Bearer),
        ("none", "") => Ok(Auth::None),
        ("google-oauth", "") => Ok(Auth::GoogleOauth),
        ("sigv4", "") => Ok(Auth::SigV4),
        ("header", name) => header(name),
        ("query", name) if is_parameter(name) => Ok(Auth::Query(name.to_owned())),
        ("query", _) => {
            Err("a parameter's name is of letters, digits, `-`, `_` and `.`: \"query:key\"".to_owned())
        }
        _ => Err(format!(
            "`{word}` is not known: use \"bearer\", \"x-api-key\", \"x-goog-api-key\", \"header:NAME\", \"query:NAME\", \"google-oauth\", \"sigv4\" or \"none\""
        )),
    }
}

fn header(name: &str) -> Result<Auth, String> {
    let parsed: HeaderName =
        name.parse().map_err(|_| format!("`{name}` is not a header's name: \"header:api-key\""))?;
    if TAKEN.contains(&parsed.as_str()) {
        return Err(format!("the header `{parsed}` is the relay's own business: name another one"));
    }
    Ok(Auth::Header(parsed))
}

fn is_parameter(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

impl std::fmt::Display for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&name(self))
    }
}

fn name(auth: &Auth) -> String {
    match auth {
        Auth::Bearer => "bearer".to_owned(),
        Auth::Header(name) if HEADERS.contains(&name.as_str()) => name.to_string(),
        Auth::Header(name) => format!("header:{name}"),
        Auth::Query(name) => format!("query:{name}"),
        Auth::GoogleOauth => "google-oauth".to_owned(),
        Auth::SigV4 => "sigv4".to_owned(),
        Auth::None => "none".to_owned(),
    }
}
