//! Where listeners cannot be handed over.

use std::io;
use std::net::{SocketAddr, TcpListener};

/// There is none.
pub(in crate::life) enum Predecessor {}

impl Predecessor {
    pub(in crate::life) fn process(&self) -> u32 {
        match *self {}
    }

    pub(in crate::life) async fn replace(self) -> io::Result<()> {
        match self {}
    }
}

/// Nobody comes.
pub(in crate::life) struct Handover;

impl Handover {
    pub(in crate::life) fn offer(_: SocketAddr, _: Vec<TcpListener>, _: bool) -> io::Result<Self> {
        Ok(Self)
    }

    pub(in crate::life) async fn run(self) -> u32 {
        std::future::pending().await
    }
}

/// # Errors
/// Always: there is no way.
pub(in crate::life) fn ask(_: SocketAddr) -> io::Result<Option<(Vec<TcpListener>, bool, Predecessor)>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "--take-over needs Unix sockets"))
}
