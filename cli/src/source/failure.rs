//! What went wrong on the wire, in words: the kind, what came, and what to do.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::{StatusCode, Url};
use vitals::units::format_duration;

use super::{Endpoint, ErrorKind, PollError, Target};

/// What was asked, and within what time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) target: &'a Target,
    pub(super) endpoint: Endpoint,
    pub(super) timeout: Duration,
    /// Credentials were sent.
    pub(super) has_login: bool,
}

impl Asked<'_> {
    fn shown(&self) -> String {
        self.target.shown_at(self.endpoint)
    }
}

/// What a failed try means for the next endpoint of the same server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The server itself is in trouble: asking for something else is only more load.
    Stop,
    /// This endpoint is not there; another one may be.
    Other,
    /// The same, but with credentials it might be there.
    Credentials,
}

/// A try that failed.
#[derive(Debug)]
pub(super) struct Miss {
    pub(super) error: PollError,
    pub(super) next: Next,
}

impl Miss {
    pub(super) fn stop(error: PollError) -> Self {
        Self { error, next: Next::Stop }
    }

    pub(super) fn other(error: PollError) -> Self {
        Self { error, next: Next::Other }
    }
}

/// A request that got no answer.
pub(super) fn transport(error: &reqwest::Error, asked: &Asked<'_>) -> PollError {
    let (target, flag) = (asked.target, asked.target.flag());
    let authority = target.authority();
    if error.is_timeout() {
        return timed_out(asked);
    }
    if let Some(tls) = cause::<rustls::Error>(error) {
        return encryption(tls, &authority, flag);
    }
    let io = cause::<io::Error>(error).map(io::Error::kind);
    if let Some(socket) = target.socket()
        && let Some(kind @ (io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)) = io
    {
        let what = match kind {
            io::ErrorKind::NotFound => format!("there is no socket {}", socket.display()),
            _ => format!("the socket {} may not be opened (permission denied)", socket.display()),
        };
        let cure = "start the service, check the path, or run this as a user who may open it";
        return PollError::new(ErrorKind::Refused, what, cure);
    }
    if io == Some(io::ErrorKind::ConnectionRefused) {
        let what = format!("nothing listens at {authority} (connection refused)");
        let cure = format!("start the service, or check the port and {flag}");
        return PollError::new(ErrorKind::Refused, what, cure);
    }
    if chain(error).any(|e| e.to_string() == "dns error") {
        let host = target.base().host_str().unwrap_or_default();
        let what = format!("the name `{host}` has no address");
        return PollError::new(ErrorKind::Dns, what, "check its spelling and this machine's name server");
    }
    if error.is_connect() {
        let what = format!("no connection to {authority} ({})", deepest(error));
        return PollError::new(
            ErrorKind::Refused,
            what,
            "check the address, the network, the firewall and the proxy variables",
        );
    }
    let what = format!("{authority} did not answer in HTTP ({})", deepest(error));
    let cure = match target.base().scheme() {
        "http" => "another service may listen there, or it wants https://: check the port and the scheme",
        _ => "another service may listen there: check the port",
    };
    PollError::new(ErrorKind::Http, what, cure)
}

/// An answer whose body broke off after `got` bytes.
pub(super) fn body(error: &io::Error, got: u64, asked: &Asked<'_>) -> PollError {
    let timeout_inside = cause::<reqwest::Error>(error).is_some_and(reqwest::Error::is_timeout);
    if error.kind() == io::ErrorKind::TimedOut || timeout_inside {
        return timed_out(asked);
    }
    let what = format!("the answer of {} broke off after {got} bytes ({})", asked.shown(), deepest(error));
    PollError::new(
        ErrorKind::Content,
        what,
        "try again; if it stays so, look at the proxy in front of the service",
    )
}

/// An answer without an end.
pub(super) fn too_large(asked: &Asked<'_>, cap: u64) -> PollError {
    let what = format!("more than {} MiB came from {}", cap >> 20, asked.shown());
    let cure = match asked.endpoint {
        Endpoint::Metrics => "no process has that many metrics: look for a label that takes ever new values",
        Endpoint::Health => "that is no health answer: check the address",
        _ => "that is something else: check the address",
    };
    PollError::new(ErrorKind::Content, what, cure)
}

fn timed_out(asked: &Asked<'_>) -> PollError {
    let what = format!(
        "no whole answer from {} within {}",
        asked.target.authority(),
        format_duration(asked.timeout)
    );
    PollError::new(
        ErrorKind::Timeout,
        what,
        "is it overloaded, or does a firewall drop packets? try a longer --timeout",
    )
}

