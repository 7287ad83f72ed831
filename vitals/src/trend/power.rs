//! The slope that a look could have found: what a *stable* rules out.

use super::points::Points;
use super::rank::real;

/// A standard normal variable lies below this in four of five cases.
pub(super) const POWER: f64 = 0.84;

/// The slope that stands out from chance in four of five cases. The factor 1.3 allows for medians and for blocks that still
/// resemble their neighbours a little; the rest is the variance of a slope through B values (Draper and Smith).
pub(super) fn min_detectable(blocks: &Points, slope: f64, z: f64) -> Option<f64> {
    let b = real(blocks.len());
    let left: f64 = blocks.residuals(slope).iter().map(|x| x * x).sum();
    let sigma = (left / (b - 2.0).max(1.0)).sqrt();
    Some(1.3 * (z + POWER) * sigma * (12.0 / (b * (b * b - 1.0))).sqrt() / blocks.interval()?)
}
