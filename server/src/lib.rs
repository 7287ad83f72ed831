//! The relay: listen, authenticate, admit, route, exchange, account, monitor.
//!
//! [`pipeline`](self) reads like the life of a request. What a request holds is one value, the exchange, which moves
//! into the response's body; what ends it from outside is one revoker, the worker's timer wheel.

pub mod config;

mod account;
mod admit;
mod auth;
mod channel;
mod client_io;
mod clock;
mod exchange;
mod headers;
mod http2;
mod intake;
mod ledger;
mod link;
mod listen;
mod local;
mod log;
mod monitor;
mod pipeline;
mod rate;
mod refusal;
mod relay;
mod reload;
mod respond;
mod route;
mod run;
mod serve;
mod snapshot;
mod socket;
mod stop;
mod table;
mod upstream;
mod wheel;
mod words;
mod worker;

pub use log::LogFormat;
pub use run::{Options, run, serve};
pub use table::AdaptorTable;

/// How much older than its total deadline an exchange may be before it counts as overdue, in milliseconds.
pub(crate) const OVERDUE_GRACE: u64 = 10_000;
/// The total deadline of an exchange that has no channel yet: its body is still being read.
pub(crate) const GRACE_WITHOUT_LIMITS: u64 = 15 * 60 * 1000;
