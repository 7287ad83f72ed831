//! A complete chat completion, told as the stream of it.

use crate::json::{Level, Writer, items};

/// The chunks that a stream of this answer would have had: for each choice its role, its content and its finish
/// reason. The usage is on the last of them and not on a chunk without choices, which clients that did not ask for
/// it trip over.
pub(super) fn as_stream(mut answer: Level<'_>) -> Vec<u8> {
    let choices = answer.take("choices").unwrap_or_default();
    let choices = items(&choices).unwrap_or_default();
    let usage = answer.take("usage").filter(|usage| usage != "null");
    let mut telling = Telling { answer, out: Vec::new() };
    for (position, raw) in choices.iter().enumerate() {
        let usage = usage.as_deref().filter(|_| position + 1 == choices.len());
        let choice = Level::of(raw).unwrap_or_default();
        // Of a text that goes on a chunk is like the whole.
        if choice.get("text").is_some() {
            telling.say(false, usage, |w| w.json(raw));
        } else {
            telling.choice(&position.to_string(), &choice, usage);
        }
    }
    telling.out.extend_from_slice(b"data: [DONE]\n\n");
    telling.out
}

struct Telling<'a> {
    /// What all chunks say.
    answer: Level<'a>,
    out: Vec<u8>,
}

impl Telling<'_> {
    fn say(&mut self, is_chunk: bool, usage: Option<&str>, choice: impl FnOnce(&mut Writer)) {
        self.out.extend_from_slice(b"data: ");
        let mut w = Writer::on(std::mem::take(&mut self.out));
        w.object(|w| {
            for (key, value) in self.answer.iter() {
                let is_other = is_chunk && key == "object";
                w.key(key).json(if is_other { "\"chat.completion.chunk\"" } else { value });
            }
            w.key("choices").list(choice);
            usage.into_iter().for_each(|usage| w.key("usage").json(usage));
        });
        self.out = w.into_bytes();
        self.out.extend_from_slice(b"\n\n");
    }

    fn choice(&mut self, position: &str, choice: &Level<'_>, usage: Option<&str>) {
        let index = choice.get("index").unwrap_or(position);
        let message = choice.get("message").and_then(|message| Level::of(message).ok()).unwrap_or_default();
        let piece = |w: &mut Writer, delta: &Level<'_>, finish: &str, logprobs: Option<&str>| {
            w.object(|w| {
                w.key("index").json(index);
                delta.write(w.key("delta"));
                w.key("finish_reason").json(finish);
                logprobs.into_iter().for_each(|logprobs| w.key("logprobs").json(logprobs));
            });
        };
        let mut first = Level::default();
        first.put("role", message.get("role").unwrap_or("\"assistant\""));
        first.put("content", "\"\"");
        self.say(true, None, |w| piece(w, &first, "null", None));
        let delta = delta_of(message.clone());
        if delta.iter().next().is_some() {
            let logprobs = choice.get("logprobs").filter(|logprobs| *logprobs != "null");
            self.say(true, None, |w| piece(w, &delta, "null", logprobs));
        }
        // Without one the answer broke off, as a stream without one does.
        let finish = choice.some("finish_reason").unwrap_or("null");
        self.say(true, usage, |w| piece(w, &Level::default(), finish, None));
    }
}

/// The message without its role and what is empty; its tool calls get the index that deltas have.
fn delta_of(mut message: Level<'_>) -> Level<'_> {
    message.take("role");
    message.retain_some();
    let Some(calls) = message.get("tool_calls").and_then(items) else { return message };
    let mut w = Writer::default();
    w.list(|w| {
        for (index, raw) in calls.into_iter().enumerate() {
            match Level::of(raw) {
                Ok(mut call) => {
                    call.put("index", index.to_string());
                    call.write(w);
                }
                Err(_) => w.json(raw),
            }
        }
    });
    let calls = String::from_utf8(w.into_bytes()).unwrap_or_default();
    message.put("tool_calls", calls);
    message
}
