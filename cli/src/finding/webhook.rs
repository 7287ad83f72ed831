//! Why a message did not reach its chat. Nothing here repeats the URL: whoever knows it can write there.

use crate::reading::Unusable;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Undelivered {
    NoUrl(String),
    /// Neither http nor https.
    Scheme,
    Tls(Unusable),
    NoClient,
    /// After so many seconds.
    Late(u64),
    Unreachable,
    Status(String),
    BrokeOff,
    NotJson,
    /// A 200 without the field that says whether it was taken.
    NoField(&'static str),
    /// A 200 that says no, with the chat's own words.
    Refused {
        field: &'static str,
        code: i64,
        words: String,
    },
}
