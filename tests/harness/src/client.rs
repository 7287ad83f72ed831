//! A raw HTTP/1.1 client: it sees bytes, and it can misbehave.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use serde_json::Value;
use socket2::SockRef;

use crate::{Wire, fail};

/// A client's life: reading beyond it fails, so that no test can hang.
pub(crate) const LIFE: Duration = Duration::from_secs(60);

/// Status line and headers.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Names in lower case, values as they came.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The first value of a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// An answer as far as it came.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Status line and headers.
    pub head: Head,
    /// The body without its transfer coding.
    pub body: Vec<u8>,
    /// By its framing, all of it came.
    pub whole: bool,
}

impl Answer {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; the test fails when it is something else.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| fail(&self.text(), error))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// The head has not been read yet.
    Unread,
    Length(usize),
    Chunked,
    UntilClose,
    Ended,
}

/// A connection to a relay. Every read and write has a deadline.
pub struct Client {
    stream: Wire,
    born: Instant,
    /// Bytes as they came, not yet understood.
    raw: Vec<u8>,
    /// Decoded body, not yet handed out.
    decoded: Vec<u8>,
    framing: Framing,
    headers: String,
}

pub(crate) fn cut(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, what.to_owned())
}

impl Client {
    /// Connects; the test fails when that fails.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address)
            .unwrap_or_else(|error| fail(&format!("cannot connect to {address}"), error))
    }

    /// Connects.
    ///
    /// # Errors
    /// The system's.
    pub fn try_connect(address: SocketAddr) -> io::Result<Self> {
        Ok(Self::over(Wire::connect(address)?))
    }

    /// Speaks HTTP/1.1 over a connection.
    #[must_use]
    pub fn over(wire: Wire) -> Self {
        Self {
            stream: wire,
            born: Instant::now(),
            raw: Vec::new(),
            decoded: Vec::new(),
            framing: Framing::Unread,
            headers: String::new(),
        }
    }

    /// Adds a header to every further request of this client.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Makes the receive buffer small, so that a client that does not read is noticed soon.
    #[must_use]
    pub fn with_receive_buffer(self, bytes: usize) -> Self {
        if let Err(error) = SockRef::from(self.stream.tcp()).set_recv_buffer_size(bytes) {
            fail("cannot shrink the receive buffer", error);
        }
        self
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The system's: the relay may have closed.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a request with a body and its length.
    pub fn request(&mut self, method: &str, path: &str, body: &[u8]) {
        let length =
            if method == "GET" { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{}{length}\r\n", self.headers);
        if let Err(error) = self.send(&[head.as_bytes(), body].concat()) {
            fail(&format!("cannot send {method} {path}"), error);
        }
    }

    /// Sends JSON.
    pub fn post(&mut self, path: &str, body: &Value) {
        let headers = self.headers.clone();
        self.headers.push_str("content-type: application/json\r\n");
        self.request("POST", path, body.to_string().as_bytes());
        self.headers = headers;
    }

    /// Sends a request and reads its whole answer.
    pub fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, b"");
        self.answer()
    }

    fn more(&mut self) -> io::Result<usize> {
        let left = LIFE.saturating_sub(self.born.elapsed());
        self.stream.patience(left)?;
        let mut buffer = [0; 16 << 10];
        let n = self.stream.read(&mut buffer)?;
        self.raw.extend_from_slice(&buffer[..n]);
        Ok(n)
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = find(&self.raw, b"\r\n") {
                let line = String::from_utf8_lossy(&self.raw[..end]).into_owned();
                self.raw.drain(..end + 2);
                return Ok(line);
            }
            if self.more()? == 0 {
                return Err(cut("closed inside a line"));
            }
        }
    }

    /// Reads a status line and headers.
    ///
    /// # Errors
    /// The connection was closed or reset, or what came is not an answer.
    pub fn try_head(&mut self) -> io::Result<Head> {
        let first = self.line()?;
        let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status: u16 = status.ok_or_else(|| io::Error::other(format!("not a status line: {first:?}")))?;
        let mut head = Head { status, headers: Vec::new() };
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            head.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        self.decoded.clear();
        self.framing = match (head.header("transfer-encoding"), head.header("content-length")) {
            (Some(_), _) => Framing::Chunked,
            (None, Some(length)) => Framing::Length(length.parse().map_err(io::Error::other)?),
            (None, None) => Framing::UntilClose,
        };
        Ok(head)
    }

    /// Reads a status line and headers; the test fails when they do not come.
    pub fn head(&mut self) -> Head {
        self.try_head().unwrap_or_else(|error| fail("no answer", error))
    }

    /// Decodes more of the body; `false` at its end.
    fn decode(&mut self) -> io::Result<bool> {
        if matches!(self.framing, Framing::Unread) {
            self.try_head()?;
        }
        match self.framing {
            Framing::Unread => Err(io::Error::other("no head")),
            Framing::Ended | Framing::Length(0) => {
                self.framing = Framing::Ended;
                Ok(false)
            }
            Framing::Length(left) => {
                if self.raw.is_empty() && self.more()? == 0 {
                    return Err(cut("closed before content-length was reached"));
                }
                let n = left.min(self.raw.len());
                self.decoded.extend(self.raw.drain(..n));
                self.framing = Framing::Length(left - n);
                Ok(true)
            }
            Framing::UntilClose => {
                if self.raw.is_empty() && self.more()? == 0 {
                    self.framing = Framing::Ended;
                    return Ok(false);
                }
                self.decoded.append(&mut self.raw);
                Ok(true)
            }
            Framing::Chunked => {
                let line = self.line()?;
                let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16);
                let size = size.map_err(|_| io::Error::other(format!("not a chunk size: {line:?}")))?;
                while self.raw.len() < size + 2 {
                    if self.more()? == 0 {
                        return Err(cut("closed inside a chunk"));
                    }
                }
                self.decoded.extend(self.raw.drain(..size));
                self.raw.drain(..2);
                if size == 0 {
                    self.framing = Framing::Ended;
                }
                Ok(size > 0)
            }
        }
    }

    /// Reads one event of a stream, without its blank line; `None` at the end.
    ///
    /// # Errors
    /// The stream was cut.
    pub fn event(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = find(&self.decoded, b"\n\n") {
                let event = String::from_utf8_lossy(&self.decoded[..end]).into_owned();
                self.decoded.drain(..end + 2);
                return Ok(Some(event));
            }
            if !self.decode()? {
                return Ok(None);
            }
        }
    }

    /// Reads events until one contains `text`; the test fails when none does.
    pub fn event_with(&mut self, text: &str) -> String {
        loop {
            match self.event() {
                Ok(Some(event)) if event.contains(text) => return event,
                Ok(Some(_)) => {}
                other => fail(&format!("no event contains {text:?}"), format!("{other:?}")),
            }
        }
    }

    /// Reads the rest of the body; says whether it was whole.
    pub fn rest(&mut self) -> (Vec<u8>, bool) {
        loop {
            match self.decode() {
                Ok(true) => {}
                Ok(false) => return (std::mem::take(&mut self.decoded), true),
                Err(_) => return (std::mem::take(&mut self.decoded), false),
            }
        }
    }

    /// Reads a whole answer; the test fails when not even its headers come.
    pub fn answer(&mut self) -> Answer {
        let head = self.head();
        let (body, whole) = self.rest();
        Answer { head, body, whole }
    }

    /// Tells whether the relay closes or resets this connection within `within`. Takes in what still comes before that.
    pub fn closes(&mut self, within: Duration) -> bool {
        let start = Instant::now();
        while let Some(left) = within.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            let mut buffer = [0; 16 << 10];
            if self.stream.patience(left).is_err() {
                return true;
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return true,
                Ok(n) => self.raw.extend_from_slice(&buffer[..n]),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                }
                Err(_) => return true,
            }
        }
        false
    }

    /// Everything that came and was not read as an answer.
    pub fn taken(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.raw)
    }

    /// Sends an end of file and goes on reading.
    pub fn half_close(&mut self) {
        // The relay may have closed first.
        let _ = self.stream.tcp().shutdown(Shutdown::Write);
    }

    /// Leaves with a reset instead of an end of file.
    pub fn reset(self) {
        let _ = SockRef::from(self.stream.tcp()).set_linger(Some(Duration::ZERO));
    }
}

pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
