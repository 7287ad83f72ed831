//! The calls of an answer, put together from their pieces: which call a piece belongs to, and what waits for its name.
//!
//! Some servers (vLLM, DeepInfra, llama.cpp) say a call's name after its id, or even after its arguments. No other dialect
//! can begin a call without its name, so all of it is held until then.

use std::borrow::Cow;
use std::mem::take;

use crate::balance::Balance;
use crate::json::settled;
use crate::neutral::{Event, Sink};

/// Calls of one answer. No real answer comes near it.
const MAX_TOOLS: usize = 1024;
/// Bytes of arguments that may wait for names.
const MAX_HELD: usize = 4 << 20;

/// One piece of one call, as it came.
pub(super) struct Piece<'a> {
    pub(super) index: Option<u64>,
    pub(super) id: Cow<'a, str>,
    pub(super) name: Cow<'a, str>,
    pub(super) json: Cow<'a, str>,
    pub(super) signature: Option<Cow<'a, str>>,
    /// Among the pieces of its chunk.
    pub(super) position: usize,
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    known: Vec<Known>,
    /// Calls that have their names, and so their numbers.
    named: usize,
    /// Bytes that wait.
    held: usize,
}

#[derive(Debug, Default)]
struct Known {
    index: Option<u64>,
    id: String,
    name: String,
    /// As far as it came before the name.
    signature: Option<String>,
    /// It has been told with its signature.
    is_signed: bool,
    /// Its number, once it has its name.
    tool: Option<usize>,
    /// Arguments that wait for the name.
    held: String,
    /// Of the arguments, as far as they came.
    balance: Balance,
    has_arguments: bool,
    said_nothing: bool,
}

impl Known {
    /// True where a named piece of the same place is another call: this one has all its arguments, or another name.
    fn is_over(&self, name: &str, arguments: &str) -> bool {
        let (is_same, is_bare) = (self.name == name, arguments.trim().is_empty());
        match (self.has_arguments, self.said_nothing) {
            _ if self.tool.is_none() => false,
            (false, false) => !is_same,
            (has_arguments, _) => (!has_arguments || self.balance.is_whole()) && !(is_same && is_bare),
        }
    }
}

impl Calls {
    /// Takes the next piece, and says what can be said of its call.
    ///
    /// # Errors
    /// When there is more than can be held.
    pub(super) fn piece(&mut self, piece: Piece<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        let at = match self.place(&piece) {
            Some(at) => at,
            None => self.begin(piece.index)?,
        };
        self.name(at, &piece, sink)?;
        let known = &mut self.known[at];
        // Nothing, said in full. Some say it first and the arguments after it.
        if !known.has_arguments && matches!(piece.json.trim(), "{}" | "null") {
            known.said_nothing = true;
            return known.tool.map_or(Ok(()), |tool| sink(Event::Close(Some(tool))));
        }
        known.balance.feed(piece.json.as_bytes());
        known.has_arguments |= !piece.json.is_empty();
        match known.tool {
            Some(_) if piece.json.is_empty() => Ok(()),
            Some(tool) => sink(Event::Arguments { tool, json: piece.json }),
            None => {
                let json = settled(piece.json);
                known.held.push_str(&json);
                self.held += json.len();
                if self.held > MAX_HELD { Err(TOO_MUCH.to_owned()) } else { Ok(()) }
            }
        }
    }

    /// The answer is over.
    ///
    /// # Errors
    /// When a call never got its name.
    pub(super) fn end(&self) -> Result<(), String> {
        if self.named == self.known.len() { Ok(()) } else { Err(NAMELESS.to_owned()) }
    }

    fn begin(&mut self, index: Option<u64>) -> Result<usize, String> {
        if self.known.len() == MAX_TOOLS {
            return Err(format!("the upstream's answer calls more than {MAX_TOOLS} tools"));
        }
        self.known.push(Known { index, ..Known::default() });
        Ok(self.known.len() - 1)
    }

    /// A call that had none gets what the piece has of id and name. With the name it is told, and what was held.
    fn name(&mut self, at: usize, piece: &Piece<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        let known = &mut self.known[at];
        if let Some(tool) = known.tool {
            let signature = piece.signature.as_deref().filter(|_| !known.is_signed);
            known.is_signed |= signature.is_some();
            return signature.map_or(Ok(()), |signature| {
                sink(Event::Proof { tool: Some(tool), signature: signature.into() })
            });
        }
        if known.id.is_empty() {
            known.id = piece.id.to_string();
        }
        if let Some(signature) = piece.signature.as_ref().filter(|_| known.signature.is_none()) {
            known.signature = Some(signature.to_string());
        }
        if piece.name.is_empty() {
            return Ok(());
        }
        let tool = self.named;
        (known.name, known.tool) = (piece.name.to_string(), Some(tool));
        self.named += 1;
        known.is_signed = known.signature.is_some();
        let held = take(&mut known.held);
        self.held -= held.len();
        let (id, name) = (known.id.as_str().into(), known.name.as_str().into());
        sink(Event::Tool { tool, id, name, signature: take(&mut known.signature).map(Cow::from) })?;
        if !held.is_empty() {
            return sink(Event::Arguments { tool, json: held.into() });
        }
        if known.said_nothing { sink(Event::Close(Some(tool))) } else { Ok(()) }
    }

    /// The call that a piece belongs to. Some providers give every call the index 0, or none at all: then the id counts,
    /// or, where there is none either (Gemini), that a name comes after whole arguments.
    fn place(&self, piece: &Piece<'_>) -> Option<usize> {
        let Piece { index, id, name, json, position, .. } = piece;
        let same_id = |known: &Known| id.is_empty() || known.id.is_empty() || known.id == *id;
        let last = self.known.len().checked_sub(1);
        let nameless = last.filter(|last| self.known[*last].tool.is_none());
        match index {
            Some(_) => {
                let at = self.known.iter().rposition(|known| known.index == *index && same_id(known))?;
                let known = &self.known[at];
                let is_sure = name.is_empty() || (!id.is_empty() && known.id == *id);
                (is_sure || !known.is_over(name, json)).then_some(at)
            }
            None if !id.is_empty() => {
                let same = self.known.iter().rposition(|known| known.id == *id);
                same.or(nameless.filter(|last| self.known[*last].id.is_empty()))
            }
            None if !name.is_empty() => nameless,
            None => last.map(|last| last.max(*position)).filter(|at| *at < self.known.len()),
        }
    }
}

const NAMELESS: &str = "the upstream's answer calls a tool without a name";
const TOO_MUCH: &str = "the upstream's answer has calls whose names come too late";
