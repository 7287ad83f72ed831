//! Little servers for one test.
#![expect(clippy::disallowed_methods, reason = "they live as long as the test's process")]

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Runs `serve` for every connection, each on a thread of its own.
pub(crate) fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    serve_on(listener, serve);
    address
}

/// The same on a listener that is already there.
pub(crate) fn serve_on(listener: TcpListener, serve: impl Fn(TcpStream) + Send + Sync + 'static) {
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
}

/// An address at which no handshake is ever completed: the queue of its listener is full. It stays so while what is
/// returned with it lives.
pub(crate) fn black_hole() -> (SocketAddr, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // A listening socket may be told its queue's length again.
    rustix::net::listen(&listener, 0).unwrap();
    let held = std::iter::from_fn(|| {
        TcpStream::connect_timeout(&address, std::time::Duration::from_millis(200)).ok()
    });
    let held = held.take(64).collect();
    std::mem::drop(thread::spawn(move || {
        let _listener = listener;
        loop {
            thread::park();
        }
    }));
    (address, held)
}

/// Reads one small request, which ends in a brace; `None` when the peer has left.
pub(crate) fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !request.ends_with(b"}") {
        match stream.read(&mut piece) {
            Ok(n) if n > 0 => request.extend_from_slice(&piece[..n]),
            _ => return None,
        }
    }
    Some(String::from_utf8(request).unwrap())
}

/// Copies both ways until one side ends.
pub(crate) fn pump(mut from: TcpStream, mut to: TcpStream) {
    let (mut back_from, mut back_to) = (to.try_clone().unwrap(), from.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut back_from, &mut back_to);
        let _ = back_to.shutdown(std::net::Shutdown::Both);
    });
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Both);
}
