//! The relay: listen, authenticate, admit, route, exchange, account, monitor.

pub mod config;
