//! A metric of a recording as paths: whole numbers, each given by its distance from the one before, because a month
//! must fit into a small page.

use std::fmt::Write;

use crate::reporting::{Extent, Track};

/// Units from the left edge of the plot to the right, and from its upper edge to the lower. The plot is stretched to
/// its place; strokes keep their width.
pub(super) const SIDE: f64 = 1000.0;

/// One metric of one recording in a plot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) track: &'a Track,
    pub(super) metric: usize,
    /// Milliseconds from the left edge to the right.
    pub(super) length: u64,
    /// The value at the upper edge.
    pub(super) top: f64,
}

/// Where a line is drawn without a break.
type Run = Vec<(i64, Extent)>;

impl Line<'_> {
    /// The means, joined; and the area from the lowest to the highest, where they differ.
    pub(super) fn paths(&self) -> (String, String) {
        let (mut line, mut area) = (Pen::default(), Pen::default());
        for run in self.runs() {
            line.start(run[0].0, self.y(run[0].1.mean()));
            if run.len() == 1 {
                // A stroke without a length is a dot, because its ends are round.
                line.to(run[0].0, self.y(run[0].1.mean()));
            }
            run.iter().skip(1).for_each(|(x, extent)| line.to(*x, self.y(extent.mean())));
            if run.iter().any(|(_, extent)| extent.min != extent.max) {
                self.area(&run, &mut area);
            }
        }
        (line.text, area.text)
    }

    fn area(&self, run: &Run, pen: &mut Pen) {
        #[expect(clippy::cast_precision_loss, reason = "a picture needs no more")]
        let y = |value: u64| self.y(value as f64);
        pen.start(run[0].0, y(run[0].1.max));
        run.iter().skip(1).for_each(|(x, extent)| pen.to(*x, y(extent.max)));
        run.iter().rev().for_each(|(x, extent)| pen.to(*x, y(extent.min)));
        pen.text.push('z');
    }

    /// Breaks where there are no rows, and where polls failed.
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let (mut last, mut broken) = (None, true);
        for cell in self.track.grid.cells() {
            let Some(extent) = cell.extents[self.metric] else {
                broken = true;
                continue;
            };
            let far = last.is_none_or(|last| cell.at - last > self.track.reach());
            let point = (self.x(cell.at), extent);
            match runs.last_mut() {
                Some(run) if !far && !broken => run.push(point),
                _ => runs.push(vec![point]),
            }
            (last, broken) = (Some(cell.at), false);
        }
        runs
    }

    /// Small strokes at the lower edge where polls failed.
    pub(super) fn failures(&self) -> String {
        let failed = self.track.grid.cells().filter(|cell| cell.failed > 0);
        failed.fold(String::new(), |mut text, cell| {
            let _ = write!(text, "M{} {SIDE}v-70", self.x(cell.at));
            text
        })
    }

    pub(super) fn x(&self, at: u64) -> i64 {
        #[expect(clippy::cast_precision_loss, reason = "a picture needs no more")]
        rounded(at as f64 / self.length.max(1) as f64 * SIDE)
    }

    /// From the upper edge downwards.
    pub(super) fn y(&self, value: f64) -> i64 {
        rounded(SIDE - value / self.top * SIDE)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "within the plot")]
fn rounded(value: f64) -> i64 {
    value.round() as i64
}

#[derive(Default)]
struct Pen {
    text: String,
    at: (i64, i64),
    /// A letter need not be repeated.
    drawing: bool,
}

impl Pen {
    fn start(&mut self, x: i64, y: i64) {
        let _ = write!(self.text, "M{x} {y}");
        (self.at, self.drawing) = ((x, y), false);
    }

    fn to(&mut self, x: i64, y: i64) {
        let (dx, dy) = (x - self.at.0, y - self.at.1);
        if !std::mem::replace(&mut self.drawing, true) {
            self.text.push('l');
        } else if dx >= 0 {
            self.text.push(' ');
        }
        let _ = if dy < 0 { write!(self.text, "{dx}{dy}") } else { write!(self.text, "{dx} {dy}") };
        self.at = (x, y);
    }
}
