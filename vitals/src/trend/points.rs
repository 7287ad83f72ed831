//! Samples of one metric after the warm-up, and the blocks that they are cut into.

use super::rank::{edge, median, real};
use super::series::{Cell, Series};

/// Fewer blocks than this are no trend.
pub const BLOCKS: usize = 8;

/// Values in order of time, with the load at that time.
#[derive(Clone, Debug, Default)]
pub(super) struct Points {
    pub(super) t: Vec<f64>,
    pub(super) x: Vec<f64>,
    pub(super) load: Vec<f64>,
    pub(super) life: Vec<u32>,
    pub(super) run: Vec<u32>,
}

impl Points {
    /// The values that `get` reads, without the first `warm_up` seconds of each life.
    pub(super) fn of(
        series: &Series,
        warm_up: f64,
        get: impl Fn(&Cell) -> f64,
        load: impl Fn(&Cell) -> f64,
    ) -> Self {
        let mut points = Self::default();
        let mut born: Option<(u32, f64)> = None;
        for cell in series.all() {
            let since = match born {
                Some((life, since)) if life == cell.life => since,
                _ => cell.t,
            };
            born = Some((cell.life, since));
            let x = get(cell);
            if cell.t - since >= warm_up && x.is_finite() {
                points.push(cell.t, x, load(cell), cell.life, cell.run);
            }
        }
        points
    }

    pub(super) fn push(&mut self, t: f64, x: f64, load: f64, life: u32, run: u32) {
        self.t.push(t);
        self.x.push(x);
        self.load.push(load);
        self.life.push(life);
        self.run.push(run);
    }

    pub(super) const fn len(&self) -> usize {
        self.t.len()
    }

    /// Keeps what the condition holds for.
    pub(super) fn keep(&mut self, holds: impl Fn(&Self, usize) -> bool) {
        let mut kept = Self::default();
        for i in (0..self.len()).filter(|i| holds(self, *i)) {
            kept.push(self.t[i], self.x[i], self.load[i], self.life[i], self.run[i]);
        }
        *self = kept;
    }

    /// Appends the other's points as lives of their own.
    pub(super) fn append(&mut self, other: &Self) {
        let life = self.life.last().map_or(0, |last| last + 1);
        let run = self.run.last().map_or(0, |last| last + 1);
        for i in 0..other.len() {
            self.push(other.t[i], other.x[i], other.load[i], other.life[i] + life, other.run[i] + run);
        }
    }

    /// The usual time between two points.
    pub(super) fn interval(&self) -> Option<f64> {
        let steps: Vec<f64> = (1..self.len())
            .filter(|i| self.run[*i] == self.run[i - 1])
            .map(|i| self.t[i] - self.t[i - 1])
            .collect();
        median(&steps)
    }

    /// How many points lie within this many seconds, at least 1.
    pub(super) fn cells_per(&self, seconds: f64) -> usize {
        let interval = self.interval().unwrap_or(seconds);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let cells = (seconds / interval - 1e-6).ceil().clamp(1.0, 1e9) as usize;
        cells
    }

    /// The length of a run such that half the points lie in runs that are no longer, at least 1.
    pub(super) fn usual_run(&self) -> usize {
        let mut lengths: Vec<usize> = self.run.chunk_by(|a, b| a == b).map(<[u32]>::len).collect();
        lengths.sort_unstable();
        let mut points = 0;
        let half = lengths.iter().find(|length| {
            points += *length;
            points * 2 >= self.len()
        });
        half.copied().unwrap_or(1).max(1)
    }

    /// Times and values of each life.
    pub(super) fn lives(&self) -> Vec<(&[f64], &[f64])> {
        let mut from = 0;
        let lives = self.life.chunk_by(|a, b| a == b).map(|life| {
            let range = from..from + life.len();
            from = range.end;
            (&self.t[range.clone()], &self.x[range])
        });
        lives.collect()
    }

    /// The time of the longest life, first to last point.
    pub(super) fn span(&self) -> f64 {
        let spans = self.lives().into_iter().filter_map(|(t, _)| Some(t.last()? - t.first()?));
        spans.fold(0.0, f64::max)
    }

    /// Less the mean of what came up to this time, or of what came after.
    pub(super) fn around_two_levels(&self, at: f64) -> Vec<f64> {
        let split = self.t.partition_point(|t| *t <= at);
        let (before, after) = self.x.split_at(split);
        let around = |side: &[f64]| {
            let mean = side.iter().sum::<f64>() / real(side.len().max(1));
            side.iter().map(move |x| x - mean).collect::<Vec<f64>>()
        };
        [around(before), around(after)].concat()
    }

    /// Without trend and level: less the slope, less each life's own median.
    pub(super) fn residuals(&self, slope: f64) -> Vec<f64> {
        let mut residuals = Vec::with_capacity(self.len());
        for (t, x) in self.lives() {
            let start = t.first().copied().unwrap_or_default();
            let flat: Vec<f64> = t.iter().zip(x).map(|(t, x)| x - slope * (t - start)).collect();
            let mean = flat.iter().sum::<f64>() / real(flat.len().max(1));
            residuals.extend(flat.iter().map(|x| x - mean));
        }
        residuals
    }
}

/// Blocks of at least `size` points, each within one run, as even as they can be; the value is the quantile at
/// `share`, time and load are medians. What is shorter than a block gives none.
pub(super) fn cut(points: &Points, size: usize, share: f64) -> Points {
    cut_by(points, size, |x| edge(x, share), median)
}

/// The same with means: a median of sums is not the sum of medians, and that would bend what load costs.
pub(super) fn cut_means(points: &Points, size: usize) -> Points {
    let mean = |values: &[f64]| Some(values.iter().sum::<f64>() / real(values.len()));
    cut_by(points, size, mean, mean)
}

/// The same with the quantile at `share` of the load, too: where the lower edge of the values is at low load.
pub(super) fn cut_edges(points: &Points, size: usize, share: f64) -> Points {
    let edges = |values: &[f64]| edge(values, share);
    cut_by(points, size, edges, edges)
}

fn cut_by(
    points: &Points,
    size: usize,
    of_values: impl Fn(&[f64]) -> Option<f64>,
    of_load: impl Fn(&[f64]) -> Option<f64>,
) -> Points {
    let mut blocks = Points::default();
    let size = size.max(1);
    let mut from = 0;
    for run in points.run.chunk_by(|a, b| a == b) {
        let n = run.len();
        let count = n / size;
        for block in 0..count {
            let range = from + block * n / count..from + (block + 1) * n / count;
            blocks.push(
                median(&points.t[range.clone()]).unwrap_or(f64::NAN),
                of_values(&points.x[range.clone()]).unwrap_or(f64::NAN),
                of_load(&points.load[range.clone()]).unwrap_or(f64::NAN),
                points.life[range.start],
                points.run[range.start],
            );
        }
        from += n;
    }
    blocks
}
