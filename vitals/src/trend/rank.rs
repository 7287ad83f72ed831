//! Order statistics, and how often orders come about by chance.

/// A whole number as a real one; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
pub(super) const fn real(n: usize) -> f64 {
    n as f64
}

/// The middle of the finite values, the mean of the middle two; `None` without any.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The quantile at `share` (0 to 1) of the finite values with linear interpolation: Hyndman and Fan's type 7.
#[must_use]
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let finite = finite(values);
    let last = finite.len().checked_sub(1)?;
    between(finite, share.clamp(0.0, 1.0) * real(last))
}

/// The same as Hyndman and Fan's type 6, which is not biased where values are spread evenly, as on a saw: of few values
/// the quantile of type 7 lies too far inside. No share is below the lowest or above the highest value.
pub(super) fn edge(values: &[f64], share: f64) -> Option<f64> {
    let finite = finite(values);
    let last = finite.len().checked_sub(1)?;
    let at = share * real(finite.len() + 1) - 1.0;
    between(finite, at.clamp(0.0, real(last)))
}

fn finite(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|v| v.is_finite()).collect()
}

/// The value at this place in order, which is between 0 and the last; between two values, between them.
fn between(mut finite: Vec<f64>, at: f64) -> Option<f64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
    let below = at.floor() as usize;
    if finite.is_empty() {
        return None;
    }
    let (_, low, above) = finite.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let rest = at - at.floor();
    if rest == 0.0 {
        return Some(low);
    }
    let high = above.iter().copied().fold(f64::INFINITY, f64::min);
    Some(low + (high - low) * rest)
}

/// The sizes of the groups of equal values.
pub(super) fn ties(values: &[f64]) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::float_cmp, reason = "equal measurements are equal")]
    sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).collect()
}

/// How many orders of a multiset with these group sizes have 0, 1, 2, … inversions: the coefficients of the
/// q-multinomial coefficient (MacMahon 1913; Stanley, Enumerative Combinatorics 1, 1.7.1).
pub(super) fn inversions(groups: &[usize]) -> Vec<f64> {
    let mut counts = vec![1.0];
    let mut n = 0;
    for size in groups {
        n += size;
        counts = convolve(&counts, &gaussian(n, *size));
    }
    counts
}

/// The coefficients of the Gaussian binomial coefficient, by `[n, k] = [n-1, k-1] + q^k [n-1, k]`.
fn gaussian(n: usize, k: usize) -> Vec<f64> {
    let mut row = vec![vec![1.0]];
    for m in 1..=n {
        let mut next = Vec::with_capacity(k + 1);
        for j in 0..=k.min(m) {
            let mut sum = vec![0.0; j * (m - j) + 1];
            if j > 0 {
                add(&mut sum, &row[j - 1], 0);
            }
            if j < m {
                add(&mut sum, &row[j], j);
            }
            next.push(sum);
        }
        row = next;
    }
    row.pop().unwrap_or_default()
}

fn add(sum: &mut [f64], values: &[f64], shift: usize) {
    for (to, value) in sum[shift..].iter_mut().zip(values) {
        *to += value;
    }
}

pub(super) fn convolve(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            sum[i + j] += x * y;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_between_and_without_values() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[f64::NAN]), None);
        assert_eq!(median(&[5.0]), Some(5.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, f64::NAN, 2.0]), Some(2.5));
        // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], 0.1) and 0.95
        let pi = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        assert!((quantile(&pi, 0.1).unwrap() - 1.0).abs() < 1e-12);
        assert!((quantile(&pi, 0.95).unwrap() - 7.95).abs() < 1e-12);
        assert_eq!((quantile(&pi, 0.0), quantile(&pi, 1.0)), (Some(1.0), Some(9.0)));
        // numpy.quantile(pi, [0.3, 0.95], method="weibull")
        assert!((edge(&pi, 0.3).unwrap() - 1.7).abs() < 1e-12);
        assert_eq!((edge(&pi, 0.95), edge(&pi, 0.1), edge(&[], 0.5)), (Some(9.0), Some(1.0), None));
        assert_eq!((edge(&pi, 0.5), edge(&[f64::NAN, 7.0], 0.1)), (quantile(&pi, 0.5), Some(7.0)));
    }

    #[test]
    fn inversions_of_permutations_and_multisets() {
        // OEIS A008302, row 4, and the six orders of 1122.
        assert_eq!(inversions(&[1, 1, 1, 1]), [1.0, 3.0, 5.0, 6.0, 5.0, 3.0, 1.0]);
        assert_eq!(inversions(&[2, 2]), [1.0, 1.0, 2.0, 1.0, 1.0]);
        assert_eq!(inversions(&[]), [1.0]);
        assert_eq!(inversions(&[5]), [1.0]);
        assert_eq!(inversions(&[1; 10]).iter().sum::<f64>(), 3_628_800.0);
    }
}
