//! A raw HTTP/1.1 client: it sees bytes, and it can misbehave. Memory is bounded, however much a relay sends.

mod http2;
mod judge;
mod ledger;
mod unpack;

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

pub(crate) use http2::{Exchange, Http2, ROOM};
pub(crate) use judge::{Asked, Outcome, Reader, Seen};
pub(crate) use ledger::{Counts, Ledger};

use crate::upstream::{Mark, Promise};

/// The endpoint of each dialect.
pub(crate) const OPENAI: &str = "/v1/chat/completions";
pub(crate) const ANTHROPIC: &str = "/v1/messages";

/// How long a connection to the target may take.
const CONNECT: Duration = Duration::from_secs(10);
/// A header block, and a line of a chunked body, beyond this are no HTTP.
const LINE: usize = 256 << 10;
/// An answer beyond this is endless.
const ENDLESS: u64 = 256 << 20;

/// Where a request says which fault it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// In the model's name, behind this.
    Model(String),
    /// In the text of the message; the model's name is always this one.
    Text(String),
}

impl Naming {
    /// The model's name.
    pub(crate) fn model(&self, fault: &str) -> String {
        match self {
            Self::Model(prefix) if fault.is_empty() => format!("{prefix}drill"),
            Self::Model(prefix) => format!("{prefix}fault-{fault}"),
            Self::Text(name) => name.clone(),
        }
    }

    /// What stands before the text of the message.
    pub(crate) fn mark(&self, fault: &str, tokens: u64) -> String {
        match self {
            Self::Model(_) => String::new(),
            Self::Text(_) => Mark::text(fault, tokens),
        }
    }
}

/// Where a relay is, and what it wants to see in every request.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// The value of `host`.
    pub(crate) host: String,
    /// Stands before the paths, without a slash at its end.
    pub(crate) base: String,
    /// How a fault is asked for.
    pub(crate) naming: Naming,
    /// Lines that end in CRLF.
    pub(crate) headers: String,
    /// What all of its clients have sent, and how it ended.
    pub(crate) ledger: Arc<Ledger>,
}

impl Target {
    /// Counts a request; returns what the drill's upstream says to it, unless it is too large to be read twice.
    fn posts(&self, path: &str, body: &[u8]) -> Option<Promise> {
        self.ledger.post(1);
        (body.len() <= LINE).then(|| Promise::of(path, body))
    }
}

/// An answer's head.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    /// The first value of a header; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    target: Target,
    /// How much of the target's headers is the target's own.
    own_headers: usize,
    raw: Vec<u8>,
    /// The upstream's answers to the requests whose answers have not been judged yet.
    promises: VecDeque<Option<Promise>>,
}

fn cut(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, what.to_owned())
}

impl Client {
    /// Connects within ten seconds.
    pub(crate) async fn connect(target: &Target) -> io::Result<Self> {
        Self::of(target, TcpStream::connect(target.address)).await
    }

    /// Connects with a receive buffer so small that a client which does not read is noticed soon.
    pub(crate) async fn deaf(target: &Target) -> io::Result<Self> {
        let socket = if target.address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
        socket.set_recv_buffer_size(4096)?;
        Self::of(target, socket.connect(target.address)).await
    }

    async fn of(target: &Target, connect: impl Future<Output = io::Result<TcpStream>>) -> io::Result<Self> {
        let stream = timeout(CONNECT, connect).await.map_err(|_| io::ErrorKind::TimedOut)??;
        stream.set_nodelay(true)?;
        let (target, own_headers) = (target.clone(), target.headers.len());
        Ok(Self { stream, target, own_headers, raw: Vec::new(), promises: VecDeque::new() })
    }

    /// Further headers of every request to come, as lines that end in CRLF; they replace those of the last call.
    pub(crate) fn target_headers(&mut self, lines: &str) {
        let own = self.own_headers;
        self.target.headers.truncate(own);
        self.target.headers.push_str(lines);
    }

