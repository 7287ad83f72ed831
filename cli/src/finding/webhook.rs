//! What a webhook tells, and why a message did not reach its chat. Nothing here repeats the URL or the secret: whoever
//! knows them can write there.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;

use crate::reading::Unusable;

/// What a watch tells a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The verdict is another one.
    Verdict,
    /// A rollout has ended.
    Rollout,
    /// The target restarted: so often since the watch began, and since the last word about it.
    Restart { restarts: u64, new: u64 },
    /// So many polls in a row have failed, the first one then.
    Outage { since: Timestamp, polls: u64 },
    /// The target answers again, after an outage that was told.
    Back { since: Timestamp, after: Duration, polls: u64, restarted: bool },
}

impl News {
    /// Its name in JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Rollout => "rollout",
            Self::Restart { .. } => "restart",
            Self::Outage { .. } => "outage",
            Self::Back { .. } => "back",
        }
    }

    /// Tells whether the later one says all that this one says.
    pub(crate) const fn is_overtaken_by(self, later: Self) -> bool {
        matches!(
            (self, later),
            (Self::Verdict, Self::Verdict)
                | (Self::Restart { .. }, Self::Restart { .. })
                | (Self::Outage { .. } | Self::Back { .. }, Self::Outage { .. } | Self::Back { .. })
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Undelivered {
    NoUrl(String),
    /// Neither http nor https.
    Scheme,
    Tls(Unusable),
    NoClient,
    /// A secret came from there, for a robot whose form has no signature.
    Unsigned(&'static str),
    /// After so many seconds.
    Late(u64),
    Unreachable,
    /// Neither 200 nor its kin.
    Status(StatusCode),
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

/// What robots answer to more messages than they allow: `WeCom`, `DingTalk` (two), Feishu (two).
const TOO_MANY: [i64; 5] = [45_009, 130_101, 410_100, 9_499, 11_232];

impl Undelivered {
    /// The same message may get through later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Late(_) | Self::Unreachable => true,
            Self::Status(status) => {
                status.is_server_error()
                    || matches!(*status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
            }
            Self::Refused { code, .. } => TOO_MANY.contains(code),
            _ => false,
        }
    }
}
