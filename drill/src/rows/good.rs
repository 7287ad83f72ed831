//! Row 0: good requests alone. What they leave behind is told once, and not in every row that follows.

use vitals::EndReason::Done;

use crate::run::{Row, Work};

pub(super) const ROWS: &[Row] = &[Row {
    fault: "none: good requests alone",
    why: "programs that leave something for each request, until a collector comes, or for ever",
    good: "leaves nothing behind",
    ends: &[Done],
    ..Row::new(0, "good", Work::Good)
}];
