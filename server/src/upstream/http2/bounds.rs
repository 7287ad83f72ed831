//! The bounds of HTTP/2 towards upstreams.

/// Streams of one connection at once, or fewer where the upstream says so. More go to another connection.
pub(crate) const STREAMS: usize = 100;
/// Bytes that a stream may have sent and its client has not taken yet.
pub(super) const STREAM_WINDOW: u32 = 128 * 1024;
/// Bytes for a whole connection: room for all its streams, so that slow clients never starve the others.
pub(super) const CONNECTION_WINDOW: u32 = STREAMS as u32 * STREAM_WINDOW;
/// Connections to one destination from one worker: 409,600 streams. Beyond it a request waits for a place until its connect
/// deadline.
pub(super) const CONNECTIONS: usize = 4_096;
// As many as the tasks that the old relay died with, on one worker.
const _: () = assert!(CONNECTIONS * STREAMS >= 169_000);
