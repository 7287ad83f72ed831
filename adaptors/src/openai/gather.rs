//! Puts a streamed chat completion together to a whole one, for clients that did not ask for a stream.
//!
//! Deltas are merged the way OpenAI's own SDK merges them, so that fields that are not known yet are kept: texts are
//! joined, objects merged, entries of lists that have an `index` merged by it.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::stream::{Reader, has_value};
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::Frame;

/// Entries of one indexed list (choices, tool calls). No real answer comes near it.
const MAX_ENTRIES: usize = 1024;

/// Texts that come whole: repeated ones replace what was there.
const WHOLE: [&str; 6] = ["id", "type", "role", "name", "object", "finish_reason"];

/// The reader of one stream whose chunks become one answer.
#[derive(Debug, Default)]
pub(super) struct Gather {
    inner: Reader,
    answer: Map<String, Value>,
    choices: Vec<Value>,
}

impl StreamReader for Gather {
    fn frame(&mut self, frame: &Frame) -> Step {
        let step = self.inner.frame(frame);
        let silent = |kind| Step { kind, output: Output::Replace(Bytes::new()) };
        match step.kind {
            Kind::Terminal if !self.inner.is_finished() => {
                let said = "the upstream ended its stream without a finish reason";
                silent(Kind::Error(failure::broken(said)))
            }
            Kind::Terminal => Step { kind: Kind::Terminal, output: Output::Replace(self.whole()) },
            Kind::Opening | Kind::Content => match self.take(frame) {
                Ok(()) => silent(step.kind),
                Err(said) => silent(Kind::Error(failure::broken(said))),
            },
            kind => silent(kind),
        }
    }

    fn end(&mut self) -> Ending {
        match self.inner.end() {
            Ending::Complete(_) => Ending::Complete(self.whole()),
            other => other,
        }
    }

    fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}

impl Gather {
    fn take(&mut self, frame: &Frame) -> Result<(), String> {
        let chunk: Map<String, Value> = serde_json::from_slice(&frame.data())
            .map_err(|error| format!("the upstream's stream has a chunk that cannot be read: {error}"))?;
        for (key, value) in chunk {
            match value {
                Value::Array(choices) if key == "choices" => {
                    for choice in choices {
                        self.choice(choice)?;
                    }
                }
                Value::Null if self.answer.contains_key(&key) => {}
                value => {
                    self.answer.insert(key, value);
                }
            }
        }
        Ok(())
    }

    fn choice(&mut self, choice: Value) -> Result<(), String> {
        let Value::Object(mut choice) = choice else { return Ok(()) };
        let index = choice.entry("index").or_insert_with(|| 0.into()).clone();
        let delta = choice.remove("delta").or_else(|| choice.remove("message"));
        if let Some(delta) = delta.filter(Value::is_object) {
            choice.insert("message".into(), delta);
        }
        let place = entry(&mut self.choices, &index)?;
        merge(place, choice)
    }

    fn whole(&mut self) -> Bytes {
        let mut answer = std::mem::take(&mut self.answer);
        let mut choices = std::mem::take(&mut self.choices);
        choices.sort_by_key(|choice| choice.get("index").and_then(Value::as_u64));
        let mut object = "chat.completion";
        for choice in &mut choices {
            let Some(choice) = choice.as_object_mut() else { continue };
            if choice.contains_key("text") {
                object = "text_completion";
                continue;
            }
            let message = choice.entry("message").or_insert_with(|| json!({}));
            let Some(message) = message.as_object_mut() else { continue };
            message.entry("role").or_insert_with(|| "assistant".into());
            // Streams begin with an empty text before it is known that there is none.
            if !has_value(message.get("content"))
                && (has_value(message.get("tool_calls")) || !message.contains_key("content"))
            {
                message.insert("content".into(), Value::Null);
            }
            message.retain(|key, value| key == "content" || !value.is_array() || has_value(Some(value)));
            message.values_mut().for_each(forget_indexes);
            message.get_mut("tool_calls").into_iter().for_each(name_types);
        }
        answer.insert("object".into(), object.into());
        answer.insert("choices".into(), choices.into());
        Value::Object(answer).to_string().into()
    }
}

/// Some providers' streams leave out what a call is; a whole answer always says it.
fn name_types(calls: &mut Value) {
    let calls = calls.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
    for call in calls.filter(|call| call.contains_key("function") && !has_value(call.get("type"))) {
        call.insert("type".into(), "function".into());
    }
}

/// The entry with this index, made where there is none.
fn entry<'a>(list: &'a mut Vec<Value>, index: &Value) -> Result<&'a mut Value, String> {
    let place = match list.iter().rposition(|entry| entry.get("index") == Some(index)) {
        Some(place) => place,
        None if list.len() == MAX_ENTRIES => {
            return Err(format!("the upstream's answer has a list of more than {MAX_ENTRIES} entries"));
        }
        None => {
            list.push(json!({"index": index}));
            list.len() - 1
        }
    };
    Ok(&mut list[place])
}

fn merge(into: &mut Value, from: Map<String, Value>) -> Result<(), String> {
    let Value::Object(fields) = into else {
        *into = Value::Object(from);
        return Ok(());
    };
    for (key, value) in from {
        let Some(there) = fields.get_mut(&key) else {
            let value = match value {
                // A list begins empty, so that the first entries are merged like later ones.
                Value::Array(items) => {
                    let mut list = json!([]);
                    extend(&mut list, items)?;
                    list
                }
                value => value,
            };
            fields.insert(key, value);
            continue;
        };
        match (there, value) {
            (_, Value::Null) => {}
            (Value::String(text), Value::String(more)) if WHOLE.contains(&key.as_str()) => {
                if !more.is_empty() {
                    *text = more;
                }
            }
            (Value::String(text), Value::String(more)) => text.push_str(&more),
            (there @ Value::Object(_), Value::Object(more)) if key != "usage" => merge(there, more)?,
            (there @ Value::Array(_), Value::Array(items)) => extend(there, items)?,
            (there, value) => *there = value,
        }
    }
    Ok(())
}

fn extend(list: &mut Value, items: Vec<Value>) -> Result<(), String> {
    let Value::Array(list) = list else { return Ok(()) };
    for item in items {
        match item {
            Value::Object(fields) if fields.get("index").is_some_and(Value::is_u64) => {
                let index = fields.get("index").cloned().unwrap_or_default();
                merge(entry(list, &index)?, fields)?;
            }
            item => list.push(item),
        }
    }
    Ok(())
}

/// Whole answers number nothing in a message: an index is what deltas have.
fn forget_indexes(list: &mut Value) {
    for entry in list.as_array_mut().into_iter().flatten() {
        if let Some(entry) = entry.as_object_mut() {
            entry.remove("index");
        }
    }
}
