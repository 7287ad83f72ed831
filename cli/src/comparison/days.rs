//! Several recordings in a row, or the days of some: which of them changed.

mod findings;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vitals::trend::{Change, Day as Look, Days as Looks, Drift, days as looks, lives};

use super::Side;
use super::filling::Filling;
use super::holes::{Hole, Holes};
use super::judge::Rules;
use super::statistics::of_trends;
use crate::finding::{Finding, Misuse};
use crate::moment::Moment;
use crate::output::Failure;
use crate::recording::{Input, Line, Recordings};
use crate::words;
pub(crate) use findings::{findings, reference};

/// More columns make a table that nobody reads, and each takes memory.
pub(crate) const MOST: usize = 100;

/// One column.
#[derive(Debug)]
pub(crate) struct Day {
    /// A date, or the name of a recording.
    pub(crate) name: String,
    /// Its rows.
    pub(crate) side: Side,
    /// By statistics.
    pub(crate) look: Look,
    /// The same of what the process holds, where it is counted beside tasks.
    pub(crate) held: Option<Look>,
}

impl Day {
    /// How it changed. What the process holds counts where it is above, or grows, and the count does not.
    pub(crate) fn change(&self) -> Change {
        self.changed().change
    }

    /// When its level changed, if that was not at its start.
    pub(crate) fn changed_at(&self) -> Option<Moment> {
        self.at(self.changed())
    }

    fn changed(&self) -> &Look {
        let is_worse = |look: &&Look| matches!(look.change, Change::Growing | Change::Higher);
        self.held.as_ref().filter(is_worse).filter(|_| !is_worse(&&self.look)).unwrap_or(&self.look)
    }

    fn at(&self, look: &Look) -> Option<Moment> {
        // Rows without times have no time of day.
        let from = self.side.from.as_ref()?;
        Moment::at(look.at?, from.is_utc())
    }
}

/// All columns, and what lies between them.
#[derive(Debug)]
pub(crate) struct Columns {
    /// In order of time.
    pub(crate) days: Vec<Day>,
    /// How their levels go, of each metric.
    pub(crate) drifts: Vec<Drift>,
    /// Of what nothing was recorded.
    pub(crate) holes: Vec<Hole>,
    /// They are days, not recordings.
    pub(crate) by_day: bool,
}

/// Sides with their names, and holes.
type Read = (Vec<(String, Side)>, Vec<Hole>);

/// A finding about one column, or about all.
#[derive(Debug)]
pub(crate) struct DayFinding {
    /// Which column.
    pub(crate) day: Option<usize>,
    pub(crate) finding: Finding,
}

/// Reads each recording by itself; in order of time, where all have one.
///
/// # Errors
/// See [`side`]; or there are too many of them, or too few.
pub(crate) fn each(inputs: &[Input], role: &str) -> Result<Read, Failure> {
    if inputs.len() > MOST {
        return Err(misused(&Misuse::TooManySides { count: inputs.len(), most: MOST }));
    }
    let mut read = Vec::with_capacity(inputs.len());
    for input in inputs {
        let recordings = Recordings::sound(std::slice::from_ref(input), role)?;
        let (mut filling, mut holes) = (Filling::new(recordings.rows()), Holes::default());
        filling.start(input.name());
        recordings.read(&mut |time, line| {
            Moment::read(time).into_iter().for_each(|at| holes.row(at));
            filling.add(time, line);
        })?;
        read.push((input.name().to_owned(), filling.side(role)?, holes));
    }
    if read.iter().all(|(_, side, _)| side.from.is_some()) {
        read.sort_by_key(|(_, side, _)| side.from);
    }
    let holes = read.iter().enumerate().flat_map(|(i, (.., holes))| holes.found(Some(i))).collect();
    let mut sides = read.into_iter().map(|(name, side, _)| (name, side)).collect::<Vec<_>>();
    shorten(&mut sides);
    Ok((sides, holes))
}

fn misused(misuse: &Misuse<'_>) -> Failure {
    Failure::usage(words::misuse(misuse))
}

