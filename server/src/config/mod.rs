//! The relay's configuration: `watertight.toml`, the environment and the command line, resolved once into a
//! [`Config`] in which every value is known, checked and within its bounds.
//!
//! - `settings`: what is configured, with the defaults.
//! - `channel`: one upstream: where it is, who may be asked for which model there.
//! - `pattern`: model patterns. `address`: base URLs and proxies.
//! - `document`, `reader`: TOML with lines: every mistake is reported with its line, its key and its cure.
//! - `file`, `discover`: channels and settings from the file, channels from provider keys in the environment.
//! - `tls`: the relay's own certificate.
//! - `render`: the effective configuration as TOML, secrets masked.
//! - `first_key`: the key that is made when the relay faces the public without one.
//!
//! Files and the environment are read only through [`Inputs`], so that tests pass maps.

pub mod address;
pub mod channel;
mod discover;
mod document;
pub mod errors;
mod file;
pub mod first_key;
pub mod inputs;
mod load;
mod memory;
pub mod pattern;
mod proxies;
mod rate;
mod reader;
mod render;
mod secrets;
pub mod settings;
mod spelling;
pub mod tls;
mod upstreams;

#[cfg(test)]
mod tests;

pub use address::{BaseUrl, Proxy, ProxyKind};
pub use channel::{Auth, Channel, DEMO};
pub use errors::{Errors, Problem};
pub use first_key::{FirstKey, STATE_FILE, first_key};
pub use inputs::Inputs;
pub use load::{DEFAULT_FILE, load};
pub use pattern::{ModelPattern, ModelRule};
pub use rate::Rate;
pub use settings::{
    Admin, CallerKey, Config, Failover, Limits, Monitor, OnDisconnect, Shutdown, Source, Timeouts,
};
pub use tls::Tls;
