//! One exchange after the other on a connection: what goes up, what comes down, and in what state it is left.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http::{Method, Request};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf};

use crate::reply::refusal::Refusal;
use crate::upstream::failed::{Failed, Why};
use crate::upstream::feed::{Feed, Rest as Coming};
use crate::upstream::http1::{Connection, Rest};
use crate::upstream::upload::Upload;

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn post(body: Upload) -> Request<Upload> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = "/v1/x?y=z".parse().unwrap();
    request.headers_mut().insert("host", "up".parse().unwrap());
    request
}

fn whole(body: impl Into<Bytes>) -> Request<Upload> {
    post(Upload::new(body.into()))
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwater";

/// What the upstream has got, up to `end`.
async fn got(theirs: &mut DuplexStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut byte = [0];
        assert_eq!(theirs.read(&mut byte).await.unwrap(), 1, "it ended behind {text:?}");
        text.push(char::from(byte[0]));
    }
    text
}

async fn content<S: AsyncRead + AsyncWrite + Unpin>(connection: &mut Connection<S>) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(piece) = std::future::poll_fn(|cx| connection.poll_data(cx)).await {
        all.extend_from_slice(&piece.ok()?);
    }
    Some(all)
}

#[test]
fn one_exchange_follows_the_other() {
    run(async {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        let mut connection = Connection::new(ours);
        for round in 0..3 {
            let request = whole("prompt");
            let upstream = async {
                let text = got(&mut theirs, "prompt").await;
                assert_eq!(text, "POST /v1/x?y=z HTTP/1.1\r\nhost: up\r\ncontent-length: 6\r\n\r\nprompt");
                theirs.write_all(ANSWER).await.unwrap();
            };
            let (answer, ()) = tokio::join!(connection.send(&request, round > 0), upstream);
            assert_eq!(answer.unwrap().headers()["content-length"], "5");
            assert!(!connection.is_free(), "its content is still to be read");
            assert_eq!(content(&mut connection).await.unwrap(), b"water");
            assert!(connection.is_free());
            assert_eq!(connection.rest(Waker::noop()), Rest::Silent);
        }
        drop(theirs);
        assert_eq!(connection.rest(Waker::noop()), Rest::Closed);
    });
}

/// A connection that takes at most so many bytes at once, and tells how often it was written to.
struct Narrow {
    io: DuplexStream,
    most: usize,
    vectored: bool,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Narrow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Narrow {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Relaxed);
        let most = self.most.min(buf.len());
        Pin::new(&mut self.io).poll_write(cx, &buf[..most])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Relaxed);
        let all: Vec<u8> = bufs.iter().flat_map(|part| part.to_vec()).collect();
        let most = self.most.min(all.len());
        Pin::new(&mut self.io).poll_write(cx, &all[..most])
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[test]
fn a_request_arrives_whole_however_little_is_taken_at_once() {
    let body = Bytes::from((0..150_000_u32).map(|n| b'a' + (n % 26) as u8).collect::<Vec<_>>());
    for vectored in [true, false] {
        for (most, length) in
            [(usize::MAX, 20), (usize::MAX, 150_000), (1, 300), (7, 9_000), (1 << 16, 150_000)]
        {
            run(async {
                let (io, mut theirs) = tokio::io::duplex(1 << 14);
                let writes = Arc::new(AtomicUsize::new(0));
                let mut connection =
                    Connection::new(Narrow { io, most, vectored, writes: Arc::clone(&writes) });
                let sent = body.slice(..length);
                let upstream = async {
                    got(&mut theirs, "\r\n\r\n").await;
                    let mut all = vec![0; length];
                    theirs.read_exact(&mut all).await.unwrap();
                    theirs.write_all(ANSWER).await.unwrap();
                    all
                };
                let request = whole(sent.clone());
                let (answer, all) = tokio::join!(connection.send(&request, false), upstream);
                assert!(answer.is_ok() && all == sent, "{vectored} {most} {length}");
                if (most, length) == (usize::MAX, 20) {
                    assert_eq!(writes.load(Relaxed), 1, "head and body go out together");
                }
                assert_eq!(content(&mut connection).await.unwrap(), b"water");
                assert!(connection.is_free(), "{vectored} {most} {length}");
            });
        }
    }
}

