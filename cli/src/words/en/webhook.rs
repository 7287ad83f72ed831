//! A webhook that does not take its messages.

use crate::finding::Undelivered;

pub(crate) fn undelivered(why: &Undelivered) -> String {
    match why {
        Undelivered::NoUrl(error) => format!("not a URL ({error})"),
        Undelivered::Scheme => "use an http:// or https:// URL, as the chat gives it".to_owned(),
        Undelivered::Tls(unusable) => super::unusable(unusable),
        Undelivered::NoClient => "no HTTP client: check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY".to_owned(),
        Undelivered::Late(seconds) => format!("no answer within {seconds} s"),
        Undelivered::Unreachable => "it cannot be reached".to_owned(),
        Undelivered::Status(status) => format!("it answers {status}"),
        Undelivered::BrokeOff => "its answer broke off".to_owned(),
        Undelivered::NotJson => "its answer is not JSON: check the URL".to_owned(),
        Undelivered::NoField(field) => format!("its answer has no `{field}`: check the URL"),
        Undelivered::Refused { field, code, words } => format!("{field} {code}: {words}"),
    }
}

/// The operator's webhook cannot be used at all.
pub(crate) fn no_webhook(why: &Undelivered) -> String {
    format!("--webhook: {}", undelivered(why))
}

/// A message of a watch was lost.
pub(crate) fn webhook_fails(host: &str, why: &Undelivered) -> String {
    format!("webhook at {host}: {}; the watch goes on", undelivered(why))
}
