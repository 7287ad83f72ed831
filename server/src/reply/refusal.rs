//! Why a request is not answered as asked: what ended it, whose fault it was, and what the client is told.

use std::borrow::Cow;

use adaptors::adaptor::{Class, Unsupported, UpstreamError};
use http::{HeaderMap, Method};
use vitals::EndReason;

use crate::route::Takes;

/// A request that ends in an error.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: EndReason,
    pub(crate) status: u16,
    /// For a person: what happened and what to do.
    pub(crate) message: Cow<'static, str>,
    /// The dialect's error type, where the status does not say it; a provider's own error has its own.
    pub(crate) kind: Option<&'static str>,
    /// A machine-readable code instead of the reason's name.
    pub(crate) code: Option<&'static str>,
    /// The field of the request that is at fault.
    pub(crate) param: Option<Cow<'static, str>>,
    /// The method that the path takes instead.
    pub(crate) takes: Option<Takes>,
    /// Seconds after which another try makes sense.
    pub(crate) retry_after: Option<u64>,
    /// The provider's own error: its message (and body, where it is in the client's dialect) is passed as it came.
    pub(crate) upstream: Option<Box<UpstreamError>>,
    /// Headers of the provider's answer that are passed on.
    pub(crate) headers: Option<Box<HeaderMap>>,
    /// The connection ends with this answer: the request's body was not read to its end, or the relay stops.
    pub(crate) closes: bool,
}

