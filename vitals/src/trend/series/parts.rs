//! Several recordings as one, and one as two.

use super::{CAPACITY, Cell, Series, halved};

impl Series {
    /// Takes in what another recorded, as if it had come later: as lives of its own, since nobody knows what lay
    /// between them. One that is not later by its own times is moved behind this one.
    ///
    /// Afterwards all cells stand for the same number of samples: otherwise those of which the cells are finer would
    /// outweigh the others.
    pub fn append(&mut self, later: &Self) {
        let Some(start) = later.all().next().map(|cell| cell.t) else { return };
        self.cells.extend(self.open.take());
        self.open_n = 0;
        let first = self.cells.is_empty();
        let (life, run) = if first { (0, 0) } else { (self.life + 1, self.run + 1) };
        let interval = later.usual.or(self.usual).unwrap_or(1.0);
        let moved = self.last_t.map_or(0.0, |last| (last + interval - start).max(0.0));
        let place = |cell: &Cell| Cell {
            t: cell.t + moved,
            born: cell.born + moved,
            life: cell.life + life,
            run: cell.run + run,
            ..*cell
        };
        let mut cells: Vec<Cell> = later.all().map(place).collect();
        for _ in later.resolution().ilog2()..self.resolution().ilog2() {
            cells = halved(&cells);
        }
        while self.resolution() < later.resolution() {
            self.join();
        }
        self.cells.extend(cells);
        (self.life, self.run) = (life + later.life, run + later.run);
        self.last_t = later.last_t.map(|last| last + moved);
        self.usual = later.usual.or(self.usual);
        (self.last_sample, self.last_busy) = (later.last_sample, None);
        self.samples += later.samples;
        self.gaps += later.gaps;
        self.dropped += later.dropped;
        self.forgotten += later.forgotten;
        self.unexplained |= later.unexplained;
        while self.cells.len() >= CAPACITY {
            self.join();
        }
    }

    /// What came before this time, and what came from then on. Gaps are counted with the first part.
    pub(in crate::trend) fn split(&self, at: f64) -> [Self; 2] {
        let (before, after): (Vec<Cell>, Vec<Cell>) = self.all().partition(|cell| cell.t < at);
        let [mut earlier, mut later] = [before, after].map(|cells| self.part(cells));
        earlier.gaps = self.gaps;
        later.last_t = self.last_t;
        [earlier, later]
    }

    /// One life by itself.
    pub(in crate::trend) fn life(&self, life: u32) -> Self {
        self.part(self.all().filter(|cell| cell.life == life).copied().collect())
    }

    /// The lives that are kept, in their order: their number, and the times of their first and last sample.
    pub(in crate::trend) fn spans(&self) -> Vec<(u32, f64, f64)> {
        let mut spans: Vec<(u32, f64, f64)> = Vec::new();
        for cell in self.all() {
            match spans.last_mut() {
                Some((life, _, to)) if *life == cell.life => *to = cell.t,
                _ => spans.push((cell.life, cell.t, cell.t)),
            }
        }
        spans
    }

    fn part(&self, mut cells: Vec<Cell>) -> Self {
        let (life, run) = cells.first().map_or((0, 0), |cell| (cell.life, cell.run));
        for cell in &mut cells {
            (cell.life, cell.run) = (cell.life - life, cell.run - run);
        }
        let last = cells.last().copied();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole numbers of samples"
        )]
        let samples = cells.iter().map(|cell| cell.n as u64).sum();
        Self {
            joined: self.joined,
            life: last.map_or(0, |cell| cell.life),
            run: last.map_or(0, |cell| cell.run),
            last_t: last.map(|cell| cell.t),
            usual: self.usual,
            samples,
            unexplained: self.unexplained,
            cells,
            ..Self::default()
        }
    }
}
