//! One question to a token endpoint: a connection of its own, a deadline, a bound on the answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Method, Request};

use super::lack::Lack;
use super::said::said;
use crate::clock::deadline::{Moment, until};
use crate::config::{BaseUrl, Proxy};
use crate::upstream::connect::Destination;
use crate::upstream::pool::{Lease, Pool};
use crate::upstream::source::{Source, Upstream};
use crate::upstream::upload::Upload;

/// From the first look-up to the last byte.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);
/// Until the connection stands.
const CONNECT: Duration = Duration::from_secs(8);
/// The largest answer that is read.
const ANSWER: usize = 64 * 1024;

/// Where tokens come from.
pub(super) struct Endpoint {
    destination: Arc<Destination>,
}

impl Endpoint {
    pub(super) fn new(base: &BaseUrl, proxy: Option<Proxy>, tls_timeout: Duration) -> Self {
        Self { destination: Destination::new(base.clone(), proxy, tls_timeout, Some(false)) }
    }

    fn place(&self) -> &str {
        &self.destination.base.authority
    }

    /// Sends a form. `secret`: what of it nobody may repeat.
    pub(super) async fn post(&self, pool: &Arc<Pool>, form: String, secret: &str) -> Result<Bytes, Lack> {
        let base = &self.destination.base;
        let path = if base.path.is_empty() { "/" } else { &base.path };
        let form = Bytes::from(form);
        let mut request = Request::new(Upload::new(form.clone()));
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(form.len()));
        self.ask(pool, path, request, &[secret]).await
    }

    /// Asks with one header.
    pub(super) async fn get(
        &self,
        pool: &Arc<Pool>,
        path: &str,
        header: (&'static str, &'static str),
    ) -> Result<Bytes, Lack> {
        let mut request = Request::new(Upload::new(Bytes::new()));
        request.headers_mut().insert(HeaderName::from_static(header.0), HeaderValue::from_static(header.1));
        self.ask(pool, path, request, &[]).await
    }

    async fn ask(
        &self,
        pool: &Arc<Pool>,
        path: &str,
        mut request: Request<Upload>,
        sent: &[&str],
    ) -> Result<Bytes, Lack> {
        *request.uri_mut() = path.parse().map_err(|_| format!("{} has no such path", self.place()))?;
        let headers = request.headers_mut();
        if let Ok(host) = HeaderValue::from_str(self.place()) {
            headers.insert(HOST, host);
        }
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let end = Moment::now() + DEADLINE;
        let lease = self.connect(pool).await.map_err(Lack::unreachable)?;
        let answer = until(end, self.exchange(lease, request, sent)).await;
        let late = || format!("{} did not answer within {} s", self.place(), DEADLINE.as_secs());
        Ok(answer.unwrap_or_else(|| Err(late()))?)
    }

    async fn connect(&self, pool: &Arc<Pool>) -> Result<Lease, String> {
        let made = until(Moment::now() + CONNECT, pool.connect(&self.destination, None)).await;
        match made {
            Some(made) => {
                made.map_err(|error| format!("{} cannot be asked for a token: {error}", self.place()))
            }
            None => Err(format!("no connection to {} within {} s", self.place(), CONNECT.as_secs())),
        }
    }

    /// The connection ends with its lease: the next question comes in an hour.
    async fn exchange(
        &self,
        mut lease: Lease,
        request: Request<Upload>,
        sent: &[&str],
    ) -> Result<Bytes, String> {
        let answered = lease.send(&request).await;
        let (head, body) =
            answered.map_err(|failed| format!("{} broke: {}", self.place(), failed.text))?.into_parts();
        let mut source = Source::Http(Upstream { body, lease, unpack: None, begun: None });
        let mut answer = BytesMut::new();
        while let Some(piece) = source.chunk().await {
            let piece = piece.map_err(|_| format!("the answer of {} broke off", self.place()))?;
            if answer.len() + piece.len() > ANSWER {
                return Err(format!("the answer of {} is larger than {ANSWER} bytes", self.place()));
            }
            answer.extend_from_slice(&piece);
        }
        if head.status.is_success() {
            return Ok(answer.freeze());
        }
        Err(format!("{} answered {}{}", self.place(), head.status.as_u16(), said(&answer, sent)))
    }
}
