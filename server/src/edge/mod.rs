//! Where clients come in: a connection is accepted, told by its first bytes, and served until its end.

mod client_io;
mod heads;
mod http2;
mod linger;
pub(crate) mod listen;
mod present;
mod serve;
