//! A toy and anybody.

use std::fmt::Write as _;

use adaptors::adaptor::{Call, Unsupported};
use adaptors::dropped::Dropped;
use adaptors::framing::Frame;
use adaptors::neutral::{
    Content, Conversation, Decode, Encode, Event, Losses, Part, Place, Refused, Role, Sink, Stop, Tokens,
    Turn,
};
use bytes::Bytes;
use serde_json::{Value, json};

use super::lines::LINES;

pub(super) fn read_request<'a>(
    call: &Call<'a>,
    dropped: &mut Dropped,
) -> Result<Conversation<'a>, Unsupported> {
    let body: Value =
        serde_json::from_slice(call.body).map_err(|error| Unsupported::body(error.to_string()))?;
    let turns = body["turns"].as_array().ok_or_else(|| Unsupported::field("turns", "`turns` is missing"))?;
    let turn = |(number, turn): (usize, &Value)| {
        let text = turn["text"].as_str().unwrap_or_default().to_owned();
        let role = match turn["by"].as_str() {
            Some("user") => Role::User,
            Some("house") => Role::System,
            _ => Role::Assistant,
        };
        let part = Part { at: Place::Turn(number), content: Content::Text(text.into()), cache: None };
        Turn { role, parts: vec![part] }
    };
    if body["mood"].is_string() {
        dropped.note("mood");
    }
    Ok(Conversation {
        turns: turns.iter().enumerate().map(turn).collect(),
        limit: body["limit"].as_u64(),
        stream: call.envelope.stream,
        ..Conversation::default()
    })
}

pub(super) fn write_request(
    conversation: &Conversation<'_>,
    losses: &mut Losses<'_>,
) -> Result<Bytes, Refused> {
    if conversation.temperature.is_some() {
        losses.hint(Place::Temperature, "is too warm for a toy")?;
    }
    if conversation.format.is_some() {
        return Err(Refused::new(Place::Format, "is more than a toy promises"));
    }
    let mut turns = Vec::new();
    for turn in &conversation.turns {
        let mut text = String::new();
        for part in &turn.parts {
            match &part.content {
                Content::Text(piece) => text += piece,
                _ => return Err(Refused::new(part.at, "is no text, and toys read nothing else")),
            }
        }
        turns.push(json!({"by": if turn.role == Role::User { "user" } else { "toy" }, "text": text}));
    }
    Ok(json!({"turns": turns, "limit": conversation.limit}).to_string().into())
}

#[derive(Default)]
pub(super) struct Decoder {
    begun: bool,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame, sink: &mut Sink<'_>) -> Result<(), String> {
        let line: Value = serde_json::from_slice(&frame.data()).map_err(|error| error.to_string())?;
        if !std::mem::replace(&mut self.begun, true) {
            sink(Event::Start { id: None, model: None })?;
        }
        if let Some(text) = line["text"].as_str() {
            sink(Event::Text(text.into()))?;
        }
        let Some(end) = line["end"].as_str() else { return Ok(()) };
        let (input, output) = (line["cost"][0].as_u64(), line["cost"][1].as_u64());
        sink(Event::Tokens(Tokens { input, output, ..Tokens::default() }))?;
        sink(Event::Stop(if end == "limit" { Stop::Length } else { Stop::End }))
    }

    /// It has in one line what those of a stream have.
    fn whole(&mut self, answer: &str, sink: &mut Sink<'_>) -> Result<(), String> {
        self.frame(&Frame::new(Bytes::copy_from_slice(answer.as_bytes()), &LINES), sink)
    }
}

pub(super) struct Encoder {
    /// All that was said, for a client that gets one answer.
    whole: Option<String>,
    tokens: Tokens,
    stop: Option<Stop>,
}

impl Encoder {
    pub(super) fn new(whole: bool) -> Self {
        Self { whole: whole.then(String::new), tokens: Tokens::default(), stop: None }
    }
}

impl Encode for Encoder {
    fn event(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        match event {
            Event::Text(text) => match &mut self.whole {
                Some(whole) => whole.push_str(&text),
                None => line(out, &json!({"text": text})),
            },
            Event::Tokens(tokens) => self.tokens.update(tokens),
            Event::Stop(stop) => self.stop = Some(stop),
            Event::Tool { .. } => return Err("toys call no tools".to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn ping(&mut self, out: &mut Vec<u8>) {
        if self.whole.is_none() {
            out.push(b'\n');
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let stop = self.stop.take().ok_or("no reason to stop")?;
        let end = if stop == Stop::Length { "limit" } else { "full" };
        let cost = [self.tokens.input, self.tokens.output];
        match self.whole.take() {
            Some(text) => out.extend(json!({"text": text, "end": end, "cost": cost}).to_string().bytes()),
            None => line(out, &json!({"end": end, "cost": cost})),
        }
        Ok(())
    }
}

fn line(out: &mut Vec<u8>, value: &Value) {
    let mut text = String::new();
    let _ = writeln!(text, "{value}");
    out.extend_from_slice(text.as_bytes());
}
