//! What a webhook tells, and that it does not take its messages.

use vitals::Verdict;
use vitals::units::format_duration;

use super::counted;
use crate::finding::{News, Undelivered};
use crate::moment::timestamp;

/// What happened, one line each; the reasons of the verdict follow.
pub(crate) fn news(news: &News, verdict: Verdict, before: Option<Verdict>, target: &str) -> Vec<String> {
    let word = match news {
        News::Verdict => {
            let before = before.map(|before| format!(" (was {})", before.as_str()));
            format!("{}{}", verdict.as_str().to_uppercase(), before.unwrap_or_default())
        }
        News::Rollout => format!("ROLLOUT {}", verdict.as_str().to_uppercase()),
        News::Restart { .. } => "RESTARTED".to_owned(),
        News::Outage { .. } => "NO ANSWER".to_owned(),
        News::Back { .. } => "ANSWERS AGAIN".to_owned(),
    };
    let mut lines = vec![format!("watertight: {word} {target}")];
    match *news {
        News::Verdict | News::Rollout => return lines,
        News::Restart { restarts, new: 1 } => {
            lines.push(format!("{} since the watch began", counted(restarts, "restart", "restarts")));
        }
        News::Restart { restarts, new } => {
            lines.push(format!("{new} restarts since the last message, {restarts} in all"));
        }
        News::Outage { since, polls } => {
            lines.push(format!("{polls} polls in a row failed, since {}", timestamp(since)));
            return lines;
        }
        News::Back { after, polls, restarted, .. } => {
            let after = format_duration(std::time::Duration::from_secs(after.as_secs()));
            lines.push(format!("{after} without an answer, {polls} polls failed"));
            lines.extend(restarted.then(|| "it restarted meanwhile".to_owned()));
        }
    }
    lines.push(format!("now {}", verdict.as_str()));
    lines
}

pub(crate) fn undelivered(why: &Undelivered) -> String {
    match why {
        Undelivered::NoUrl(error) => format!("not a URL ({error})"),
        Undelivered::Scheme => "use an http:// or https:// URL, as the chat gives it".to_owned(),
        Undelivered::Tls(unusable) => super::unusable(unusable),
        Undelivered::NoClient => "no HTTP client: check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY".to_owned(),
        Undelivered::Unsigned(from) => {
            format!(
                "{from}: only robots of DingTalk and Feishu are signed; leave it out, or give --webhook-format"
            )
        }
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
    match why {
        Undelivered::Unsigned(_) => undelivered(why),
        _ => format!("--webhook: {}", undelivered(why)),
    }
}

/// A message of a watch did not get through.
pub(crate) fn webhook_fails(host: &str, why: &Undelivered) -> String {
    let next = if why.may_pass() { "; it is tried again" } else { "" };
    format!("webhook at {host}: {}{next}; the watch goes on", undelivered(why))
}
