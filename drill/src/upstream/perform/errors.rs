//! Error answers, whole and broken.

use std::io;

use crate::upstream::answer::Asked;
use crate::upstream::terms::{Ending, JSON, Length};
use crate::upstream::wire::{Wire, settle, silence};

/// The header that a refused caller is told to wait by, in seconds.
const RETRY_AFTER: u32 = 7;
static BLOCK: [u8; 64 << 10] = [b'e'; 64 << 10];

fn body(asked: &Asked, status: u16) -> Vec<u8> {
    asked.error(status, &format!("drill: status {status} on request")).to_string().into_bytes()
}

fn headers(asked: &Asked, status: u16) -> String {
    let mut headers = asked.headers();
    if status == 429 {
        headers.push_str(&format!("retry-after: {RETRY_AFTER}\r\n"));
    }
    headers
}

pub(super) async fn complete(wire: &mut Wire<'_>, asked: &Asked, status: u16) -> io::Result<Ending> {
    wire.whole(status, JSON, &headers(asked, status), &body(asked, status)).await
}

pub(super) async fn short(wire: &mut Wire<'_>, asked: &Asked, status: u16) -> io::Result<Ending> {
    let body = body(asked, status);
    wire.head(status, JSON, Length::Bytes(body.len() as u64 + 100), &headers(asked, status)).await?;
    wire.raw(&body).await?;
    Ok(Ending::Close)
}

pub(super) async fn unended(
    wire: &mut Wire<'_>,
    asked: &Asked,
    status: u16,
    ending: Ending,
) -> io::Result<Ending> {
    let body = body(asked, status);
    wire.head(status, JSON, Length::Chunked, &headers(asked, status)).await?;
    wire.chunk(&body[..body.len() / 2]).await?;
    // A reset throws away what the peer has not read yet: let it have the headers first.
    settle().await;
    Ok(ending)
}

pub(super) async fn stall(wire: &mut Wire<'_>, asked: &Asked, status: u16, half: bool) -> io::Result<Ending> {
    let body = body(asked, status);
    wire.head(status, JSON, Length::Bytes(body.len() as u64), &headers(asked, status)).await?;
    if half {
        wire.raw(&body[..body.len() / 2]).await?;
    }
    silence().await
}

pub(super) async fn endless(wire: &mut Wire<'_>, asked: &Asked, status: u16) -> io::Result<Ending> {
    wire.head(status, JSON, Length::Chunked, &headers(asked, status)).await?;
    wire.chunk(b"{\"error\":{\"message\":\"").await?;
    loop {
        wire.chunk(&BLOCK).await?;
    }
}

pub(super) async fn huge(wire: &mut Wire<'_>, asked: &Asked, mib: u64) -> io::Result<Ending> {
    let (start, end) = (b"{\"error\":{\"message\":\"", b"\"}}");
    let bytes = mib << 20;
    wire.head(500, JSON, Length::Bytes(bytes), &headers(asked, 500)).await?;
    wire.raw(start).await?;
    let mut left = bytes.saturating_sub((start.len() + end.len()) as u64);
    while left > 0 {
        let block = left.min(BLOCK.len() as u64);
        wire.raw(&BLOCK[..usize::try_from(block).unwrap_or(BLOCK.len())]).await?;
        left -= block;
    }
    wire.raw(end).await?;
    Ok(Ending::KeepAlive)
}

pub(super) async fn html(wire: &mut Wire<'_>, status: u16) -> io::Result<Ending> {
    let page = "<!DOCTYPE html>\n<html><head><title>drill gateway</title></head><body>Sorry.</body></html>\n";
    wire.whole(status, "text/html; charset=utf-8", "", page.as_bytes()).await
}

pub(super) async fn redirect(wire: &mut Wire<'_>) -> io::Result<Ending> {
    wire.whole(302, "text/html", "location: http://127.0.0.1:9/elsewhere\r\n", b"<a>elsewhere</a>").await
}