fn encryption(error: &rustls::Error, authority: &str, flag: &str) -> PollError {
    let (what, cure) = match error {
        rustls::Error::InvalidMessage(_) => (
            format!("{authority} does not speak TLS"),
            format!("it may be plain http: try http:// in {flag}"),
        ),
        // What `openssl req -x509` makes unless it is told otherwise.
        rustls::Error::InvalidCertificate(reason) if format!("{reason:?}").contains("CaUsedAsEndEntity") => (
            format!("the certificate of {authority} is an authority's own, and no server's"),
            "make one for the server: with openssl req -x509, add -addext basicConstraints=critical,CA:FALSE"
                .to_owned(),
        ),
        rustls::Error::InvalidCertificate(reason) => (
            format!("the certificate of {authority} is not trusted ({reason})"),
            "use the name it was made for, or name its authority with --ca-file FILE".to_owned(),
        ),
        other => (
            format!("no encrypted connection to {authority} ({other})"),
            "check the port and the certificate".to_owned(),
        ),
    };
    PollError::new(ErrorKind::Tls, what, cure)
}

/// What a status other than 200 means.
pub(super) fn status(status: StatusCode, asked: &Asked<'_>) -> Option<Miss> {
    let (noun, flag) = (asked.endpoint.noun(), asked.target.flag());
    let (next, cure) = match status.as_u16() {
        200 => return None,
        401 | 403 if asked.has_login => (
            Next::Credentials,
            "the credentials are not accepted: check the token or the password".to_owned(),
        ),
        401 | 403 if asked.endpoint == Endpoint::NewApi => (
            Next::Credentials,
            "it wants the access token of the root user: put it into a file and give --token-file FILE".to_owned(),
        ),
        401 | 403 => (
            Next::Credentials,
            "it wants credentials: put the token into a file and give --token-file FILE, or --basic-file FILE"
                .to_owned(),
        ),
        404 | 405 | 410 => (
            Next::Other,
            format!("the service answers, but has no {noun} at that path: check the base path in {flag}"),
        ),
        407 => (Next::Stop, "the proxy wants credentials: put them into HTTP_PROXY or HTTPS_PROXY".to_owned()),
        429 => (Next::Stop, "it limits how often it may be asked: poll less often".to_owned()),
        502..=504 => (
            Next::Stop,
            "a proxy answers, but not the service behind it: is the service running?".to_owned(),
        ),
        500.. => (Next::Stop, "the service fails: look at its log".to_owned()),
        _ => (Next::Other, format!("only 200 is an answer: check {flag}")),
    };
    let what = format!("{} answered {status}", asked.shown());
    Some(Miss { error: PollError::new(ErrorKind::Http, what, cure), next })
}

/// A redirect that is not followed.
pub(super) fn redirect(status: StatusCode, asked: &Asked<'_>, to: Option<(&Url, String)>) -> Miss {
    let (from, flag) = (asked.shown(), asked.target.flag());
    let Some((to, shown)) = to else {
        let what = format!("{from} answered {status} without saying where to go");
        return Miss::other(PollError::new(ErrorKind::Http, what, format!("check {flag}")));
    };
    let what = format!("{from} redirects to {shown}");
    let (next, cure) = if is_login(to) {
        let noun = asked.endpoint.noun();
        let cure = format!(
            "that is a login page, so the {noun} is behind one: let it through, or give --token-file FILE"
        );
        (Next::Credentials, cure)
    } else {
        let cure =
            format!("it is not followed to another server; if that is the right one, use {flag} {shown}");
        (Next::Other, cure)
    };
    Miss { error: PollError::new(ErrorKind::Http, what, cure), next }
}

/// Whether an address looks like a login page.
pub(super) fn is_login(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    ["login", "signin", "sign-in", "sign_in", "sso", "oauth", "auth"]
        .iter()
        .any(|word| path.split('/').any(|step| step.split('.').next() == Some(word)))
}

/// The last cause: the most concrete one. reqwest's own text would repeat the URL.
pub(super) fn deepest(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).filter_map(|e| e.downcast_ref::<T>()).last()
}

/// An error and its causes. An `io::Error` hides what it wraps from `source`, so that is unwrapped, too.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_causes_are_found() {
        let tls = rustls::Error::DecryptError;
        let error = io::Error::other(io::Error::other(tls));
        assert_eq!(cause::<rustls::Error>(&error), Some(&rustls::Error::DecryptError));
        assert_eq!(deepest(&error), rustls::Error::DecryptError.to_string());
    }

    #[test]
    fn login_pages() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(is_login(&url("http://h/login?next=/api")));
        assert!(is_login(&url("http://h/users/Sign-In.html")));
        assert!(!is_login(&url("http://h/api/monitor/health/")));
        assert!(!is_login(&url("http://h/authors")));
    }

    #[test]
    fn every_status_has_a_cure() {
        let target = Target::parse("http://ann:sentinel@example.com").unwrap();
        let asked = |endpoint| Asked { target: &target, endpoint, timeout: Duration::ZERO, has_login: false };
        assert!(status(StatusCode::OK, &asked(Endpoint::Health)).is_none());
        for code in [201, 204, 400, 401, 403, 404, 407, 429, 500, 502] {
            for endpoint in Endpoint::ALL {
                let error = status(StatusCode::from_u16(code).unwrap(), &asked(endpoint)).unwrap().error;
                assert!(error.what.contains(&code.to_string()) && !error.cure.is_empty());
                assert!(!error.to_string().contains("sentinel"));
            }
        }
    }
}
