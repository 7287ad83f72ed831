//! Whether one set of values lies above another, and by how much.
//!
//! Mann and Whitney 1947, Annals of Mathematical Statistics 18; Hodges and Lehmann 1963, ibid. 34; Holm 1979,
//! Scandinavian Journal of Statistics 6.

use super::normal::upper_tail;
use super::rank::{median, real, ties};

/// Up to this many values on both sides together, all ways to share them out are counted.
const EXACT: usize = 20;

/// The difference of two levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// The median of all differences.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<[f64; 2]>,
    /// How often chance gives a difference as large, in either direction.
    pub p: f64,
}

/// How far `later` lies above `earlier`; `None` if one of them is empty. Quadratic: for blocks.
#[must_use]
pub fn shift(earlier: &[f64], later: &[f64]) -> Option<Shift> {
    let mut differences: Vec<f64> = later.iter().flat_map(|y| earlier.iter().map(move |x| y - x)).collect();
    let value = median(&differences)?;
    differences.sort_by(f64::total_cmp);
    let (m, n) = (real(earlier.len()), real(later.len()));
    // Hollander and Wolfe 1999, Nonparametric Statistical Methods, 4.3, large-sample form.
    let c = (m * n / 2.0 - 1.959_963_984_540_054 * (m * n * (m + n + 1.0) / 12.0).sqrt()).floor().max(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 up to the number of pairs"
    )]
    let c = c as usize;
    let interval = differences.get(c).zip(differences.iter().rev().nth(c)).map(|(low, high)| [*low, *high]);
    Some(Shift { value, interval: interval.filter(|[low, high]| low <= high), p: p_value(earlier, later) })
}

/// The two-sided p of the Mann-Whitney test: exact with up to 20 values, ties and all; else the normal
/// approximation with the corrections for ties and continuity.
#[must_use]
pub fn p_value(earlier: &[f64], later: &[f64]) -> f64 {
    let (m, n) = (real(earlier.len()), real(later.len()));
    let pooled: Vec<f64> = earlier.iter().chain(later).copied().collect();
    // Twice U, so that ties count whole.
    let twice_u: f64 = later
        .iter()
        .flat_map(|y| {
            earlier.iter().map(move |x| f64::from(i8::from(y > x)) * 2.0 + f64::from(i8::from(y == x)))
        })
        .sum();
    let groups = ties(&pooled);
    if groups.len() < 2 || earlier.is_empty() || later.is_empty() {
        return 1.0;
    }
    let off = (twice_u / 2.0 - m * n / 2.0).abs();
    if pooled.len() <= EXACT {
        return exact(&groups, later.len(), 2.0 * off);
    }
    let total = m + n;
    let tied: f64 = groups.into_iter().map(|t| real(t).powi(3) - real(t)).sum();
    let variance = m * n / 12.0 * (total + 1.0 - tied / (total * (total - 1.0)));
    (2.0 * upper_tail((off - 0.5) / variance.sqrt())).min(1.0)
}

/// Counts, group of equal values by group, how many ways of choosing `n` of all values give each `2 U`; then the
/// share that lies at least as far from the middle.
fn exact(groups: &[usize], n: usize, twice_off: f64) -> f64 {
    let total: usize = groups.iter().sum();
    let m = total - n;
    let most = 2 * m * n;
    let mut ways = vec![vec![0.0; most + 1]; n + 1];
    ways[0][0] = 1.0;
    let mut before = 0;
    for size in groups {
        let mut next = vec![vec![0.0; most + 1]; n + 1];
        for chosen in 0..=n.min(before) {
            for taken in 0..=(*size).min(n - chosen) {
                // The taken ones lie above the unchosen before them, and level with the unchosen of their group.
                let unchosen = before - chosen;
                let add = taken * (2 * unchosen + (size - taken));
                for u in 0..(most + 1).saturating_sub(add) {
                    next[chosen + taken][u + add] += ways[chosen][u] * binomial(*size, taken);
                }
            }
        }
        ways = next;
        before += size;
    }
    let middle = real(m * n);
    let all: f64 = ways[n].iter().sum();
    let far = ways[n].iter().enumerate().filter(|(u, _)| (real(*u) - middle).abs() >= twice_off - 1e-9);
    far.map(|(_, ways)| ways).sum::<f64>() / all
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |product, i| product * real(n - i) / real(i + 1))
}

/// Adjusts p-values that were looked at together: each is then what it alone would have to be below.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut highest: f64 = 0.0;
    for (rank, i) in order.into_iter().enumerate() {
        highest = highest.max((p[i] * real(p.len() - rank)).min(1.0));
        adjusted[i] = highest;
    }
    adjusted
}
