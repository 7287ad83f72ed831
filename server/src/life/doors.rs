//! Where clients come in: listeners that the relay binds itself, that the service manager passes, or that the running
//! relay hands over ([`handover`]). The latter two outlive this process, so nobody waits while one relay follows another.

use std::io;
use std::net::{SocketAddr, TcpListener};

use super::failure::Failure;
use super::handover::{self, Predecessor};
use super::{manager, occupant};
use crate::config::Fixed;
use crate::edge::listen;

/// A listener for each worker, and the monitor's own, for the first of them.
pub(super) struct Doors {
    pub(super) listeners: Vec<TcpListener>,
    pub(super) monitor: Option<TcpListener>,
    /// Somebody else holds them, too, and accepts when this process does not.
    pub(super) lasting: bool,
    /// Whom to tell when this process is ready.
    pub(super) predecessor: Option<Predecessor>,
}

impl Doors {
    /// For this many workers at the least.
    pub(super) fn open(fixed: &Fixed, workers: usize, take_over: bool) -> Result<Self, Failure> {
        let passed = manager::listeners().map_err(Failure::Configuration)?;
        let mut doors = if !passed.is_empty() {
            Self::passed(passed)?
        } else if take_over && let Some(handed) = taken_over(fixed)? {
            handed
        } else {
            Self::bound(fixed, workers, take_over)?
        };
        // All of a group must be accepted from, so more workers are right, and fewer are not.
        for n in doors.listeners.len()..workers {
            let copy = doors.listeners[n % doors.listeners.len()].try_clone();
            doors.listeners.push(copy.map_err(|error| Failure::start(&error))?);
        }
        if doors.monitor.is_none()
            && let Some(address) = fixed.monitor_listen
        {
            doors.monitor = bind(address, 1, "`monitor.listen`")?.pop();
        }
        Ok(doors)
    }

    /// The first is the main one, the second is the monitor's.
    fn passed(mut listeners: Vec<TcpListener>) -> Result<Self, Failure> {
        let given = listeners.len();
        if given > 2 {
            return Err(Failure::Configuration(format!(
                "the service manager passes {given} sockets; `serve` takes one, or two with `monitor.listen`'s as the second"
            )));
        }
        let monitor = if given == 2 { listeners.pop() } else { None };
        Ok(Self { listeners, monitor, lasting: true, predecessor: None })
    }

    fn bound(fixed: &Fixed, workers: usize, take_over: bool) -> Result<Self, Failure> {
        let cure = if take_over { "--listen (no relay of this user hands it over)" } else { "--listen" };
        let listeners = bind(fixed.listen, workers, cure)?;
        Ok(Self { listeners, monitor: None, lasting: false, predecessor: None })
    }

    /// The address that clients know.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listeners[0].local_addr()
    }

    /// For whoever comes next.
    pub(super) fn copies(&self) -> io::Result<Vec<TcpListener>> {
        self.listeners.iter().chain(&self.monitor).map(TcpListener::try_clone).collect()
    }
}

fn taken_over(fixed: &Fixed) -> Result<Option<Doors>, Failure> {
    let handed = handover::ask(fixed.listen).map_err(|why| {
        Failure::Unavailable(format!(
            "cannot take over {}: {why}; the old relay goes on: stop it, or start again with --take-over",
            fixed.listen
        ))
    })?;
    let Some((mut listeners, monitor, predecessor)) = handed else { return Ok(None) };
    let monitor = if monitor { listeners.pop() } else { None };
    // Another address than before is bound anew.
    let monitor = monitor.filter(|listener| listener.local_addr().ok() == fixed.monitor_listen);
    if listeners.is_empty() {
        return Ok(None);
    }
    Ok(Some(Doors { listeners, monitor, lasting: false, predecessor: Some(predecessor) }))
}

/// `cure`: what sets another address.
fn bind(address: SocketAddr, workers: usize, cure: &str) -> Result<Vec<TcpListener>, Failure> {
    let why = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => occupant::in_use(address, cure),
        io::ErrorKind::PermissionDenied => {
            format!(
                "cannot listen on {address}: permission denied; choose a port of 1024 or above with {cure}"
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("cannot listen on {address}: this machine does not have that address")
        }
        _ => format!("cannot listen on {address}: {error}"),
    };
    listen::bind(address, workers).map_err(|error| Failure::Unavailable(why(error)))
}
