//! What becomes of connections between two exchanges: of those that say something nobody waits for, too.

use http::{Method, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::config::BaseUrl;
use crate::upstream::resolve::Resolver;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwater";
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn of_those_that_have_rested_the_last_one_is_lent() {
    let mut list = vec![10, 20, 30, 31, 40];
    assert_eq!(last_before(&mut list, 31, |since| *since), Some(30));
    assert_eq!(last_before(&mut list, 31, |since| *since), Some(20));
    assert_eq!(last_before(&mut list, 10, |since| *since), None, "not before its time");
    assert_eq!(list, [10, 31, 40], "what is not needed grows old");
}

/// An upstream that does what a test wants, and the pool before it.
struct Bench {
    listener: TcpListener,
    pool: Arc<Pool>,
    destination: Arc<Destination>,
    scope: Scope,
}

impl Bench {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let destination = Destination::new(base, None, PATIENCE, None);
        let scope = Scope::new();
        let connector = Connector { resolver: Resolver::new(scope.clone()), tls: Arc::default() };
        let pool = Pool::new(connector, scope.clone(), 60_000);
        Self { listener, pool, destination, scope }
    }

    /// As the worker does it.
    fn attends(&self) {
        let pool = Arc::clone(&self.pool);
        self.scope.spawn("attend", async move { pool.attend().await });
    }

    async fn fresh(&self) -> (Lease, TcpStream) {
        let connects = self.pool.connect(&self.destination, None);
        let (lease, accepted) = tokio::join!(connects, self.listener.accept());
        (lease.unwrap(), accepted.unwrap().0)
    }

    /// One exchange, after which the connection is given back.
    async fn exchange(&self, mut lease: Lease, upstream: &mut TcpStream) {
        let mut request = Request::new(Upload::new(Bytes::from_static(b"prompt")));
        *request.method_mut() = Method::POST;
        let answers = async {
            let mut got = Vec::new();
            while !got.ends_with(b"prompt") {
                assert!(upstream.read_buf(&mut got).await.unwrap() > 0);
            }
            upstream.write_all(ANSWER).await.unwrap();
        };
        let (response, ()) = tokio::join!(lease.send(&request), answers);
        let mut body = response.unwrap().into_body();
        let mut content = Vec::new();
        while let Some(data) = std::future::poll_fn(|cx| lease.poll_data(cx, &mut body)).await {
            content.extend_from_slice(&data.unwrap());
        }
        assert_eq!(content, b"water");
        lease.release();
    }

    async fn idle(&self, wanted: usize) {
        let waits = async {
            while self.pool.idle() != wanted {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, waits).await;
        assert!(in_time.is_ok(), "{} are idle, and not {wanted}", self.pool.idle());
    }

    /// A connection that has rested.
    async fn reused(&self) -> Option<Lease> {
        tokio::time::sleep(Duration::from_millis(2 * REST)).await;
        self.pool.reuse(&self.destination, None)
    }
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Waits for the end of the relay's side: its descriptor is closed.
async fn is_closed(upstream: &mut TcpStream) {
    let read = tokio::time::timeout(PATIENCE, upstream.read(&mut [0; 16])).await;
    // With bytes unread it is a reset.
    assert!(matches!(read.expect("its descriptor is still open"), Ok(0) | Err(_)));
}

#[test]
fn a_connection_is_lent_again_and_again() {
    run(async {
        let bench = Bench::new().await;
        bench.attends();
        let (mut lease, mut upstream) = bench.fresh().await;
        for _ in 0..3 {
            assert_eq!((bench.pool.open(), bench.pool.idle()), (1, 0));
            bench.exchange(lease, &mut upstream).await;
            assert_eq!((bench.pool.open(), bench.pool.idle()), (0, 1));
            lease = bench.reused().await.expect("it is free");
            assert!(lease.reused);
        }
        drop(lease);
        is_closed(&mut upstream).await;
        assert_eq!((bench.pool.open(), bench.pool.idle(), bench.pool.driven()), (0, 0, 0));
        assert_eq!(bench.scope.live_by_name(), [("attend", 1)], "none has a task");
    });
}

#[test]
fn an_idle_connection_that_its_upstream_closes_is_closed_at_once() {
    run(async {
        let bench = Bench::new().await;
        bench.attends();
        let ((one, mut first), (other, mut second)) = (bench.fresh().await, bench.fresh().await);
        bench.exchange(one, &mut first).await;
        bench.exchange(other, &mut second).await;
        bench.idle(2).await;
        second.shutdown().await.unwrap();
        bench.idle(1).await;
        is_closed(&mut second).await;
        assert!(!bench.destination.is_wary(), "to close is its right");
        // The other one is as it was.
        let lease = bench.reused().await.expect("the other is free");
        bench.exchange(lease, &mut first).await;
        drop(first);
        bench.idle(0).await;
    });
}

#[test]
fn an_idle_connection_that_says_something_unasked_is_closed_at_once_and_never_lent() {
    run(async {
        let bench = Bench::new().await;
        bench.attends();
        let (lease, mut upstream) = bench.fresh().await;
        bench.exchange(lease, &mut upstream).await;
        bench.idle(1).await;
        upstream.write_all(ANSWER).await.unwrap();
        bench.idle(0).await;
        is_closed(&mut upstream).await;
        assert!(bench.reused().await.is_none());
        assert!(bench.destination.is_wary(), "its next ones rest longer");
    });
}

#[test]
fn what_nobody_has_looked_at_yet_is_not_lent_either() {
    for surplus in [ANSWER, b""] {
        run(async {
            let bench = Bench::new().await;
            let (lease, mut upstream) = bench.fresh().await;
            bench.exchange(lease, &mut upstream).await;
            if surplus.is_empty() {
                upstream.shutdown().await.unwrap();
            } else {
                upstream.write_all(surplus).await.unwrap();
            }
            bench.idle(1).await;
            assert!(bench.reused().await.is_none());
            is_closed(&mut upstream).await;
            assert_eq!((bench.pool.idle(), bench.destination.is_wary()), (0, !surplus.is_empty()));
        });
    }
}

/// What came on it while it was lent is nobody's: it was noted, and the next look at idle ones is not for it.
#[test]
fn what_knocked_before_it_was_lent_does_no_harm_to_it() {
    run(async {
        let bench = Bench::new().await;
        let (lease, mut upstream) = bench.fresh().await;
        bench.exchange(lease, &mut upstream).await;
        let lease = bench.reused().await.unwrap();
        let Some(Held::Alone(idle)) = &lease.held else { panic!("not alone") };
        idle.knock.waker().wake();
        bench.attends();
        tokio::task::yield_now().await;
        bench.exchange(lease, &mut upstream).await;
        bench.idle(1).await;
        // And it is heard the next time.
        drop(upstream);
        bench.idle(0).await;
    });
}

#[test]
fn an_answer_with_something_behind_it_leaves_no_connection() {
    let cases: [&[u8]; 4] = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwater!",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nwater\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nwater",
        b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nwater",
    ];
    for answer in cases {
        run(async {
            let bench = Bench::new().await;
            bench.attends();
            let (mut lease, mut upstream) = bench.fresh().await;
            let request = Request::new(Upload::new(Bytes::new()));
            let answers = async {
                assert!(upstream.read(&mut [0; 1024]).await.unwrap() > 0);
                upstream.write_all(answer).await.unwrap();
            };
            let (response, ()) = tokio::join!(lease.send(&request), answers);
            let mut body = response.unwrap().into_body();
            let mut content = Vec::new();
            while let Some(data) = std::future::poll_fn(|cx| lease.poll_data(cx, &mut body)).await {
                content.extend_from_slice(&data.unwrap());
            }
            assert_eq!(content, b"water");
            lease.release();
            assert_eq!((bench.pool.open(), bench.pool.idle()), (0, 0), "{}", String::from_utf8_lossy(answer));
            is_closed(&mut upstream).await;
        });
    }
}
