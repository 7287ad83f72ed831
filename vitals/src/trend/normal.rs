//! The standard normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// The share of the standard normal distribution above `z`. NaN for NaN.
#[must_use]
pub fn upper_tail(z: f64) -> f64 {
    let tail = 0.5 * erfc(z.abs() * FRAC_1_SQRT_2);
    if z < 0.0 { 1.0 - tail } else { tail }
}

/// The `z` that this share (between 0 and 1) lies above: the inverse of [`upper_tail`], by bisection.
#[must_use]
pub fn quantile_of_upper(share: f64) -> f64 {
    let (mut low, mut high) = (-38.0, 38.0);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if upper_tail(middle) > share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Complementary error function of a number that is not negative: the Maclaurin series of erf where it converges
/// fast (Abramowitz and Stegun 7.1.6), the continued fraction 7.1.14 by Lentz's method beyond.
fn erfc(x: f64) -> f64 {
    if x < 2.5 {
        let (mut term, mut sum) = (x, x);
        let mut k = 1.0;
        while term > 1e-17 * sum {
            term *= 2.0 * x * x / (2.0 * k + 1.0);
            sum += term;
            k += 1.0;
        }
        return 1.0 - 2.0 / PI.sqrt() * (-x * x).exp() * sum;
    }
    let mut fraction = x;
    for k in (1..=60_u32).rev() {
        fraction = x + f64::from(k) / 2.0 / fraction;
    }
    (-x * x).exp() / (PI.sqrt() * fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_of_the_tables() {
        // scipy.stats.norm.sf, scipy 1.17.1.
        for (z, tail) in [
            (0.0, 0.5),
            (1.0, 0.158_655_253_931_457_05),
            (1.959_963_984_540_054, 0.025),
            (2.33, 0.009_903_075_559_164_252),
            (2.58, 0.004_940_015_757_770_644),
            (3.5, 2.326_290_790_355_250_3e-4),
            (3.6, 1.591_085_901_575_336_4e-4),
            (8.0, 6.220_960_574_271_784e-16),
            (-1.5, 0.933_192_798_731_141_9),
        ] {
            assert!((upper_tail(z) / tail - 1.0).abs() < 1e-9, "{z}: {} {tail}", upper_tail(z));
            if z < 5.0 {
                assert!((quantile_of_upper(tail) - z).abs() < 1e-9, "{z}");
            }
        }
        assert!(upper_tail(f64::NAN).is_nan());
        assert_eq!((upper_tail(f64::INFINITY), upper_tail(-40.0)), (0.0, 1.0));
    }
}
