//! The lives of a run, from one start of the process to the next: each is judged by itself, and the last one that is
//! long enough decides. A leak before a deployment is none of the program that came with it, and no slope is one of two
//! programs.

use super::deciding::is_long;
use super::series::Series;
use super::{Rules, Trend, judge, resource};

/// One life of the process.
#[derive(Clone, Debug, PartialEq)]
pub struct Life {
    /// Its first sample, by the clock of the series.
    pub from: f64,
    /// Its last one.
    pub to: f64,
    /// It is long enough to be judged.
    pub is_long: bool,
    /// What tasks and heap do within it; where nobody counts tasks, what the process holds. The first is what it is about.
    pub trends: Vec<Trend>,
}

/// The lives of a run in their order, as far as they are kept.
#[must_use]
pub fn lives(series: &Series, rules: &Rules) -> Vec<Life> {
    let [main, _] = resource::families(std::slice::from_ref(series));
    let one = |(life, from, to): (u32, f64, f64)| {
        let own = series.life(life);
        let trends = main.iter().map(|metric| judge::trend(&own, *metric, rules)).collect();
        Life { from, to, is_long: is_long(to - from, rules), trends }
    };
    series.spans().into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;
    use crate::trend::{Course, Metric, Reading, trend};

    /// Lives of so many minutes, each with its growth an hour, at a steady load.
    fn run(each: &[(u32, f64)]) -> Series {
        let mut series = Series::default();
        let mut t = 0.0;
        for (i, (minutes, per_h)) in each.iter().enumerate() {
            for n in 0..minutes * 12 {
                let noise = f64::from(n * 7919 % 31) - 15.0;
                series.push(Reading {
                    t,
                    tasks: Some(300.0 + per_h * f64::from(n) / 720.0 + noise),
                    in_flight: Some(50.0),
                    restarted: i > 0 && n == 0,
                    ..Reading::default()
                });
                t += 5.0;
            }
        }
        series
    }

    fn judged(each: &[(u32, f64)]) -> (Verdict, Course) {
        let found = trend(&run(each), Metric::Tasks, &Rules::default());
        assert_eq!(found.restarts as usize, each.len() - 1);
        (found.verdict, found.course)
    }

    #[test]
    fn the_last_life_that_is_long_enough_decides() {
        let (leaks, level) = ((Verdict::Danger, Course::Growing), (Verdict::Ok, Course::Stable));
        assert_eq!(judged(&[(30, 18_000.0), (30, 0.0)]), level);
        assert_eq!(judged(&[(30, 0.0), (30, 18_000.0)]), leaks);
        assert_eq!(judged(&[(30, 600.0), (8, 0.0)]), leaks, "the last one is too short");
        assert_eq!(judged(&[(30, 0.0), (3, 0.0), (2, 0.0)]), level);
        let short = trend(&run(&[(7, 3000.0), (7, 3000.0), (7, 3000.0)]), Metric::Tasks, &Rules::default());
        assert_eq!(short.course, Course::Inconclusive, "no slope is one of several lives");
    }

    #[test]
    fn without_a_count_they_are_those_of_what_the_process_holds() {
        let mut series = Series::default();
        for n in 0..720_u32 {
            let noise = f64::from(n * 7919 % 31);
            let leaked = if n < 360 { 600.0 * f64::from(n) / 720.0 } else { 0.0 };
            let resident = Some((400.0 + leaked + noise) * 1_048_576.0);
            let (t, restarted) = (5.0 * f64::from(n), n == 360);
            series.push(Reading { t, resident, restarted, in_flight: Some(50.0), ..Reading::default() });
        }
        let lives = lives(&series, &Rules::default());
        let told: Vec<_> = lives.iter().map(|l| (l.trends[0].metric, l.trends[0].course)).collect();
        assert_eq!(told[0], (Metric::Resident, Course::Growing));
        assert_eq!((told[1].0, lives.len()), (Metric::Resident, 2));
        assert_ne!(told[1].1, Course::Growing);
    }

    #[test]
    fn each_is_told() {
        let lives = lives(&run(&[(30, 18_000.0), (2, 0.0), (30, 0.0)]), &Rules::default());
        let told: Vec<_> = lives.iter().map(|life| (life.is_long, life.trends[0].course)).collect();
        assert_eq!(told, [(true, Course::Growing), (false, Course::Inconclusive), (true, Course::Stable)]);
        assert_eq!((lives[1].from, lives[1].to), (1800.0, 1915.0));
    }
}
