//! What went wrong on the wire, in words: the kind, what came, and what to do.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::{StatusCode, Url};
use vitals::units::format_duration;

use super::{ErrorKind, PollError, Target};

/// A request that got no answer.
pub(super) fn transport(error: &reqwest::Error, target: &Target, timeout: Duration) -> PollError {
    let authority = target.authority();
    if error.is_timeout() {
        return timed_out(target, timeout);
    }
    if let Some(tls) = cause::<rustls::Error>(error) {
        return encryption(tls, &authority);
    }
    let io = cause::<io::Error>(error).map(io::Error::kind);
    if io == Some(io::ErrorKind::ConnectionRefused) {
        let what = format!("nothing listens at {authority} (connection refused)");
        return PollError::new(
            ErrorKind::Refused,
            what,
            "start the service, or check the port and --api-url",
        );
    }
    if chain(error).any(|e| e.to_string() == "dns error") {
        let host = target.url().host_str().unwrap_or_default();
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
    let cure = match target.url().scheme() {
        "http" => "another service may listen there, or it wants https://: check the port and the scheme",
        _ => "another service may listen there: check the port",
    };
    PollError::new(ErrorKind::Http, what, cure)
}

/// An answer whose body broke off after `got` bytes.
pub(super) fn body(error: &io::Error, got: usize, target: &Target, timeout: Duration) -> PollError {
    let timeout_inside = cause::<reqwest::Error>(error).is_some_and(reqwest::Error::is_timeout);
    if error.kind() == io::ErrorKind::TimedOut || timeout_inside {
        return timed_out(target, timeout);
    }
    let what = format!("the answer of {} broke off after {got} bytes ({})", target.shown(), deepest(error));
    PollError::new(
        ErrorKind::Content,
        what,
        "try again; if it stays so, look at the proxy in front of the service",
    )
}

fn timed_out(target: &Target, timeout: Duration) -> PollError {
    let what = format!("no whole answer from {} within {}", target.authority(), format_duration(timeout));
    PollError::new(
        ErrorKind::Timeout,
        what,
        "is it overloaded, or does a firewall drop packets? try a longer --timeout",
    )
}

fn encryption(error: &rustls::Error, authority: &str) -> PollError {
    let (what, cure) = match error {
        rustls::Error::InvalidMessage(_) => {
            (format!("{authority} does not speak TLS"), "it may be plain http: try http:// in --api-url")
        }
        rustls::Error::InvalidCertificate(reason) => (
            format!("the certificate of {authority} is not trusted ({reason})"),
            "use the name it was made for, or add its authority to the system's trust (SSL_CERT_FILE)",
        ),
        other => (
            format!("no encrypted connection to {authority} ({other})"),
            "check the port and the certificate",
        ),
    };
    PollError::new(ErrorKind::Tls, what, cure)
}

/// The error of a status, unless it is 200.
pub(super) fn status(status: StatusCode, target: &Target, has_token: bool) -> Option<PollError> {
    let cure = match status.as_u16() {
        200 => return None,
        401 | 403 if has_token || target.login().is_some() => {
            "the credentials are not accepted: check the token or the password"
        }
        401 | 403 => "it wants credentials: put the token into a file and give --token-file FILE",
        404 | 405 | 410 => {
            "the service answers, but has no health endpoint at that path: check the base path in --api-url"
        }
        407 => "the proxy wants credentials: put them into HTTP_PROXY or HTTPS_PROXY",
        429 => "it limits how often it may be asked: poll less often",
        502..=504 => "a proxy answers, but not the service behind it: is the service running?",
        500.. => "the service fails: look at its log",
        _ => "only 200 is an answer: check --api-url",
    };
    let what = format!("{} answered {status}", target.shown());
    Some(PollError::new(ErrorKind::Http, what, cure))
}

/// A redirect that is not followed.
pub(super) fn redirect(status: StatusCode, target: &Target, to: Option<(&Url, String)>) -> PollError {
    let from = target.shown();
    let Some((to, shown)) = to else {
        let what = format!("{from} answered {status} without saying where to go");
        return PollError::new(ErrorKind::Http, what, "check --api-url");
    };
    let what = format!("{from} redirects to {shown}");
    let cure = if is_login(to) {
        "that is a login page, so the health endpoint is behind one: let it through, or give --token-file FILE".to_owned()
    } else {
        format!("it is not followed to another server; if that is the right one, use --api-url {shown}")
    };
    PollError::new(ErrorKind::Http, what, cure)
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
        assert!(status(StatusCode::OK, &target, false).is_none());
        for code in [201, 204, 400, 401, 403, 404, 407, 429, 500, 502] {
            let error = status(StatusCode::from_u16(code).unwrap(), &target, false).unwrap();
            assert!(error.what.contains(&code.to_string()) && !error.cure.is_empty());
            assert!(!error.to_string().contains("sentinel"));
        }
    }
}
