//! What proves to a robot that a message is its owner's, as the documentation of custom robots has it: an HMAC-SHA256
//! over the time and the secret. DingTalk takes it in the address, Feishu in the body; both only for an hour.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::Url;
use ring::hmac;
use serde_json::Value;
use vitals::Secret;

use crate::args::WebhookFormat;

impl WebhookFormat {
    /// Robots of this form can ask for a signature.
    pub(super) fn is_signed(self) -> bool {
        matches!(self, Self::Dingtalk | Self::Feishu)
    }

    /// Signs a message that is sent at `at`.
    pub(super) fn sign(self, secret: &Secret, at: Timestamp, url: &mut Url, body: &mut Value) {
        match self {
            Self::Dingtalk => {
                let millis = at.as_millisecond().to_string();
                let sign = code(secret.reveal(), &stamped(&millis, secret));
                url.query_pairs_mut().append_pair("timestamp", &millis).append_pair("sign", &sign);
            }
            Self::Feishu => {
                let seconds = at.as_second().to_string();
                body["sign"] = code(&stamped(&seconds, secret), "").into();
                body["timestamp"] = seconds.into();
            }
            _ => {}
        }
    }
}

fn stamped(time: &str, secret: &Secret) -> String {
    format!("{time}\n{}", secret.reveal())
}

fn code(key: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn signed(form: WebhookFormat, secret: &str, millis: i64) -> (String, Value) {
        let (mut url, mut body) = (Url::parse("https://robot/send?access_token=t").unwrap(), json!({"a": 1}));
        let at = Timestamp::from_millisecond(millis).unwrap();
        form.sign(&Secret::new(secret), at, &mut url, &mut body);
        (url.to_string(), body)
    }

    /// Computed with Python's hmac from the code in the robots' documentation.
    #[test]
    fn known_answers() {
        let (url, body) = signed(WebhookFormat::Dingtalk, "SEC0123456789abcdef", 1_795_000_000_123);
        let sign = "XseT%2FUQ59WWXT3h5uwwpQpHAwOZ4W9bc5LTIr9ZMAa0%3D";
        assert_eq!(url, format!("https://robot/send?access_token=t&timestamp=1795000000123&sign={sign}"));
        assert_eq!(body, json!({"a": 1}));
        let (url, body) = signed(WebhookFormat::Feishu, "demo", 1_599_360_473_999);
        assert_eq!(url, "https://robot/send?access_token=t");
        assert_eq!(
            body,
            json!({"a": 1, "timestamp": "1599360473", "sign": "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="})
        );
    }

    #[test]
    fn the_others_are_left_as_they_are() {
        for form in [WebhookFormat::Wecom, WebhookFormat::Slack, WebhookFormat::Json, WebhookFormat::Auto] {
            assert!(!form.is_signed());
            assert_eq!(
                signed(form, "s", 1),
                ("https://robot/send?access_token=t".to_owned(), json!({"a": 1}))
            );
        }
    }
}
