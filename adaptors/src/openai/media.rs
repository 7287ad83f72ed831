//! Reads a stream of images, of speech or of a transcription. Such a stream tells its kind in `type`, and ends with an
//! event of its own (`image_generation.completed`, `transcript.text.done`, `speech.audio.done`), behind which `[DONE]` may
//! follow and need not; several images have an end each.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::RULES;
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::{Frame, sse};
use crate::json::look;

/// The reader of one stream, from an upstream to a client of the same dialect.
#[derive(Debug, Default)]
pub(super) struct Reader {
    begun: bool,
    /// Its end came. More may follow all the same.
    finished: bool,
    usage: Usage,
}

/// What matters of an event: not the image in it.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    usage: Option<Value>,
}

impl StreamReader for Reader {
    fn frame(&mut self, frame: &Frame) -> Step {
        if frame.is_terminated() {
            return Step { kind: self.read(frame), output: Output::Pass };
        }
        let nothing = Output::Replace(Bytes::new());
        let is_whole = serde_json::from_slice::<IgnoredAny>(&frame.data()).is_ok();
        if sse::is_comment(&frame.raw) || !(is_whole || frame.data().trim_ascii() == b"[DONE]") {
            // It broke off inside an event, or between two.
            self.finished &= sse::is_comment(&frame.raw);
            return Step { kind: Kind::Life, output: nothing };
        }
        // Only its blank line lacks: that counts where it is the end.
        self.finished = false;
        match self.read(frame) {
            Kind::Content if !self.finished => Step { kind: Kind::Content, output: nothing },
            kind => Step { kind, output: Output::Pass },
        }
    }

    fn end(&mut self) -> Ending {
        match (self.begun, self.finished) {
            (_, true) => Ending::Complete(Bytes::new()),
            (true, false) => Ending::Truncated,
            (false, false) => Ending::Empty,
        }
    }

    fn is_finished(&self) -> bool {
        self.finished
    }

    fn usage(&self) -> Usage {
        self.usage
    }
}

impl Reader {
    fn read(&mut self, frame: &Frame) -> Kind {
        let data = frame.data();
        let data = data.trim_ascii();
        if data.is_empty() {
            return Kind::Life;
        }
        if data == b"[DONE]" {
            return if self.begun {
                self.finished = true;
                Kind::Terminal
            } else {
                Kind::Error(failure::broken("the upstream ended its stream without any content"))
            };
        }
        let Ok(event) = serde_json::from_slice::<Event<'_>>(data) else {
            return Kind::Error(failure::listed(RULES, data).unwrap_or_else(|| {
                let what = failure::describe(data, true);
                failure::broken(format!("the upstream's stream has an event that is no object but {what}"))
            }));
        };
        let kind =
            event.kind.or_else(|| frame.event().map(|name| String::from_utf8_lossy(name).into_owned()));
        if kind.as_deref() == Some("error") || event.error.is_some() {
            return match look(data) {
                Ok(value) => Kind::Error(failure::reported(RULES, &value, data)),
                Err(_) => Kind::Error(failure::broken("the upstream reported an error that cannot be read")),
            };
        }
        self.begun = true;
        if let Some(usage) = event.usage.filter(Value::is_object) {
            self.usage.update(Usage::of_openai(&usage));
        }
        self.finished = kind.is_some_and(|kind| kind.ends_with(".done") || kind.ends_with(".completed"));
        Kind::Content
    }
}
