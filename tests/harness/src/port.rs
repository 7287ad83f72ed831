//! Ports that are known before somebody listens there: a child's, or one that comes back.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use crate::fail;

/// Below those that a system lends: a port out of these, once freed, could be a connection's before it is listened on.
/// `tests/ports` is the same for scripts.
const LENT_TO_NOBODY: std::ops::Range<u16> = 20_000..32_000;

/// An address where nobody listens, and where nobody will but who is told it.
#[must_use]
pub fn address() -> SocketAddr {
    for attempt in 0..1000 {
        // Anywhere in there: tests run beside each other, in processes that know nothing of each other.
        let chance =
            RandomState::new().hash_one(attempt) % u64::from(LENT_TO_NOBODY.end - LENT_TO_NOBODY.start);
        let port = LENT_TO_NOBODY.start + u16::try_from(chance).unwrap_or_default();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    fail("a port", "none is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_free_and_stays_so() {
        let found: Vec<SocketAddr> = (0..20).map(|_| address()).collect();
        for address in found {
            assert!(LENT_TO_NOBODY.contains(&address.port()), "{address}");
        }
        // What the system lends begins above.
        if let Ok(range) = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range") {
            let first: u16 = range.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or_default();
            assert!(!LENT_TO_NOBODY.contains(&first), "{range}");
        }
    }
}
