//! Characters that an upstream cut in two: one half ends a piece of a text, the other one begins the next.
//!
//! A half waits for the next piece of the same text; where that does not begin with the other half, or does not come, it
//! is U+FFFD.

use std::borrow::Cow;

use super::stream::{Event, Sink};
use crate::json::{Unit, has_halves, units, whole};

/// What a piece is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    Thinking,
    /// A tool's arguments.
    Arguments(usize),
}

#[derive(Debug, Default)]
pub(super) struct Halves {
    waiting: Option<(Kind, u16)>,
}

impl Halves {
    /// Passes an event on, whole. Nearly all are.
    pub(super) fn pass(&mut self, event: Event<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        match piece(&event) {
            Some((_, text)) if self.waiting.is_none() && !has_halves(text) => sink(event),
            None if self.waiting.is_none() => sink(event),
            Some((kind, text)) => {
                let text = self.join(kind, text, sink)?;
                if text.is_empty() { Ok(()) } else { sink(said(kind, text.into())) }
            }
            // They come at any time, and end nothing.
            None if matches!(event, Event::Start { .. } | Event::Tokens(_)) => sink(event),
            None => {
                self.end(sink)?;
                sink(event)
            }
        }
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self, sink: &mut Sink<'_>) -> Result<(), String> {
        match self.waiting.take() {
            Some((kind, _)) => sink(said(kind, "\u{fffd}".into())),
            None => Ok(()),
        }
    }

    /// The piece with the half that waited, and without the one that waits from now on.
    fn join(&mut self, kind: Kind, text: &str, sink: &mut Sink<'_>) -> Result<String, String> {
        if self.waiting.is_some_and(|(other, _)| other != kind) {
            self.end(sink)?;
        }
        let mut joined = String::with_capacity(text.len());
        let mut add = |unit| match (unit, self.waiting.take()) {
            (Unit::Second(second), Some((_, first))) => joined.push(whole(first, second)),
            (unit, waiting) => {
                joined.extend(waiting.map(|_| char::REPLACEMENT_CHARACTER));
                match unit {
                    Unit::Char(letter) => joined.push(letter),
                    Unit::First(first) => self.waiting = Some((kind, first)),
                    Unit::Second(_) => joined.push(char::REPLACEMENT_CHARACTER),
                }
            }
        };
        if has_halves(text) {
            units(text).for_each(add);
        } else {
            text.chars().map(Unit::Char).for_each(&mut add);
        }
        Ok(joined)
    }
}

fn piece<'e>(event: &'e Event<'_>) -> Option<(Kind, &'e str)> {
    match event {
        Event::Text(text) => Some((Kind::Text, text)),
        Event::Refusal(text) => Some((Kind::Refusal, text)),
        Event::Thinking(text) => Some((Kind::Thinking, text)),
        Event::Arguments { tool, json } => Some((Kind::Arguments(*tool), json)),
        _ => None,
    }
}

fn said(kind: Kind, text: Cow<'_, str>) -> Event<'_> {
    match kind {
        Kind::Text => Event::Text(text),
        Kind::Refusal => Event::Refusal(text),
        Kind::Thinking => Event::Thinking(text),
        Kind::Arguments(tool) => Event::Arguments { tool, json: text },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::neutral::Stop;
    use crate::neutral::stream::raw_piece;

    fn told(events: &[(Kind, &str)]) -> Vec<String> {
        let (mut halves, mut told) = (Halves::default(), Vec::new());
        let mut sink = |event: Event<'_>| {
            told.push(piece(&event).map_or(String::from("."), |(_, text)| text.to_owned()));
            Ok(())
        };
        for (kind, json) in events {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            let text = raw_piece(Some(raw), "text").unwrap().unwrap();
            halves.pass(said(*kind, text), &mut sink).unwrap();
        }
        halves.pass(Event::Stop(Stop::End), &mut sink).unwrap();
        told
    }

    #[test]
    fn halves_of_one_text_become_a_character_and_others_are_replaced_once() {
        let text = |pieces: &[&'static str]| {
            told(&pieces.iter().map(|json| (Kind::Text, *json)).collect::<Vec<_>>())
        };
        assert_eq!(text(&[r#""a\ud83d""#, r#""\ude00b""#]), ["a", "\u{1f600}b", "."]);
        assert_eq!(
            text(&[r#""\ud83d""#, r#""\ude00\ud83d""#, r#""\ude00""#]),
            ["\u{1f600}", "\u{1f600}", "."]
        );
        assert_eq!(text(&[r#""a\ud83d""#]), ["a", "\u{fffd}", "."]);
        assert_eq!(text(&[r#""\ud83d""#, r#""b""#]), ["\u{fffd}b", "."]);
        assert_eq!(text(&[r#""\ude00a\ud83db""#]), ["\u{fffd}a\u{fffd}b", "."]);
        let other = told(&[
            (Kind::Thinking, r#""\ud83d""#),
            (Kind::Text, r#""\ude00""#),
            (Kind::Arguments(0), r#""{\"a\":\"\ud83d""#),
            (Kind::Arguments(0), r#""\ude00\"}""#),
        ]);
        assert_eq!(other, ["\u{fffd}", "\u{fffd}", "{\"a\":\"", "\u{1f600}\"}", "."]);
    }
}
