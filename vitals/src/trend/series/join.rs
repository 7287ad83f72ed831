//! Cells that become one, so that a series of any length has its place.

use super::{CAPACITY, Cell};

/// Neighbours of the same run become one.
pub(super) fn halved(cells: &[Cell]) -> Vec<Cell> {
    let mut half: Vec<Cell> = Vec::with_capacity(CAPACITY);
    for run in cells.chunk_by(|a, b| a.run == b.run) {
        half.extend(run.chunks(2).map(|pair| match pair {
            [a, b] => joined(a, b),
            _ => pair[0],
        }));
    }
    half
}

/// Between 0 and 1, from the times of two cells: the same for the same recording, and without a period that a sawtooth
/// could have, too (the mixing of SplitMix64).
fn drawn(a: &Cell, b: &Cell) -> f64 {
    let mixed = (a.t.to_bits().rotate_left(32) ^ b.t.to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    #[expect(clippy::cast_precision_loss, reason = "31 bits are exact")]
    let share = (mixed >> 33) as f64 / (1_u64 << 31) as f64;
    share
}

pub(super) fn joined(a: &Cell, b: &Cell) -> Cell {
    let n = a.n + b.n;
    let mean = |x: f64, y: f64| match (x.is_finite(), y.is_finite()) {
        (true, true) => x + (y - x) * (b.n / n),
        (true, false) => x,
        (false, _) => y,
    };
    let later = |x: f64, y: f64| if y.is_finite() { y } else { x };
    Cell {
        t: mean(a.t, b.t),
        n,
        life: b.life,
        run: b.run,
        born: b.born,
        tasks: mean(a.tasks, b.tasks),
        beyond: mean(a.beyond, b.beyond),
        heap: if drawn(a, b) < b.n / n && b.heap.is_finite() || !a.heap.is_finite() {
            b.heap
        } else {
            a.heap
        },
        load: mean(a.load, b.load),
        explained: mean(a.explained, b.explained),
        allocated: later(a.allocated, b.allocated),
        collections: later(a.collections, b.collections),
        requests: later(a.requests, b.requests),
        resources: std::array::from_fn(|i| mean(a.resources[i], b.resources[i])),
    }
}
