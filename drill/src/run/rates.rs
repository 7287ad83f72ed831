//! What good requests alone leave behind, as a rate: what rows that follow are not charged for.

use crate::gauge::Expected;

/// What good requests leave, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rates {
    /// For each of them: the highest rate of three rounds.
    pub(crate) each: Vec<(&'static str, f64)>,
    /// Now and then, however many there are.
    pub(super) units: Vec<(&'static str, u64)>,
    /// The row of good requests has told, also where it is nothing.
    pub(super) told: bool,
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
        let mut most: Vec<(&'static str, u64)> = Vec::new();
        for (name, count) in each.chain(self.units.iter().copied()) {
            match most.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = count.max(*known),
                None => most.push((name, count)),
            }
        }
        Expected(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_grows_with_the_requests_and_a_few_units_do_not() {
        let rates = Rates { each: vec![("descriptors", 0.5)], units: vec![("tasks", 2)], told: true };
        let of = |requests| {
            let expected = rates.expected(requests);
            (expected.of("descriptors"), expected.of("tasks"), expected.of("permits"))
        };
        assert_eq!((of(5), of(1000)), ((3, 2, 0), (500, 2, 0)));
        let both = Rates { each: vec![("tasks", 0.001), ("tasks", 0.01)], ..rates };
        assert_eq!(
            (both.expected(100).of("tasks"), both.expected(1000).of("tasks")),
            (2, 10),
            "whichever is more"
        );
    }
}
