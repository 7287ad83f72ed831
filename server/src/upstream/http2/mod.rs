//! HTTP/2 towards upstreams, on the `h2` crate itself: hyper's client would start a task for every request, and one
//! more for an upload that has to wait, which nobody could end; here an exchange drives its own stream, and a
//! connection is one task. Streams are spread over several connections, because one stalls at about a hundred.

mod bounds;
mod connection;
mod shards;
mod stream;

pub(crate) use self::bounds::STREAMS;
pub(crate) use self::connection::{Driven, open};
pub(crate) use self::shards::{Place, Shards, Turn};
pub(crate) use self::stream::{Answer, send};
