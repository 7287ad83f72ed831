//! What an official SDK makes of an answer. An SDK raises an exception for an error status, an error event and a
//! broken connection, and for nothing else: whatever else comes is a success to the program that called it.

use std::io;
use std::time::Duration;

use serde_json::Value;

use super::Head;
use super::unpack::Unpack;
use crate::upstream::{Promise, Said};

/// An event, and a JSON answer, are looked into up to this size.
const LOOK: usize = 4 << 20;

/// The kind of a request, by which its answer is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `/v1/messages` instead of `/v1/chat/completions`.
    pub(crate) anthropic: bool,
    pub(crate) stream: bool,
}

/// The end of a request, as a client saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A success to an SDK, whether or not it is one.
    Ok,
    Http(u16),
    ErrorEvent,
    /// The connection broke inside the answer, or the answer was no HTTP or no JSON.
    Cut,
    /// The connection was refused, or closed before an answer.
    NoAnswer,
    /// Neither an end nor an error in the time that a client waits.
    Hung,
    /// The client left, as it was told to.
    Left,
}

impl Outcome {
    /// All names, the best first.
    pub(crate) const KEYS: [&str; 8] =
        ["ok", "http_4xx", "http_5xx", "error_event", "cut", "no_answer", "hung", "left"];

    /// Its name in tables and in JSON.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Http(..500) => "http_4xx",
            Self::Http(_) => "http_5xx",
            Self::ErrorEvent => "error_event",
            Self::Cut => "cut",
            Self::NoAnswer => "no_answer",
            Self::Hung => "hung",
            Self::Left => "left",
        }
    }
}

/// An answer as a client saw it, with everything that is needed to judge it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) outcome: Outcome,
    /// All of the text came that the upstream sent, and nothing else, with a finish reason and, in a stream, the
    /// dialect's last event.
    pub(crate) complete: bool,
    /// Complete, perhaps without that last event.
    pub(crate) finished: bool,
    /// How the text of something that looks complete is not what the upstream sent.
    pub(crate) other: Option<String>,
    /// The text of an error in the dialect asked for.
    pub(crate) message: Option<String>,
    pub(crate) took: Duration,
    /// When the first content came.
    pub(crate) first: Option<Duration>,
    pub(crate) head: Option<Head>,
}

impl Seen {
    /// A client that did not come so far as to read.
    pub(crate) fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            complete: false,
            finished: false,
            other: None,
            message: None,
            took: Duration::ZERO,
            first: None,
            head: None,
        }
    }
}

/// Reads an answer piece by piece.
pub(crate) struct Reader {
    asked: Asked,
    /// The upstream's own answer, where it is known.
    promise: Option<Promise>,
    head: Option<Head>,
    /// Unpacks, as an SDK's HTTP library does, what came packed although nobody asked for it.
    unpack: Option<Unpack>,
    /// A JSON answer, or the line that is being read.
    held: Vec<u8>,
    bytes: u64,
    said: Said,
    /// Something of it was too large to be looked into.
    unread: bool,
    finish: bool,
    terminal: bool,
    error: Option<String>,
}

impl Reader {
    pub(crate) fn new(asked: Asked, promise: Option<Promise>) -> Self {
        Self {
            asked,
            promise,
            head: None,
            unpack: None,
            held: Vec::new(),
            bytes: 0,
            said: Said::default(),
            unread: false,
            finish: false,
            terminal: false,
            error: None,
        }
    }

    pub(crate) fn head(&mut self, head: &Head) {
        self.head = Some(head.clone());
        self.unpack = head.header("content-encoding").and_then(Unpack::of);
    }

    /// Tells whether something of the answer itself has come.
    pub(crate) fn has_content(&self) -> bool {
        self.said.bytes() > 0 || self.unread
    }

    fn is_stream(&self) -> bool {
        self.asked.stream && self.head.as_ref().is_some_and(|head| head.status < 300)
    }

    pub(crate) fn body(&mut self, bytes: &[u8]) {
        match &mut self.unpack {
            None => self.plain(bytes),
            Some(unpack) => {
                let plain = unpack.take(bytes);
                self.plain(&plain);
            }
        }
    }

    fn plain(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if !self.is_stream() {
            let room = LOOK.saturating_sub(self.held.len());
            self.held.extend_from_slice(&bytes[..bytes.len().min(room)]);
            return;
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LOOK.saturating_sub(self.held.len());
            self.held.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.held);
                self.line(line.trim_ascii_end());
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        let Some(data) = line.strip_prefix(b"data:") else { return };
        // An SDK does not read on after the last event.
        if self.terminal || self.error.is_some() {
            return;
        }
        if !self.asked.anthropic && data.trim_ascii() == b"[DONE]" {
            self.terminal = true;
            return;
        }
        match serde_json::from_str::<Value>(&String::from_utf8_lossy(data)) {
            Ok(event) => self.event(&event),
            // Too large to be looked into: content. An SDK raises for anything else.
            Err(_) if line.len() >= LOOK => self.unread = true,
            Err(error) => self.error = Some(format!("not JSON: {error}")),
        }
    }

