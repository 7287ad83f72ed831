//! A recording of any length in a fixed number of columns. Each keeps the lowest and the highest value of its time, so
//! that no peak is lost, and their mean. Time need not be known beforehand: when it runs over the last column,
//! neighbours are put together and each column is twice as long.

/// The values in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extent {
    /// The lowest value.
    pub(crate) min: u64,
    /// The highest.
    pub(crate) max: u64,
    sum: f64,
    n: f64,
}

impl Extent {
    #[expect(clippy::cast_precision_loss, reason = "a picture needs no more")]
    fn of(value: u64) -> Self {
        Self { min: value, max: value, sum: value as f64, n: 1.0 }
    }

    fn join(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.n += other.n;
    }

    /// All of it higher by so much; a count is never below zero.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "it saturates"
    )]
    pub(super) fn moved(&self, by: f64) -> Self {
        let moved = |value: u64| (value as f64 + by).round() as u64;
        let sum = (self.sum + by * self.n).max(0.0);
        Self { min: moved(self.min), max: moved(self.max), sum, n: self.n }
    }

    /// The mean.
    pub(crate) fn mean(&self) -> f64 {
        self.sum / self.n
    }
}

/// A column of the picture: one extent a metric.
#[derive(Clone, Debug)]
pub(crate) struct Cell<const N: usize> {
    /// When its first row was, in milliseconds since the recording's first.
    pub(crate) at: u64,
    pub(crate) extents: [Option<Extent>; N],
    /// Polls that failed.
    pub(crate) failed: u64,
}

/// All columns. Those in which there was no row are left out.
#[derive(Clone, Debug)]
pub(crate) struct Grid<const N: usize> {
    cells: Vec<(u64, Cell<N>)>,
    /// Milliseconds that a column is long.
    width: u64,
    columns: u64,
}

impl<const N: usize> Grid<N> {
    /// So many columns, the last of which are empty when it is full: at least half of them are used.
    pub(crate) fn new(columns: u64) -> Self {
        Self { cells: Vec::new(), width: 1, columns: columns.max(2) }
    }

    /// Takes in a row, `at` milliseconds after the first one; rows come in order.
    pub(crate) fn add(&mut self, at: u64, values: Option<[Option<u64>; N]>) {
        while at / self.width >= self.columns {
            self.halve();
        }
        let column = at / self.width;
        if self.cells.last().is_none_or(|(last, _)| *last != column) {
            self.cells.push((column, Cell { at, extents: [None; N], failed: 0 }));
        }
        let Some((_, cell)) = self.cells.last_mut() else { return };
        let Some(values) = values else {
            cell.failed += 1;
            return;
        };
        for (extent, value) in cell.extents.iter_mut().zip(values) {
            join(extent, value.map(Extent::of));
        }
    }

    fn halve(&mut self) {
        self.width *= 2;
        let mut joined: Vec<(u64, Cell<N>)> = Vec::with_capacity(self.cells.len());
        for (column, cell) in self.cells.drain(..) {
            match joined.last_mut() {
                Some((last, into)) if *last == column / 2 => {
                    into.failed += cell.failed;
                    into.extents.iter_mut().zip(cell.extents).for_each(|(extent, other)| join(extent, other));
                }
                _ => joined.push((column / 2, cell)),
            }
        }
        self.cells = joined;
    }

    /// The columns, in order.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &Cell<N>> {
        self.cells.iter().map(|(_, cell)| cell)
    }

    /// The same, to be drawn otherwise.
    pub(super) fn cells_mut(&mut self) -> impl Iterator<Item = &mut Cell<N>> {
        self.cells.iter_mut().map(|(_, cell)| cell)
    }

    /// How long a column is, in milliseconds.
    pub(crate) fn width(&self) -> u64 {
        self.width
    }
}

fn join(extent: &mut Option<Extent>, other: Option<Extent>) {
    match (extent.as_mut(), other) {
        (Some(extent), Some(other)) => extent.join(&other),
        (None, Some(other)) => *extent = Some(other),
        (_, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_keeps_every_peak_and_every_failure_in_few_columns() {
        let mut grid = Grid::<2>::new(960);
        let rows = 518_400_u64;
        for n in 0..rows {
            let value = if n % 100_003 == 7 { 9000 + n / 100_003 } else { 500 + n % 10 };
            grid.add(n * 5000, (n % 1000 != 3).then_some([Some(value), None]));
        }
        assert!((480..=960).contains(&grid.cells().count()), "{}", grid.cells().count());
        let peaks: Vec<u64> = grid
            .cells()
            .filter_map(|cell| cell.extents[0])
            .map(|extent| extent.max)
            .filter(|max| *max > 600)
            .collect();
        assert_eq!(peaks, [9000, 9001, 9002, 9003, 9004, 9005]);
        assert!(grid.cells().all(|cell| cell.extents[0].is_some_and(|extent| extent.min <= 501)));
        assert_eq!(grid.cells().map(|cell| cell.failed).sum::<u64>(), rows.div_ceil(1000));
        let mean = grid.cells().nth(3).unwrap().extents[0].unwrap().mean();
        assert!((504.0..505.0).contains(&mean), "{mean}");
        assert!(grid.cells().map(|cell| cell.at).is_sorted());
    }

    #[test]
    fn few_rows_stay_as_they_are() {
        let mut grid = Grid::<1>::new(960);
        for n in 0..5_u64 {
            grid.add(n * 5000, Some([Some(n)]));
        }
        let seen: Vec<_> = grid.cells().map(|cell| (cell.at, cell.extents[0].unwrap().mean())).collect();
        assert_eq!(seen, [(0, 0.0), (5000, 1.0), (10_000, 2.0), (15_000, 3.0), (20_000, 4.0)]);
    }
}
