//! Event streams, good and bad, in correct HTTP framing.

use std::io;
use std::time::Duration;

use tokio::time::sleep;

use crate::upstream::answer::{Asked, Dialect};
use crate::upstream::terms::{EVENTS, Ending, JSON, Length};
use crate::upstream::wire::{Wire, silence};

/// Bytes of one write of an endless stream.
const BLOCK: usize = 64 << 10;

async fn head(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<()> {
    let kind = if asked.array { JSON } else { EVENTS };
    wire.head(200, kind, Length::Chunked, &format!("cache-control: no-cache\r\n{}", asked.headers())).await
}

async fn events(wire: &mut Wire<'_>, events: Vec<Vec<u8>>) -> io::Result<()> {
    for event in events {
        wire.chunk(&event).await?;
    }
    Ok(())
}

/// Headers, opening events and `n` tokens.
pub(super) async fn tokens(wire: &mut Wire<'_>, asked: &Asked, n: u64) -> io::Result<()> {
    head(wire, asked).await?;
    events(wire, asked.opening()).await?;
    for i in 0..n {
        if let Some(pace) = asked.pace {
            sleep(pace).await;
        }
        wire.chunk(&asked.token(i)).await?;
    }
    Ok(())
}

/// Finish reason, usage and terminator.
async fn close(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<()> {
    events(wire, asked.closing()).await?;
    wire.chunk(&asked.terminal()).await
}

pub(super) async fn good(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    tokens(wire, asked, asked.events()).await?;
    close(wire, asked).await?;
    wire.last_chunk().await
}

/// Half of a good answer, the notice that the connection is to end, and the other half.
pub(super) async fn goaway(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    let half = asked.events() / 2;
    tokens(wire, asked, half).await?;
    wire.stream().inspect(|out| out.go_away());
    for i in half..asked.events() {
        wire.chunk(&asked.token(i)).await?;
    }
    close(wire, asked).await?;
    wire.last_chunk().await.map(|_| Ending::Close)
}

pub(super) async fn blocked(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    let asked = &asked.nothing();
    tokens(wire, asked, 0).await?;
    events(wire, asked.blocked()).await?;
    wire.chunk(&asked.terminal()).await?;
    wire.last_chunk().await
}

/// A good answer with nothing but a filter's findings between its tokens, and behind the reason to stop.
pub(super) async fn filter_only(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    tokens(wire, asked, 0).await?;
    for i in 0..asked.events() {
        wire.chunk(&asked.filtered()).await?;
        wire.chunk(&asked.token(i)).await?;
    }
    events(wire, asked.closing()).await?;
    wire.chunk(&asked.filtered()).await?;
    wire.chunk(&asked.terminal()).await?;
    wire.last_chunk().await
}

pub(super) async fn first_error(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    head(wire, asked).await?;
    wire.chunk(&asked.error_event(429, "drill: the first event is an error", None)).await?;
    wire.last_chunk().await
}

pub(super) async fn error_after(wire: &mut Wire<'_>, asked: &Asked, n: u64) -> io::Result<Ending> {
    tokens(wire, asked, n).await?;
    wire.chunk(&asked.error_event(529, "drill: an error in the middle", Some(n))).await?;
    wire.last_chunk().await
}

pub(super) async fn failed(wire: &mut Wire<'_>, asked: &Asked, n: u64) -> io::Result<Ending> {
    tokens(wire, asked, n).await?;
    wire.chunk(&asked.failed("drill: the answer failed", n)).await?;
    wire.last_chunk().await
}

pub(super) async fn stall(wire: &mut Wire<'_>, asked: &Asked, n: u64) -> io::Result<Ending> {
    tokens(wire, asked, n).await?;
    silence().await
}

pub(super) async fn drip_comments(wire: &mut Wire<'_>, ms: u64) -> io::Result<Ending> {
    wire.head(200, EVENTS, Length::Chunked, "").await?;
    loop {
        wire.chunk(b": still thinking\n\n").await?;
        sleep(Duration::from_millis(ms)).await;
    }
}

pub(super) async fn drip_bytes(wire: &mut Wire<'_>, ms: u64) -> io::Result<Ending> {
    wire.head(200, EVENTS, Length::Chunked, "").await?;
    for byte in b"data: {\"x\":\"".chunks(1) {
        wire.chunk(byte).await?;
        sleep(Duration::from_millis(ms)).await;
    }
    loop {
        wire.chunk(b"x").await?;
        sleep(Duration::from_millis(ms)).await;
    }
}

pub(super) async fn no_event(wire: &mut Wire<'_>) -> io::Result<Ending> {
    wire.head(200, EVENTS, Length::Chunked, "").await?;
    wire.last_chunk().await
}

pub(super) async fn zero_tokens(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    tokens(wire, asked, 0).await?;
    wire.last_chunk().await
}

pub(super) async fn flood(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    tokens(wire, asked, 1).await?;
    let token = asked.content(" drop");
    let block = token.repeat(BLOCK / token.len() + 1);
    loop {
        wire.chunk(&block).await?;
    }
}

pub(super) async fn big_event(wire: &mut Wire<'_>, asked: &Asked, mib: u64) -> io::Result<Ending> {
    tokens(wire, asked, 2).await?;
    let bytes = usize::try_from(mib << 20).unwrap_or(usize::MAX);
    wire.chunk(&asked.content(&"x".repeat(bytes))).await?;
    close(wire, asked).await?;
    wire.last_chunk().await
}

/// One event of `mib` MiB, in blocks: each is packed by itself, so that many can be under way at once.
pub(super) async fn bomb(wire: &mut Wire<'_>, asked: &Asked, mib: u64) -> io::Result<Ending> {
    tokens(wire, asked, 2).await?;
    let event = asked.content("MARK");
    let at = event.windows(4).position(|window| window == b"MARK").unwrap_or(event.len());
    wire.chunk(&event[..at]).await?;
    let block = vec![b'x'; BLOCK];
    for _ in 0..(mib << 20) / BLOCK as u64 {
        wire.chunk(&block).await?;
    }
    wire.chunk(event.get(at + 4..).unwrap_or_default()).await?;
    close(wire, asked).await?;
    wire.last_chunk().await
}

pub(super) async fn endless_event(wire: &mut Wire<'_>) -> io::Result<Ending> {
    wire.head(200, EVENTS, Length::Chunked, "").await?;
    wire.chunk(b"data: {\"x\":\"").await?;
    let block = vec![b'x'; BLOCK];
    loop {
        wire.chunk(&block).await?;
    }
}

pub(super) async fn truncate(wire: &mut Wire<'_>, asked: &Asked, n: u64) -> io::Result<Ending> {
    tokens(wire, asked, n).await?;
    wire.last_chunk().await
}

pub(super) async fn no_done(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    tokens(wire, asked, asked.events()).await?;
    events(wire, asked.closing()).await?;
    wire.last_chunk().await
}

/// A good answer up to the end of its last event's line.
pub(super) async fn no_blank_line(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<()> {
    tokens(wire, asked, asked.events()).await?;
    let mut closing = asked.closing().concat();
    if asked.dialect == Dialect::Responses {
        // There the terminator says how it ended.
        closing.extend(asked.terminal());
    }
    wire.chunk(closing.trim_ascii_end()).await
}

pub(super) async fn finish_silent(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    tokens(wire, asked, asked.events()).await?;
    events(wire, asked.closing()).await?;
    silence().await
}

pub(super) async fn after_terminal(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    tokens(wire, asked, asked.events()).await?;
    events(wire, asked.closing()).await?;
    // In one write with the terminator: the worst case for a reader that looks at whole buffers.
    let rest = asked.content(" surplus").repeat(3);
    wire.chunk(&[asked.terminal(), rest].concat()).await?;
    wire.last_chunk().await
}

pub(super) async fn terminal_open(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    tokens(wire, asked, asked.events()).await?;
    close(wire, asked).await?;
    silence().await
}

pub(super) async fn invalid_utf8(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    tokens(wire, asked, 2).await?;
    let mut event = asked.content("MARK");
    if let Some(at) = event.windows(4).position(|window| window == b"MARK") {
        event[at] = 0xff;
    }
    wire.chunk(&event).await?;
    close(wire, asked).await?;
    wire.last_chunk().await
}

/// Valid, and unlike what providers send: a relay that passes bytes through must not tidy it up.
pub(super) async fn odd(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    head(wire, asked).await?;
    wire.chunk(": hello\nretry: 3000\n\n".as_bytes()).await?;
    let mut all = asked.opening();
    all.extend((0..asked.events()).map(|i| asked.token(i)));
    all.extend(asked.closing());
    for (i, event) in all.into_iter().enumerate() {
        let text = String::from_utf8_lossy(&event).into_owned();
        let text = match i % 4 {
            0 => text.replace("data: ", "data:"),
            1 => text.replace('\n', "\r\n"),
            2 => format!("id: {i}\nx-unknown: yes\n{text}"),
            _ => format!(": note {i}\n{}", text.replace("data: {", "data: { ")),
        };
        // Two writes, cut inside the event.
        let (first, second) = text.as_bytes().split_at(text.len() / 2);
        wire.chunk(first).await?;
        wire.chunk(second).await?;
    }
    let terminal = asked.terminal();
    match asked.dialect {
        Dialect::OpenAi => wire.chunk(b"data:[DONE]\r\n\r\n").await?,
        Dialect::Anthropic | Dialect::Gemini | Dialect::Responses => wire.chunk(&terminal).await?,
    }
    wire.last_chunk().await
}
