//! What HTTP/1.1 itself can be made to say around a good answer.

use std::io;
use std::time::Duration;

use tokio::time::sleep;

use super::framing;
use crate::upstream::answer::Asked;
use crate::upstream::terms::Ending;
use crate::upstream::wire::{Wire, settle};

fn chunked(body: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat()
}

async fn send(wire: &mut Wire<'_>, parts: &[&[u8]], ending: Ending) -> io::Result<Ending> {
    wire.raw(&parts.concat()).await?;
    if ending != Ending::KeepAlive {
        settle().await;
    }
    Ok(ending)
}

/// Variants: 1 interim answers before it, 2 trailers, 3 its length twice, 4 HTTP/1.0, 5 until the connection closes,
/// 6 an upgrade offered beside it.
pub(super) async fn odd(wire: &mut Wire<'_>, asked: &Asked, variant: u64) -> io::Result<Ending> {
    let (body, kind) = framing::body(asked);
    let ok = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n");
    let length = format!("content-length: {}\r\n", body.len());
    let early =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\nset-cookie: early=1\r\n\r\n";
    let (head, ending) = match variant {
        1 => (format!("{}{ok}{length}\r\n", early.repeat(3)), Ending::KeepAlive),
        2 => {
            let head = format!("{ok}trailer: x-checksum, set-cookie\r\ntransfer-encoding: chunked\r\n\r\n");
            let trailers = b"0\r\nx-checksum: 1\r\nset-cookie: late=1\r\n\r\n";
            return send(wire, &[head.as_bytes(), &chunked(&body), trailers], Ending::KeepAlive).await;
        }
        3 => (format!("{ok}{length}{length}\r\n"), Ending::KeepAlive),
        4 => (format!("HTTP/1.0 200 OK\r\ncontent-type: {kind}\r\n\r\n"), Ending::Close),
        5 => (format!("{ok}connection: close\r\n\r\n"), Ending::Close),
        _ => (format!("{ok}connection: upgrade\r\nupgrade: h2c\r\n{length}\r\n"), Ending::KeepAlive),
    };
    send(wire, &[head.as_bytes(), &body], ending).await
}

/// Variants: 1 an upgrade that nobody asked for, 2 a negative length, 3 and 4 answers that have no body, 5 a chunk
/// size that is no number, 6 one that is too large for any, 7 no HTTP at all, 8 interim answers without an end, 9 and
/// 10 two lengths, 11 a length beside chunks, 12 500 headers, 13 a header of 1 MiB, 14 a folded header, 15 a NUL in a
/// header.
pub(super) async fn lying(wire: &mut Wire<'_>, asked: &Asked, variant: u64) -> io::Result<Ending> {
    let (body, kind) = framing::body(asked);
    let n = body.len();
    let ok = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n");
    let chunks = format!("{ok}transfer-encoding: chunked\r\n\r\n");
    let head = match variant {
        1 => {
            let upgrade = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n\x01\x02";
            return send(wire, &[upgrade.as_bytes()], Ending::KeepAlive).await;
        }
        2 => format!("{ok}content-length: -1\r\n\r\n"),
        3 => return send(wire, &[b"HTTP/1.1 204 No Content\r\n\r\n"], Ending::KeepAlive).await,
        4 => return send(wire, &[b"HTTP/1.1 304 Not Modified\r\n\r\n"], Ending::KeepAlive).await,
        5 => format!("{chunks}zz\r\n"),
        6 => format!("{chunks}ffffffffffffffffff\r\n"),
        7 => return send(wire, &[b"\x16\x03\x01 nothing like HTTP\r\n\r\n"], Ending::KeepAlive).await,
        8 => loop {
            wire.raw(b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n").await?;
            sleep(Duration::from_millis(20)).await;
        },
        9 => format!("{ok}content-length: {n}\r\ncontent-length: {}\r\n\r\n", n + 1),
        10 => format!("{ok}content-length: {n}, {}\r\n\r\n", n - 1),
        11 => {
            let head = format!("{ok}content-length: {n}\r\ntransfer-encoding: chunked\r\n\r\n");
            return send(wire, &[head.as_bytes(), &chunked(&body), b"0\r\n\r\n"], Ending::KeepAlive).await;
        }
        12 => format!("{ok}{}content-length: {n}\r\n\r\n", "x-many: 1\r\n".repeat(500)),
        13 => format!("{ok}x-large: {}\r\ncontent-length: {n}\r\n\r\n", "x".repeat(1 << 20)),
        14 => format!("{ok}x-folded: one\r\n two\r\ncontent-length: {n}\r\n\r\n"),
        _ => format!("{ok}x-nul: a\0b\r\ncontent-length: {n}\r\n\r\n"),
    };
    send(wire, &[head.as_bytes(), &body], Ending::KeepAlive).await
}

/// Headers that a provider, or a proxy before it, may send along.
const HEADERS: &str = "set-cookie: session=sentinel\r\nconnection: x-hop\r\nx-hop: sentinel\r\nkeep-alive: timeout=5\r\n\
    proxy-authenticate: Basic\r\nte: trailers\r\nserver: sentinel\r\nvia: sentinel\r\ncontent-encoding: identity\r\n\
    alt-svc: h3=\":443\"\r\nstrict-transport-security: max-age=1\r\naccess-control-allow-origin: *\r\n\
    cache-control: public, max-age=600\r\netag: \"sentinel\"\r\nlocation: http://10.0.0.1/sentinel\r\n\
    x-request-id: req_upstream\r\nx-ratelimit-remaining-requests: 9\r\n";

pub(super) async fn headers(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    let (body, kind) = framing::body(asked);
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{HEADERS}\r\n");
    send(wire, &[head.as_bytes(), &body], Ending::KeepAlive).await
}