    /// Sends bytes as they are.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Sends until an answer comes or the other side closes: everything after that is sent in vain.
    pub(crate) async fn send_unless_answered(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            tokio::select! {
                biased;
                ready = self.stream.readable() => return ready,
                ready = self.stream.writable() => ready?,
            }
            match self.stream.try_write(bytes) {
                Ok(n) => bytes = &bytes[n..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits until an answer begins, or the connection ends.
    pub(crate) async fn is_answered(&self) -> io::Result<()> {
        self.stream.readable().await
    }

    /// The head of a request; `extra` is lines that end in CRLF.
    pub(crate) fn head_of(&self, method: &str, path: &str, extra: &str) -> String {
        let Target { host, base, headers, .. } = &self.target;
        format!("{method} {base}{path} HTTP/1.1\r\nhost: {host}\r\n{headers}{extra}\r\n")
    }

    /// Sends a request with a JSON body and its length.
    pub(crate) async fn post(&mut self, path: &str, body: &[u8]) -> io::Result<()> {
        self.promises.push_back(self.target.posts(path, body));
        self.post_in_vain(path, body).await
    }

    /// Sends a request that is not to be read, because its client leaves: it is not counted.
    pub(crate) async fn post_in_vain(&mut self, path: &str, body: &[u8]) -> io::Result<()> {
        // It goes only where that dialect is spoken: elsewhere it would change the dialect of the answer.
        let dialect = if path == ANTHROPIC { "anthropic-version: 2023-06-01\r\n" } else { "" };
        let extra = format!("content-type: application/json\r\n{dialect}content-length: {}\r\n", body.len());
        let head = self.head_of("POST", path, &extra);
        if body.len() > LINE {
            // Not copied: it may be one of hundreds.
            self.send(head.as_bytes()).await?;
            return self.send_unless_answered(body).await;
        }
        self.send(&[head.as_bytes(), body].concat()).await
    }

    /// One GET, whole; an answer with another status than 200 is an error, as is one above 4 MiB.
    pub(crate) async fn get(&mut self, path: &str) -> io::Result<Vec<u8>> {
        let head = self.head_of("GET", path, "");
        self.send(head.as_bytes()).await?;
        let head = self.head().await?;
        let mut body = Vec::new();
        self.body(&head, |bytes| {
            body.extend_from_slice(bytes);
            body.len() < 4 << 20
        })
        .await?;
        if head.status == 200 { Ok(body) } else { Err(io::Error::other(format!("status {}", head.status))) }
    }

    async fn more(&mut self) -> io::Result<usize> {
        self.raw.reserve(16 << 10);
        self.stream.read_buf(&mut self.raw).await
    }

    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.raw) {
                let line = String::from_utf8_lossy(&self.raw[..end]).trim_end_matches('\r').to_owned();
                self.raw.drain(..=end);
                return Ok(line);
            }
            if self.raw.len() > LINE {
                return Err(io::Error::other("a line without an end"));
            }
            if self.more().await? == 0 {
                return Err(cut("closed inside a line"));
            }
        }
    }

    /// Reads a status line and headers; interim answers are passed over.
    pub(crate) async fn head(&mut self) -> io::Result<Head> {
        loop {
            let first = self.line().await?;
            let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
            let status: u16 =
                status.ok_or_else(|| io::Error::other(format!("not a status line: {first:?}")))?;
            let mut head = Head { status, headers: Vec::new() };
            loop {
                let line = self.line().await?;
                if line.is_empty() {
                    break;
                }
                let (name, value) = line.split_once(':').unwrap_or((&line, ""));
                head.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                if head.headers.len() > 500 {
                    return Err(io::Error::other("a header block without an end"));
                }
            }
            if status >= 200 {
                return Ok(head);
            }
        }
    }