/// What a client sends, and when it does not: `None`.
struct Script(Vec<Option<&'static str>>, Option<u64>);

impl Coming for Script {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Box<Refusal>>>> {
        match self.0.pop() {
            None => Poll::Ready(None),
            Some(None) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Some("breaks off")) => Poll::Ready(Some(Err(Box::new(Refusal::body_too_large(1))))),
            Some(Some(piece)) => {
                self.1 = self.1.map(|left| left - piece.len() as u64);
                Poll::Ready(Some(Ok(Bytes::from_static(piece.as_bytes()))))
            }
        }
    }

    fn left(&self) -> Option<u64> {
        self.1
    }

    fn wants_stream(&self) -> bool {
        false
    }

    fn into_body(self: Box<Self>) -> Option<hyper::body::Incoming> {
        None
    }
}

/// A request whose first bytes are here and whose rest comes like this.
fn fed(first: &'static str, rest: &[Option<&'static str>], left: Option<u64>) -> (Feed, Request<Upload>) {
    let rest = rest.iter().rev().copied().collect();
    let feed = Feed::new(Box::new(Script(rest, left)), std::time::Duration::from_secs(60));
    let mut request = post(Upload::fed(Bytes::from_static(first.as_bytes()), &feed));
    request.body_mut().begins();
    (feed, request)
}

#[test]
fn what_still_comes_goes_up_with_a_length_or_in_chunks() {
    let rest = [None, Some("wa"), None, Some("ter"), Some("!")];
    let head = "POST /v1/x?y=z HTTP/1.1\r\nhost: up\r\n";
    let cases = [
        (Some(6), format!("{head}content-length: 8\r\n\r\n"), "a water!".replace(' ', "-")),
        (
            None,
            format!("{head}transfer-encoding: chunked\r\n\r\n"),
            "2\r\na-\r\n2\r\nwa\r\n3\r\nter\r\n1\r\n!\r\n0\r\n\r\n".to_owned(),
        ),
    ];
    for vectored in [true, false] {
        for (left, head, wanted) in &cases {
            run(async {
                let (io, mut theirs) = tokio::io::duplex(1 << 14);
                let mut connection =
                    Connection::new(Narrow { io, most: 5, vectored, writes: Arc::default() });
                let (feed, request) = fed("a-", &rest, *left);
                let upstream = async {
                    let text = got(&mut theirs, wanted).await;
                    assert_eq!(text, format!("{head}{wanted}"));
                    theirs.write_all(ANSWER).await.unwrap();
                };
                let (answer, ()) = tokio::join!(connection.send(&request, false), upstream);
                assert_eq!(answer.unwrap().status(), 200);
                assert!(feed.is_over());
                assert_eq!(content(&mut connection).await.unwrap(), b"water");
                assert!(connection.is_free());
            });
        }
    }
}

#[test]
fn a_request_that_breaks_off_never_looks_whole() {
    for left in [Some(9), None] {
        run(async {
            let (ours, mut theirs) = tokio::io::duplex(1 << 14);
            let mut connection = Connection::new(ours);
            let (feed, request) = fed("a-", &[Some("wa"), None, Some("breaks off")], left);
            let Failed { why, .. } = connection.send(&request, false).await.unwrap_err();
            assert_eq!((why, feed.failure().map(|refusal| refusal.status)), (Why::Broke, Some(413)));
            assert!(!connection.is_free());
            drop(connection);
            let mut text = String::new();
            theirs.read_to_string(&mut text).await.unwrap();
            assert!(text.contains("wa") && !text.contains("\r\n0\r\n"), "{text:?}");
        });
    }
}

