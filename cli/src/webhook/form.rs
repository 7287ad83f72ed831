//! What each chat takes, and how it says that it did not. Shapes are those of their public documentation for custom
//! robots.

use reqwest::Url;
use serde_json::{Value, json};
use vitals::Verdict;

use crate::args::WebhookFormat;
use crate::finding::{Finding, Undelivered};
use crate::reading::PollError;
use crate::words::{self, en};

/// One change of verdict.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Without credentials.
    pub(crate) target: String,
    /// When, RFC 3339.
    pub(crate) ts: String,
    /// `None` where nothing was known before.
    pub(crate) before: Option<Verdict>,
    pub(crate) verdict: Verdict,
    pub(crate) why: Result<Vec<Finding>, PollError>,
    /// The count, where there is one.
    pub(crate) goroutines: Option<u64>,
    /// Bytes of live heap.
    pub(crate) alloc_bytes: Option<u64>,
}

impl WebhookFormat {
    /// The form for a URL.
    pub(crate) fn of(self, url: &Url) -> Self {
        if self != Self::Auto {
            return self;
        }
        let host = url.host_str().unwrap_or_default();
        let at = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
        match () {
            () if at("qyapi.weixin.qq.com") => Self::Wecom,
            () if at("oapi.dingtalk.com") => Self::Dingtalk,
            () if at("open.feishu.cn") || at("open.larksuite.com") => Self::Feishu,
            () if at("hooks.slack.com") => Self::Slack,
            () => Self::Json,
        }
    }

    /// The body of a message.
    pub(crate) fn body(self, message: &Message) -> Value {
        // Programs read English.
        let say = if matches!(self, Self::Auto | Self::Json) { en::finding } else { words::finding };
        let reasons = message.reasons(say);
        let text = message.text(&reasons);
        match self {
            Self::Wecom | Self::Dingtalk => json!({"msgtype": "text", "text": {"content": text}}),
            Self::Feishu => json!({"msg_type": "text", "content": {"text": text}}),
            Self::Slack => json!({"text": text}),
            Self::Auto | Self::Json => json!({
                "schema": 1,
                "event": "verdict",
                "target": message.target,
                "ts": message.ts,
                "before": message.before,
                "verdict": message.verdict,
                "reasons": reasons,
                "metrics": {"goroutines": message.goroutines, "alloc_bytes": message.alloc_bytes},
                "text": text,
            }),
        }
    }

    /// Why a chat did not take a message although its status was 200; `None`: it did.
    pub(crate) fn refused(self, answer: &[u8]) -> Option<Undelivered> {
        let (field, message) = match self {
            Self::Wecom | Self::Dingtalk => ("errcode", "errmsg"),
            Self::Feishu => ("code", "msg"),
            _ => return None,
        };
        let answer: Value = match serde_json::from_slice(answer) {
            Ok(answer) => answer,
            Err(_) => return Some(Undelivered::NotJson),
        };
        match answer.get(field).and_then(Value::as_i64) {
            Some(0) => None,
            Some(code) => {
                let words = answer.get(message).and_then(Value::as_str).unwrap_or_default();
                Some(Undelivered::Refused { field, code, words: words.to_owned() })
            }
            None => Some(Undelivered::NoField(field)),
        }
    }
}

impl Message {
    /// One line each.
    fn reasons(&self, say: fn(&Finding) -> String) -> Vec<String> {
        match &self.why {
            Ok(findings) => findings.iter().map(say).collect(),
            Err(error) => vec![error.to_string()],
        }
    }

    fn text(&self, reasons: &[String]) -> String {
        let before = self.before.map(|before| format!(" (was {})", before.as_str()));
        let mut text = format!(
            "watertight: {}{} {}",
            self.verdict.as_str().to_uppercase(),
            before.unwrap_or_default(),
            self.target
        );
        for reason in reasons {
            text.push('\n');
            text.push_str(reason);
        }
        if let Some(goroutines) = self.goroutines {
            text.push_str(&format!("\ngoroutines {goroutines}"));
        }
        text.push_str(&format!("\n{}", self.ts));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        let limit = vitals::Limit::Tasks { beyond: false, severe: false };
        let reason = vitals::Reason { limit, value: 6000, threshold: 5000, verdict: Verdict::Danger };
        Message {
            target: "http://relay:3000".to_owned(),
            ts: "2026-11-24T10:00:00.000Z".to_owned(),
            before: Some(Verdict::Ok),
            verdict: Verdict::Danger,
            why: Ok(vec![reason.into()]),
            goroutines: Some(6000),
            alloc_bytes: None,
        }
    }

    #[test]
    fn each_chat_gets_its_own_shape() {
        let text = "watertight: DANGER (was ok) http://relay:3000\n6000 goroutines, above 5000\ngoroutines 6000\n\
                    2026-11-24T10:00:00.000Z";
        for (url, expected) in [
            (
                "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k",
                json!({"msgtype": "text", "text": {"content": text}}),
            ),
            (
                "https://oapi.dingtalk.com/robot/send?access_token=t",
                json!({"msgtype": "text", "text": {"content": text}}),
            ),
            (
                "https://open.feishu.cn/open-apis/bot/v2/hook/x",
                json!({"msg_type": "text", "content": {"text": text}}),
            ),
            ("https://hooks.slack.com/services/T/B/x", json!({"text": text})),
        ] {
            let form = WebhookFormat::Auto.of(&Url::parse(url).unwrap());
            assert_eq!(form.body(&message()), expected, "{url}");
        }
        let plain = WebhookFormat::Auto.of(&Url::parse("http://nothooks.slack.com.example/x").unwrap());
        let body = plain.body(&message());
        assert_eq!((&body["verdict"], &body["before"]), (&json!("danger"), &json!("ok")));
        assert_eq!(body["metrics"], json!({"goroutines": 6000, "alloc_bytes": null}));
        let first = plain.body(&Message { before: None, ..message() });
        assert!(first["text"].as_str().unwrap().starts_with("watertight: DANGER http://"), "{first}");
        assert_eq!(first["before"], Value::Null);
    }

    #[test]
    fn a_200_may_be_a_refusal() {
        let wecom = |answer: &str| WebhookFormat::Wecom.refused(answer.as_bytes());
        assert_eq!(wecom(r#"{"errcode":0,"errmsg":"ok"}"#), None);
        let words = "bad key".to_owned();
        let refused = wecom(r#"{"errcode":93000,"errmsg":"bad key"}"#);
        assert_eq!(refused, Some(Undelivered::Refused { field: "errcode", code: 93000, words }));
        assert_eq!(wecom("<html>"), Some(Undelivered::NotJson));
        let feishu = WebhookFormat::Feishu.refused(br#"{"code":19024,"msg":"no"}"#);
        let words = "no".to_owned();
        assert_eq!(feishu, Some(Undelivered::Refused { field: "code", code: 19024, words }));
        assert_eq!(WebhookFormat::Feishu.refused(b"{}"), Some(Undelivered::NoField("code")));
        assert_eq!(WebhookFormat::Slack.refused(b"ok"), None);
    }
}
