//! What a request costs in a recording, as far as its samples tell.

use vitals::trend::{Series, Swing, SwingBasis, swing};

/// What one request in flight costs; `None` where that cannot be told, or where the target says what its load explains.
pub(super) fn cost(series: &Series) -> Option<f64> {
    match swing(series)? {
        Swing { basis: SwingBasis::InFlight, per_request, .. } => per_request,
        _ => None,
    }
}
