//! Puts a streamed chat completion together to a whole one, for clients that did not ask for a stream.
//!
//! Deltas are merged the way OpenAI's own SDK merges them, so that fields that are not known yet are kept: texts are
//! joined, objects merged, entries of lists that have an `index` merged by it. What nothing is added to stays as it came.

use bytes::Bytes;

use super::node::{Fields, Node, entry, put_first, take};
use crate::framing::Frame;
use crate::gathered::Pieces;
use crate::json::{Level, Writer, items, mended};

/// One answer, as far as it came.
#[derive(Debug, Default)]
pub(super) struct Gather {
    /// All but the choices, whose place it keeps.
    answer: Level<'static>,
    choices: Vec<Node>,
}

impl Pieces for Gather {
    const LACKS: &'static str = "finish reason";

    fn take(&mut self, frame: &Frame) -> Result<(), String> {
        let data = frame.data();
        let chunk = Level::of_bytes(&data)
            .map_err(|error| format!("the upstream's stream has a chunk that cannot be read: {error}"))?;
        for (key, value) in chunk.iter() {
            match items(value).filter(|_| key == "choices") {
                Some(choices) => {
                    self.answer.or("choices", "[]");
                    choices.into_iter().try_for_each(|choice| self.choice(choice))?;
                }
                None if value == "null" && self.answer.get(key).is_some() => {}
                None => self.answer.keep(key, value),
            }
        }
        Ok(())
    }

    fn whole(&mut self) -> Result<Bytes, String> {
        let mut answer = std::mem::take(&mut self.answer);
        let mut choices = std::mem::take(&mut self.choices);
        choices.sort_by_key(|choice| choice.index().and_then(|index| index.parse::<u64>().ok()));
        let mut object = "\"chat.completion\"";
        for choice in choices.iter_mut().filter_map(Node::object) {
            if choice.iter().any(|(key, _)| key == "text") {
                object = "\"text_completion\"";
            } else {
                complete(choice)?;
            }
        }
        let mut w = Writer::default();
        w.list(|w| choices.iter().for_each(|choice| choice.write(w)));
        answer.put("object", object);
        answer.put("choices", String::from_utf8(w.into_bytes()).unwrap_or_default());
        Ok(mended(&answer.json()).into_owned().into())
    }
}

impl Gather {
    fn choice(&mut self, choice: &str) -> Result<(), String> {
        let Ok(mut choice) = Level::of(choice) else { return Ok(()) };
        choice.or("index", "0");
        let (delta, message) = (choice.take("delta"), choice.take("message"));
        if let Some(delta) = delta.or(message).filter(|delta| delta.starts_with('{')) {
            choice.put("message", delta);
        }
        let place = entry(&mut self.choices, choice.get("index").unwrap_or_default())?;
        place.merge(&choice)
    }
}

/// Makes a whole choice of what its deltas said.
fn complete(choice: &mut Fields) -> Result<(), String> {
    let is_message = |(key, message): &(String, Node)| key == "message" && message.starts_with('{');
    if !choice.iter().any(is_message) {
        put_first(choice, "message", Node::Object(Vec::new()));
    }
    let message = choice.iter_mut().find(|(key, _)| key == "message");
    let Some(message) = message.and_then(|(_, message)| message.object()) else { return Ok(()) };
    // Streams begin with an empty text before it is known that there is none.
    let has =
        |message: &Fields, key: &str| message.iter().any(|(name, value)| name == key && value.is_some());
    let stands_for_it = ["tool_calls", "refusal"].iter().any(|key| has(message, key));
    let is_said = message.iter().any(|(key, _)| key == "content");
    if !has(message, "content") && (stands_for_it || !is_said) {
        take(message, "content");
        put_first(message, "content", Node::Raw("null".into()));
    }
    if !message.iter().any(|(key, _)| key == "role") {
        put_first(message, "role", Node::Raw("\"assistant\"".into()));
    }
    message.retain(|(key, value)| key == "content" || !value.starts_with('[') || value.is_some());
    for (key, value) in message {
        for entry in value.list()?.into_iter().flatten().filter_map(Node::object) {
            // Whole answers number nothing in a message: an index is what deltas have.
            take(entry, "index");
            if key == "tool_calls" {
                name_type(entry);
            }
        }
    }
    Ok(())
}

/// Some providers' streams leave out what a call is; a whole answer always says it.
fn name_type(call: &mut Fields) {
    let has = |key: &str, is: fn(&Node) -> bool| call.iter().any(|(name, value)| name == key && is(value));
    if has("function", |_| true) && !has("type", Node::is_some) {
        take(call, "type");
        put_first(call, "type", Node::Raw("\"function\"".into()));
    }
}
