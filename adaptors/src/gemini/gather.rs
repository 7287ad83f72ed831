//! Puts a streamed answer together to a whole one, for clients that did not ask for a stream.

use bytes::Bytes;

use crate::framing::Frame;
use crate::gathered::Pieces;
use crate::json::{Level, Writer, is_nothing, items, mended};

/// Candidates of one answer. No real answer comes near it.
const MAX_CANDIDATES: usize = 128;

/// One answer, as far as it came.
#[derive(Debug, Default)]
pub(super) struct Gather {
    /// All but the candidates, whose place it keeps.
    answer: Level<'static>,
    candidates: Vec<Candidate>,
}

#[derive(Debug, Default)]
struct Candidate {
    index: u64,
    /// All but the content, whose place it keeps.
    fields: Level<'static>,
    /// All but the parts.
    content: Level<'static>,
    parts: Vec<Level<'static>>,
}

impl Pieces for Gather {
    const LACKS: &'static str = "finish reason";

    fn take(&mut self, frame: &Frame) -> Result<(), String> {
        let data = frame.data();
        let chunk = Level::of_bytes(&data)
            .map_err(|error| format!("the upstream's stream has a chunk that cannot be read: {error}"))?;
        for (key, value) in chunk.iter() {
            match items(value).filter(|_| key == "candidates") {
                Some(candidates) => {
                    self.answer.or("candidates", "[]");
                    candidates.into_iter().try_for_each(|candidate| self.candidate(candidate))?;
                }
                None if value == "null" && self.answer.get(key).is_some() => {}
                None => self.answer.keep(key, value),
            }
        }
        Ok(())
    }

    fn whole(&mut self) -> Result<Bytes, String> {
        let mut answer = std::mem::take(&mut self.answer);
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.sort_by_key(|candidate| candidate.index);
        if candidates.is_empty() && answer.get("promptFeedback").is_some() {
            answer.take("candidates");
        } else {
            let mut w = Writer::default();
            w.list(|w| candidates.into_iter().for_each(|candidate| candidate.write(w)));
            answer.put("candidates", String::from_utf8(w.into_bytes()).unwrap_or_default());
        }
        Ok(mended(&answer.json()).into_owned().into())
    }
}

impl Gather {
    fn candidate(&mut self, candidate: &str) -> Result<(), String> {
        let Ok(fields) = Level::of(candidate) else { return Ok(()) };
        let index = fields.count("index").unwrap_or(0);
        let at = match self.candidates.iter().position(|known| known.index == index) {
            Some(at) => at,
            None if self.candidates.len() == MAX_CANDIDATES => {
                return Err(format!("the upstream's answer has more than {MAX_CANDIDATES} candidates"));
            }
            None => {
                let mut new = Candidate { index, ..Candidate::default() };
                new.fields.put("content", "{}");
                self.candidates.push(new);
                self.candidates.len() - 1
            }
        };
        let known = &mut self.candidates[at];
        for (key, value) in fields.iter() {
            match Level::of(value).ok().filter(|_| key == "content") {
                Some(content) => known.say(&content),
                None if value == "null" => {}
                None => known.fields.keep(key, value),
            }
        }
        Ok(())
    }
}

impl Candidate {
    fn say(&mut self, content: &Level<'_>) {
        for (key, value) in content.iter() {
            let Some(parts) = items(value).filter(|_| key == "parts") else {
                self.content.keep(key, value);
                continue;
            };
            for part in parts.into_iter().filter_map(|part| Level::of(part).ok()) {
                if !join(self.parts.last_mut(), &part) {
                    self.parts.push(part.owned());
                }
            }
        }
    }

    fn write(mut self, w: &mut Writer) {
        self.content.or("role", "\"model\"");
        let mut content = Writer::default();
        content.object(|w| {
            w.key("parts").list(|w| self.parts.iter().for_each(|part| part.write(w)));
            self.content.write_into(w);
        });
        self.fields.put("content", String::from_utf8(content.into_bytes()).unwrap_or_default());
        self.fields.write(w);
    }
}

/// Joins a piece of text to the one before it. Pieces with a signature stay as they are signed; an empty piece says
/// nothing.
fn join(last: Option<&mut Level<'static>>, part: &Level<'_>) -> bool {
    let is_plain = |part: &Level<'_>| part.iter().all(|(key, _)| matches!(key, "text" | "thought"));
    let Some(last) = last else { return false };
    let Some(piece) = part.get("text").filter(|piece| piece.starts_with('"') && is_plain(part)) else {
        return false;
    };
    if is_nothing(piece) {
        return true;
    }
    is_plain(last) && last.get("thought") == part.get("thought") && last.join("text", piece)
}
