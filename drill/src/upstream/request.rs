//! The reading side of a connection: requests by hand, so that half of one can be looked at too.

use std::io;

use tokio::io::{AsyncReadExt, ReadHalf};

use super::stream::Stream;

/// A header block and a body above these are refused by closing the connection.
const HEAD: usize = 256 << 10;
pub(super) const BODY: usize = 512 << 20;
/// Bytes of a body in which its model is looked for: an early error comes after this much.
pub(super) const GLANCE: usize = 4 << 10;

/// A request as it came.
#[derive(Default)]
pub(crate) struct Request {
    /// Request line and headers, without the empty line.
    pub(crate) head: String,
    /// The body, without its transfer coding.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The value of a header; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.split("\r\n").skip(1);
        lines.find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Method and path, without the query.
    pub(crate) fn target(&self) -> (&str, &str) {
        let method = self.head.split([' ', '\r']).next().unwrap_or_default();
        (method, self.path().split('?').next().unwrap_or_default())
    }

    /// It asks for `/drill/…`: the upstream tells of itself.
    pub(crate) fn is_control(&self) -> bool {
        self.target().1.starts_with("/drill/")
    }

    /// The path, with its query.
    pub(crate) fn path(&self) -> &str {
        self.head.split([' ', '\r']).nth(1).unwrap_or_default()
    }

    /// Tells whether a glance at the beginning shows only a part of the body.
    pub(crate) fn is_long(&self) -> bool {
        self.chunked() || self.length() > GLANCE
    }

    /// Tells whether the peer wants no other answer on this connection.
    pub(crate) fn closes(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    fn chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
    }

    fn length(&self) -> usize {
        self.header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0)
    }
}

/// Where the reading of a body stands.
enum Body {
    Length(usize),
    Chunked,
}

/// The connection's bytes that are not yet understood.
pub(crate) struct Reader<'a> {
    half: ReadHalf<&'a mut Stream>,
    buffer: Vec<u8>,
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<'a> Reader<'a> {
    pub(crate) fn new(half: ReadHalf<&'a mut Stream>) -> Self {
        Self { half, buffer: Vec::new() }
    }

    async fn more(&mut self) -> io::Result<()> {
        self.buffer.reserve(16 << 10);
        match self.half.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Waits for a request's headers; `None` when the peer closed between two requests.
    pub(crate) async fn head(&mut self) -> io::Result<Option<Request>> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
                self.buffer.drain(..end + 4);
                return Ok(Some(Request { head, body: Vec::new() }));
            }
            if self.buffer.len() > HEAD {
                return Err(broken("header block too large"));
            }
            match self.more().await {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && self.buffer.is_empty() => {
                    return Ok(None);
                }
                other => other?,
            }
        }
    }

    /// Reads as much of the body as is needed to see its model, at most 4 KiB and a buffer; returns a copy.
    pub(crate) async fn glance(&mut self, request: &Request) -> io::Result<Vec<u8>> {
        let wanted = if request.chunked() { GLANCE } else { GLANCE.min(request.length()) };
        while self.buffer.len() < wanted && !(request.chunked() && self.buffer.ends_with(b"0\r\n\r\n")) {
            self.more().await?;
        }
        Ok(self.buffer[..self.buffer.len().min(GLANCE)].to_vec())
    }

    /// Reads the rest of the body into the request.
    pub(crate) async fn body(&mut self, request: &mut Request) -> io::Result<()> {
        let body = if request.chunked() { Body::Chunked } else { Body::Length(request.length()) };
        match body {
            Body::Length(length) if length > BODY => Err(broken("body too large")),
            Body::Length(length) => {
                request.body = self.take(length).await?;
                Ok(())
            }
            Body::Chunked => loop {
                let line = self.line().await?;
                let size = line.split(';').next().unwrap_or_default().trim();
                let size =
                    usize::from_str_radix(size, 16).map_err(|_| broken("chunk size is not a number"))?;
                if request.body.len() + size > BODY {
                    return Err(broken("body too large"));
                }
                let mut chunk = self.take(size).await?;
                request.body.append(&mut chunk);
                if size == 0 {
                    while !self.line().await?.is_empty() {}
                    return Ok(());
                }
                self.line().await?;
            },
        }
    }

    async fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.more().await?;
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
                self.buffer.drain(..end + 2);
                return Ok(line);
            }
            if self.buffer.len() > HEAD {
                return Err(broken("line too large"));
            }
            self.more().await?;
        }
    }

    /// Returns when the peer closed or reset the connection. What it sends meanwhile waits for its turn.
    pub(crate) async fn gone(&mut self) {
        while self.buffer.len() < BODY && self.more().await.is_ok() {}
    }

    /// Waits likewise while the rest of an upload is thrown away slowly. Without reading, the end could not be seen: it
    /// queues behind the bytes that the peer has already handed to its kernel. `discarded` is told of each piece.
    pub(crate) async fn gone_while_discarding(&mut self, discarded: impl Fn(usize)) {
        self.buffer = Vec::new();
        while self.more().await.is_ok() {
            discarded(self.buffer.len());
            self.buffer.clear();
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
}

pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
