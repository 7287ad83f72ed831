//! Random numbers that a seed repeats exactly, and that split into independent streams.

/// SplitMix64 (Steele, Lea and Flood 2014, OOPSLA): small, fast and splittable by its seed.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
    spare: Option<f64>,
}

impl Random {
    /// The stream of a run of a scenario.
    pub(crate) fn new(seed: u64, scenario: u64, run: u64) -> Self {
        let mut random = Self { state: seed, spare: None };
        for part in [scenario, run] {
            random.state = random.bits() ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93);
        }
        random
    }

    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1, without them.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// From the standard normal distribution (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sine);
        radius * cosine
    }
}

impl Random {
    /// The next value of noise that keeps this share of the value before (first-order autoregressive, variance 1).
    pub(crate) fn remembering(&mut self, before: f64, kept: f64) -> f64 {
        kept * before + (1.0 - kept * kept).sqrt() * self.normal()
    }

    /// How many come where so many are expected, each by itself (Poisson; Knuth's product, for expectations below 500).
    pub(crate) fn arrivals(&mut self, expected: f64) -> f64 {
        let least = (-expected).exp();
        let (mut product, mut count) = (self.uniform(), 0.0);
        while product > least {
            product *= self.uniform();
            count += 1.0;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_repetition() {
        let mut random = Random::new(1, 2, 3);
        let values: Vec<f64> = (0..40_000).map(|_| random.normal()).collect();
        let mean = values.iter().sum::<f64>() / 40_000.0;
        let variance = values.iter().map(|x| x * x).sum::<f64>() / 40_000.0;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        let counts: Vec<f64> = (0..20_000).map(|_| random.arrivals(4.0)).collect();
        let mean = counts.iter().sum::<f64>() / 20_000.0;
        let variance = counts.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!((mean - 4.0).abs() < 0.06 && (variance - 4.0).abs() < 0.2, "{mean} {variance}");
        assert_eq!(Random::new(1, 2, 3).bits(), Random::new(1, 2, 3).bits());
        assert_ne!(Random::new(1, 2, 3).bits(), Random::new(1, 2, 4).bits());
        assert_ne!(Random::new(1, 2, 3).bits(), Random::new(1, 3, 3).bits());
    }
}