    fn event(&mut self, event: &Value) {
        if event["error"].is_object() || event["type"] == "error" {
            self.error = Some(event["error"]["message"].as_str().unwrap_or_default().to_owned());
            return;
        }
        let (choice, delta) = (&event["choices"][0], &event["delta"]);
        for text in [
            &choice["delta"]["content"],
            &choice["delta"]["tool_calls"][0]["function"]["arguments"],
            &delta["text"],
            &delta["partial_json"],
        ] {
            self.said.add(text.as_str().unwrap_or_default());
        }
        self.finish |= choice["finish_reason"].is_string() || delta["stop_reason"].is_string();
        self.terminal |= self.asked.anthropic && event["type"] == "message_stop";
    }

    /// How it ended: `None` when the client gave up, otherwise whether the connection broke.
    pub(crate) fn seen(mut self, ended: Option<&io::Result<()>>, took: Duration) -> Seen {
        let outcome = match self.outcome(ended) {
            // An HTTP library raises for what cannot be unpacked to its end.
            Outcome::Ok
                if !self.terminal && self.unpack.as_mut().is_some_and(|unpack| !unpack.is_whole()) =>
            {
                Outcome::Cut
            }
            outcome => outcome,
        };
        let (finished, other) = match outcome {
            Outcome::Ok => self.finished(),
            _ => (false, None),
        };
        let complete = finished && (!self.asked.stream || self.terminal);
        let Self { error: message, head, .. } = self;
        Seen { outcome, complete, finished, other, message, took, first: None, head }
    }

    /// Tells whether all was said that the upstream says, and how it differs where it looks as if it were. An answer too
    /// large to be looked into must at least have had room for it.
    fn finished(&self) -> (bool, Option<String>) {
        let Some(promise) = &self.promise else { return (self.has_content() && self.finish, None) };
        let mut other = None;
        for sent in promise.answers() {
            other = self.differs(&sent.said);
            if other.is_none() {
                return (self.finish || !sent.finishes, None);
            }
        }
        (false, other)
    }

    fn differs(&self, sent: &Said) -> Option<String> {
        if !self.unread {
            return self.said.differs(sent);
        }
        let (came, sent) = (self.bytes, sent.bytes());
        (came < sent).then(|| format!("{came} bytes where {sent} were sent"))
    }

    fn outcome(&mut self, ended: Option<&io::Result<()>>) -> Outcome {
        let Some(status) = self.head.as_ref().map(|head| head.status) else {
            return if ended.is_none() { Outcome::Hung } else { Outcome::NoAnswer };
        };
        if self.is_stream() {
            return match ended {
                _ if self.error.is_some() => Outcome::ErrorEvent,
                _ if self.terminal => Outcome::Ok,
                None => Outcome::Hung,
                Some(Ok(())) => Outcome::Ok,
                Some(Err(_)) => Outcome::Cut,
            };
        }
        let json = serde_json::from_str::<Value>(&String::from_utf8_lossy(&self.held));
        if let Ok(json) = &json {
            self.whole(json);
        }
        match ended {
            None => Outcome::Hung,
            Some(_) if status >= 300 => Outcome::Http(status),
            Some(Err(_)) => Outcome::Cut,
            Some(Ok(())) if json.is_err() && self.bytes < LOOK as u64 => Outcome::Cut,
            Some(Ok(())) => Outcome::Ok,
        }
    }

