//! One question to a token endpoint: a connection of its own, a deadline, a bound on the answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Method, Request};

use crate::clock::deadline::{Moment, until};
use crate::config::{BaseUrl, Proxy};
use crate::upstream::connect::Destination;
use crate::upstream::pool::Pool;
use crate::upstream::source::{Source, Upstream};
use crate::upstream::upload::Upload;

/// From the first look-up to the last byte.
const DEADLINE: Duration = Duration::from_secs(10);
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

    /// Sends a form.
    pub(super) async fn post(&self, pool: &Arc<Pool>, form: String) -> Result<Bytes, String> {
        let base = &self.destination.base;
        let path = if base.path.is_empty() { "/" } else { &base.path };
        let form = Bytes::from(form);
        let mut request = Request::new(Upload::new(form.clone()));
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(form.len()));
        self.ask(pool, path, request).await
    }

    /// Asks with one header.
    pub(super) async fn get(
        &self,
        pool: &Arc<Pool>,
        path: &str,
        header: (&'static str, &'static str),
    ) -> Result<Bytes, String> {
        let mut request = Request::new(Upload::new(Bytes::new()));
        request.headers_mut().insert(HeaderName::from_static(header.0), HeaderValue::from_static(header.1));
        self.ask(pool, path, request).await
    }

    async fn ask(&self, pool: &Arc<Pool>, path: &str, mut request: Request<Upload>) -> Result<Bytes, String> {
        *request.uri_mut() = path.parse().map_err(|_| format!("{} has no such path", self.place()))?;
        let headers = request.headers_mut();
        if let Ok(host) = HeaderValue::from_str(self.place()) {
            headers.insert(HOST, host);
        }
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let answer = until(Moment::now() + DEADLINE, self.exchange(pool, request)).await;
        answer.unwrap_or_else(|| {
            Err(format!("{} did not answer within {} s", self.place(), DEADLINE.as_secs()))
        })
    }

    /// The connection ends with its lease: the next question comes in an hour.
    async fn exchange(&self, pool: &Arc<Pool>, request: Request<Upload>) -> Result<Bytes, String> {
        let mut lease = pool.connect(&self.destination, None).await.map_err(|error| error.to_string())?;
        let sent = lease.send(request).await;
        let (head, body) =
            sent.map_err(|failed| format!("{} broke: {}", self.place(), failed.text))?.into_parts();
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
        let code = code(&answer).map_or_else(String::new, |code| format!(": {code}"));
        Err(format!("{} answered {}{code}", self.place(), head.status.as_u16()))
    }
}

/// The one word of an error that says what it is (`invalid_grant`, `AccessDenied`); all else might repeat what was sent.
fn code(answer: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(answer).ok()?;
    let json = || serde_json::from_str::<serde_json::Value>(text).ok()?["error"].as_str().map(str::to_owned);
    let code = json().or_else(|| element(text, "Code").map(str::to_owned))?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (code.len() <= 40 && code.chars().all(is_word)).then_some(code)
}

/// The text of the first element of that name.
pub(super) fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner.trim())
}

#[cfg(test)]
mod tests {
    #[test]
    fn of_an_error_only_its_code_is_repeated() {
        let code = |text: &str| super::code(text.as_bytes());
        assert_eq!(
            code(r#"{"error":"invalid_grant","error_description":"sk-1"}"#).as_deref(),
            Some("invalid_grant")
        );
        assert_eq!(
            code("<E><Code>AccessDenied</Code><Message>sk-1</Message></E>").as_deref(),
            Some("AccessDenied")
        );
        assert_eq!(code(r#"{"error":"eyJhbGciOi.sk-1"}"#), None);
        assert_eq!(code("rubbish"), None);
    }
}
