//! Draws many recordings of a kind, judges each, and counts.

use vitals::trend::{Course, Live, Metric, Rules, Series, compare, trend};
use vitals::{Verdict, trend::CompareVerdict};

use crate::random::Random;
use crate::scenario::Scenario;

/// How often each came out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) runs: u32,
    pub(crate) danger: u32,
    pub(crate) warning: u32,
    pub(crate) inconclusive: u32,
    pub(crate) step: u32,
    /// Of a comparison: p below alpha, whatever the effect.
    pub(crate) differs: u32,
    /// Minutes until a live watch found it, summed up over those that did.
    pub(crate) minutes: f64,
}

impl Tally {
    /// Per cent of the runs.
    pub(crate) fn percent(&self, count: u32) -> f64 {
        percent(count, self.runs)
    }
}

/// Per cent of so many runs.
pub(crate) fn percent(count: u32, runs: u32) -> f64 {
    100.0 * f64::from(count) / f64::from(runs.max(1))
}

/// A kind of recording with its number, so that each has its own random numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    pub(crate) seed: u64,
    pub(crate) number: u64,
    pub(crate) runs: u32,
}

impl Draws {
    pub(crate) fn each(self) -> impl Iterator<Item = Random> {
        (0..self.runs).map(move |run| Random::new(self.seed, self.number, u64::from(run)))
    }
}

fn series(scenario: &Scenario, random: &mut Random) -> Series {
    let mut series = Series::default();
    scenario.draw(random).into_iter().for_each(|reading| series.push(reading));
    series
}

/// Judges each recording once, at its end.
pub(crate) fn one_shot(scenario: &Scenario, metric: Metric, draws: Draws) -> Tally {
    let mut tally = Tally { runs: draws.runs, ..Tally::default() };
    for mut random in draws.each() {
        let trend = trend(&series(scenario, &mut random), metric, &Rules::default());
        tally.danger += u32::from(trend.verdict == Verdict::Danger);
        tally.warning += u32::from(trend.verdict == Verdict::Warning);
        tally.inconclusive += u32::from(trend.course == Course::Inconclusive);
        tally.step += u32::from(trend.course == Course::Step);
    }
    tally
}

/// Watches each recording as it comes; an alarm at any time counts.
pub(crate) fn live(scenario: &Scenario, metric: Metric, draws: Draws) -> Tally {
    let mut tally = Tally { runs: draws.runs, ..Tally::default() };
    for mut random in draws.each() {
        let mut live = Live::new(Rules::default());
        let mut worst = Verdict::Ok;
        let mut minute = 0.0;
        let readings = scenario.draw(&mut random);
        let ends = readings.into_iter().map(Some).chain([None]);
        for reading in ends {
            minute = reading.map_or(minute, |reading| reading.t / 60.0);
            let looked = match reading {
                Some(reading) => live.push(reading),
                None => live.finish(),
            };
            if looked
                && let Some(trend) = live.trend(metric)
                && trend.course == Course::Growing
            {
                worst = worst.max(trend.verdict);
                if trend.verdict == Verdict::Danger {
                    tally.minutes += minute;
                    break;
                }
            }
        }
        let last = live.trend(metric).map(|trend| trend.course);
        tally.danger += u32::from(worst == Verdict::Danger);
        tally.warning += u32::from(worst == Verdict::Warning);
        let open = matches!(last, None | Some(Course::Inconclusive));
        tally.inconclusive += u32::from(worst == Verdict::Ok && open);
        tally.step += u32::from(worst == Verdict::Ok && last == Some(Course::Step));
    }
    tally
}

/// Compares two recordings.
pub(crate) fn pairs(baseline: &Scenario, current: &Scenario, metric: Metric, draws: Draws) -> Tally {
    let mut tally = Tally { runs: draws.runs, ..Tally::default() };
    let rules = Rules::default();
    for mut random in draws.each() {
        let (before, now) = (series(baseline, &mut random), series(current, &mut random));
        let compared = compare(&before, &now, &rules);
        let Some(found) = compared.metrics.iter().find(|m| m.metric == metric) else { continue };
        tally.differs += u32::from(found.p.is_some_and(|p| p < rules.alpha));
        tally.danger += u32::from(matches!(found.verdict, CompareVerdict::Leak | CompareVerdict::Regression));
        tally.warning += u32::from(found.verdict == CompareVerdict::Warning);
        tally.inconclusive += u32::from(found.verdict == CompareVerdict::Unknown);
    }
    tally
}
