//! The writing side of a connection: answers by hand, so that they can be wrong in every byte.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::time::sleep;

use super::out::Out;
use super::pack::Packer;
use super::stream::Stream;
use super::terms::{Ending, Length};

/// Where answers go.
enum Way<'a> {
    /// Bytes of HTTP/1.1.
    Http1(WriteHalf<&'a mut Stream>),
    /// One stream of HTTP/2, whose frames are made elsewhere.
    Http2(Out),
}

/// One answer on its way.
pub(crate) struct Wire<'a> {
    way: Way<'a>,
    /// Every write is cut into single bytes.
    pub(crate) split: bool,
    pub(crate) packer: Option<Packer>,
}

impl<'a> Wire<'a> {
    pub(crate) fn new(half: WriteHalf<&'a mut Stream>) -> Self {
        Self { way: Way::Http1(half), split: false, packer: None }
    }

    pub(crate) fn http2(out: Out) -> Self {
        Self { way: Way::Http2(out), split: false, packer: None }
    }

    /// The stream, over HTTP/2.
    pub(crate) fn stream(&self) -> Option<&Out> {
        match &self.way {
            Way::Http1(_) => None,
            Way::Http2(out) => Some(out),
        }
    }

    /// Sends bytes as they are; over HTTP/2 they are a part of the body.
    pub(crate) async fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.split {
            return self.write(bytes).await;
        }
        for byte in bytes.chunks(1) {
            self.write(byte).await?;
            // Gives the peer time to read: without it the bytes would be joined again on the way.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.way {
            Way::Http1(half) => {
                half.write_all(bytes).await?;
                half.flush().await
            }
            Way::Http2(out) => out.data(bytes).await,
        }
    }

    /// Sends a status line and headers; `extra` is lines that end in CRLF.
    pub(crate) async fn head(
        &mut self,
        status: u16,
        content_type: &str,
        length: Length,
        extra: &str,
    ) -> io::Result<()> {
        if let Way::Http2(out) = &self.way {
            let coding = self.packer.as_ref().map(Packer::name);
            return out.head(status, content_type, length, coding, extra);
        }
        let length = match length {
            Length::Bytes(n) => format!("content-length: {n}\r\n"),
            Length::Chunked => "transfer-encoding: chunked\r\n".to_owned(),
        };
        let coding = self
            .packer
            .as_ref()
            .map_or_else(String::new, |packer| format!("content-encoding: {}\r\n", packer.name()));
        let head = format!(
            "HTTP/1.1 {status} {}\r\nserver: drill\r\ncontent-type: {content_type}\r\n{coding}{length}{extra}\r\n",
            reason(status)
        );
        self.raw(head.as_bytes()).await
    }

    /// Sends a chunk of a chunked body in one write.
    pub(crate) async fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let packed = self.packer.as_mut().map(|packer| packer.pack(bytes)).transpose()?;
        self.framed(packed.as_deref().unwrap_or(bytes)).await
    }

    async fn framed(&mut self, bytes: &[u8]) -> io::Result<()> {
        if matches!(self.way, Way::Http2(_)) {
            return self.raw(bytes).await;
        }
        let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
        framed.extend_from_slice(bytes);
        framed.extend_from_slice(b"\r\n");
        self.raw(&framed).await
    }

    /// Sends the beginning of a chunk that promises more than comes.
    pub(crate) async fn half_chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        if matches!(self.way, Way::Http1(_)) {
            self.raw(b"400\r\n").await?;
        }
        self.raw(bytes).await
    }

    /// Ends a chunked body.
    pub(crate) async fn last_chunk(&mut self) -> io::Result<Ending> {
        if let Some(packer) = self.packer.take() {
            self.framed(&packer.finish()?).await?;
        }
        match &self.way {
            Way::Http1(_) => self.raw(b"0\r\n\r\n").await?,
            Way::Http2(out) => out.end()?,
        }
        Ok(Ending::KeepAlive)
    }

    /// Sends a whole answer with its length.
    pub(crate) async fn whole(
        &mut self,
        status: u16,
        content_type: &str,
        extra: &str,
        body: &[u8],
    ) -> io::Result<Ending> {
        let mut body = Cow::Borrowed(body);
        if let Some(packer) = &self.packer {
            body = packer.whole(&body)?.into();
        }
        self.head(status, content_type, Length::Bytes(body.len() as u64), extra).await?;
        self.raw(&body).await?;
        self.stream().map(Out::end).transpose()?;
        Ok(Ending::KeepAlive)
    }
}

/// Waits until the peer leaves; the caller watches for that.
pub(crate) async fn silence() -> io::Result<Ending> {
    std::future::pending().await
}

/// Waits so long that what was written has been read by a peer on the same host.
pub(crate) async fn settle() {
    sleep(Duration::from_millis(20)).await;
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        529 => "Overloaded",
        _ => "Status",
    }
}