    /// Reads the body and hands it out without its transfer coding, until `take` says no or it ends.
    pub(crate) async fn body(&mut self, head: &Head, mut take: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
        let mut framing = match (head.header("transfer-encoding"), head.header("content-length")) {
            (Some(_), _) => Framing::Chunked,
            (None, Some(length)) => Framing::Length(length.parse().map_err(io::Error::other)?),
            (None, None) if matches!(head.status, 204 | 304) => Framing::Length(0),
            (None, None) => Framing::UntilClose,
        };
        loop {
            match &mut framing {
                Framing::Length(left) => {
                    let mut left = *left;
                    while left > 0 {
                        if !self.pass(&mut left, &mut take).await? {
                            return Ok(());
                        }
                    }
                    return Ok(());
                }
                Framing::UntilClose => {
                    let mut left = u64::MAX;
                    return match self.pass(&mut left, &mut take).await {
                        Ok(true) => continue,
                        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
                        _ => Ok(()),
                    };
                }
                Framing::Chunked => {
                    let line = self.line().await?;
                    let size = u64::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16);
                    let mut left =
                        size.map_err(|_| io::Error::other(format!("not a chunk size: {line:?}")))?;
                    if left == 0 {
                        while !self.line().await?.is_empty() {}
                        return Ok(());
                    }
                    while left > 0 {
                        if !self.pass(&mut left, &mut take).await? {
                            return Ok(());
                        }
                    }
                    self.line().await?;
                }
            }
        }
    }

    async fn pass(&mut self, left: &mut u64, take: &mut impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
        if self.raw.is_empty() && self.more().await? == 0 {
            return Err(cut("closed inside the body"));
        }
        let n = self.raw.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
        let goes_on = take(&self.raw[..n]);
        self.raw.drain(..n);
        *left -= n as u64;
        Ok(goes_on)
    }

    /// Reads one answer and judges it as an official SDK would; gives up after `patience`.
    pub(crate) async fn judge(&mut self, asked: Asked, patience: Duration) -> Seen {
        let begun = Instant::now();
        let mut reader = Reader::new(asked, self.promises.pop_front().flatten());
        let mut first = None;
        let ended = timeout(patience, self.read(&mut reader, begun, &mut first)).await;
        let seen = reader.seen(ended.ok().as_ref(), begun.elapsed());
        self.target.ledger.end(seen.outcome, seen.took);
        Seen { first, ..seen }
    }

    async fn read(
        &mut self,
        reader: &mut Reader,
        begun: Instant,
        first: &mut Option<Duration>,
    ) -> io::Result<()> {
        let head = self.head().await?;
        reader.head(&head);
        let mut bytes = 0;
        self.body(&head, |piece| {
            bytes += piece.len() as u64;
            reader.body(piece);
            if first.is_none() && reader.has_content() {
                *first = Some(begun.elapsed());
            }
            bytes < ENDLESS
        })
        .await?;
        if bytes >= ENDLESS { std::future::pending().await } else { Ok(()) }
    }

    /// Reads until `text` has come.
    pub(crate) async fn until(&mut self, text: &str) -> io::Result<()> {
        while !self.raw.windows(text.len()).any(|window| window == text.as_bytes()) {
            let tail = self.raw.len().saturating_sub(LINE);
            self.raw.drain(..tail);
            if self.more().await? == 0 {
                return Err(cut("closed before the first token"));
            }
        }
        Ok(())
    }

    /// Waits likewise, and everything that was read stays to be judged.
    pub(crate) async fn until_kept(&mut self, text: &str) -> io::Result<()> {
        while !self.raw.windows(text.len()).any(|window| window == text.as_bytes()) {
            if self.raw.len() > LINE || self.more().await? == 0 {
                return Err(cut("closed before the first token"));
            }
        }
        Ok(())
    }

    /// Says that nothing more will be sent, and goes on reading.
    pub(crate) async fn half_close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// Leaves by a reset instead of an end of file.
    pub(crate) fn reset(self) {
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }

    /// Tells whether the other side closes within this time; everything that it sends until then is thrown away.
    pub(crate) async fn closes(&mut self, within: Duration) -> bool {
        let close = async {
            while matches!(self.more().await, Ok(n) if n > 0) {
                self.raw.clear();
            }
        };
        timeout(within, close).await.is_ok()
    }
}
