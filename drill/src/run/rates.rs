//! What good requests alone leave behind, as a rate: what rows that follow are not charged for.

use crate::gauge::Expected;

/// What good requests leave, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rates {
    /// For each of them: the highest rate of three rounds.
    pub(crate) each: Vec<(&'static str, f64)>,
    /// Now and then, however many there are.
    pub(super) units: Vec<(&'static str, u64)>,
}

impl Rates {
    /// Takes over what a row has found; rows that found nothing leave it as it is.
    pub(super) fn learn(&mut self, found: &Self) {
        if *found != Self::default() {
            *self = found.clone();
        }
    }

    /// What so many requests leave at most.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "rates are positive, and counts far below 2^53"
    )]
    pub(crate) fn expected(&self, requests: u64) -> Expected {
        let of = |rate: f64| (rate * requests as f64).ceil() as u64;
        let each = self.each.iter().map(|(name, rate)| (*name, of(*rate)));
        Expected(each.chain(self.units.iter().copied()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_grows_with_the_requests_and_a_few_units_do_not() {
        let rates = Rates { each: vec![("descriptors", 0.5)], units: vec![("tasks", 2)] };
        let of = |requests| {
            let expected = rates.expected(requests);
            (expected.of("descriptors"), expected.of("tasks"), expected.of("permits"))
        };
        assert_eq!((of(5), of(1000)), ((3, 2, 0), (500, 2, 0)));
    }
}
