//! What a conversation loses when it is written in an upstream's dialect, by the client's names for it.

use std::fmt::Display;

use super::hints::Hint;
use super::part::{Content, Part, Source};
use super::place::{Place, Refused};
use super::request::Conversation;
use super::signed::Signed;
use crate::dropped::Dropped;

/// Whether a wish can be told to an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Yes,
    /// Its dialect has the word, and the model refuses it.
    NotThisModel,
    /// Its dialect has no word for it.
    No,
}

/// Takes note of losses, or refuses them.
#[expect(missing_debug_implementations, reason = "a function has nothing to show")]
pub struct Losses<'d> {
    /// The client's name for a place.
    pub(crate) name: &'d dyn Fn(Place) -> String,
    /// The client's name for the signature of a call or a text.
    pub(crate) signature: &'static str,
    /// And for a thinking that is not signed, and one that is.
    pub(crate) thinking: [&'static str; 2],
    pub(crate) dropped: &'d mut Dropped,
}

impl Losses<'_> {
    /// Something is left out in any case.
    pub fn note(&mut self, place: Place) {
        self.dropped.note((self.name)(place));
    }

    /// A field of what stands there is left out in any case.
    pub fn note_field(&mut self, place: Place, field: &str) {
        match (self.name)(place) {
            top if top.is_empty() => self.dropped.note(field),
            place => self.dropped.note(format_args!("{place}.{field}")),
        }
    }

    /// Thinking, and signatures, that only other upstreams could use; `is_own` tells the upstream's signatures of calls.
    pub fn note_unsent(
        &mut self,
        conversation: &Conversation<'_>,
        is_own: impl Fn(&str) -> bool,
        is_sent: impl Fn(&Content<'_>) -> bool,
    ) {
        for part in conversation.parts() {
            match &part.content {
                Content::ToolCall { signature: Some(signature), .. } if !is_own(signature) => {
                    self.note_field(part.at, self.signature);
                }
                Content::Thinking { .. } | Content::Redacted(_) | Content::Proof(_)
                    if !is_sent(&part.content) =>
                {
                    self.note_thought(part);
                }
                _ => {}
            }
        }
    }

    /// A thinking, or the signature of a text, is left out.
    pub fn note_thought(&mut self, part: &Part<'_>) {
        let [unsigned, signed] = self.thinking;
        let field = match &part.content {
            Content::Thinking { text, signed: Signed::No } if text.is_empty() => return,
            Content::Thinking { signed: Signed::No, .. } => unsigned,
            Content::Thinking { .. } | Content::Redacted(_) => signed,
            Content::Proof(_) => self.signature,
            _ => return,
        };
        self.note_field(part.at, field);
    }

    /// What stands there becomes another kind of thing, or is left out as a kind of its own.
    pub fn note_kind(&mut self, place: Place, kind: &str) {
        self.dropped.note(format_args!("{}:{kind}", (self.name)(place)));
    }

    /// A keyword of a schema is only told: nothing is held to it.
    ///
    /// # Errors
    /// Where the channel refuses what it cannot express.
    pub fn keyword(&mut self, place: Place, keyword: &str) -> Result<(), Refused> {
        if self.dropped.refuses() {
            let what =
                format!("has `{keyword}`, and this model's upstream holds no answer to it: leave it out");
            return Err(Refused::new(place, what));
        }
        self.note_kind(place, keyword);
        Ok(())
    }

    /// Like [`Self::change`], where the channel may refuse it.
    ///
    /// # Errors
    /// Where the channel refuses what it cannot express.
    pub fn becomes(&mut self, place: Place, to: impl Display, what: &str) -> Result<(), Refused> {
        if self.dropped.refuses() {
            return Err(Refused::new(place, what));
        }
        self.change(place, to);
        Ok(())
    }

    /// Something becomes less than was wished, in any case: it is named with what it becomes.
    pub fn change(&mut self, place: Place, to: impl Display) {
        self.dropped.note(format_args!("{}={to}", (self.name)(place)));
    }

    /// How closely images are to be looked at, where there is no word for it.
    pub fn details(&mut self, conversation: &Conversation<'_>) {
        for part in conversation.all_parts() {
            if let Content::Image { detail: Some(_), .. } = part.content {
                self.note(if conversation.looks_alike { Place::Details } else { part.at.detail() });
            }
        }
    }

    /// What documents of these sources are called.
    pub fn titles(&mut self, conversation: &Conversation<'_>, is_lost: fn(&Source<'_>) -> bool) {
        for part in conversation.all_parts() {
            if let Content::Document { source, title: Some(_) } = &part.content
                && is_lost(source)
            {
                self.note(part.at.title());
            }
        }
    }

    /// Names the wishes that cannot be told.
    ///
    /// # Errors
    /// Where the dialect has no word for one that shapes the answer, and the channel refuses what it cannot express.
    pub fn hints(&mut self, hints: &[Hint<'_>], fit: impl Fn(&Hint<'_>) -> Fit) -> Result<(), Refused> {
        for hint in hints {
            let place = Place::Hint(hint.wish);
            match fit(hint) {
                Fit::Yes => {}
                Fit::No if hint.wish.shapes() => {
                    self.hint(place, "cannot be expressed for this model's upstream: leave it out")?;
                }
                Fit::No | Fit::NotThisModel => self.note(place),
            }
        }
        Ok(())
    }

    /// A hint that the upstream's dialect does not have.
    ///
    /// # Errors
    /// Where the channel refuses what it cannot express.
    pub fn hint(&mut self, place: Place, what: &str) -> Result<(), Refused> {
        if self.dropped.refuses() {
            return Err(Refused::new(place, what));
        }
        self.note(place);
        Ok(())
    }
}