    fn whole(&mut self, json: &Value) {
        self.error = json["error"]["message"].as_str().map(str::to_owned);
        let (choice, block) = (&json["choices"][0], &json["content"][0]);
        let message = &choice["message"];
        for text in [&message["content"], &message["tool_calls"][0]["function"]["arguments"], &block["text"]]
        {
            self.said.add(text.as_str().unwrap_or_default());
        }
        if block["input"].is_object() {
            self.said.add(&block["input"].to_string());
        }
        self.finish = choice["finish_reason"].is_string() || json["stop_reason"].is_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Water\"}}]}\n\n";
    const FINISH: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    const DONE: &str = "data: [DONE]\n\n";

    fn broke() -> Option<io::Result<()>> {
        Some(Err(io::ErrorKind::ConnectionReset.into()))
    }

    #[expect(clippy::needless_pass_by_value, reason = "an ending is used once")]
    fn judge(anthropic: bool, stream: bool, status: u16, body: &str, end: Option<io::Result<()>>) -> Seen {
        let promise = Promise::of("/", b"{\"model\":\"drill\",\"max_tokens\":1}");
        let mut reader = Reader::new(Asked { anthropic, stream }, Some(promise));
        reader.head(&Head { status, headers: Vec::new() });
        // How the bytes arrive makes no difference.
        body.as_bytes().chunks(3).for_each(|piece| reader.body(piece));
        reader.seen(end.as_ref(), Duration::ZERO)
    }

    #[test]
    fn streams_are_judged_as_an_sdk_does() {
        let error = "data: {\"error\":{\"message\":\"broken\"}}\n\n";
        for (body, end, outcome, complete) in [
            (format!("{TOKEN}{FINISH}{DONE}"), Some(Ok(())), Outcome::Ok, true),
            // A clean end without a finish reason is a success to an SDK: that is the lie.
            (TOKEN.to_owned(), Some(Ok(())), Outcome::Ok, false),
            (format!("{TOKEN}{DONE}"), Some(Ok(())), Outcome::Ok, false),
            (String::new(), Some(Ok(())), Outcome::Ok, false),
            (TOKEN.to_owned(), broke(), Outcome::Cut, false),
            (TOKEN.to_owned(), None, Outcome::Hung, false),
            (format!("{TOKEN}{error}"), Some(Ok(())), Outcome::ErrorEvent, false),
            // Nothing after the last event is read.
            (format!("{TOKEN}{FINISH}{DONE}{error}"), None, Outcome::Ok, true),
            // Twice what was sent, and nothing of it.
            (format!("{TOKEN}{TOKEN}{FINISH}{DONE}"), Some(Ok(())), Outcome::Ok, false),
            (format!("{FINISH}{DONE}"), Some(Ok(())), Outcome::Ok, false),
        ] {
            let seen = judge(false, true, 200, &body, end);
            assert_eq!((seen.outcome, seen.complete), (outcome, complete), "{body}");
        }
        let open = judge(false, true, 200, &format!("{TOKEN}{FINISH}"), Some(Ok(())));
        assert!(open.finished && !open.complete);
        let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        let text = "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"Water\"}}\n\n";
        let delta = "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n";
        assert!(judge(true, true, 200, &format!("{text}{delta}{stop}"), Some(Ok(()))).complete);
        assert!(!judge(true, true, 200, &format!("{text}{stop}"), Some(Ok(()))).complete);
    }

    /// An Anthropic client whose relay asked in OpenAI's dialect, where a whole answer stood in an event.
    #[test]
    fn all_of_the_text_is_no_lie_whatever_it_was_in() {
        let judge = |text: &str| {
            let body = b"{\"model\":\"fault-fields-5\",\"stream\":true,\"max_tokens\":1}";
            let promise = Promise::of("/v1/messages", body);
            let mut reader = Reader::new(Asked { anthropic: true, stream: true }, Some(promise));
            reader.head(&Head { status: 200, headers: Vec::new() });
            let text =
                format!("data: {{\"type\":\"content_block_delta\",\"delta\":{{\"text\":\"{text}\"}}}}\n\n");
            reader.body(text.as_bytes());
            reader.body(b"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n");
            reader.body(b"data: {\"type\":\"message_stop\"}\n\n");
            reader.seen(Some(&Ok(())), Duration::ZERO).complete
        };
        assert!(judge("Water"));
        assert!(!judge("") && !judge("Wate") && !judge("Water runs"));
    }

    #[test]
    fn whole_answers_are_judged_as_an_sdk_does() {
        let good = "{\"choices\":[{\"message\":{\"content\":\"Water\"},\"finish_reason\":\"stop\"}]}";
        let error = "{\"error\":{\"message\":\"broken\"}}";
        for (status, body, end, outcome, complete) in [
            (200, good, Some(Ok(())), Outcome::Ok, true),
            (200, &good[..20], broke(), Outcome::Cut, false),
            (200, &good[..20], Some(Ok(())), Outcome::Cut, false),
            (200, error, Some(Ok(())), Outcome::Ok, false),
            (502, error, Some(Ok(())), Outcome::Http(502), false),
            (502, error, None, Outcome::Hung, false),
        ] {
            let seen = judge(false, false, status, body, end);
            assert_eq!((seen.outcome, seen.complete), (outcome, complete), "{status} {body}");
        }
        let other = judge(false, false, 200, &good.replace("Water", "Wader"), Some(Ok(())));
        assert!(!other.complete && other.other.is_some_and(|text| text.contains("another text")));
        assert_eq!(judge(false, true, 503, error, Some(Ok(()))).message.as_deref(), Some("broken"));
        let none = Reader::new(Asked { anthropic: false, stream: true }, None);
        assert_eq!(none.seen(broke().as_ref(), Duration::ZERO).outcome, Outcome::NoAnswer);
    }
}
