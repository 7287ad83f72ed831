//! The steps of a diagnosis, with the numbers of their sentences.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;
use vitals::Sample;

use crate::profile::Unreadable;
use crate::reading::PollError;

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Ok,
    /// It is the trouble, or a part of it.
    Failed,
    /// Neither: something worth knowing.
    Note,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// The name in JSON.
    pub(crate) step: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) said: Diagnosis,
}

impl Step {
    pub(crate) fn ok(step: &'static str, said: Diagnosis) -> Self {
        Self { step, outcome: Outcome::Ok, said }
    }

    pub(crate) fn failed(step: &'static str, said: Diagnosis) -> Self {
        Self { step, outcome: Outcome::Failed, said }
    }

    pub(crate) fn note(step: &'static str, said: Diagnosis) -> Self {
        Self { step, outcome: Outcome::Note, said }
    }
}

/// A sight; the words for it say the next step, too.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Diagnosis {
    /// The variable that names a proxy.
    Proxy(&'static str),
    Name {
        host: String,
        addresses: Vec<IpAddr>,
    },
    /// With the system's error, if it was one.
    NoAddress {
        host: String,
        error: Option<String>,
    },
    Accepts {
        address: SocketAddr,
        ms: u128,
    },
    NothingListens(SocketAddr),
    Silent(SocketAddr),
    NoConnection {
        address: SocketAddr,
        error: String,
    },
    Handshake,
    AnswerComes,
    Answered {
        source: String,
        program: Option<String>,
        ms: u128,
        sample: Box<Sample>,
    },
    /// The program has no goroutines.
    NotGo(Runtime),
    /// A poll or a request that failed.
    Error(PollError),
    /// Who listens on this port of this machine; none of a process that may not be looked at.
    Listeners {
        port: u16,
        who: Vec<(Option<String>, IpAddr)>,
    },
    /// Nobody does: who listens on which other ports, and how many more there are.
    NobodyListens {
        port: u16,
        others: Vec<(u16, Option<String>)>,
        more: usize,
    },
    Container(Box<Container>),
    InterruptedLook,
    InterruptedProfile,
    /// The relay's list of its exchanges.
    BadLedger(String),
    HiddenLedger,
    NoLedger {
        status: u16,
    },
    SlowList(PollError),
    NoList {
        status: u16,
    },
    NoProfile {
        status: u16,
    },
    /// A profile came from where it was not asked for by the operator.
    NotProfile(Unreadable),
    Unreadable(Unreadable),
    NoHeap {
        status: u16,
    },
    /// No request of the unclosed answers is among the samples of the heap profile.
    NoMaker,
    /// Go before 1.27.
    OldGo,
    NoProof {
        status: u16,
    },
    /// There is no profile, so there is no proof.
    Unprofiled,
}

/// What a program without goroutines runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runtime {
    Python,
    Node,
}

impl Runtime {
    /// By what the program calls itself: `CPython 3.11.7`, `litellm (python3.12)`, `Node 20.1.0`.
    pub(crate) fn of(program: &str) -> Option<Self> {
        let program = program.to_ascii_lowercase();
        match () {
            () if program.contains("python") || program.starts_with("pypy") => Some(Self::Python),
            () if program.starts_with("node") || program.contains("(node") => Some(Self::Node),
            () => None,
        }
    }
}

/// The container that publishes a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) port: u16,
    /// In docker's word: `running`.
    pub(crate) state: String,
    /// In docker's words.
    pub(crate) status: String,
    /// Its last lines.
    pub(crate) log: Vec<String>,
}

/// Exchanges of one channel in one phase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Crowd {
    /// Empty before a channel is chosen.
    pub(crate) channel: String,
    pub(crate) phase: String,
    pub(crate) before: u64,
    pub(crate) now: u64,
    pub(crate) oldest_s: u64,
    /// Older than their own deadline: a leak.
    pub(crate) overdue: u64,
}

/// Of what there are two, some time apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Twice {
    Exchanges,
    Profiles,
    /// Of a crowd, two more.
    Crowd,
    Samples,
    /// What a process holds.
    Holdings,
}
