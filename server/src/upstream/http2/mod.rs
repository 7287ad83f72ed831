//! HTTP/2 towards upstreams, on the `h2` crate itself: hyper's client would start a task for every request, and one
//! more for an upload that has to wait, which nobody could end; here an exchange drives its own stream, and a
//! connection is one task. Streams are spread over several connections, because one stalls at about a hundred.

mod connection;
mod shards;
mod stream;

pub(crate) use self::connection::{Driven, open};
pub(crate) use self::shards::{Place, Shards, Turn};
pub(crate) use self::stream::{Answer, send};

/// Streams of one connection at once, or fewer where the upstream says so. More go to another connection.
pub(crate) const STREAMS: usize = 100;
/// What one stream may have sent that its client has not taken yet, in bytes.
const STREAM_WINDOW: u32 = 128 * 1024;
/// The same for a connection: room for all its streams, so that slow clients never starve the others.
const CONNECTION_WINDOW: u32 = STREAMS as u32 * STREAM_WINDOW;
/// Connections to one destination from one worker. Beyond it a request waits for a place until its connect deadline.
const CONNECTIONS: usize = 1_024;
