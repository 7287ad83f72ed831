//! The end of an HTTP/1 connection whose client may still be sending, because it had its answer before its request was over.
//! The kernel resets a connection that is closed with bytes unread, and the client loses what it has not read of the answer.
//! So only the relay's own side is closed at first, and what comes is read away, within bounds.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::clock::deadline::{Moment, until};
use crate::link::Link;
use crate::request::intake::{READ_AWAY, READ_AWAY_FOR};
use crate::socket::Socket;
use crate::state::worker::Worker;

const AT_ONCE: usize = 16 * 1024;

/// Reads until the client closes its side, where it may still be sending.
pub(super) async fn linger(worker: &Worker, link: &Link, mut socket: Socket) {
    if link.is_http2() || !link.has_left_unread() {
        return;
    }
    let away = async {
        let (mut bytes, mut read) = (vec![0; AT_ONCE], 0);
        if socket.shutdown().await.is_err() {
            return;
        }
        while let Ok(more @ 1..) = socket.read(&mut bytes).await {
            read += more as u64;
            if read > READ_AWAY {
                return;
            }
        }
    };
    tokio::select! {
        _ = until(Moment::now() + READ_AWAY_FOR, away) => {}
        () = worker.scope.cancelled() => {}
    }
}
