//! What good requests alone leave behind. Some programs leave something for each request until their collector comes, a
//! log file that is opened anew for example: that is told once, with its rate, and is not charged to every row. What is
//! not given back is a leak, whatever else it is.

use std::time::Duration;

use super::bench::Bench;
use super::case::{Case, Expect, both};
use super::grade::Kind;
use super::growth::{Course, EVIDENCE, LAST, Series};
use super::rates::Rates;
use super::rule::{ROUNDS, SETTLE};
use super::slow::{self, Slow};
use super::tally::Tally;
use crate::gauge::{Expected, Held, Left};

const GOOD: &[Case] = &[both("", Expect::Good)];
/// So many requests of a round show what only some of them leave, if they take no longer than this.
const MANY: usize = 500;
const BRIEF: Duration = Duration::from_secs(2);
/// Fewer tell nothing of what comes with one in a thousand.
const FEWEST: usize = 300;

/// What was held before and after each round.
pub(super) struct Rounds {
    held: Vec<Held>,
    requests: Vec<u64>,
}

/// What became of the rounds, as the course of a row tells it.
pub(super) struct Ended {
    pub(super) after: Held,
    pub(super) left: Vec<Left>,
    pub(super) rates: Rates,
}

/// Good requests, round after round, until it is known what they leave. Something that hangs is the verdict: there is no
/// other round then.
pub(super) async fn rounds(bench: &Bench, before: Held, tally: &mut Tally) -> Rounds {
    let mut rounds = Rounds { held: vec![before], requests: Vec::new() };
    while rounds.go_on() {
        let (posted, begun) = (bench.posted(), bench.target.ledger.counts());
        let requests = rounds.next(bench.size.requests, bench.within(BRIEF));
        tokio::select! {
            done = bench.cases_of(requests, GOOD) => {
                if done.complaints.is_empty() {
                    bench.saw_good(&done.latencies);
                }
                tally.add(done);
            }
            fallen = bench.fallen() => {
                let counts = bench.target.ledger.counts().since(&begun);
                tally.broken_off(&counts);
                fallen.tell(bench, &counts, tally);
                break;
            }
        }
        let last = rounds.held.last().unwrap_or(&before);
        let (after, _) = bench.quiet(last, &Expected::default(), SETTLE).await;
        rounds.held.push(after);
        rounds.requests.push(bench.posted() - posted);
        if tally.has_hung() || bench.is_gone().await {
            break;
        }
    }
    rounds
}

impl Bench {
    /// Asks good requests alone, where a row has left so little of something that it may be theirs. Nothing where there is no
    /// time for many, or where nobody wants good requests to be told apart.
    pub(super) async fn slow(
        &self,
        left: &[Left],
        expected: &Expected,
        requests: u64,
        tally: &Tally,
    ) -> Vec<Slow> {
        let asked = (ROUNDS * MANY).min(self.within(BRIEF));
        let is_little = |left: &Left| slow::units(left, expected) < EVIDENCE;
        let is_asked = self.rates.told && !left.is_empty() && left.iter().all(is_little) && !tally.has_hung();
        if !is_asked || asked < FEWEST {
            return Vec::new();
        }
        let rounds = again(self, asked).await;
        let of = |left: &Left| Slow::of(left, slow::units(left, expected), requests, &rounds);
        left.iter().filter_map(of).filter(Slow::may_be).collect()
    }
}

/// As many rounds of good requests as a verdict takes, each of so many: what was held before and after each, and how many
/// requests they were.
async fn again(bench: &Bench, requests: usize) -> (Vec<Held>, u64) {
    let posted = bench.posted();
    let mut held = vec![bench.settled(SETTLE).await];
    while held.len() <= ROUNDS {
        tokio::select! {
            _ = bench.cases_of(requests, GOOD) => {}
            _ = bench.fallen() => break,
        }
        let last = held.last().copied().unwrap_or_default();
        held.push(bench.quiet(&last, &Expected::default(), SETTLE).await.0);
    }
    (held, bench.posted() - posted)
}

impl Rounds {
    fn go_on(&self) -> bool {
        let done = self.requests.len();
        done < ROUNDS || done < LAST && self.series().any(|series| series.is_open())
    }

    /// How many requests the next round has: `asked`, and once a round has left next to nothing, more, as far as they are
    /// done in a moment. A leak with one request in some dozens is not to be seen in ten, and would be another row's then.
    fn next(&self, asked: usize, in_a_moment: usize) -> usize {
        let rose = |series: Series| series.rose() >= EVIDENCE;
        let last = self.requests.last().and_then(|last| usize::try_from(*last).ok());
        match last {
            None => asked,
            Some(last) if self.series().any(rose) => last.max(asked),
            Some(last) => last.max(asked).max(MANY.min(in_a_moment)),
        }
    }

    /// Everything that is told after every round.
    fn series(&self) -> impl Iterator<Item = Series> {
        self.held[0].counts().into_iter().enumerate().filter_map(|(i, (name, _))| {
            let values = self.held.iter().map(|held| held.counts()[i].1).collect::<Option<Vec<_>>>()?;
            Some(Series { name, values, requests: self.requests.clone() })
        })
    }

