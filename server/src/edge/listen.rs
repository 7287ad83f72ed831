//! Accepting clients: connection limit, back-off when descriptors run out, one task a connection.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use socket2::{Domain, Protocol, Socket as RawSocket, Type};
use tokio::net::TcpStream;

use super::present::Present;
use super::serve;
use crate::link::Door;
use crate::socket::Socket;
use crate::state::relay::Relay;
use crate::state::worker::Worker;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4_096;
/// After an accept that failed for want of descriptors or memory.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Binds the address once for each worker. The first bind does not share, so that a second relay on the same port is
/// an error and not a silent sharer.
///
/// # Errors
/// The system's, `AddrInUse` above all.
pub(crate) fn bind(address: SocketAddr, workers: usize) -> io::Result<Vec<TcpListener>> {
    let first = open(address, false)?;
    if workers == 1 {
        return Ok(vec![first]);
    }
    let address = first.local_addr()?;
    drop(first);
    (0..workers).map(|_| open(address, true)).collect()
}

fn open(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = RawSocket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Elsewhere than on Unix this option would let two programs share a port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    #[cfg(target_os = "linux")]
    socket.set_reuse_port(shared)?;
    #[cfg(not(target_os = "linux"))]
    let _ = shared;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Accepts until the scope is cancelled, also while the relay drains; then takes what already waits, and closes. A relay
/// that leaves to others ends at once. `door` is the main one or the monitor's.
pub(crate) async fn accept(
    relay: Arc<Relay>,
    worker: Arc<Worker>,
    listener: tokio::net::TcpListener,
    door: Door,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = worker.scope.cancelled() => break,
            // What waits is for whoever accepts here now.
            () = relay.doors.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                if admit(&relay, &worker, stream, peer, door) != Door::Main {
                    // It is read before the next one may take its place.
                    tokio::task::yield_now().await;
                }
            }
            Err(error) if is_connections_own(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections; trying again");
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
    while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
        admit(&relay, &worker, stream, peer, door);
    }
}

fn is_connections_own(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// Takes a connection in; says by which door.
fn admit(relay: &Arc<Relay>, worker: &Arc<Worker>, stream: TcpStream, peer: SocketAddr, door: Door) -> Door {
    worker.counters.connections.add(1);
    let place = if door == Door::Main { relay.connections.enter() } else { None };
    let door = if door == Door::Main && place.is_none() { Door::Overflow } else { door };
    if door == Door::Overflow {
        worker.counters.connections_refused.add(1);
    }
    let socket = Socket::new(stream);
    let link = worker.links.connected(peer, socket.watch(), door);
    let present = Present::new(relay, worker, &link, place);
    if let Some(reserve) = relay.reserve(door) {
        reserve.enter(&link);
    }
    let serve = serve::serve(Arc::clone(relay), Arc::clone(worker), Arc::clone(&link), socket, present);
    let task = worker.scope.spawn("connection", serve);
    link.owned_by(task);
    door
}
