//! How rows follow each other in time: where each stands, what is usual between two of them, and where there were none.

/// Gaps that are shown; the others are only counted.
const NAMED: usize = 50;
/// Time between rows is normal up to so many times what it usually is.
pub(super) const GAP: u64 = 3;
/// Rows that tell what is usual.
const USUAL: usize = 31;

/// A time in which there are no rows, in milliseconds since the recording's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The last row before it.
    pub(crate) from: u64,
    /// The first one after it.
    pub(crate) to: u64,
}

/// The rows so far; all times in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the first row was, since 1970; in the unknown local time of a machine unless it is told.
    pub(super) first: Option<(i64, bool)>,
    /// The last row since the first one, without steps back.
    pub(super) last: u64,
    /// How far the rows' times are ahead of time itself, after a clock went back.
    ahead: i64,
    early: Vec<u64>,
    pub(super) interval: Option<u64>,
    pub(super) gaps: Vec<Span>,
    pub(super) gap_count: u64,
}

impl Pace {
    /// The row at this time, since the first row. It never goes back: where the clock did, a usual interval has passed.
    pub(super) fn row(&mut self, at: i64, utc: bool) -> u64 {
        let begun = self.first.is_some();
        let since = self.place(at, utc);
        if begun {
            self.step(since);
        }
        self.last = since;
        since
    }

    /// All rows have come.
    pub(super) fn end(&mut self) {
        if self.interval.is_none() {
            self.usual();
        }
    }

    fn place(&mut self, at: i64, utc: bool) -> u64 {
        let (first, _) = *self.first.get_or_insert((at, utc));
        let since = at - first + self.ahead;
        let before = i64::try_from(self.last).unwrap_or(i64::MAX);
        let since = if since < before {
            let usual = i64::try_from(self.interval.unwrap_or(0)).unwrap_or(0);
            self.ahead += before + usual - since;
            before + usual
        } else {
            since
        };
        u64::try_from(since).unwrap_or(0)
    }

    /// Looks for a gap between the last row and this one.
    fn step(&mut self, to: u64) {
        let from = self.last;
        let step = to - from;
        match self.interval {
            Some(usual) if step > GAP * usual => self.gap(Span { from, to }),
            Some(_) => {}
            None => {
                self.early.push(step);
                if self.early.len() == USUAL {
                    self.usual();
                }
            }
        }
    }

    fn gap(&mut self, span: Span) {
        self.gap_count += 1;
        if self.gaps.len() < NAMED {
            self.gaps.push(span);
        }
    }

    /// Takes the middle of the first steps as the usual one, and looks for gaps among these steps.
    fn usual(&mut self) {
        let steps = std::mem::take(&mut self.early);
        let mut sorted = steps.clone();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len() / 2).copied().filter(|usual| *usual > 0);
        self.interval = usual;
        let mut from = 0;
        for step in steps {
            let to = from + step;
            if usual.is_some_and(|usual| step > GAP * usual) {
                self.gap(Span { from, to });
            }
            from = to;
        }
    }
}
