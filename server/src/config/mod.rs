//! The relay's configuration: `watertight.toml`, the environment and the command line, resolved once into a
//! [`Config`] in which every value is known, checked and within its bounds.
//!
//! - `settings`: the table of the settings, and what is configured. `table`, `forms`: a row of it, and how values are
//!   read and shown.
//! - `callers`, `channels`, `tls`, `disconnect`: what has a table or a form of its own.
//! - `auth`, `places`: how a channel's key is shown, and the placeholders of its address.
//! - `signers`: who signs requests where no key is sent.
//! - `fallbacks`: models that stand in for others. `origins`: web pages. `pattern`: model patterns. `address`: addresses to listen on, base URLs and proxies.
//! - `document`, `reader`: TOML with lines: every mistake is reported with its line, its key and its cure.
//! - `file`, `discover`, `load`: the file, channels from provider keys in the environment, and all of it in order.
//! - `render`: the effective configuration as TOML, secrets masked. `effect`: its values, each with where it came from.
//! - `begin`: a first file, from the provider keys in the environment.
//! - `first_key`: the key that is made when the relay faces the public without one.
//!
//! Files and the environment are read only through [`Inputs`], so that tests pass maps.

pub mod address;
mod auth;
pub mod begin;
mod callers;
mod channels;
mod disconnect;
mod discover;
mod document;
mod effect;
pub mod errors;
pub mod fallbacks;
mod file;
pub mod first_key;
mod forms;
pub mod inputs;
mod load;
mod memory;
pub mod origins;
pub mod pattern;
mod places;
mod proxies;
mod rate;
mod reader;
mod render;
mod secrets;
pub mod settings;
pub mod signers;
mod table;
mod terms;
pub mod tls;

#[cfg(test)]
mod tests;

pub use address::{BaseUrl, Proxy, ProxyKind};
pub use auth::Auth;
pub use channels::DEMO;
pub use disconnect::OnDisconnect;
pub use effect::{InEffect, Origin};
pub use errors::{Errors, Problem};
pub use first_key::{FirstKey, STATE_FILE, first_key};
pub use inputs::Inputs;
pub(crate) use load::NO_CHANNEL;
pub use load::{DEFAULT_FILE, load};
pub use origins::Origins;
pub use pattern::{ModelPattern, ModelRule};
pub use rate::Rate;
pub use secrets::Place;
pub use settings::{
    Admin, CallerKey, Channel, Config, Cors, Failover, Fixed, Limits, Live, Monitor, Shutdown, Source,
    Timeouts,
};
pub use tls::Tls;
