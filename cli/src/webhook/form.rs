//! What each chat takes, and how it says that it did not. Shapes are those of their public documentation for custom
//! robots.

use reqwest::Url;
use serde_json::{Value, json};
use vitals::{Measure, Verdict};

use crate::args::WebhookFormat;
use crate::finding::rollout::Line;
use crate::finding::{Finding, News, Undelivered};
use crate::moment::timestamp;
use crate::reading::PollError;
use crate::words::{self, en};

/// One word to a chat.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) news: News,
    /// Without credentials.
    pub(crate) target: String,
    /// When, RFC 3339.
    pub(crate) ts: String,
    /// `None` where nothing was known before.
    pub(crate) before: Option<Verdict>,
    pub(crate) verdict: Verdict,
    pub(crate) why: Result<Vec<Finding>, PollError>,
    /// Sentences that are made already.
    pub(crate) lines: Vec<Line>,
    /// The count, where there is one.
    pub(crate) goroutines: Option<u64>,
    /// Bytes of live heap.
    pub(crate) alloc_bytes: Option<u64>,
}

/// The first lines of a message.
type Lines = fn(&News, Verdict, Option<Verdict>, &str) -> Vec<String>;

struct Words {
    finding: fn(&Finding) -> String,
    error: fn(&PollError) -> String,
    count: fn(Measure) -> &'static str,
    line: fn(&Line) -> &String,
    lines: Lines,
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
        let words = match self {
            Self::Auto | Self::Json => Words {
                finding: en::finding,
                error: en::poll_error,
                line: |line| &line.english,
                count: en::label,
                lines: en::news,
            },
            _ => Words {
                finding: words::finding,
                error: words::poll_error,
                line: |line| &line.text,
                count: words::label,
                lines: words::news,
            },
        };
        let reasons = message.reasons(&words);
        let text = message.text(&reasons, &words);
        match self {
            Self::Wecom | Self::Dingtalk => json!({"msgtype": "text", "text": {"content": text}}),
            Self::Feishu => json!({"msg_type": "text", "content": {"text": text}}),
            Self::Slack => json!({"text": text}),
            Self::Auto | Self::Json => json!({
                "schema": 1,
                "event": message.news.as_str(),
                "target": message.target,
                "ts": message.ts,
                "before": message.before,
                "verdict": message.verdict,
                "reasons": reasons,
                "metrics": {"goroutines": message.goroutines, "alloc_bytes": message.alloc_bytes},
                "restarts": message.restarts(),
                "outage": message.outage(),
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
    /// It says all that this one of the same target says.
    pub(super) fn overtakes(&self, older: &Self) -> bool {
        self.target == older.target && older.news.is_overtaken_by(self.news)
    }

    /// One line each.
    fn reasons(&self, words: &Words) -> Vec<String> {
        let why: Vec<String> = match &self.why {
            Ok(findings) => findings.iter().map(words.finding).collect(),
            Err(error) => vec![(words.error)(error)],
        };
        why.into_iter().chain(self.lines.iter().map(|said| (words.line)(said).clone())).collect()
    }

    fn text(&self, reasons: &[String], words: &Words) -> String {
        let mut lines = (words.lines)(&self.news, self.verdict, self.before, &self.target);
        lines.extend(reasons.iter().cloned());
        lines.extend(self.goroutines.map(|count| format!("{} {count}", (words.count)(Measure::Goroutines))));
        lines.push(self.ts.clone());
        lines.join("\n")
    }

    /// Since the watch began.
    fn restarts(&self) -> Option<u64> {
        match self.news {
            News::Restart { restarts, .. } => Some(restarts),
            _ => None,
        }
    }

    fn outage(&self) -> Value {
        match self.news {
            News::Outage { since, polls } => json!({"since": timestamp(since), "failed_polls": polls}),
            News::Back { since, after, polls, restarted } => json!({
                "since": timestamp(since),
                "failed_polls": polls,
                "seconds": after.as_secs(),
                "restarted": restarted,
            }),
            News::Verdict | News::Rollout | News::Restart { .. } => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        let limit = vitals::Limit::Tasks { beyond: false, severe: false };
        let reason = vitals::Reason { limit, value: 6000, threshold: 5000, verdict: Verdict::Danger };
        Message {
            news: News::Verdict,
            target: "http://relay:3000".to_owned(),
            ts: "2026-11-24T10:00:00.000Z".to_owned(),
            before: Some(Verdict::Ok),
            verdict: Verdict::Danger,
            why: Ok(vec![reason.into()]),
            lines: Vec::new(),
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
    fn robots_speak_the_language_and_programs_english() {
        let said = |form: WebhookFormat| vitals::Language::Zh.during(|| form.body(&message()));
        let text = "watertight：危险（之前正常） http://relay:3000\n6000 个协程，超过 5000\n协程 6000\n\
                    2026-11-24T10:00:00.000Z";
        assert_eq!(said(WebhookFormat::Dingtalk)["text"]["content"], text);
        assert_eq!(said(WebhookFormat::Feishu)["content"]["text"], text);
        assert_eq!(said(WebhookFormat::Json), WebhookFormat::Json.body(&message()));
    }

    #[test]
    fn restarts_and_outages_are_told_with_their_numbers() {
        let since = "2026-11-24T09:56:00Z".parse().unwrap();
        let after = std::time::Duration::from_secs(240);
        let restart = News::Restart { restarts: 3, new: 2 };
        let outage = News::Outage { since, polls: 3 };
        let back = News::Back { since, after, polls: 4, restarted: true };
        let error = PollError::new(crate::reading::ErrorKind::Refused, "nothing listens", "start it");
        let said =
            [(restart, Ok(Vec::new())), (outage, Err(error)), (back, Ok(Vec::new()))].map(|(news, why)| {
                let verdict = if why.is_err() { Verdict::Unknown } else { Verdict::Ok };
                WebhookFormat::Json.body(&Message { news, why, verdict, goroutines: None, ..message() })
            });
        let texts = said.each_ref().map(|body| body["text"].as_str().unwrap());
        let end = "2026-11-24T10:00:00.000Z";
        assert_eq!(
            texts,
            [
                format!(
                    "watertight: RESTARTED http://relay:3000\n2 restarts since the last message, 3 in all\nnow ok\n{end}"
                ),
                format!(
                    "watertight: NO ANSWER http://relay:3000\n3 polls in a row failed, since 2026-11-24T09:56:00.000Z\n\
                     nothing listens: start it\n{end}"
                ),
                format!(
                    "watertight: ANSWERS AGAIN http://relay:3000\n4m without an answer, 4 polls failed\n\
                     it restarted meanwhile\nnow ok\n{end}"
                ),
            ]
        );
        assert_eq!(said.each_ref().map(|body| &body["event"]), ["restart", "outage", "back"]);
        assert_eq!((&said[0]["restarts"], &said[0]["outage"]), (&json!(3), &Value::Null));
        assert_eq!(said[1]["outage"], json!({"since": "2026-11-24T09:56:00.000Z", "failed_polls": 3}));
        assert_eq!(
            (&said[2]["outage"]["seconds"], &said[2]["outage"]["restarted"]),
            (&json!(240), &json!(true))
        );
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
