//! An HTTP/2 client made of frames, so that it can misbehave with each of them: withhold windows, reset streams, stop
//! in the middle of a header block, flood (RFC 9113).

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use socket2::SockRef;

use crate::client::{LIFE, cut, find};
use crate::{Answer, Head, Wire, fail};

/// The first bytes of a connection.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Kinds of frames.
pub const DATA: u8 = 0;
/// The beginning of a request or an answer.
pub const HEADERS: u8 = 1;
/// The end of a stream by force.
pub const RST_STREAM: u8 = 3;
/// Bounds that the other side keeps to.
pub const SETTINGS: u8 = 4;
/// A question that the other side answers with the same bytes.
pub const PING: u8 = 6;
/// The end of a connection.
pub const GOAWAY: u8 = 7;
/// Room for more data.
pub const WINDOW_UPDATE: u8 = 8;
/// More of a header block.
pub const CONTINUATION: u8 = 9;
/// Flags of DATA and HEADERS.
pub const END_STREAM: u8 = 1;
/// Of HEADERS and CONTINUATION.
pub const END_HEADERS: u8 = 4;
/// Of DATA and HEADERS: a length and that much padding around the payload.
pub const PADDED: u8 = 8;
/// The error code CANCEL.
pub const CANCEL: u32 = 8;
/// How much a client that reads lets come before it makes room again.
const WINDOW: u32 = 65_535;

/// A frame as bytes.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or_else(|error| fail("a frame", error)).to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// A header block, nothing compressed.
#[must_use]
pub fn block(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in headers {
        bytes.push(0);
        for text in [name, value] {
            let mut length = text.len();
            if length < 127 {
                bytes.extend(u8::try_from(length));
            } else {
                bytes.push(127);
                length -= 127;
                while length >= 128 {
                    bytes.extend(u8::try_from(length % 128 + 128));
                    length /= 128;
                }
                bytes.extend(u8::try_from(length));
            }
            bytes.extend(text.bytes());
        }
    }
    bytes
}

/// A stream's answer as far as it came.
#[derive(Debug, Default)]
struct Got {
    head: Option<Head>,
    body: Vec<u8>,
    ended: bool,
    reset: Option<u32>,
}

/// A connection that speaks HTTP/2.
pub struct Http2 {
    wire: Wire,
    born: Instant,
    raw: Vec<u8>,
    hpack: httlib_hpack::Decoder<'static>,
    streams: BTreeMap<u32, Got>,
    next: u32,
    headers: Vec<(String, String)>,
    withhold: bool,
    goaway: Option<u32>,
    pongs: usize,
}