    /// Tells what is left, and how much of it for each request.
    pub(super) fn end(self, tally: &mut Tally) -> Ended {
        let after = self.held.last().copied().unwrap_or_default();
        let mut ended = Ended { after, left: Vec::new(), rates: Rates { told: true, ..Rates::default() } };
        // Rounds that a death has broken off say nothing of what would have come back.
        if self.requests.len() >= ROUNDS {
            let requests = self.requests.iter().sum();
            self.series().for_each(|series| ended.tell(&series, requests, tally));
        }
        ended
    }
}

impl Ended {
    fn tell(&mut self, series: &Series, requests: u64, tally: &mut Tally) {
        let (name, [_, .., last]) = (series.name, &series.values[..]) else { return };
        match series.course() {
            Course::Level => {}
            Course::Once => {
                // Should it come again, it is not the fault of the row in which it does.
                let late = series.late();
                self.rates.units.extend((late > 0).then_some((name, late)));
                tally.note(series.told());
            }
            Course::Wavers(units) => {
                self.rates.units.push((name, units));
                tally.note(format!("{name}: up to {units} more now and then: not charged to other rows"));
            }
            Course::Collected(rate) => {
                self.rates.each.push((name, rate));
                tally.note(format!(
                    "{name}: {} good request, until they are collected: not charged to other rows",
                    at_most(rate)
                ));
            }
            Course::Grows(rate, lowest) => {
                self.rates.each.push((name, rate));
                self.left.push(Left { name, before: lowest, after: *last });
                let text = format!(
                    "{name}: {lowest} at first, {last} after {requests} good requests, {} request, and most of it is never given back",
                    at_most(rate)
                );
                tally.complain(Kind::Leak, text);
            }
        }
    }
}

/// `up to 0.50 for each`, `up to 1 for each 25th`
fn at_most(rate: f64) -> String {
    if rate >= 0.1 {
        format!("up to {rate:.2} for each")
    } else {
        format!("up to 1 for each {:.0}th", 1.0 / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(descriptors: &[u64]) -> Rounds {
        let held = |n: &u64| Held { descriptors: Some(*n), ..Held::default() };
        let requests = vec![100; descriptors.len() - 1];
        Rounds { held: descriptors.iter().map(held).collect(), requests }
    }

    #[test]
    fn what_grows_has_three_more_rounds_to_come_back_in() {
        assert!(held(&[20, 70, 120, 220]).go_on() && !held(&[20, 21, 21, 21]).go_on());
        assert!(held(&[20, 20, 21, 21, 21, 22, 22]).go_on(), "it comes seldom, and comes again");
        assert!(!held(&[20, 120, 30, 130]).go_on() && held(&[20, 15, 115, 215]).go_on());
        assert!(!held(&[20, 70, 120, 220, 270, 320, 370]).go_on());
    }

    /// One descriptor with each 25th request, and ten requests a round.
    #[test]
    fn a_slow_leak_is_seen_in_many_requests() {
        let (mut slow, mut sent) = (held(&[20]), 24);
        while slow.go_on() {
            let requests = slow.next(10, 400) as u64;
            sent += requests;
            slow.requests.push(requests);
            slow.held.push(Held { descriptors: Some(20 + sent / 25), ..Held::default() });
        }
        assert_eq!(slow.requests, [10, 400, 400, 400, 400, 400]);
        let mut tally = Tally::default();
        let ended = slow.end(&mut tally);
        assert_eq!(tally.grade().word(), "leak");
        assert_eq!(
            (ended.rates.expected(10).of("descriptors"), ended.rates.expected(100).of("descriptors")),
            (1, 10)
        );
        // A leak with every request needs no more to be seen, and neither has a slow relay time for them.
        assert_eq!((held(&[20, 120]).next(10, 400), held(&[20, 20]).next(10, 15)), (100, 100));
    }

    #[test]
    fn rows_that_follow_are_charged_for_what_is_above_it_only() {
        let mut tally = Tally::default();
        let ended = held(&[20, 119, 30, 130]).end(&mut tally);
        assert!(
            ended.left.is_empty() && tally.complaints.is_empty() && tally.notes[0].contains("up to 1.00")
        );
        let expected = ended.rates.expected(50);
        assert_eq!(expected.of("descriptors"), 50);
        let (before, after) = (held(&[30, 80]).held[0], held(&[30, 80]).held[1]);
        assert!(after.beyond(&before, &expected).is_empty());
        assert_eq!(after.beyond(&before, &ended.rates.expected(49))[0].after, 80, "as it was read");
    }

    #[test]
    fn a_leak_is_told_once() {
        let mut tally = Tally::default();
        let ended = held(&[25, 20, 120, 220, 320]).end(&mut tally);
        assert_eq!((ended.left[0].before, ended.left[0].after), (20, 320));
        assert_eq!(tally.grade().word(), "leak");
        assert_eq!(ended.rates.expected(7).of("descriptors"), 7);
        let mut tally = Tally::default();
        let broken = held(&[20, 120]).end(&mut tally);
        assert!(broken.left.is_empty() && tally.complaints.is_empty(), "a round is no course");
    }
}
