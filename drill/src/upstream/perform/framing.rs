//! Answers whose HTTP framing lies.

use std::io;
use std::time::Duration;

use super::streams;
use crate::upstream::answer::Asked;
use crate::upstream::terms::{EVENTS, Ending, JSON, Length};
use crate::upstream::wire::{Wire, settle};

/// All events of a good stream in one piece.
fn stream_bytes(asked: &Asked) -> Vec<u8> {
    let mut all = asked.opening();
    all.extend((0..asked.events()).map(|i| asked.token(i)));
    all.extend(asked.closing());
    all.push(asked.terminal());
    all.concat()
}

pub(super) fn body(asked: &Asked) -> (Vec<u8>, &'static str) {
    if asked.stream { (stream_bytes(asked), EVENTS) } else { (asked.whole().to_string().into_bytes(), JSON) }
}

/// Tokens, then the beginning of a chunk that promises more than comes.
pub(super) async fn cut(wire: &mut Wire<'_>, asked: &Asked, n: u64, ending: Ending) -> io::Result<Ending> {
    streams::tokens(wire, asked, n).await?;
    wire.half_chunk(b"data: {\"id\":\"chat").await?;
    settle().await;
    Ok(ending)
}

pub(super) async fn length_short(wire: &mut Wire<'_>, asked: &Asked, ending: Ending) -> io::Result<Ending> {
    let (body, content_type) = body(asked);
    wire.head(200, content_type, Length::Bytes(body.len() as u64), &asked.headers()).await?;
    wire.raw(&body[..body.len() * 2 / 3]).await?;
    settle().await;
    Ok(ending)
}

pub(super) async fn too_long(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    let (body, content_type) = body(asked);
    wire.head(200, content_type, Length::Bytes(body.len() as u64), &asked.headers()).await?;
    wire.raw(&[body.as_slice(), b"SURPLUS surplus surplus"].concat()).await?;
    Ok(Ending::KeepAlive)
}

/// Another answer, some time after the one that was asked for. A stream of HTTP/2 has room for one.
pub(super) async fn late_surplus(wire: &mut Wire<'_>, asked: &Asked, ms: u64) -> io::Result<Ending> {
    if wire.stream().is_none() {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        let other = Asked { model: "surplus".to_owned(), tokens: 3, ..asked.clone() };
        let (body, kind) = body(&other);
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        wire.raw(&[head.as_bytes(), &body].concat()).await?;
    }
    Ok(Ending::KeepAlive)
}

pub(super) async fn two_answers(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    let (body, content_type) = body(asked);
    let length = body.len();
    if wire.stream().is_some() {
        // A stream has room for one answer: the second one is bytes beyond the first one's length.
        wire.head(200, content_type, Length::Bytes(length as u64), "").await?;
        wire.raw(&body.repeat(2)).await?;
        return Ok(Ending::KeepAlive);
    }
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n");
    let answer = [head.as_bytes(), &body].concat();
    wire.raw(&answer.repeat(2)).await?;
    Ok(Ending::KeepAlive)
}
