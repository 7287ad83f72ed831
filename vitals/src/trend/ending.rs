//! Rises that end, as those after a start do: they saturate, or fill in a line and are level from then on.

/// What a start takes at most, in shortest blocks: time constants of 15 minutes.
pub(super) const CONSTANT: f64 = 15.0;
/// In a longer run, up to this share of it.
const SHARE: f64 = 0.25;
/// So many time constants are tried: between two of them, a line would take what neither of them does.
const CONSTANTS: u32 = 24;
/// A rise is over when this many time constants are: 5 % are still to come.
pub(super) const OVER: f64 = 3.0;

/// A rise that ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    /// The rest falls to an e-th in this time.
    Saturating(f64),
    /// In a line, for this time.
    Filling(f64),
}

impl Ending {
    /// From 0 at the start to 1.
    pub(super) fn at(self, t: f64) -> f64 {
        match self {
            Self::Saturating(constant) => 1.0 - (-t / constant).exp(),
            Self::Filling(whole) => (t / whole).min(1.0),
        }
    }

    pub(super) fn over(self) -> f64 {
        match self {
            Self::Saturating(constant) => OVER * constant,
            Self::Filling(whole) => whole,
        }
    }

    pub(super) const fn is_filling(self) -> bool {
        matches!(self, Self::Filling(_))
    }
}

/// What the slowest start takes in a run of this length.
pub(super) fn slowest(block_s: f64, span: f64) -> f64 {
    (CONSTANT * block_s).max(SHARE * span)
}

/// Rises that saturate, the fastest first.
pub(super) fn saturating(block_s: f64, span: f64) -> impl Iterator<Item = Ending> {
    let slowest = slowest(block_s, span);
    let fastest = (block_s / 2.0).min(slowest);
    (0..CONSTANTS).map(move |i| {
        let share = f64::from(i) / f64::from(CONSTANTS - 1);
        Ending::Saturating(fastest * (slowest / fastest).powf(share))
    })
}
