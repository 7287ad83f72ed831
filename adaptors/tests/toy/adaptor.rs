//! A toy in front, a toy behind.

use adaptors::adaptor::{
    Adaptor, Answer, Call, Class, Ending, Kind, Output, Step, StreamReader, Unsupported, Upload,
    UpstreamError, Usage,
};
use adaptors::framing::Frame;
use bytes::Bytes;
use serde_json::{Value, json};

pub(super) struct Same;

impl Adaptor for Same {
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported> {
        Ok(super::upload(call, call.body.clone()))
    }

    fn stream(&self, _call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::<Reader>::default()
    }

    fn gather(&self, _call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::<Gather>::default()
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        let answer: Value = match serde_json::from_slice(&body) {
            Ok(answer @ Value::Object(_)) => answer,
            _ => return Answer::Error(broken("no answer")),
        };
        if let Some(error) = error_in(&answer, &body) {
            return Answer::Error(error);
        }
        let usage = usage_of(&answer);
        if !call.envelope.stream {
            return Answer::Deliver { body, content_type: "application/json", usage };
        }
        let (text, end) = (&answer["text"], json!({"end": answer["end"], "cost": answer["cost"]}));
        let body = format!("{}\n{end}\n", json!({"text": text})).into();
        Answer::Deliver { body, content_type: "application/x-ndjson", usage }
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        let read = serde_json::from_slice(body).ok().filter(|_| whole);
        let error =
            read.and_then(|value: Value| error_in(&value, body)).unwrap_or_else(|| broken("no error"));
        let class = if status < 500 { Class::Caller } else { Class::Transient };
        UpstreamError { status, class, ..error }
    }
}

fn broken(message: &str) -> UpstreamError {
    let (message, class) = (message.to_owned(), Class::Broken);
    UpstreamError { status: 502, message, kind: None, code: None, body: None, class, is_worded: true }
}

fn error_in(value: &Value, raw: &[u8]) -> Option<UpstreamError> {
    let wrong = value.get("wrong")?;
    let message = wrong["message"].as_str().unwrap_or("something");
    let status = wrong["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(502);
    let body = Some(Bytes::copy_from_slice(raw.trim_ascii()));
    let code = wrong["code"].as_str().map(str::to_owned);
    Some(UpstreamError { status, body, code, class: Class::Transient, is_worded: false, ..broken(message) })
}

fn usage_of(value: &Value) -> Usage {
    Usage { input: value["cost"][0].as_u64(), output: value["cost"][1].as_u64(), ..Usage::default() }
}

#[derive(Default)]
struct Reader {
    begun: bool,
    usage: Usage,
}

impl StreamReader for Reader {
    fn frame(&mut self, frame: &Frame) -> Step {
        let pass = |kind| Step { kind, output: Output::Pass };
        if frame.is_empty() {
            return pass(Kind::Life);
        }
        match serde_json::from_slice::<Value>(&frame.data()) {
            Ok(line) if line.get("wrong").is_some() => {
                pass(Kind::Error(error_in(&line, &frame.raw).unwrap_or_else(|| broken("no error"))))
            }
            Ok(line) if line.get("end").is_some() => {
                self.usage = usage_of(&line);
                pass(Kind::Terminal)
            }
            Ok(_) => {
                self.begun = true;
                pass(Kind::Content)
            }
            Err(_) => pass(Kind::Error(broken("a line is no JSON"))),
        }
    }

    fn end(&mut self) -> Ending {
        if self.begun { Ending::Truncated } else { Ending::Empty }
    }

    fn usage(&self) -> Usage {
        self.usage
    }
}

#[derive(Default)]
struct Gather {
    inner: Reader,
    text: String,
}

impl StreamReader for Gather {
    fn frame(&mut self, frame: &Frame) -> Step {
        let Step { kind, .. } = self.inner.frame(frame);
        let line: Value = serde_json::from_slice(&frame.data()).unwrap_or_default();
        self.text += line["text"].as_str().unwrap_or_default();
        let whole = match kind {
            Kind::Terminal => {
                json!({"text": self.text, "end": line["end"], "cost": line["cost"]}).to_string().into()
            }
            _ => Bytes::new(),
        };
        Step { kind, output: Output::Replace(whole) }
    }

    fn end(&mut self) -> Ending {
        self.inner.end()
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}
