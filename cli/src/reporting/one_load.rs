//! The count as it would have been at one load, for a chart: what requests in flight cost is taken off or put on. It
//! takes the place of the tasks that no load explains, which such a target does not tell.

use super::{Numbers, Track};
use crate::comparison::{GOROUTINES, IN_FLIGHT, UNEXPLAINED};

/// Puts every recording whose cost is known at the median load of the first of them, and gives that load.
pub(crate) fn at_one_load(tracks: &mut [Track]) -> Option<u64> {
    if tracks.iter().any(|track| track.watching.summary.explains) {
        return None;
    }
    let median = |track: &Track| track.cost.and(track.numbers[IN_FLIGHT].spread.median());
    let load = tracks.iter().find_map(median)?;
    for track in tracks {
        if let Some(cost) = track.cost {
            put(track, cost, load);
        }
    }
    Some(load)
}

#[expect(clippy::cast_precision_loss, reason = "a picture needs no more")]
fn put(track: &mut Track, cost: f64, load: u64) {
    let mut numbers = Numbers::default();
    for cell in track.grid.cells_mut() {
        let (Some(count), Some(seen)) = (cell.extents[GOROUTINES], cell.extents[IN_FLIGHT]) else { continue };
        let put = count.moved(cost * (load as f64 - seen.mean()));
        if numbers.spread.max().is_none_or(|max| put.max > max) {
            numbers.max_at = cell.at;
        }
        numbers.spread.add(put.max);
        numbers.last = put.max;
        cell.extents[UNEXPLAINED] = Some(put);
    }
    track.numbers[UNEXPLAINED] = numbers;
}
