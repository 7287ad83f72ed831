//! The upstream's side of an exchange: finding, connecting, pooling, reading.

pub(crate) mod body;
pub(crate) mod connect;
pub(crate) mod demo;
pub(crate) mod failed;
pub(crate) mod feed;
mod http1;
mod http2;
mod notice;
pub(crate) mod pool;
pub(crate) mod resolve;
pub(crate) mod source;
pub(crate) mod tls;
pub(crate) mod upload;

pub use self::http1::{Answer, Taken};
pub(crate) use self::http2::STREAMS;
