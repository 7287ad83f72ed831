//! Which columns a line has: those that the target reports, as many as fit.

use std::fmt::Write;

use owo_colors::{OwoColorize, Style};
use vitals::{Measure, Sample};

use crate::words::{self, Term, term};

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// Local time.
    Time,
    /// Since the start.
    After,
    /// A number of this poll.
    Of(Measure),
    /// The band of the judged count.
    Band,
    /// Since the previous sample.
    Change,
    /// Since the first sample.
    Net,
    /// Per cent of the requests of the last minutes that ended badly.
    Errors,
}

const ALL: [Column; 14] = [
    Column::Time,
    Column::After,
    Column::Of(Measure::Goroutines),
    Column::Of(Measure::Unexplained),
    Column::Band,
    Column::Change,
    Column::Net,
    Column::Of(Measure::AllocBytes),
    Column::Of(Measure::RssBytes),
    Column::Of(Measure::OpenFds),
    Column::Of(Measure::Threads),
    Column::Of(Measure::InFlight),
    Column::Errors,
    Column::Of(Measure::Latency),
];
/// Narrow terminals do without these, first things first.
const DISPENSABLE: [Column; 7] = [
    Column::Of(Measure::Latency),
    Column::After,
    Column::Of(Measure::InFlight),
    Column::Net,
    Column::Errors,
    Column::Of(Measure::AllocBytes),
    Column::Change,
];

impl Column {
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Time => term(Term::Time),
            Self::After => term(Term::After),
            Self::Of(measure) => words::short_label(measure),
            Self::Band => term(Term::Band),
            Self::Change => term(Term::Change),
            Self::Net => term(Term::Net),
            Self::Errors => words::short_label(Measure::ErrorsTotal),
        }
    }

    /// Headings and all but extreme values fit.
    pub(super) const fn width(self) -> usize {
        match self {
            Self::Of(Measure::Goroutines) => 10,
            Self::Time | Self::Of(Measure::InFlight | Measure::RssBytes) => 8,
            Self::After | Self::Of(Measure::Unexplained) | Self::Change | Self::Net => 6,
            Self::Band | Self::Errors | Self::Of(_) => 7,
        }
    }

    fn is_reported(self, reports: &Sample) -> bool {
        // Beside a count there is no room for what else a process holds; without one, it is all that there is.
        let is_uncounted = reports.goroutines.is_none() && reports.has_resources();
        match self {
            Self::Of(Measure::Goroutines) | Self::Band | Self::Change | Self::Net => !is_uncounted,
            Self::Of(Measure::Latency) => true,
            Self::Of(measure @ (Measure::RssBytes | Measure::OpenFds | Measure::Threads)) => {
                is_uncounted && measure.of(reports).is_some()
            }
            // No count is needed to know that the target explains it.
            Self::Of(Measure::Unexplained) => reports.explained.is_some(),
            Self::Of(measure) => measure.of(reports).is_some(),
            Self::Errors => reports.errors_total.is_some() && reports.requests_total.is_some(),
            _ => true,
        }
    }
}

/// The columns of a line and the space between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    columns: Vec<Column>,
    gap: usize,
}

impl Layout {
    /// Columns of reported fields that fit into `width`: narrower gaps first, then fewer columns.
    pub(super) fn new(reports: &Sample, width: usize) -> Self {
        let mut columns: Vec<_> = ALL.into_iter().filter(|column| column.is_reported(reports)).collect();
        let mut dispensable = DISPENSABLE.iter();
        loop {
            let taken: usize = columns.iter().map(|column| column.width()).sum();
            let gaps = columns.len() - 1;
            if let Some(gap) = [2, 1].into_iter().find(|gap| taken + gap * gaps <= width) {
                return Self { columns, gap };
            }
            match dispensable.next() {
                Some(least) => columns.retain(|column| column != least),
                None => return Self { columns, gap: 1 },
            }
        }
    }

    /// One line. Numbers stand on the right, words on the left; nothing trails.
    pub(super) fn line(&self, cell: impl Fn(Column) -> (String, Style)) -> String {
        let mut line = String::new();
        // Spaces are written when something follows them.
        let mut owed = 0;
        for (i, column) in self.columns.iter().enumerate() {
            owed += if i == 0 { 0 } else { self.gap };
            let (value, style) = cell(*column);
            let padding = column.width().saturating_sub(report::text::columns(&value));
            if value.is_empty() {
                owed += padding;
                continue;
            }
            let (before, after) = if *column == Column::Band { (0, padding) } else { (padding, 0) };
            let _ = write!(line, "{:space$}{}", "", value.style(style), space = owed + before);
            owed = after;
        }
        line
    }
}