#[test]
fn an_answer_may_come_before_the_request_is_sent() {
    for (answer, goes_on) in [(ANSWER, true), (&ANSWER[..19], false)] {
        run(async {
            // Takes a part of the request only.
            let (ours, mut theirs) = tokio::io::duplex(1 << 10);
            let mut connection = Connection::new(ours);
            let request = whole(vec![b'x'; 200_000]);
            let upstream = async {
                got(&mut theirs, "\r\n\r\n").await;
                theirs.write_all(answer).await.unwrap();
                if !goes_on {
                    theirs.write_all(b"\r\n0").await.unwrap();
                }
                theirs
            };
            let (head, mut theirs) = tokio::join!(connection.send(&request, false), upstream);
            if !goes_on {
                // It was no answer.
                assert_eq!(head.unwrap_err().why, Why::NotHttp);
                return;
            }
            assert_eq!(head.unwrap().status(), 200);
            assert_eq!(content(&mut connection).await.unwrap(), b"water");
            assert!(
                connection.is_over() && !connection.is_free(),
                "the rest of the request is still to be sent"
            );
            let reads = async { theirs.read_exact(&mut vec![0; 200_000]).await.unwrap() };
            let sends = std::future::poll_fn(|cx| connection.poll_sent(cx));
            let (sent, _) = tokio::join!(sends, reads);
            assert!(sent.is_ok() && connection.is_free());
        });
    }
}

