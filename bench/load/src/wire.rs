//! A client's connection of HTTP/1.1 that reads an answer to its end, and no more of it than it must.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use bytes::{Buf as _, BytesMut};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::spread::Answered;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Where connections go, and by what they are secured.
#[derive(Clone)]
pub(crate) struct Target {
    address: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Target {
    pub(crate) fn new(url: &http::Uri, ca: Option<&Path>) -> anyhow::Result<Self> {
        let host = url.host().context("the URL names no host")?;
        let secure = url.scheme_str() == Some("https");
        let port = url.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let tls = if secure {
            let mut roots = rustls::RootCertStore::empty();
            for one in CertificateDer::pem_file_iter(ca.context("https needs --ca")?)? {
                roots.add(one?)?;
            }
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?
                .with_root_certificates(roots)
                .with_no_client_auth();
            Some((TlsConnector::from(Arc::new(config)), ServerName::try_from(host.to_owned())?))
        } else {
            None
        };
        Ok(Self { address: format!("{host}:{port}"), tls })
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<Wire> {
        let socket = TcpStream::connect(&self.address).await.context("connecting")?;
        socket.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.tls {
            Some((tls, name)) => Box::new(tls.connect(name.clone(), socket).await.context("TLS")?),
            None => Box::new(socket),
        };
        Ok(Wire { stream, read: BytesMut::with_capacity(64 << 10) })
    }
}

/// How a body says that it has ended.
enum Framing {
    Length(u64),
    Chunked,
}

/// A connection with nothing under way.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    read: BytesMut,
}

impl Wire {
    /// Asks, and reads the answer to its end. Times are from `due` on.
    pub(crate) async fn ask(&mut self, request: &[u8], due: Instant, end: &[u8]) -> anyhow::Result<Answered> {
        self.stream.write_all(request).await.context("asking")?;
        let framing = self.head().await?;
        if self.read.is_empty() {
            self.more().await?;
        }
        let first = due.elapsed();
        let mut tail = Tail::default();
        let bytes = match framing {
            Framing::Length(length) => self.counted(length, &mut tail).await?,
            Framing::Chunked => self.chunks(&mut tail).await?,
        };
        ensure!(tail.is(end), "an answer that stops early: …{}", String::from_utf8_lossy(&tail.0));
        ensure!(self.read.is_empty(), "bytes behind an answer");
        Ok(Answered { first, whole: due.elapsed(), bytes })
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        self.read.reserve(16 << 10);
        ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the connection ended inside an answer");
        Ok(())
    }

    async fn head(&mut self) -> anyhow::Result<Framing> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 64];
            let mut head = httparse::Response::new(&mut headers);
            let httparse::Status::Complete(length) = head.parse(&self.read)? else {
                self.more().await?;
                continue;
            };
            let status = head.code.unwrap_or_default();
            let field = |name: &str| head.headers.iter().find(|one| one.name.eq_ignore_ascii_case(name));
            let framing = match field("content-length") {
                Some(length) => Framing::Length(std::str::from_utf8(length.value)?.parse()?),
                None if field("transfer-encoding").is_some() => Framing::Chunked,
                None => bail!("an answer without a length, status {status}"),
            };
            self.read.advance(length);
            ensure!(status == 200, "status {status}");
            return Ok(framing);
        }
    }

    async fn counted(&mut self, length: u64, tail: &mut Tail) -> anyhow::Result<u64> {
        let mut left = length;
        loop {
            let here = usize::try_from(left).unwrap_or(usize::MAX).min(self.read.len());
            tail.see(&self.read[..here]);
            self.read.advance(here);
            left -= here as u64;
            if left == 0 {
                return Ok(length);
            }
            self.more().await?;
        }
    }

    async fn chunks(&mut self, tail: &mut Tail) -> anyhow::Result<u64> {
        let mut bytes = 0;
        loop {
            let (at, size) = match httparse::parse_chunk_size(&self.read) {
                Ok(httparse::Status::Complete(found)) => found,
                Ok(httparse::Status::Partial) => {
                    self.more().await?;
                    continue;
                }
                Err(_) => bail!("no chunk's size"),
            };
            self.read.advance(at);
            bytes += self.counted(size, tail).await?;
            while self.read.len() < 2 {
                self.more().await?;
            }
            ensure!(&self.read[..2] == b"\r\n", "no line end behind a chunk, or trailers");
            self.read.advance(2);
            if size == 0 {
                return Ok(bytes);
            }
        }
    }
}

/// The last bytes of a body.
#[derive(Default)]
struct Tail(Vec<u8>);

impl Tail {
    const KEPT: usize = 32;

    fn see(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&bytes[bytes.len().saturating_sub(Self::KEPT)..]);
        let surplus = self.0.len().saturating_sub(Self::KEPT);
        self.0.drain(..surplus);
    }

    fn is(&self, end: &[u8]) -> bool {
        self.0.trim_ascii_end().ends_with(end)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// What comes of an answer of these bytes.
    fn answered(answer: &'static str, end: &'static str) -> anyhow::Result<u64> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let url = format!("http://{}/", listener.local_addr()?).parse()?;
            let mut wire = Target::new(&url, None)?.connect().await?;
            let (mut peer, _) = listener.accept().await?;
            for byte in answer.bytes() {
                peer.write_all(&[byte]).await?;
            }
            drop(peer);
            Ok(wire.ask(b"", Instant::now(), end.as_bytes()).await?.bytes)
        })
    }

    #[test]
    fn an_answer_is_read_to_its_end_and_what_is_cut_has_failed() {
        let whole = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{\"a\"}";
        assert_eq!(answered(whole, "}").unwrap(), 5);
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let stream = format!("{chunked}6\r\nhello \r\n8\r\n[DONE]\n\n\r\n0\r\n\r\n").leak();
        assert_eq!(answered(stream, "[DONE]").unwrap(), 14);
        let cut = format!("{chunked}6\r\nhello \r\n").leak();
        assert!(answered(cut, "[DONE]").unwrap_err().to_string().contains("ended inside an answer"));
        let early = format!("{chunked}6\r\nhello \r\n0\r\n\r\n").leak();
        assert!(answered(early, "[DONE]").unwrap_err().to_string().contains("stops early"));
        let bad = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(answered(bad, "}").unwrap_err().to_string(), "status 502");
    }
}
