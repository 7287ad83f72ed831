//! What an answer says, as far as it can be compared: the upstream's answers are the same for the same request, so a
//! client can tell whether it was given all of one, and nothing else.

use std::hash::{DefaultHasher, Hasher};

use super::{Asked, Dialect};
use crate::upstream::table::{self, Chosen, Fault};

/// A text, or the arguments of a tool call, of any length: how long it is, and a hash that does not depend on the
/// pieces in which it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    bytes: u64,
    hash: DefaultHasher,
}

impl Said {
    pub(crate) fn add(&mut self, text: &str) {
        self.bytes += text.len() as u64;
        self.hash.write(text.as_bytes());
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How it differs from what was sent; `None` when it does not.
    pub(crate) fn differs(&self, sent: &Self) -> Option<String> {
        if self.bytes != sent.bytes {
            return Some(format!("{} bytes of text where {} were sent", self.bytes, sent.bytes));
        }
        (self.hash.finish() != sent.hash.finish())
            .then(|| format!("{} bytes of another text than was sent", self.bytes))
    }
}

/// The drill's upstream's answer to a request, in advance.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    asked: Asked,
    chosen: Option<Chosen>,
}

impl Promise {
    /// Reads a request as the upstream does.
    pub(crate) fn of(path: &str, body: &[u8]) -> Self {
        let asked = Asked::read(path, "", body);
        // To a fault that there is not it answers with an error.
        let chosen =
            table::asked_for(&asked.model, asked.mark.as_ref()).and_then(|name| table::choose(name).ok());
        Self { asked, chosen }
    }

    /// What may be called the whole answer: mostly one text. A fault that breaks an answer off says a part of this. Of fields
    /// that are not what they should be, a dialect has a reading of its own at most; and all of the text is never a lie,
    /// whatever it was in: nobody can invent it, and a relay may have asked in another dialect than it was asked in.
    pub(crate) fn answers(&self) -> Vec<Answer> {
        match self.chosen {
            Some(Chosen { fault: Fault::Fields, arg, .. }) => {
                self.odd_fields(arg).into_iter().chain([Answer::of(self.whole())]).collect()
            }
            _ => vec![Answer::of(self.whole())],
        }
    }

    /// The text of the whole answer.
    pub(crate) fn whole(&self) -> Said {
        let (asked, mut said) = (&self.asked, Said::default());
        match self.chosen.map(|chosen| (chosen.fault, chosen.arg)) {
            Some((Fault::BigEvent, mib)) => {
                asked.say(2, &mut said);
                big(mib, &mut said);
            }
            Some((Fault::BigAnswer, mib)) => {
                asked.say(0, &mut said);
                big(mib, &mut said);
            }
            Some((Fault::GzipBomb, mib)) => {
                asked.say(if asked.stream { 2 } else { 0 }, &mut said);
                big(mib, &mut said);
            }
            // Libraries replace what is no text.
            Some((Fault::InvalidUtf8, _)) if asked.stream => {
                asked.say(2, &mut said);
                said.add("\u{fffd}ARK");
            }
            Some((Fault::InvalidUtf8, _)) => said.add(&asked.text().replacen("Water", "\u{fffd}ater", 1)),
            Some((Fault::Blocked, _)) => {}
            Some((Fault::Tokens, tokens)) => Asked { tokens, ..asked.clone() }.say_all(&mut said),
            _ => asked.say_all(&mut said),
        }
        said
    }

    /// What an SDK of the client's dialect makes of such fields where nobody changes them, if that may be: where the reason to
    /// stop is a field of the whole, or of the list, it may be missing with it.
    fn odd_fields(&self, variant: u64) -> Option<Answer> {
        let openai = self.asked.dialect == Dialect::OpenAi;
        let finishes = !matches!((variant, openai), (1, false) | (4, true));
        let said = match (variant, self.asked.stream) {
            (1 | 5 | 6, false) => self.whole(),
            // A whole answer where an event should be: a finish reason and no text. So may be an empty list.
            (1 | 5 | 6, true) if openai => Said::default(),
            (4, false) => Said::default(),
            _ => return None,
        };
        Some(Answer { said, finishes })
    }
}

