//! Judged by another implementation: whatever is taken for a whole answer here, hyper takes for the same.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Told, read};

/// What hyper reads of these bytes and the end behind them: a status and the content, if it takes it for whole.
async fn hyper_reads(bytes: &[u8]) -> Option<(u16, Vec<u8>)> {
    let (ours, mut theirs) = tokio::io::duplex(1 << 20);
    let (mut sender, connection) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(ours)).await.unwrap();
    let upstream = async {
        // Before the request it would be something that nobody asked for.
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(theirs.read_u8().await.unwrap());
        }
        theirs.write_all(bytes).await.unwrap();
        theirs.shutdown().await.unwrap();
        std::future::pending::<()>().await;
    };
    let exchange = async {
        let request = Request::get("/").header("host", "x").body(Empty::new()).unwrap();
        let answer = sender.send_request(request).await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.into_body().collect().await.ok()?.to_bytes().to_vec()))
    };
    let driven = async {
        let _ = connection.with_upgrades().await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        told = exchange => told,
        () = upstream => None,
        () = driven => None,
    }
}

fn line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "content-length: 5\r\n",
        "Content-Length: 5\r\n",
        "content-length: 6\r\n",
        "content-length: 5, 5\r\n",
        "content-length: +5\r\n",
        "content-length: 05\r\n",
        "content-length: \r\n",
        "content-length: 99999999999999999999\r\n",
        "transfer-encoding: chunked\r\n",
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: identity\r\n",
        "Transfer-Encoding:\tchunked \r\n",
        "transfer-encoding: chunked\n",
        "transfer-encoding : chunked\r\n",
        "connection: close\r\n",
        "x-a: b\r\n c\r\n",
        "x-a: \r\n",
        "x-a: b\rc\r\n",
        "x: y\n",
        "x: \u{e9}\r\n",
    ])
}

fn body() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "water",
        "5\r\nwater\r\n0\r\n\r\n",
        "5\r\nwater\r\n",
        "5;a=b\r\nwater\r\n0\r\nx: y\r\n\r\n",
        "5 \r\nwater\r\n0\r\n\r\n",
        "05\r\nwater\r\n00\r\n\r\n",
        "5\nwater\n0\n\n",
        "5\r\nwater0\r\n\r\n",
        "+5\r\nwater\r\n0\r\n\r\n",
        "",
        "water and more",
        "5\r\nwater\r\n0\r\nx: y\n\r\n",
        "5\r\nwater\r\n0\r\n: y\r\n\r\n",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn what_is_whole_is_the_same_to_hyper(
        first in prop::sample::select(vec!["HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 204 X\r\n",
            "HTTP/1.1 100 X\r\n\r\nHTTP/1.1 200 OK\r\n", "HTTP/1.1 200\r\n"]),
        lines in prop::collection::vec(line(), 0..3),
        body in body(),
        changed in prop::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut bytes = format!("{first}{}\r\n{body}", lines.concat()).into_bytes();
        if let Some((place, byte)) = changed {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let theirs = runtime.block_on(hyper_reads(&bytes));
        if let Told::Whole(status, content, _) = read([&*bytes]) {
            prop_assert_eq!(theirs, Some((status, content)), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }
}