/// File names without their folders, unless two are alike.
fn shorten(sides: &mut [(String, Side)]) {
    let file = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned();
    let short: Vec<String> = sides.iter().map(|(name, _)| file(name)).collect();
    let mut sorted = short.clone();
    sorted.sort();
    if sorted.windows(2).all(|pair| pair[0] != pair[1]) {
        sides.iter_mut().zip(short).for_each(|((name, _), short)| *name = short);
    }
}

/// Reads recordings and cuts them at midnight: UTC, or the local time that an old log is written in.
///
/// # Errors
/// One of them cannot be read, is empty, or is no recording; or there are too many days.
pub(crate) fn by_day(inputs: &[Input], role: &str) -> Result<Read, Failure> {
    let recordings = Recordings::sound(inputs, role)?;
    let (rows, holes) = counted(&recordings)?;
    if rows.len() > MOST {
        return Err(misused(&Misuse::TooManyDays { role, most: MOST }));
    }
    let mut cutting = Cutting { rows, days: BTreeMap::new(), now: None };
    for recording in recordings.each() {
        cutting.now = None;
        recording.read(&mut |time, line| cutting.row(recording.name(), time, line))?;
    }
    let sides = cutting.days.into_iter().map(|(day, filling)| Ok((date(day), filling.side(role)?)));
    Ok((sides.collect::<Result<_, Failure>>()?, holes.found(None)))
}

fn date(day: i64) -> String {
    let at = Timestamp::from_second(day.saturating_mul(86_400));
    at.map_or_else(|_| day.to_string(), |at| at.to_zoned(TimeZone::UTC).date().to_string())
}

/// The days without any row, by their names; of years without any, the first hundred and the last.
pub(crate) fn missing(hole: &Hole) -> Vec<String> {
    let Some([first, last]) = hole.days else { return Vec::new() };
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let shown = (first..=last).take_while(|day| day - first < most);
    shown.chain((last - first >= most).then_some(last)).map(date).collect()
}

/// How many rows each day has: what its first and last fifth are is known before it is read.
fn counted(recordings: &Recordings<'_>) -> Result<(BTreeMap<i64, u64>, Holes), Failure> {
    let (mut rows, mut holes) = (BTreeMap::new(), Holes::default());
    recordings.read(&mut |time, _| {
        let Some(at) = Moment::read(time) else { return };
        holes.row(at);
        // One more than is allowed is enough to know that they are too many.
        if rows.len() <= MOST || rows.contains_key(&at.day()) {
            *rows.entry(at.day()).or_default() += 1;
        }
    })?;
    Ok((rows, holes))
}

struct Cutting {
    rows: BTreeMap<i64, u64>,
    days: BTreeMap<i64, Filling>,
    /// The day that rows without a time belong to; `None` until the recording has been named to it.
    now: Option<i64>,
}

impl Cutting {
    fn row(&mut self, name: &str, time: &str, line: Line<'_>) {
        let at = Moment::read(time).map(|at| at.day());
        let Some(day) = at.or(self.now).or_else(|| self.rows.keys().next().copied()) else { return };
        let rows = self.rows.get(&day).copied().unwrap_or_default();
        let filling = match self.days.entry(day) {
            Entry::Vacant(place) => place.insert(Filling::new(rows)),
            Entry::Occupied(place) => place.into_mut(),
        };
        if self.now != Some(day) {
            if filling.side.names.last().is_none_or(|last| last != name) {
                filling.start(name);
            }
            self.now = Some(day);
        }
        filling.add(time, line);
    }
}

/// Compares all columns, each with those before it.
pub(crate) fn looked_at((mut sides, holes): Read, by_day: bool, rules: &Rules) -> Columns {
    // Lent, because a hundred copies would be as much memory again.
    let series: Vec<_> = sides.iter_mut().map(|(_, side)| std::mem::take(&mut side.series)).collect();
    let Looks { days, held, drifts } = looks(&series, &of_trends(rules));
    sides.iter_mut().zip(series).for_each(|((_, side), series)| side.series = series);
    for (_, side) in sides.iter_mut().filter(|(_, side)| side.restarts > 0) {
        side.lives = lives(&side.series, &of_trends(rules));
    }
    let mut held = held.into_iter();
    let day = |((name, side), look)| Day { name, side, look, held: held.next() };
    let days = sides.into_iter().zip(days).map(day).collect();
    Columns { days, drifts, holes, by_day }
}

#[cfg(test)]
mod tests;
