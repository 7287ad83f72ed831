//! A server that answers by a function of the request, or always the same in the way of the old endpoint.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// The old answer, with this many goroutines.
pub(super) fn health(goroutines: u64) -> String {
    format!(
        "{{\"status\":\"ok\",\"goroutines\":{goroutines},\
         \"memory\":{{\"alloc_mb\":256,\"total_alloc_mb\":1024,\"sys_mb\":512,\"num_gc\":45}}}}"
    )
}

/// A response with status 200.
pub(super) fn ok(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Serves a body with status 200 while `test` runs, which gets the URL.
pub(super) fn with<T>(body: &str, test: impl FnOnce(&str) -> T) -> T {
    serving(&format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()), test)
}

/// Serves a whole response while `test` runs, which gets the URL; an empty one is never sent.
pub(super) fn serving<T>(response: &str, test: impl FnOnce(&str) -> T) -> T {
    counting(response, |url, _| test(url))
}

/// The same; `test` also gets the number of requests that were answered by then.
pub(super) fn counting<T>(response: &str, test: impl FnOnce(&str, &AtomicU64) -> T) -> T {
    answering(|_, _| response.as_bytes().to_vec(), test)
}

/// Answers with a whole response for the request's target (path and query) and the number of requests before it.
pub(super) fn answering<T>(
    respond: impl Fn(&str, u64) -> Vec<u8> + Sync,
    test: impl FnOnce(&str, &AtomicU64) -> T,
) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let over = Over(AtomicBool::new(false), address);
    let answered = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while let Ok((stream, _)) = listener.accept() {
                if over.0.load(Ordering::SeqCst) {
                    return;
                }
                let (over, answered, respond) = (&over, &answered, &respond);
                scope.spawn(move || answer(stream, respond, &over.0, answered));
            }
        });
        // Ends the server also when the test panics.
        let _ends = End(&over);
        test(&format!("http://{address}"), &answered)
    })
}

struct Over(AtomicBool, SocketAddr);

struct End<'a>(&'a Over);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.0.1));
    }
}

fn answer(
    mut stream: TcpStream,
    respond: impl Fn(&str, u64) -> Vec<u8>,
    over: &AtomicBool,
    answered: &AtomicU64,
) {
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut request = Vec::new();
    let mut block = [0; 1024];
    while !over.load(Ordering::SeqCst) {
        match stream.read(&mut block) {
            Ok(0) => return,
            Ok(n) => request.extend_from_slice(&block[..n]),
            Err(_) => continue,
        }
        if request.ends_with(b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&request).into_owned();
            request.clear();
            let target = text.split(' ').nth(1).unwrap_or_default();
            let response = respond(target, answered.load(Ordering::SeqCst));
            // Before the answer is there, so that whoever has it finds it counted.
            answered.fetch_add(1, Ordering::SeqCst);
            if stream.write_all(&response).is_err() {
                return;
            }
        }
    }
}
