//! The table of `compare --days`: which series are accused, and of what.

use std::io::{self, Write};

use vitals::trend::{Change, CompareVerdict, Course, Day, Rules, Series, days};

use crate::tally::{Draws, percent};
use crate::week::{Load, Week};
use vitals::Verdict;

/// How often each came out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weeks {
    pub(crate) runs: u32,
    /// A day is higher or grows, or the days drift.
    pub(crate) danger: u32,
    /// The same, with nothing known of the load.
    pub(crate) warning: u32,
    /// None of that, but of a whole day nothing can be told.
    pub(crate) unknown: u32,
    /// A drift is named.
    pub(crate) drift: u32,
    /// The first day that is named is the right one.
    pub(crate) right: u32,
    /// A day after the right one is named, or cannot be told.
    pub(crate) after: u32,
    /// Of series that drift: how many days it took until something was said, summed up over those where it was.
    pub(crate) days: u32,
    /// And how many there are of those.
    pub(crate) found: u32,
}

/// Which days are named.
struct Said {
    changed: Vec<usize>,
    untold: Vec<usize>,
    danger: bool,
    drift: bool,
}

impl Said {
    const fn is_alarm(&self) -> bool {
        !self.changed.is_empty() || self.drift
    }
}

fn said(runs: &[Series]) -> Said {
    let vitals::trend::Days { days: found, drifts, .. } = days(runs, &Rules::default());
    let drifts: Vec<_> = drifts.into_iter().filter(|drift| drift.trend.course == Course::Growing).collect();
    let drift = !drifts.is_empty();
    let is = |day: &Day, wanted: &[Change]| wanted.contains(&day.change);
    let all = |wanted: &[Change]| -> Vec<usize> {
        found.iter().enumerate().filter(|(_, day)| is(day, wanted)).map(|(i, _)| i).collect()
    };
    let grave = |day: &Day| {
        day.comparison
            .as_ref()
            .is_some_and(|c| matches!(c.verdict, CompareVerdict::Leak | CompareVerdict::Regression))
            || day.comparison.is_none() && day.change == Change::Growing
    };
    let changed = all(&[Change::Higher, Change::Growing]);
    let danger = drifts.iter().any(|drift| drift.trend.verdict == Verdict::Danger);
    Said {
        danger: danger || changed.iter().any(|i| grave(&found[*i])),
        untold: all(&[Change::Unknown]),
        changed,
        drift,
    }
}

/// Looks at each series; `right` is the day that should be named.
pub(crate) fn weeks(week: &Week, right: Option<usize>, draws: Draws) -> Weeks {
    let mut tally = Weeks { runs: draws.runs, ..Weeks::default() };
    for mut random in draws.each() {
        let runs = week.draw(&mut random);
        let said = said(&runs);
        let any = said.is_alarm();
        tally.danger += u32::from(any && said.danger);
        tally.warning += u32::from(any && !said.danger);
        tally.unknown += u32::from(!any && !said.untold.is_empty());
        tally.drift += u32::from(said.drift);
        tally.right += u32::from(right.is_some() && said.changed.first().copied() == right);
        let later = |day: &usize| right.is_some_and(|right| *day > right);
        tally.after += u32::from(said.changed.iter().chain(&said.untold).any(later));
        if week.drift > 0.0 {
            let days = (2..=runs.len()).find(|days| self::said(&runs[..*days]).is_alarm());
            tally.days += days.map_or(0, |days| u32::try_from(days).unwrap_or(u32::MAX));
            tally.found += u32::from(days.is_some());
        }
    }
    tally
}

