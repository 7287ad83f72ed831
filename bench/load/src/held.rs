//! Many streams that have begun and then rest, until all of them vanish at once.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::sync::Arc;

use bytes::Bytes;
use h2::RecvStream;
use h2::client::SendRequest;
use http::Request;
use scope::Scope;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore};

const BODY: &str =
    r#"{"model":"fault-stall-1","stream":true,"max_tokens":20,"messages":[{"role":"user","content":"hi"}]}"#;
/// Answered whole.
const WHOLE: &str = r#"{"model":"drill","max_tokens":20,"messages":[{"role":"user","content":"hi"}]}"#;
/// How a good answer begins.
const FINE: &[u8] = b"HTTP/1.1 200";
/// Connections that are being opened at once.
const OPENING: usize = 32;

/// Held until the end.
#[derive(Default)]
pub(crate) struct Held {
    sockets: Vec<TcpStream>,
    streams: Vec<RecvStream>,
    senders: Vec<SendRequest<Bytes>>,
}

impl Held {
    pub(crate) const fn count(&self) -> usize {
        self.sockets.len() + self.streams.len()
    }
}

/// Opens `count` streams, `each` on an HTTP/2 connection, or over HTTP/1.1 where that is 0. Each has had its first token;
/// `idle` ones have had all of it.
pub(crate) async fn open(address: &str, count: usize, each: usize, idle: bool) -> Held {
    let (scope, held) = (Scope::new(), Arc::new(Mutex::new(Held::default())));
    let gate = Arc::new(Semaphore::new(OPENING));
    let connections = if each == 0 { count } else { count.div_ceil(each) };
    for n in 0..connections {
        let place = Arc::clone(&gate).acquire_owned().await.unwrap();
        let (address, held, owner) = (address.to_owned(), Arc::clone(&held), scope.clone());
        scope.spawn("open", async move {
            if each == 0 {
                let socket = http1(&address, idle).await;
                held.lock().await.sockets.push(socket);
            } else {
                let streams = each.min(count - n * each);
                let (sender, mut streams) = http2(&address, streams, &owner).await;
                let mut held = held.lock().await;
                held.senders.push(sender);
                held.streams.append(&mut streams);
            }
            drop(place);
        });
    }
    let _all = gate.acquire_many(OPENING as u32).await.unwrap();
    std::mem::take(&mut *held.lock().await)
}

async fn http1(address: &str, idle: bool) -> TcpStream {
    // The counts come last.
    let (body, until) = if idle { (WHOLE, &b"\"total_tokens\":"[..]) } else { (BODY, &b"Water"[..]) };
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: relay\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all((head + body).as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    while !seen.windows(until.len()).any(|window| window == until) {
        let more = socket.read_buf(&mut seen).await.unwrap() > 0;
        // Refused, nothing else may ever come.
        let refused = seen.len() >= FINE.len() && !seen.starts_with(FINE);
        assert!(more && !refused, "{}", String::from_utf8_lossy(&seen));
    }
    socket
}

async fn http2(address: &str, streams: usize, scope: &Scope) -> (SendRequest<Bytes>, Vec<RecvStream>) {
    let socket = TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let (sender, connection) = h2::client::handshake(socket).await.unwrap();
    scope.spawn("connection", async move {
        let _ = connection.await;
    });
    let mut asked = Vec::new();
    let mut sender = sender.ready().await.unwrap();
    for _ in 0..streams {
        let head =
            Request::post("http://relay/v1/chat/completions").header("content-type", "application/json");
        let (answer, mut upload) = sender.send_request(head.body(()).unwrap(), false).unwrap();
        upload.send_data(Bytes::from_static(BODY.as_bytes()), true).unwrap();
        asked.push(answer);
        sender = sender.ready().await.unwrap();
    }
    let mut open = Vec::new();
    for answer in asked {
        let answer = answer.await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        let mut body = answer.into_body();
        let mut seen = Vec::new();
        while !seen.windows(5).any(|window| window == b"Water") {
            let bytes = body.data().await.unwrap().unwrap();
            let _ = body.flow_control().release_capacity(bytes.len());
            seen.extend_from_slice(&bytes);
        }
        open.push(body);
    }
    (sender, open)
}
