//! What the command line wants to be asked, and the servers that this comes to.

use std::net::IpAddr;
use std::path::PathBuf;

use super::target::API_URL;
use super::wire::Access;
use super::{Endpoint, Target};
use crate::reading::{Unusable, Wrong};

const DEFAULT: &str = "http://localhost:3000";

/// A source by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Http(Endpoint),
    /// A process of this machine.
    Process,
    /// A recording that is being written.
    Csv,
}

/// Sources and addresses, as the command line gives them.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The sources that must answer; none: whichever does.
    pub(crate) sources: Vec<Named>,
    /// The target; without it, only what the other addresses name.
    pub(crate) address: Option<String>,
    /// The flag or the argument that gives the address.
    pub(crate) place: &'static str,
    /// The address of metrics, if they are elsewhere.
    pub(crate) metrics: Option<String>,
    /// The address of profiles and expvar, if they are elsewhere.
    pub(crate) pprof: Option<String>,
    /// A process of this machine.
    pub(crate) pid: Option<u32>,
    pub(crate) unix_socket: Option<PathBuf>,
    /// Of the addresses of the target's name, the one that is asked.
    pub(crate) pinned: Option<IpAddr>,
    pub(crate) access: Access,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            address: None,
            place: API_URL,
            metrics: None,
            pprof: None,
            pid: None,
            unix_socket: None,
            pinned: None,
            access: Access::default(),
        }
    }
}

/// The servers that are asked.
#[derive(Debug)]
pub(crate) struct Targets {
    pub(crate) api: Option<Target>,
    metrics: Option<Target>,
    pprof: Option<Target>,
}

impl Targets {
    /// Reads a plan's addresses.
    ///
    /// # Errors
    /// The plan names something that cannot be polled.
    pub(crate) fn of(plan: &Plan) -> Result<Self, Unusable> {
        let elsewhere = plan.metrics.is_some() || plan.pprof.is_some() || plan.pid.is_some();
        let own = |endpoint: &Endpoint| match endpoint {
            Endpoint::Metrics => plan.metrics.is_some(),
            Endpoint::Expvar | Endpoint::Pprof => plan.pprof.is_some(),
            Endpoint::Health | Endpoint::NewApi => false,
        };
        let needed =
            plan.sources.iter().any(|named| matches!(named, Named::Http(endpoint) if !own(endpoint)));
        let default = (!elsewhere || needed || plan.unix_socket.is_some()).then_some(DEFAULT);
        let flagged = |place: &'static str, outcome: Result<Target, Wrong>| {
            outcome.map_err(|wrong| Unusable::Address { place, wrong })
        };
        let mut api = plan
            .address
            .as_deref()
            .or(default)
            .map(|text| flagged(plan.place, Target::parse(text)))
            .transpose()?;
        if let Some(socket) = &plan.unix_socket {
            api = api.map(|target| flagged("--unix-socket", target.through(socket))).transpose()?;
        }
        let metrics =
            plan.metrics.as_deref().map(|text| flagged("--metrics-url", Target::parse_metrics(text)));
        let pprof =
            plan.pprof.as_deref().map(|text| flagged("--pprof-url", Target::parse_from(text, "--pprof-url")));
        let (metrics, pprof) = (metrics.transpose()?, pprof.transpose()?);
        let pin = |target: Option<Target>| match plan.pinned {
            Some(address) => target.map(|target| target.pinned_to(address)),
            None => target,
        };
        Ok(Self { api: pin(api), metrics: pin(metrics), pprof: pin(pprof) })
    }

    /// The one that stands for all: credentials are for its host.
    pub(crate) fn main(&self) -> Option<&Target> {
        self.api.as_ref().or(self.metrics.as_ref()).or(self.pprof.as_ref())
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<&Target> {
        [&self.api, &self.metrics, &self.pprof].into_iter().flatten().collect()
    }

    pub(crate) fn profiles(&self) -> Option<&Target> {
        self.pprof.as_ref().or(self.api.as_ref())
    }

    pub(super) fn own(&self, endpoint: Endpoint) -> Option<&Target> {
        match endpoint {
            Endpoint::Metrics => self.metrics.as_ref(),
            Endpoint::Expvar | Endpoint::Pprof => self.pprof.as_ref(),
            Endpoint::Health | Endpoint::NewApi => None,
        }
    }
}
