//! Why a poll failed, as data: `words` says it, and what to do about it. Texts in here are parts of a sentence: an address
//! without credentials, a system's own error, the beginning of what came.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;

use super::{Endpoint, ErrorKind};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// On the way to `at`, which `flag` names.
    Way {
        at: String,
        flag: &'static str,
        way: Way,
    },
    /// An answer of `from`.
    Http {
        from: String,
        flag: &'static str,
        endpoint: Endpoint,
        http: Http,
    },
    /// An answer that is none.
    Content(Content),
    Process {
        pid: u32,
        trouble: Process,
    },
    Recording {
        path: PathBuf,
        trouble: Recording,
    },
    NothingToAsk,
    /// At a place that is not the target itself.
    At(String, Box<Self>),
    /// Other sources were tried, too.
    Nor(Box<Self>, Vec<&'static str>),
    /// Of several polls, so many of which failed, the last one.
    LastOf {
        fault: Box<Self>,
        failed: u32,
        asked: u32,
    },
    /// A recording keeps no more than the kind.
    Recorded(ErrorKind),
    #[cfg(test)]
    Test {
        kind: ErrorKind,
        what: String,
        cure: String,
    },
}

impl Fault {
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Way { way, .. } => way.kind(),
            Self::Http { http: Http::BrokenOff { .. } | Http::TooLarge { .. }, .. } => ErrorKind::Content,
            Self::Http { .. } => ErrorKind::Http,
            Self::Process { .. } => ErrorKind::Refused,
            Self::Content(_) | Self::Recording { .. } | Self::NothingToAsk => ErrorKind::Content,
            Self::At(_, fault) | Self::Nor(fault, _) | Self::LastOf { fault, .. } => fault.kind(),
            Self::Recorded(kind) => *kind,
            #[cfg(test)]
            Self::Test { kind, .. } => *kind,
        }
    }
}

impl Fault {
    /// An answer of the kind that was asked for, though of no use: a page or another program's object is none.
    pub(crate) fn is_of_its_kind(&self) -> bool {
        match self {
            Self::At(_, fault) | Self::Nor(fault, _) | Self::LastOf { fault, .. } => fault.is_of_its_kind(),
            Self::Content(Content::Metrics(metrics)) => {
                !matches!(metrics, Metrics::NoSeries | Metrics::Other { .. })
            }
            Self::Content(content) => matches!(
                content,
                Content::Json(Json::Wrong { .. } | Json::NullCount)
                    | Content::Profile(Profile::Compressed | Profile::BrokenOff)
            ),
            _ => false,
        }
    }
}

impl Way {
    const fn kind(&self) -> ErrorKind {
        match self {
            Self::TimedOut { .. } => ErrorKind::Timeout,
            Self::NoSocket(_) | Self::ClosedSocket(_) | Self::Refused | Self::NoConnection { .. } => {
                ErrorKind::Refused
            }
            Self::NoAddress { .. } => ErrorKind::Dns,
            Self::NoHttp { .. } => ErrorKind::Http,
            Self::NoTls | Self::Authority | Self::Untrusted { .. } | Self::Unencrypted { .. } => {
                ErrorKind::Tls
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    TimedOut {
        within: Duration,
    },
    NoSocket(PathBuf),
    ClosedSocket(PathBuf),
    Refused,
    NoAddress {
        host: String,
    },
    NoConnection {
        error: String,
    },
    NoHttp {
        error: String,
        encrypted: bool,
    },
    NoTls,
    /// The certificate is an authority's own.
    Authority,
    Untrusted {
        reason: String,
    },
    Unencrypted {
        error: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Http {
    Status {
        status: StatusCode,
        has_login: bool,
        /// A proxy or gateway says it, and not the service.
        of_proxy: bool,
    },
    /// A redirect without a place.
    Nowhere(StatusCode),
    LoginPage {
        to: String,
    },
    Elsewhere {
        to: String,
    },
    /// From one address to the next, without end.
    Round,
    BrokenOff {
        bytes: u64,
        error: String,
    },
    TooLarge {
        cap: u64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Empty,
    /// For people, not for programs.
    Page {
        wanted: Endpoint,
        title: String,
    },
    Json(Json),
    Metrics(Metrics),
    Profile(Profile),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    /// The name of its type.
    NoObject(&'static str),
    BrokenOff {
        bytes: usize,
    },
    Other {
        start: String,
    },
    /// The target's own words.
    Error {
        message: String,
    },
    NullCount,
    Missing {
        of: Endpoint,
        key: &'static str,
        keys: Vec<String>,
    },
    Wrong {
        key: String,
        is: &'static str,
        value: String,
        object: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Metrics {
    NoSeries,
    BrokenOff {
        series: u64,
    },
    /// The count of tasks is none.
    NoNumber(NoNumber),
    /// None of them tells how the process is.
    Useless {
        series: u64,
    },
    Other {
        start: String,
    },
}

/// A series whose value cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NoNumber {
    pub(crate) series: &'static str,
    /// The start of what stands there.
    pub(crate) value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Compressed,
    BrokenOff,
    Other { start: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Process {
    Missing,
    Hidden {
        error: String,
    },
    /// Another one has its number.
    Replaced,
    /// Its parent has not noticed.
    #[cfg_attr(windows, expect(dead_code, reason = "not on Windows"))]
    Zombie,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recording {
    Unreadable {
        error: String,
    },
    NoHeader,
    NoRow,
    Old {
        age: Duration,
    },
    /// The kind of the recorder's last error.
    Failed {
        kind: String,
    },
}
