//! What a conversation loses when it is written in an upstream's dialect, by the client's names for it.

use super::dialogue::Dialect;
use super::request::{Place, Refused};
use crate::dropped::Dropped;

/// Takes note of losses, or refuses them.
#[derive(Debug)]
pub struct Losses<'d> {
    pub(super) client: Dialect,
    pub(super) dropped: &'d mut Dropped,
}

impl Losses<'_> {
    /// Something is left out in any case.
    pub fn note(&mut self, place: Place) {
        self.dropped.note(self.client.place(place));
    }

    /// A field of what stands there is left out in any case.
    pub fn note_field(&mut self, place: Place, field: &str) {
        match self.client.place(place) {
            top if top.is_empty() => self.dropped.note(field),
            place => self.dropped.note(format_args!("{place}.{field}")),
        }
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