impl Http2 {
    /// Connects without TLS and says the preface.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Self {
        Self::over(Wire::connect(address).unwrap_or_else(|error| fail("cannot connect", error)))
    }

    /// Says the preface on a connection.
    #[must_use]
    pub fn over(wire: Wire) -> Self {
        let mut client = Self::silent(wire);
        client.greet(WINDOW);
        client
    }

    /// Says nothing yet.
    #[must_use]
    pub fn silent(wire: Wire) -> Self {
        Self {
            wire,
            born: Instant::now(),
            raw: Vec::new(),
            hpack: httlib_hpack::Decoder::default(),
            streams: BTreeMap::new(),
            next: 1,
            headers: Vec::new(),
            withhold: false,
            goaway: None,
            pongs: 0,
        }
    }

    /// A client whose streams begin with this much room and never get more by themselves.
    #[must_use]
    pub fn withholding(address: SocketAddr, window: u32) -> Self {
        let wire = Wire::connect(address).unwrap_or_else(|error| fail("cannot connect", error));
        let mut client = Self::silent(wire);
        client.withhold = true;
        client.greet(window);
        client
    }

    fn greet(&mut self, window: u32) {
        let settings = [&[0, 4][..], &window.to_be_bytes()].concat();
        let greeting = [PREFACE, &frame(SETTINGS, 0, 0, &settings)].concat();
        self.send(&greeting).unwrap_or_else(|error| fail("the preface", error));
        // Connection-wide there is room enough: streams are what is tested.
        self.room(0, 1 << 30);
    }

    /// Adds a header to every further request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The connection below.
    #[must_use]
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The system's: the relay may have closed.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes)?;
        self.wire.flush()
    }

    /// Makes room for data on a stream, or (0) on the connection.
    pub fn room(&mut self, stream: u32, bytes: u32) {
        // The relay may have closed.
        let _ = self.send(&frame(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes()));
    }

    /// The header block of a request.
    #[must_use]
    pub fn head_of(&self, method: &str, path: &str) -> Vec<u8> {
        let mut headers = vec![
            (":method", method),
            (":scheme", "http"),
            (":authority", "localhost"),
            (":path", path),
            ("content-type", "application/json"),
        ];
        headers.extend(self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        block(&headers)
    }

    /// A new stream's number.
    pub fn open(&mut self) -> u32 {
        let id = self.next;
        self.next += 2;
        self.streams.insert(id, Got::default());
        id
    }

    /// Sends a request; a body must fit into the relay's window. Returns its stream.
    pub fn request(&mut self, method: &str, path: &str, body: &[u8]) -> u32 {
        let id = self.open();
        let flags = END_HEADERS | if body.is_empty() { END_STREAM } else { 0 };
        let mut bytes = frame(HEADERS, flags, id, &self.head_of(method, path));
        let pieces = body.chunks(16 << 10);
        let last = pieces.len();
        for (n, piece) in pieces.enumerate() {
            bytes.extend(frame(DATA, u8::from(n + 1 == last), id, piece));
        }
        self.send(&bytes).unwrap_or_else(|error| fail(&format!("cannot send {method} {path}"), error));
        id
    }

    /// Sends JSON.
    pub fn post(&mut self, path: &str, body: &Value) -> u32 {
        self.request("POST", path, body.to_string().as_bytes())
    }

    /// Cancels a stream.
    pub fn cancel(&mut self, stream: u32) {
        let bytes = frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes());
        self.send(&bytes).unwrap_or_else(|error| fail("cannot reset a stream", error));
    }

    /// Reads and understands one more frame.
    fn step(&mut self, within: Duration) -> io::Result<()> {
        while self.raw.len() < 9 || self.raw.len() < 9 + length(&self.raw) {
            self.wire.patience(within)?;
            let mut buffer = [0; 16 << 10];
            match self.wire.read(&mut buffer)? {
                0 => return Err(cut("the connection was closed")),
                n => self.raw.extend_from_slice(&buffer[..n]),
            }
        }
        let rest = self.raw.split_off(9 + length(&self.raw));
        let frame = std::mem::replace(&mut self.raw, rest);
        let id = u32::from_be_bytes([frame[5] & 127, frame[6], frame[7], frame[8]]);
        self.take(frame[3], frame[4], id, &frame[9..])
    }

    fn take(&mut self, kind: u8, flags: u8, id: u32, payload: &[u8]) -> io::Result<()> {
        match kind {
            SETTINGS if flags & 1 == 0 => self.send(&frame(SETTINGS, 1, 0, b""))?,
            PING if flags & 1 == 0 => self.send(&frame(PING, 1, 0, payload))?,
            PING => self.pongs += 1,
            GOAWAY => self.goaway = Some(number(&payload[4..8])),
            HEADERS => {
                assert!(flags & END_HEADERS > 0, "an answer's headers in several frames");
                let mut head = Head::default();
                let mut fields = Vec::new();
                let decoded = self.hpack.decode(&mut payload.to_vec(), &mut fields);
                decoded.map_err(|error| io::Error::other(format!("hpack: {error:?}")))?;
                for (name, value, _) in fields {
                    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
                    let (name, value) = (text(name), text(value));
                    match name.as_str() {
                        ":status" => head.status = value.parse().map_err(io::Error::other)?,
                        _ => head.headers.push((name, value)),
                    }
                }
                let got = self.streams.entry(id).or_default();
                got.head = Some(head);
                got.ended |= flags & END_STREAM > 0;
            }
            DATA => {
                let got = self.streams.entry(id).or_default();
                got.body.extend_from_slice(payload);
                got.ended |= flags & END_STREAM > 0;
                let ended = got.ended;
                if !self.withhold && !payload.is_empty() && !ended {
                    self.room(id, u32::try_from(payload.len()).unwrap_or(1));
                }
            }
            RST_STREAM => self.streams.entry(id).or_default().reset = Some(number(payload)),
            _ => {}
        }
        Ok(())
    }

    /// Reads until `reached` says so, or the connection ends.
    fn until(&mut self, id: u32, reached: impl Fn(&Got) -> bool) -> io::Result<&mut Got> {
        while !self.streams.get(&id).is_some_and(&reached) {
            let left = LIFE.saturating_sub(self.born.elapsed());
            self.step(left)?;
        }
        Ok(self.streams.entry(id).or_default())
    }

    /// Reads an answer to its end: `whole` if the stream ended and was not reset.
    pub fn answer(&mut self, id: u32) -> Answer {
        let read = self.until(id, |got| got.ended || got.reset.is_some());
        let ended = read.map(|got| got.ended && got.reset.is_none_or(|code| code == 0)).unwrap_or(false);
        let got = self.streams.remove(&id).unwrap_or_default();
        match got.head {
            Some(head) => Answer { head, body: got.body, whole: ended },
            None => fail("no answer on a stream", format!("{got:?}, goaway {:?}", self.goaway)),
        }
    }

    /// Sends a request and reads its whole answer.
    pub fn get(&mut self, path: &str) -> Answer {
        let id = self.request("GET", path, b"");
        self.answer(id)
    }

    /// Reads an answer's headers.
    pub fn head(&mut self, id: u32) -> Head {
        match self.until(id, |got| got.head.is_some() || got.reset.is_some()) {
            Ok(Got { head: Some(head), .. }) => head.clone(),
            other => fail("no headers on a stream", format!("{other:?}")),
        }
    }

    /// Reads until a stream's body contains `text`.
    pub fn read_until(&mut self, id: u32, text: &str) {
        let over = |got: &Got| got.ended || got.reset.is_some() || find(&got.body, text.as_bytes()).is_some();
        match self.until(id, over) {
            Ok(got) if find(&got.body, text.as_bytes()).is_some() => {}
            other => fail(&format!("{text:?} did not come"), format!("{other:?}")),
        }
    }

    /// The code of the RST_STREAM that the relay sends, after whatever comes before it.
    pub fn reset_of(&mut self, id: u32) -> u32 {
        match self.until(id, |got| got.reset.is_some() || got.ended) {
            Ok(Got { reset: Some(code), .. }) => *code,
            other => fail("the stream was not reset", format!("{other:?}")),
        }
    }

    /// Streams that the relay has reset so far.
    #[must_use]
    pub fn resets(&self) -> usize {
        self.streams.values().filter(|got| got.reset.is_some()).count()
    }

    /// Bytes of a stream's body that came so far.
    #[must_use]
    pub fn received(&self, id: u32) -> usize {
        self.streams.get(&id).map_or(0, |got| got.body.len())
    }

    /// Reads on for a while, whatever comes; `false` when the connection ended.
    pub fn read_for(&mut self, time: Duration) -> bool {
        let begun = Instant::now();
        while let Some(left) = time.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
            match self.step(left) {
                Ok(()) => {}
                Err(error) if is_timeout(&error) => return true,
                Err(_) => return false,
            }
        }
        true
    }

    /// Tells whether the relay ends the connection within `within`.
    pub fn closes(&mut self, within: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < within {
            if !self.read_for(Duration::from_millis(50)) {
                return true;
            }
        }
        false
    }

    /// The error code with which the relay said that it goes.
    #[must_use]
    pub fn goaway(&self) -> Option<u32> {
        self.goaway
    }

    /// Answers to PING.
    #[must_use]
    pub fn pongs(&self) -> usize {
        self.pongs
    }

    /// Leaves with a reset of the connection instead of an end of file.
    pub fn vanish(self) {
        let _ = SockRef::from(self.wire.tcp()).set_linger(Some(Duration::ZERO));
    }
}

fn length(raw: &[u8]) -> usize {
    usize::from(raw[0]) << 16 | usize::from(raw[1]) << 8 | usize::from(raw[2])
}

fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
