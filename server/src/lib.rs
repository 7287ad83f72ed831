//! The relay: listen, authenticate, admit, route, exchange, account, monitor.
//!
//! The rooms stand as things happen: the life of the process, of a connection, and of a request, with what each needs
//! below it. What a request holds is one value, the exchange, which moves into the response's body; what ends it from
//! outside is one revoker, the worker's timer wheel.

// The process: from the command line to the last stopped task.
mod life;
// Beside it: a look at channels without a relay.
mod probe;
// And at the configuration.
mod setup;

// A connection: accepted, understood, watched.
mod edge;
mod link;

// A request: what it asks for, who may, how it is answered.
mod access;
mod exchange;
mod reply;
mod request;
mod route;

// An upstream: which one, and how it is reached.
mod channel;
mod signer;
mod table;
mod upstream;

// The books that are kept meanwhile.
mod ledger;
mod monitor;
mod state;

// The ground.
mod clock;
pub mod config;
mod counters;
mod log;
mod socket;
mod spelling;
mod unpack;
mod words;

#[cfg(test)]
mod scene;

pub use life::run::{Options, run, serve};
pub use log::LogFormat;
pub use probe::{Options as ChannelsOptions, Wish, channels};
pub use setup::{InitOptions, ShowOptions, init, show_config};
pub use table::AdaptorTable;
pub use upstream::{Answer, Taken};