/// A whole answer, as far as it can be compared.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) said: Said,
    /// It says why it ends.
    pub(crate) finishes: bool,
}

impl Answer {
    fn of(said: Said) -> Self {
        Self { said, finishes: true }
    }
}

fn big(mib: u64, said: &mut Said) {
    let block = "x".repeat(1 << 20);
    (0..mib).for_each(|_| said.add(&block));
}

impl Asked {
    fn say_all(&self, said: &mut Said) {
        match &self.tool {
            Some(tool) => said.add(&tool.arguments),
            None => self.say(self.tokens, said),
        }
    }

    fn say(&self, tokens: u64, said: &mut Said) {
        (0..tokens).for_each(|i| said.add(super::word(i)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(pieces: &[&str]) -> Said {
        let mut said = Said::default();
        pieces.iter().for_each(|piece| said.add(piece));
        said
    }

    #[test]
    fn pieces_make_no_difference_and_everything_else_does() {
        let sent = said(&["Water runs", " downhill"]);
        assert_eq!(said(&["Wat", "er", "", " runs downhill"]).differs(&sent), None);
        let missing = said(&["Water", " downhill"]).differs(&sent);
        assert!(missing.is_some_and(|text| text.contains("14 bytes") && text.contains("19 were sent")));
        let swapped = said(&[" runsWater", " downhill"]).differs(&sent);
        assert!(swapped.is_some_and(|text| text.contains("another text")));
    }

    /// The promise is what is really sent, in both forms and dialects.
    #[test]
    fn a_promise_is_what_the_upstream_sends() {
        let tools = json!([{"name": "f", "input_schema": {"properties": {"city": {"type": "string"}}}}]);
        for (model, tools) in [("drill", json!([])), ("a/fault-tokens-31", json!([])), ("drill", tools)] {
            let body = json!({"model": model, "max_tokens": 9, "tools": tools}).to_string();
            let promise = Promise::of("/v1/messages", body.as_bytes());
            let asked = match promise.chosen {
                Some(Chosen { fault: Fault::Tokens, arg, .. }) => {
                    Asked { tokens: arg, ..promise.asked.clone() }
                }
                _ => promise.asked.clone(),
            };
            let mut streamed = Said::default();
            for i in 0..asked.events() {
                let event = String::from_utf8(asked.token(i)).unwrap();
                let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
                let json: serde_json::Value = serde_json::from_str(data).unwrap();
                let delta = &json["delta"];
                streamed.add(delta["text"].as_str().or(delta["partial_json"].as_str()).unwrap());
            }
            assert_eq!(streamed.differs(&promise.answers()[0].said), None, "{model}");
        }
    }

    /// How many bytes of text may be called whole, and whether a reason to stop must be there.
    #[test]
    fn odd_fields_may_be_read_in_the_dialect_asked_for_or_to_the_last_letter() {
        let whole = b"Water runs".len() as u64;
        for (path, fault, stream, wanted) in [
            ("/v1/messages", "fields-2", false, vec![(whole, true)]),
            ("/v1/messages", "fields-1", true, vec![(whole, true)]),
            ("/v1/messages", "fields-1", false, vec![(whole, false), (whole, true)]),
            ("/v1/messages", "fields-4", false, vec![(0, true), (whole, true)]),
            ("/v1/chat/completions", "fields-5", true, vec![(0, true), (whole, true)]),
            ("/v1/chat/completions", "fields-4", false, vec![(0, false), (whole, true)]),
        ] {
            let model = format!("fault-{fault}");
            let body = json!({"model": model, "max_tokens": 2, "stream": stream}).to_string();
            let answers = Promise::of(path, body.as_bytes()).answers();
            let told: Vec<_> = answers.iter().map(|answer| (answer.said.bytes, answer.finishes)).collect();
            assert_eq!(told, wanted, "{path} {fault} {stream}");
        }
    }
}