impl Refusal {
    pub(crate) fn new(reason: EndReason, status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            status,
            message: message.into(),
            kind: None,
            code: None,
            param: None,
            takes: None,
            retry_after: None,
            upstream: None,
            headers: None,
            closes: false,
        }
    }

    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = Some(kind);
        self
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Takes these headers of the provider's answer along.
    pub(crate) fn with(mut self, headers: impl FnOnce(&Self) -> HeaderMap) -> Self {
        self.headers = Some(headers(&self)).filter(|headers| !headers.is_empty()).map(Box::new);
        self
    }

    /// The request itself is wrong.
    pub(crate) fn client(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(EndReason::ClientError, status, message)
    }

    /// A token is missing or wrong: the one of `key`, a key of the configuration.
    pub(crate) fn denied(key: &str) -> Self {
        Self::client(401, format!("send the token of {key} as `Authorization: Bearer …`"))
    }

    /// There is nothing at that path; there is at the nearest, where one is near.
    pub(crate) fn unknown_path(method: &Method, path: &str, nearest: Option<&str>) -> Self {
        let path: String = path.chars().take(200).collect();
        let near = nearest.map_or_else(String::new, |near| format!("; {near} is the nearest path"));
        Self::client(404, format!("there is nothing at {method} {path}{near}: GET / says what there is"))
    }

    /// The monitor's own listener was asked for something else.
    pub(crate) fn only_monitors() -> Self {
        let text = "monitor.listen answers /api/monitor/health, /healthz, /readyz and /metrics only: ask for anything else at `listen`";
        Self::client(404, text)
    }

    /// The path is known, and takes another method.
    pub(crate) fn wrong_method(method: &Method, path: &str, right: Takes) -> Self {
        let text = format!("{path} is asked for with {}, not {method}", right.as_str());
        Self { takes: Some(right), ..Self::client(405, text) }
    }

    /// Nothing serves that model, or nothing that the caller may use.
    pub(crate) fn unknown_model(model: &str) -> Self {
        Self::client(404, format!("the model `{model}` does not exist here")).code("model_not_found")
    }

    /// The connection is beyond the limit.
    pub(crate) fn too_many_connections() -> Self {
        Self { closes: true, ..Self::shed("limits.connections") }
    }

    /// The port speaks TLS, the client does not.
    pub(crate) fn plain_text() -> Self {
        Self { closes: true, ..Self::client(400, "this port speaks TLS: use https://").code("tls") }
    }

    /// The handler of the request panicked.
    pub(crate) fn panicked() -> Self {
        Self::new(EndReason::Panic, 500, "the relay failed on this request; the fault is in its log")
    }

    /// The request cannot be expressed in the upstream's dialect.
    pub(crate) fn unsupported(why: Unsupported) -> Self {
        Self { param: why.param.map(Cow::Owned), ..Self::client(400, why.message) }
    }

    /// The relay is full.
    pub(crate) fn shed(what: &'static str) -> Self {
        Self::new(EndReason::Shed, 503, format!("the relay is full ({what}): try again shortly"))
            .retry_after(1)
    }

    /// A request's body is above its cap.
    pub(crate) fn body_too_large(cap: usize) -> Self {
        let size = vitals::units::format_size(cap as u64);
        let text = format!("the request body is larger than {size} (limits.request_body)");
        Self::new(EndReason::TooLarge, 413, text)
    }

    /// A form is above its cap.
    pub(crate) fn upload_too_large(cap: usize) -> Self {
        let size = vitals::units::format_size(cap as u64);
        let text = format!("the form is larger than {size} (limits.upload)");
        Self::new(EndReason::TooLarge, 413, text)
    }

    /// A form's model comes behind more of it than is held.
    pub(crate) fn model_too_late(cap: usize) -> Self {
        let size = vitals::units::format_size(cap as u64);
        let text = format!(
            "the form's `model` comes behind more than {size} of it (limits.request_body): send it before the file"
        );
        Self { param: Some("model".into()), ..Self::new(EndReason::TooLarge, 413, text) }
    }

    /// The client sent nothing more of its request's body, or not within the total deadline.
    pub(crate) fn body_too_slow(reason: EndReason) -> Self {
        let refusal = Self::new(reason, 408, "the request body came too slowly").kind("timeout_error");
        Self { closes: true, ..refusal }
    }

    /// A request is larger than the byte budget, with the copy that its translation makes.
    pub(crate) fn beyond_budget(budget: usize) -> Self {
        let size = vitals::units::format_size(budget as u64);
        let text = format!(
            "the request, and what it becomes for the upstream, is larger than {size} (limits.buffered)"
        );
        Self::new(EndReason::TooLarge, 413, text)
    }

    /// An upstream's answer is larger than what may be held of it. Another channel's would be no shorter.
    pub(crate) fn answer_too_large(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(EndReason::TooLarge, 502, text)
    }

    /// The relay drains: it finishes what is under way.
    pub(crate) fn draining() -> Self {
        let text = "the relay is stopping and takes no new requests: try again";
        let refusal = Self::new(EndReason::Shutdown, 503, text).code("draining").retry_after(1);
        Self { closes: true, ..refusal }
    }

    /// The upstream sent something that is not an answer.
    pub(crate) fn upstream(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(EndReason::UpstreamError, 502, message)
    }

    /// The upstream's answer broke off.
    pub(crate) fn truncated() -> Self {
        Self::new(EndReason::UpstreamTruncated, 502, "the upstream's answer broke off before it was whole")
    }

    /// The upstream reported an error of its own.
    pub(crate) fn reported(error: UpstreamError) -> Self {
        let mut refusal = Self::new(EndReason::UpstreamError, error.status, error.message.clone());
        refusal.upstream = Some(Box::new(error));
        refusal
    }

    /// A deadline passed.
    pub(crate) fn deadline(reason: EndReason) -> Self {
        let message = match reason {
            EndReason::ConnectTimeout => "no connection to the upstream within the connect deadline",
            EndReason::FirstByteTimeout => "the upstream sent no content within the first-byte deadline",
            EndReason::IdleTimeout => "the upstream fell silent for longer than the idle deadline",
            EndReason::TotalTimeout => "the exchange took longer than the total deadline",
            _ => "a deadline passed",
        };
        Self::new(reason, 504, message).kind("timeout_error")
    }

    /// Tells whether the upstream refused the relay's own key, which is not the client's business.
    pub(crate) fn is_about_the_key(&self) -> bool {
        self.status == 502 && self.class() == Some(Class::Credential)
    }

    /// The class of an upstream's failure, which says what is tried next; `None` when it is nobody's but the client's
    /// or the relay's own.
    pub(crate) fn class(&self) -> Option<Class> {
        if let Some(error) = &self.upstream {
            return Some(error.class);
        }
        match self.reason {
            EndReason::ConnectTimeout | EndReason::FirstByteTimeout | EndReason::IdleTimeout => {
                Some(Class::Transient)
            }
            EndReason::UpstreamError | EndReason::UpstreamTruncated => Some(Class::Broken),
            EndReason::TooLarge
            | EndReason::Done
            | EndReason::ClientGone
            | EndReason::ClientError
            | EndReason::TotalTimeout
            | EndReason::SlowClient
            | EndReason::Shed
            | EndReason::Limited
            | EndReason::NoChannel
            | EndReason::Shutdown
            | EndReason::Panic => None,
        }
    }
}

/// The last words of a stream that has begun and ends early.
pub(crate) fn last_words(reason: EndReason) -> Refusal {
    match reason {
        EndReason::Shutdown => {
            Refusal::new(reason, 503, "the relay is stopping and could not finish this answer: try again")
        }
        EndReason::TooLarge => {
            Refusal::new(reason, 502, "an event of the upstream was larger than the relay allows")
        }
        EndReason::UpstreamTruncated => Refusal::truncated(),
        EndReason::Panic => {
            Refusal::new(reason, 500, "the relay failed on this answer; the fault is in its log")
        }
        EndReason::Shed => Refusal::new(reason, 503, "the relay ran out of room for this answer: try again"),
        _ => Refusal::deadline(reason),
    }
}