/// Kinds of series, and the day that should be named.
pub(crate) fn all() -> Vec<(String, Week, Option<usize>)> {
    let plain = Week::default();
    let mut all = Vec::new();
    let mut add = |name: &str, week, right| all.push((name.to_owned(), week, right));
    for (memory, memory_s) in [
        ("phi 0.8", 22.4),
        ("phi 0.98", 247.0),
        ("phi 0.995", 997.0),
        ("memory 1 h", 3600.0),
        ("memory 6 h", 21_600.0),
        ("memory 3 days", 259_200.0),
    ] {
        for sd in [30.0, 150.0] {
            add(&format!("flat, {memory}, sd {sd}"), Week { memory_s, sd, ..plain }, None);
        }
    }
    for sd in [24.0, 40.0] {
        add(&format!("flat, each day at a level of its own, sd {sd}"), Week { days_sd: sd, ..plain }, None);
    }
    for (name, first) in [("Monday", 0), ("Thursday", 3), ("Saturday", 5)] {
        add(&format!("weekly load from {name}"), Week { load: Load::Weekly(first), ..plain }, None);
        let short = Week { load: Load::Weekly(first), days: 8, ..plain };
        add(&format!("8 days of weekly load from {name}"), short, None);
    }
    add("weekly load from Saturday, unknown", Week { load: Load::Hidden(5), ..plain }, None);
    add("load rising by 3 % a day", Week { load: Load::Rising, ..plain }, None);
    add("load doubled at 0.5 of day 5", Week { load: Load::Doubled, step: Some((4.5, 0.0)), ..plain }, None);
    add("a restart each night", Week { restarts: true, ..plain }, None);
    add("40 days, a restart each night", Week { restarts: true, days: 40, ..plain }, None);
    add("two days missing", Week { hole: Some((4.0, 6.0)), ..plain }, None);
    add("six hours missing", Week { hole: Some((4.3, 4.55)), ..plain }, None);
    for (share, days) in
        [(0.005, 14), (0.01, 14), (0.015, 14), (0.015, 30), (0.02, 14), (0.04, 7), (0.04, 14)]
    {
        add(
            &format!("**drift of {} % a day, {days} days**", share * 100.0),
            Week { drift: share, days, ..plain },
            None,
        );
    }
    add("**drift of 2 % a day, each day off by sd 24**", Week { drift: 0.02, days_sd: 24.0, ..plain }, None);
    let slow = Week { memory_s: 997.0, ..plain };
    add("**drift of 2 % a day, phi 0.995**", Week { drift: 0.02, ..slow }, None);
    add(
        "**drift of 2 % a day under weekly load**",
        Week { drift: 0.02, load: Load::Weekly(0), ..plain },
        None,
    );
    add("**drift of 2 % a day, a restart each night**", Week { drift: 0.02, restarts: true, ..plain }, None);
    for at in [0.0, 0.4, 0.5, 0.75] {
        add(
            &format!("**300 more from {at} of day 5**"),
            Week { step: Some((4.0 + at, 300.0)), ..plain },
            Some(4),
        );
    }
    add("**300 more from 0.5 of day 1**", Week { step: Some((0.5, 300.0)), ..plain }, Some(0));
    add("**300 more from 0.5 of day 5, phi 0.995**", Week { step: Some((4.5, 300.0)), ..slow }, Some(4));
    let nightly = Week { restarts: true, step: Some((4.5, 300.0)), ..plain };
    add("**300 more from 0.5 of day 5, a restart each night**", nightly, Some(4));
    let doubled = Week { load: Load::Doubled, step: Some((4.5, 300.0)), ..plain };
    add("**300 more and twice the load from 0.5 of day 5**", doubled, Some(4));
    add("**a leak of 20/h on day 5**", Week { leak: Some((4, 20.0)), ..plain }, Some(4));
    all
}

/// Prints it.
pub(crate) fn print(to: &mut impl Write, wanted: &str, mut draws: impl FnMut() -> Draws) -> io::Result<()> {
    writeln!(
        to,
        "\n| Series of 14 days; **bold** ones change | danger | warning | unknown | drift | found after | right day | \
         days after it |"
    )?;
    writeln!(to, "|---|---:|---:|---:|---:|---:|---:|---:|")?;
    for (name, week, right) in all() {
        let draws = draws();
        if !format!("series {name}").contains(wanted) {
            continue;
        }
        let tally = weeks(&week, right, draws);
        let share = |n: u32| format!("{:.1}", percent(n, tally.runs));
        let counts = [tally.danger, tally.warning, tally.unknown, tally.drift];
        let found = f64::from(tally.days) / f64::from(tally.found.max(1));
        let found = if tally.found > 0 { format!("{found:.1} days") } else { String::new() };
        let of_day = |n| right.map(|_| share(n)).unwrap_or_default();
        let [right, after] = [tally.right, tally.after].map(of_day);
        writeln!(to, "| {name} | {} | {found} | {right} | {after} |", counts.map(share).join(" | "))?;
        to.flush()?;
    }
    Ok(())
}
