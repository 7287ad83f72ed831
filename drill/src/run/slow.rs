//! A leak so slow that the row of good requests did not see it: it shows in some row behind, which asks more or has bad luck,
//! and is not that row's fault. So a row that has left a few units is not charged before good requests alone have been asked
//! once more, many of them: where these leave something as often, it is theirs.

use super::rates::Rates;
use crate::gauge::{Expected, Held, Left};

/// A row is charged where good requests would have left as much by chance less often than this.
const UNLIKELY: f64 = 0.01;

/// What good requests alone have left since, and a row before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slow {
    name: &'static str,
    /// Good requests, and what they left.
    good: u64,
    rose: u64,
    /// As much of it as was not given back.
    stays: u64,
    first: u64,
    last: u64,
    /// What the row has left, and its requests.
    units: u64,
    requests: u64,
}

/// What is left beyond what is expected.
pub(super) fn units(left: &Left, expected: &Expected) -> u64 {
    left.after.saturating_sub(left.before + expected.of(left.name))
}

impl Slow {
    /// `rounds`: what was held before the first round and after each, and the requests of all of them.
    pub(super) fn of(
        left: &Left,
        units: u64,
        requests: u64,
        (held, good): &(Vec<Held>, u64),
    ) -> Option<Self> {
        let value = |held: &Held| held.counts().into_iter().find(|(name, _)| *name == left.name)?.1;
        let values = held.iter().map(value).collect::<Option<Vec<_>>>()?;
        let (first, last) = (*values.first()?, *values.last()?);
        let rose = values.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).sum();
        let stays = last.saturating_sub(first);
        Some(Self { name: left.name, good: *good, rose, stays, first, last, units, requests })
    }

    /// Tells whether good requests would have left as much of it in this row.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    pub(super) fn may_be(&self) -> bool {
        // They may have had luck, too: one more than was seen.
        let mean = (self.rose + 1) as f64 / self.good.max(1) as f64 * self.requests as f64;
        self.rose > 0 && at_least(self.units, mean) >= UNLIKELY
    }

    /// Seen more than once: the row is not charged. A single one may be chance.
    pub(super) fn is_theirs(&self) -> bool {
        self.rose > 1
    }

    /// Tells whether this is what is left.
    pub(super) fn is(&self, left: &Left) -> bool {
        self.name == left.name
    }

    fn each(&self) -> u64 {
        self.good.div_ceil(self.rose.max(1))
    }

    /// What the row says of it.
    pub(super) fn told(&self) -> String {
        let (Self { name, units, requests, good, rose, .. }, every) = (self, self.each());
        format!(
            "{name}: {units} more after {requests} requests may be good traffic's own: {rose} more after {good} good requests, 1 for each {every}th"
        )
    }

    /// What the row of good requests says of it; nothing where it came back.
    pub(super) fn leak(&self) -> Option<String> {
        let (Self { name, first, last, good, .. }, every) = (self, self.each());
        (self.is_theirs() && self.stays > 1).then(|| {
            format!("{name}: {first} before, {last} after {good} more good requests, 1 for each {every}th: seen in a row behind")
        })
    }

    /// So much is not charged to the rows that follow.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    pub(super) fn teach(&self, rates: &mut Rates) {
        if self.is_theirs() {
            rates.each.push((self.name, self.rose as f64 / self.good.max(1) as f64));
        }
    }
}

/// How likely as many as `n` events are, or more, where `mean` are to be expected (Poisson).
fn at_least(n: u64, mean: f64) -> f64 {
    let mut term = (-mean).exp();
    let mut below = 0.0;
    for k in 0..n {
        below += term;
        #[expect(clippy::cast_precision_loss, reason = "less than a handful")]
        let next = (k + 1) as f64;
        term *= mean / next;
    }
    (1.0 - below).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::growth::EVIDENCE;

    fn held(descriptors: u64) -> Held {
        Held { descriptors: Some(descriptors), ..Held::default() }
    }

    fn slow(units: u64, requests: u64, values: &[u64], good: u64) -> Slow {
        let left = Left { name: "descriptors", before: 20, after: 20 + units };
        Slow::of(&left, units, requests, &(values.iter().copied().map(held).collect(), good)).unwrap()
    }

    #[test]
    fn chances_are_those_of_the_tables() {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-4;
        assert!(near(at_least(0, 2.0), 1.0) && near(at_least(1, 1.0), 0.6321));
        assert!(near(at_least(3, 0.5), 0.0144) && near(at_least(4, 2.0), 0.1429));
    }

    /// One with each 1000th request: row 0 asked 1100 and saw one at most; a row of 3000 leaves three.
    #[test]
    fn a_row_is_not_charged_for_what_good_requests_leave() {
        let found = slow(3, 3000, &[23, 24, 25, 27], 4000);
        assert!(found.may_be() && found.is_theirs());
        assert_eq!(
            found.told(),
            "descriptors: 3 more after 3000 requests may be good traffic's own: 4 more after 4000 good requests, 1 for each 1000th"
        );
        assert_eq!(
            found.leak().unwrap(),
            "descriptors: 23 before, 27 after 4000 more good requests, 1 for each 1000th: seen in a row behind"
        );
        let mut rates = Rates::default();
        found.teach(&mut rates);
        assert_eq!(rates.expected(3000).of("descriptors"), 3);
        let back = slow(3, 3000, &[23, 25, 23, 24], 4000);
        assert!(back.may_be() && back.is_theirs() && back.leak().is_none(), "it comes back");
    }

    #[test]
    fn a_row_is_charged_for_what_good_requests_do_not_leave() {
        assert!(!slow(3, 300, &[23, 23, 23, 23], 4000).may_be(), "they leave nothing");
        assert!(
            !slow(3, 300, &[23, 24, 25, 25], 4000).may_be(),
            "they leave one in two thousand, and it ten times as much"
        );
        let once = slow(2, 300, &[22, 23, 23, 23], 1500);
        assert!(once.may_be() && !once.is_theirs() && once.leak().is_none(), "a single one may be chance");
        let mut rates = Rates::default();
        once.teach(&mut rates);
        assert_eq!(rates, Rates::default());
    }

    /// What the rows see of one with each `every`th request, wherever it falls.
    #[test]
    fn slow_leaks_are_good_traffics_own_wherever_they_fall() {
        for every in [700, 1000, 1500, 2500] {
            for offset in (0..every).step_by(every as usize / 20) {
                let count = |requests: u64| (requests + offset) / every;
                let units = count(3000) - count(0);
                let after = [3000, 4500, 6000, 7500].map(|sent| 20 + count(sent));
                let found = slow(units, 3000, &after, 4500);
                assert!(units >= EVIDENCE || units == 0 || found.may_be(), "{every}, {offset}: {found:?}");
            }
        }
    }
}
