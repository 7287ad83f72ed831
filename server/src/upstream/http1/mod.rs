//! HTTP/1.1 towards upstreams. hyper's client keeps a state machine of its own behind channels, and a buffer of 8 KiB and
//! more for each connection; here whoever asks drives the connection itself, and what it reads is read into a buffer that
//! the connections of a thread share. Which bytes are an answer is decided in `answer`, which knows no connection.

mod answer;
mod connection;
mod framing;
mod head;
mod scratch;
mod sending;
#[cfg(test)]
mod tests;

pub use self::answer::{Answer, Taken};
pub(crate) use self::connection::{Connection, Rest};