/// Whoever waits has a deadline of its own: it is free to leave, and the connection goes with it.
#[test]
fn an_upstream_that_does_not_read_keeps_nobody() {
    run(async {
        let (ours, mut theirs) = tokio::io::duplex(1 << 10);
        let (mut connection, rings) = (Connection::new(ours), Arc::new(Bell::default()));
        let request = whole(vec![b'x'; 200_000]);
        {
            let mut sends = std::pin::pin!(connection.send(&request, false));
            let waker = Arc::clone(&rings).into();
            for _ in 0..3 {
                assert!(sends.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            }
            assert_eq!(rings.0.load(Relaxed), 0, "nobody is woken for nothing");
            // It goes on when it is read, as far as it is read.
            theirs.read_exact(&mut [0; 512]).await.unwrap();
            assert_eq!(rings.0.load(Relaxed), 1);
            assert!(sends.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        assert!(!connection.is_free());
        drop(connection);
        let mut rest = Vec::new();
        theirs.read_to_end(&mut rest).await.unwrap();
        assert!(rest.len() <= 1 << 10, "{} bytes were sent without it", rest.len());
    });
}

#[test]
fn an_answer_is_read_although_the_request_cannot_be_sent() {
    run(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut some = [0; 64];
            stream.read_exact(&mut some).await.unwrap();
            stream.write_all(b"HTTP/1.1 413 No\r\ncontent-length: 2\r\n\r\nno").await.unwrap();
            // The rest was not read: the connection is reset.
        };
        let ours = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut connection = Connection::new(ours);
        let request = whole(vec![b'x'; 16 << 20]);
        let (head, ()) = tokio::join!(connection.send(&request, false), upstream);
        assert_eq!(head.unwrap().status(), 413);
        assert!(!connection.is_free());
    });
}

#[test]
fn a_failure_says_how_far_it_came() {
    let cases: [(&[u8], Why); 5] = [
        (b"", Why::Broke),
        (b"HTTP/1.1 200 OK\r\n", Why::Begun),
        (b"HTTP/1.1 100 Continue\r\n\r\n", Why::Begun),
        (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", Why::NotHttp),
        (b"\x15\x03\x01", Why::NotHttp),
    ];
    for (bytes, wanted) in cases {
        run(async {
            let (ours, mut theirs) = tokio::io::duplex(1 << 14);
            let mut connection = Connection::new(ours);
            let upstream = async {
                got(&mut theirs, "prompt").await;
                theirs.write_all(bytes).await.unwrap();
                drop(theirs);
            };
            let request = whole("prompt");
            let (answer, ()) = tokio::join!(connection.send(&request, true), upstream);
            assert_eq!(answer.unwrap_err().why, wanted, "{bytes:?}");
            assert!(!connection.is_free());
        });
    }
    // Nothing was sent on a connection that was closed before.
    for (reused, wanted) in [(true, Why::Untouched), (false, Why::Broke)] {
        run(async {
            let (ours, theirs) = tokio::io::duplex(1 << 14);
            drop(theirs);
            let mut connection = Connection::new(ours);
            assert_eq!(connection.send(&whole("prompt"), reused).await.unwrap_err().why, wanted);
        });
    }
}

#[test]
fn a_stream_is_handed_on_as_it_comes_and_its_break_is_told() {
    run(async {
        let (ours, mut theirs) = tokio::io::duplex(1 << 14);
        let mut connection = Connection::new(ours);
        let upstream = async {
            got(&mut theirs, "prompt").await;
            theirs.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
            theirs
        };
        let request = whole("prompt");
        let (answer, mut theirs) = tokio::join!(connection.send(&request, false), upstream);
        assert_eq!(answer.unwrap().status(), 200);
        theirs.write_all(b"1\r\na\r\n2\r\nbc\r\n").await.unwrap();
        for piece in ["a", "bc"] {
            assert_eq!(std::future::poll_fn(|cx| connection.poll_data(cx)).await.unwrap().unwrap(), piece);
        }
        for word in ["water", "tight"] {
            let mut nobody = Context::from_waker(Waker::noop());
            assert!(connection.poll_data(&mut nobody).is_pending());
            theirs.write_all(format!("5\r\n{word}\r\n").as_bytes()).await.unwrap();
            let piece = std::future::poll_fn(|cx| connection.poll_data(cx)).await.unwrap().unwrap();
            assert_eq!(piece, word);
        }
        drop(theirs);
        assert!(std::future::poll_fn(|cx| connection.poll_data(cx)).await.unwrap().is_err());
        assert!(!connection.is_free());
    });
}

#[test]
fn a_request_that_asks_for_the_end_gets_it() {
    run(async {
        let (ours, mut theirs) = tokio::io::duplex(1 << 14);
        let mut connection = Connection::new(ours);
        let mut request = whole("prompt");
        request.headers_mut().insert("connection", "close".parse().unwrap());
        // What frames the body is not the request's to say.
        request.headers_mut().insert("transfer-encoding", "chunked".parse().unwrap());
        request.headers_mut().insert("content-length", "99".parse().unwrap());
        let upstream = async {
            let text = got(&mut theirs, "prompt").await;
            assert!(text.contains("content-length: 6\r\n") && !text.contains("transfer-encoding"), "{text}");
            theirs.write_all(ANSWER).await.unwrap();
        };
        let (answer, ()) = tokio::join!(connection.send(&request, false), upstream);
        assert!(answer.is_ok());
        assert_eq!(content(&mut connection).await.unwrap(), b"water");
        assert!(!connection.is_free());
    });
}

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[test]
fn an_idle_connection_wakes_whoever_keeps_it() {
    run(async {
        for (bytes, wanted) in [(&b"HTTP/1.1 200 OK\r\n\r\n"[..], Rest::Surplus), (b"", Rest::Closed)] {
            let (ours, mut theirs) = tokio::io::duplex(1 << 14);
            let mut connection = Connection::new(ours);
            let bell = Arc::new(Bell::default());
            assert_eq!(connection.rest(&Arc::clone(&bell).into()), Rest::Silent);
            assert_eq!(bell.0.load(Relaxed), 0);
            if bytes.is_empty() {
                drop(theirs);
            } else {
                theirs.write_all(bytes).await.unwrap();
            }
            assert_eq!((bell.0.load(Relaxed), connection.rest(Waker::noop())), (1, wanted));
        }
    });
}

#[test]
fn what_a_waiting_connection_holds_is_small() {
    let size = size_of::<Connection<crate::upstream::connect::Io>>();
    assert!(size <= 512, "{size} bytes in each open stream");
}
