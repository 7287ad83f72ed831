//! What keeps a line of a recording from being a row.

/// A value is kept up to this many characters.
pub(crate) const SHOWN: usize = 40;

/// The first line of a recording that is no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// The recording that it is in.
    pub(crate) name: String,
    /// From 1.
    pub(crate) line: u64,
    pub(crate) why: Odd,
}

/// A flaw of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Odd {
    /// It looks like nothing that a recording has.
    Other,
    /// It has fewer or more cells than the header; one more than `expected` is one more or many.
    Cells {
        found: usize,
        expected: usize,
    },
    NoTime,
    /// A measurement is no number: its place in [`vitals::FIELDS`], and the start of what stands there.
    Cell(usize, String),
}

impl Odd {
    pub(crate) fn cell(field: usize, value: &[u8]) -> Self {
        let text = String::from_utf8_lossy(value);
        Self::Cell(field, text.chars().filter(|c| !c.is_control()).take(SHOWN).collect())
    }
}
