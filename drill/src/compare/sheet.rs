//! Results side by side, as data.

use vitals::exit;

use super::read::{Drilled, Row};
use crate::run::Grade;

/// What several drills found.
pub(super) struct Sheet<'a> {
    pub(super) drills: &'a [Drilled],
    /// By their numbers.
    pub(super) lines: Vec<Line<'a>>,
    /// Where the files are one relay in order of time.
    pub(super) gate: Option<Gate<'a>>,
}

/// A row that at least one of them has.
pub(super) struct Line<'a> {
    pub(super) id: u8,
    pub(super) name: &'a str,
    /// One for each drill; `None` where the drill has no such row.
    pub(super) cells: Vec<Option<&'a Row>>,
}

/// The last one beside the one before.
pub(super) struct Gate<'a> {
    pub(super) before: &'a str,
    pub(super) last: &'a str,
    /// Rows that were done in both.
    pub(super) compared: usize,
    /// Rows that were done in the one before, and not in the last.
    pub(super) lacks: Vec<&'a Row>,
    /// The last one was not ended before all of its rows were done.
    pub(super) complete: bool,
    /// The worst first.
    pub(super) worse: Vec<Change<'a>>,
    pub(super) better: Vec<Change<'a>>,
}

/// A row with another verdict.
pub(super) struct Change<'a> {
    pub(super) before: &'a Row,
    pub(super) after: &'a Row,
}

fn is_done(row: &Row) -> bool {
    row.grade != Grade::Skipped
}

impl<'a> Sheet<'a> {
    pub(super) fn of(drills: &'a [Drilled], gate: bool) -> Self {
        let gate = match (gate, drills) {
            (true, [.., before, last]) => Some(Gate::of(before, last)),
            _ => None,
        };
        Self { drills, lines: lines(drills), gate }
    }

    /// So many rows of a drill came out like that.
    pub(super) fn count(drill: &Drilled, grade: Grade) -> usize {
        drill.rows.iter().filter(|row| row.grade == grade).count()
    }

    /// Each verdict that came, and how often it did in each drill.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, Vec<String>)> + '_ {
        Grade::ALL.into_iter().filter_map(|grade| {
            let counts: Vec<usize> = self.drills.iter().map(|drill| Self::count(drill, grade)).collect();
            let came = counts.iter().any(|count| *count > 0);
            came.then(|| (grade.word(), counts.into_iter().map(|count| count.to_string()).collect()))
        })
    }

    /// Rows that came out differently where they were done.
    pub(super) fn differing(&self) -> impl Iterator<Item = &Line<'a>> {
        self.lines.iter().filter(|line| line.differs())
    }

    /// The drills were not of one size, so that verdicts may differ for that alone.
    pub(super) fn sizes_differ(&self) -> bool {
        self.drills.windows(2).any(|pair| pair[0].size != pair[1].size)
    }
}

/// All rows of all drills, by number, and those of one number in the order in which they stand.
fn lines(drills: &[Drilled]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (place, drill) in drills.iter().enumerate() {
        for row in &drill.rows {
            let known = lines.iter().position(|line| line.id == row.id && line.name == row.name);
            let at = known.unwrap_or_else(|| {
                lines.push(Line { id: row.id, name: &row.name, cells: vec![None; drills.len()] });
                lines.len() - 1
            });
            lines[at].cells[place] = Some(row);
        }
    }
    lines.sort_by_key(|line| line.id);
    lines
}

/// A drill that has no such row.
const ABSENT: &str = "–";

impl<'a> Line<'a> {
    /// Its number and name, and its verdicts.
    pub(super) fn words(&self) -> (String, Vec<&'static str>) {
        let words = self.cells.iter().map(|cell| cell.map_or(ABSENT, |row| row.grade.word()));
        (format!("{:>2} {}", self.id, self.name), words.collect())
    }

    fn differs(&self) -> bool {
        let mut done = self.cells.iter().flatten().filter(|row| is_done(row)).map(|row| row.grade);
        done.next().is_some_and(|first| done.any(|other| other != first))
    }

    /// The drills by verdict and what is told of it, the worst first: their places, and the row of the first of them.
    pub(super) fn groups(&self) -> Vec<(Vec<usize>, &'a Row)> {
        let mut groups: Vec<(Vec<usize>, &Row)> = Vec::new();
        let done = self.cells.iter().enumerate().filter_map(|(place, cell)| Some((place, (*cell)?)));
        for (place, row) in done.filter(|(_, row)| is_done(row)) {
            match groups.iter_mut().find(|(_, known)| known.grade == row.grade && known.text == row.text) {
                Some((places, _)) => places.push(place),
                None => groups.push((vec![place], row)),
            }
        }
        groups.sort_by_key(|(_, row)| std::cmp::Reverse(row.grade.badness()));
        groups
    }
}

impl<'a> Gate<'a> {
    fn of(before: &'a Drilled, last: &'a Drilled) -> Self {
        let (mut both, mut lacks) = (Vec::new(), Vec::new());
        for before in before.rows.iter().filter(|row| is_done(row)) {
            match last.rows.iter().find(|row| row.is_same(before)).filter(|row| is_done(row)) {
                Some(after) => both.push(Change { before, after }),
                None => lacks.push(before),
            }
        }
        let compared = both.len();
        let badness = |row: &Row| row.grade.badness();
        let changed = both.into_iter().filter(|change| change.before.grade != change.after.grade);
        let (mut worse, better): (Vec<_>, Vec<_>) =
            changed.partition(|change| badness(change.after) > badness(change.before));
        worse.sort_by_key(|change| std::cmp::Reverse(badness(change.after)));
        Self {
            before: &before.name,
            last: &last.name,
            compared,
            lacks,
            complete: last.complete,
            worse,
            better,
        }
    }

    pub(super) fn verdict(&self) -> &'static str {
        match self.code() {
            exit::OK => "pass",
            exit::DANGER => "fail",
            _ => "unknown",
        }
    }

    pub(super) fn code(&self) -> u8 {
        match (self.worse.is_empty(), self.complete && self.compared > 0) {
            (false, _) => exit::DANGER,
            (true, false) => exit::UNKNOWN,
            (true, true) => exit::OK,
        }
    }
}
