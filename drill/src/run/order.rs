//! In which order rows are put to another relay: as they stand in the matrix, unless its answers take so long that not all of
//! them fit into ten minutes. Then those come first that need the fewest waits, so that as many as can be have a verdict.

use super::bench::Bench;
use super::row::{Row, Work};

/// What a row of more than requests needs, as a rule.
const MANY: usize = 6;

impl Row {
    /// How often all that may be under way at once is waited for, one after the other.
    pub(super) fn waits(&self, paths: usize, at_once: usize) -> usize {
        match self.work {
            // It tells what the others are not charged with.
            Work::Good | Work::Own(_) | Work::Skip(_) => 0,
            Work::Cases(cases) => {
                let ways = |stream: Option<bool>| if stream.is_none() { 2 } else { 1 };
                let kinds: usize = cases.iter().map(|case| ways(case.stream) * paths).sum();
                kinds.div_ceil(at_once.max(1))
            }
            Work::Any(_) => MANY,
        }
    }
}

/// The rows in the order in which they are run.
pub(super) fn order(rows: &[&'static Row], bench: &Bench) -> Vec<&'static Row> {
    let mut rows = rows.to_vec();
    if bench.is_sluggish() {
        by_waits(&mut rows, bench.paths.len(), bench.size.at_once);
    }
    rows
}

fn by_waits(rows: &mut [&Row], paths: usize, at_once: usize) {
    rows.sort_by_key(|row| row.waits(paths, at_once));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows;

    #[test]
    fn what_needs_one_wait_comes_before_what_needs_many() {
        let mut rows: Vec<&Row> = rows::select(&[], &[]).unwrap();
        rows.retain(|row| row.is_for_any());
        by_waits(&mut rows, 2, 25);
        let place = |name: &str| rows.iter().position(|row| row.name == name).unwrap();
        let names = ["good", "error-body-stalls", "malformed-fields", "client-gone-mid-stream"];
        assert!(names.windows(2).all(|pair| place(pair[0]) < place(pair[1])), "{names:?}");
        assert!(place("error-body-stalls") < place("stream-stalls"), "those alike stay in order");
        let needs = |name: &str, at_once| rows[place(name)].waits(2, at_once);
        assert_eq!((needs("malformed-fields", 25), needs("malformed-fields", 1)), (2, 40));
    }
}
