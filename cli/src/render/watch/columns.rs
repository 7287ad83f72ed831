//! Which columns a line has: those that the target reports, as many as fit.

use std::fmt::Write;

use owo_colors::{OwoColorize, Style};
use vitals::Sample;

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// Local time.
    Time,
    /// Since the start.
    After,
    /// All tasks.
    Goroutines,
    /// Tasks that load does not explain.
    Beyond,
    /// The band of the judged count.
    Band,
    /// Since the previous sample.
    Change,
    /// Since the first sample.
    Net,
    /// Live heap.
    Memory,
    /// Requests under way.
    InFlight,
    /// How long the poll took.
    Latency,
}

const ALL: [Column; 10] = [
    Column::Time,
    Column::After,
    Column::Goroutines,
    Column::Beyond,
    Column::Band,
    Column::Change,
    Column::Net,
    Column::Memory,
    Column::InFlight,
    Column::Latency,
];
/// What narrow terminals do without, first things first.
const DISPENSABLE: [Column; 6] =
    [Column::Latency, Column::After, Column::InFlight, Column::Net, Column::Memory, Column::Change];

impl Column {
    /// Its heading.
    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::After => "after",
            Self::Goroutines => "goroutines",
            Self::Beyond => "beyond",
            Self::Band => "band",
            Self::Change => "change",
            Self::Net => "net",
            Self::Memory => "memory",
            Self::InFlight => "inflight",
            Self::Latency => "latency",
        }
    }

    /// Its width; headings and all but extreme values fit.
    pub(super) const fn width(self) -> usize {
        match self {
            Self::Time | Self::InFlight => 8,
            Self::Goroutines => 10,
            Self::Band | Self::Memory | Self::Latency => 7,
            Self::After | Self::Beyond | Self::Change | Self::Net => 6,
        }
    }

    const fn is_reported(self, reports: &Sample) -> bool {
        match self {
            Self::Beyond => reports.explained.is_some(),
            Self::Memory => reports.alloc_bytes.is_some(),
            Self::InFlight => reports.in_flight.is_some(),
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
    /// What fits into `width` of what the target reports: narrower gaps first, then fewer columns.
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
            let padding = column.width().saturating_sub(value.chars().count());
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
