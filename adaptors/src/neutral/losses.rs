//! What a conversation loses when it is written in an upstream's dialect, by the client's names for it.

use super::request::{Place, Refused};
use crate::dropped::Dropped;

/// Takes note of losses, or refuses them.
#[expect(missing_debug_implementations, reason = "a function has nothing to show")]
pub struct Losses<'d> {
    /// The client's name for a place.
    pub(super) name: &'d dyn Fn(Place) -> String,
    /// The client's name for a signature.
    pub(super) signature: &'static str,
    pub(super) dropped: &'d mut Dropped,
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

    /// Gemini's signature of what stands there: only its own models know it.
    pub fn note_signature(&mut self, place: Place) {
        self.note_field(place, self.signature);
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
