//! The terms for all connections of one upstream.

use super::connection_fault::ConnectionFault;
use super::tls::Tls;

/// Good connections without TLS, unless more is said.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) tls: Option<Tls>,
    pub(crate) fault: Option<ConnectionFault>,
}
