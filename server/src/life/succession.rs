//! Who follows whom: tells the old relay that this one serves, then waits for the next one.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use super::doors::Doors;
use super::handover::{Handover, Predecessor};
use crate::state::relay::Relay;

pub(super) struct Succession {
    /// The service manager accepts when this process does not.
    pub(super) lasting: bool,
    predecessor: Option<Predecessor>,
    at: SocketAddr,
    copies: Vec<TcpListener>,
    monitor: bool,
}

impl Succession {
    /// Splits off what it needs of the doors. The address is the one that is configured: a successor looks for that.
    pub(super) fn of(relay: &Arc<Relay>, mut doors: Doors) -> io::Result<(Self, Doors)> {
        let configured = relay.fixed.listen;
        let at = if configured.port() == 0 { doors.address()? } else { configured };
        let succession = Self {
            lasting: doors.lasting,
            predecessor: doors.predecessor.take(),
            at,
            copies: doors.copies()?,
            monitor: doors.monitor.is_some(),
        };
        Ok((succession, doors))
    }

    /// Completes when another process serves: with its number.
    pub(super) async fn run(self) -> u32 {
        if let Some(old) = self.predecessor {
            let process = old.process();
            match old.replace().await {
                Ok(()) => tracing::info!(process, "the old relay finishes what it has under way"),
                Err(error) => tracing::warn!(process, %error, "the old relay does not answer: stop it"),
            }
        }
        match Handover::offer(self.at, self.copies, self.monitor) {
            Ok(handover) => handover.run().await,
            Err(error) => {
                tracing::debug!(%error, "no other relay can take over from this one");
                std::future::pending().await
            }
        }
    }
}
