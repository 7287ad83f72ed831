//! The parts of one answer. Pieces of one text, or of one thought, are one part.

use crate::json::Writer;

#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Those that are whole, as they stand in the list.
    written: Writer,
    /// The text, or the thought, that still goes on.
    open: Option<(String, bool)>,
}

impl Parts {
    /// A piece of a text, which is a thought or not.
    pub(super) fn text(&mut self, piece: &str, is_thought: bool) {
        match &mut self.open {
            Some((text, other)) if *other == is_thought => text.push_str(piece),
            _ => {
                self.settle();
                self.open = Some((piece.to_owned(), is_thought));
            }
        }
    }

    /// Any other part.
    pub(super) fn part(&mut self, write: impl FnOnce(&mut Writer)) {
        self.settle();
        write(&mut self.written);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_none() && self.written.is_empty()
    }

    /// Writes them into a list.
    pub(super) fn write_into(mut self, w: &mut Writer) {
        self.settle();
        if !self.written.is_empty() {
            w.json(&String::from_utf8(self.written.into_bytes()).unwrap_or_default());
        }
    }

    fn settle(&mut self) {
        if let Some((text, is_thought)) = self.open.take() {
            self.written.object(|w| {
                w.field("text", &text);
                w.maybe("thought", is_thought.then_some(true));
            });
        }
    }
}
