//! One row from its baseline to its verdict.

use std::time::Duration;

use tokio::time::Instant;

use super::bench::Bench;
use super::ends;
use super::grade::Kind;
use super::row::{Row, Work};
use super::tally::{Found, Tally};
use crate::gauge::{Held, Left};

/// How long a relay has to come back to its baseline.
const SETTLE: Duration = Duration::from_secs(5);
/// Memory is flat when three repetitions in a row do not each add more than this, in bytes.
const FLAT: u64 = 512 << 10;

/// Rounds after which something that was left by the first one, and by no other, is something that is made once.
const ROUNDS: usize = 3;
/// A relay may make these when it first needs them, and keep them. Everything else belongs to a request.
const MADE_ONCE: [&str; 2] = ["tasks", "descriptors"];

/// Runs a row on a bench that nobody else uses meanwhile.
pub(crate) async fn run(row: &'static Row, bench: &Bench) -> anyhow::Result<Found> {
    let begun = Instant::now();
    let mut tally = Tally::default();
    for complaint in bench.warm_up().await.complaints {
        tally.complain(complaint.kind, complaint.text);
    }
    let before = bench.settled(SETTLE * 2).await;
    let (posted, mut course) = (bench.posted(), Course::new(before));
    while course.rounds() < bench.size.repetitions || course.is_open() {
        tally.add(work(row, bench).await?);
        let (after, quiet_s) = bench.quiet(&course.level, SETTLE).await;
        course.took(&after, quiet_s);
    }
    let posted = bench.posted() - posted;
    let ended = bench.ended(&before, posted).await;
    if let Some(ended) = &ended {
        ends::judge(row.ends, ended, posted, &mut tally);
    }
    course.keeps(bench.kept().await);
    // Rounds that were added for something else say little of memory, which a program may take for good at first.
    let memory = if bench.size.repetitions < ROUNDS { &[][..] } else { &course.memory };
    leaks(&course, memory, &mut tally);
    bench.lives_on(&before, &course.after, &mut tally).await;
    Ok(Found {
        id: row.id,
        name: row.name,
        grade: tally.grade(),
        tally,
        before,
        after: course.after,
        left: course.left,
        quiet_s: course.quiet_s,
        took_s: begun.elapsed().as_secs_f64(),
        ended,
        reason: None,
    })
}

async fn work(row: &'static Row, bench: &Bench) -> anyhow::Result<Tally> {
    match &row.work {
        Work::Cases(cases) => Ok(bench.cases(cases).await),
        Work::Any(act) | Work::Own(act) => act(bench).await,
        Work::Skip(_) => Ok(Tally::default()),
    }
}

/// Everything held after each round of a row. All rounds are compared with the one reading before the first, so
/// that what is left once stays left, whatever the rounds after it do.
struct Course {
    before: Held,
    /// With what the first round may have made once.
    level: Held,
    after: Held,
    once: Vec<Left>,
    left: Vec<Left>,
    memory: Vec<Option<u64>>,
    /// The longest time until a round had left nothing; `None` as soon as one has.
    quiet_s: Option<f64>,
}

impl Course {
    fn new(before: Held) -> Self {
        let (once, left, memory) = (Vec::new(), Vec::new(), Vec::new());
        Self { before, level: before, after: before, once, left, memory, quiet_s: Some(0.0) }
    }

    fn rounds(&self) -> usize {
        self.memory.len()
    }

    /// Tells whether something was left of which it is not known yet whether it is made once.
    fn is_open(&self) -> bool {
        self.rounds() == 0 || !self.once.is_empty() && self.left.is_empty() && self.rounds() < ROUNDS
    }

    /// A round is over.
    fn took(&mut self, after: &Held, quiet_s: Option<f64>) {
        let left = after.left(&self.level);
        let once = self.rounds() == 0 && left.iter().all(|left| MADE_ONCE.contains(&left.name));
        self.memory.push(after.memory);
        self.after = *after;
        if left.is_empty() {
            self.quiet_s = self.quiet_s.zip(quiet_s).map(|(a, b)| a.max(b));
        } else if once {
            self.level.tasks = after.tasks.max(self.level.tasks);
            self.level.descriptors = after.descriptors.max(self.level.descriptors);
            self.once = left;
        } else {
            self.quiet_s = None;
            after.left(&self.before).into_iter().for_each(|left| self.keep(left));
        }
    }

    /// So many upstream connections were kept for longer than idle ones may be.
    fn keeps(&mut self, connections: u64) {
        if connections > 0 {
            self.keep(Left { name: "upstream connections", before: 0, after: connections });
        }
    }

    fn keep(&mut self, left: Left) {
        match self.left.iter_mut().find(|known| known.name == left.name) {
            Some(known) => known.after = known.after.max(left.after),
            None => self.left.push(left),
        }
    }
}

fn leaks(course: &Course, memory: &[Option<u64>], tally: &mut Tally) {
    for Left { name, before, after } in &course.left {
        tally.complain(Kind::Leak, format!("{name}: {before} before, {after} after"));
    }
    for Left { name, before, after } in course.once.iter().filter(|_| course.left.is_empty()) {
        tally
            .note(format!("{name}: {before} before, {after} after the first round and after each other one"));
    }
    if let Some((first, last)) = grows(memory) {
        let [first, last] = [first, last].map(vitals::units::format_size);
        tally.complain(
            Kind::Leak,
            format!("memory: {first} after the first repetition, {last} after the last"),
        );
    }
}

/// The first and the last of at least three readings of which each is clearly above the one before it.
fn grows(memory: &[Option<u64>]) -> Option<(u64, u64)> {
    let memory: Vec<u64> = memory.iter().copied().collect::<Option<_>>()?;
    let steady = memory.len() >= 3 && memory.windows(2).all(|pair| pair[1] > pair[0] + FLAT);
    steady.then(|| memory.first().copied().zip(memory.last().copied())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The course of a row after each of whose rounds there were so many tasks and permits, where 7 and 0 were before.
    fn course(rounds: &[(u64, u64)]) -> Course {
        let held = |tasks, permits| Held { tasks: Some(tasks), permits: Some(permits), ..Held::default() };
        let mut course = Course::new(held(7, 0));
        for (tasks, permits) in rounds {
            assert!(course.is_open() || course.rounds() > 0);
            course.took(&held(*tasks, *permits), Some(0.1));
        }
        course
    }

    fn left(rounds: &[(u64, u64)]) -> Vec<(&'static str, u64, u64)> {
        course(rounds).left.iter().map(|left| (left.name, left.before, left.after)).collect()
    }

    #[test]
    fn what_is_made_once_is_told_from_what_is_left_again() {
        // Nothing: one round is enough.
        assert!(!course(&[(7, 0)]).is_open() && left(&[(7, 0)]).is_empty());
        // One task after the first round: not before two more have added nothing is it something that is made once.
        assert!(course(&[(8, 0)]).is_open() && course(&[(8, 0), (8, 0)]).is_open());
        let made = course(&[(8, 0), (8, 0), (8, 0)]);
        assert!(!made.is_open() && made.left.is_empty());
        let mut tally = Tally::default();
        leaks(&made, &[], &mut tally);
        assert!(tally.complaints.is_empty() && tally.notes[0].contains("tasks: 7 before, 8 after"));
        // Every round leaves one; or only one of the later ones; or the first one and a late one.
        assert_eq!(left(&[(8, 0), (9, 0)]), [("tasks", 7, 9)]);
        assert_eq!(left(&[(7, 0), (8, 0), (8, 0)]), [("tasks", 7, 8)]);
        assert_eq!(left(&[(8, 0), (8, 0), (9, 0)]), [("tasks", 7, 9)]);
    }

    #[test]
    fn what_was_left_stays_left() {
        assert_eq!(left(&[(7, 0), (9, 0), (7, 0)]), [("tasks", 7, 9)], "the last round does not excuse it");
        // A permit belongs to a request: it is never made once.
        let permit = course(&[(7, 1)]);
        assert!(!permit.is_open() && permit.quiet_s.is_none());
        assert_eq!(left(&[(7, 1), (7, 0)]), [("permits", 0, 1)]);
        let mut kept = course(&[(7, 0)]);
        kept.keeps(0);
        assert!(kept.left.is_empty());
        kept.keeps(3);
        assert_eq!(kept.left[0].after, 3);
    }

    #[test]
    fn memory_grows_when_every_repetition_adds_to_it() {
        let mib = |list: &[u64]| list.iter().map(|n| Some(n << 20)).collect::<Vec<_>>();
        assert_eq!(grows(&mib(&[20, 22, 24])), Some((20 << 20, 24 << 20)));
        assert_eq!(grows(&mib(&[20, 30, 30])), None);
        assert_eq!(grows(&mib(&[20, 22])), None);
        assert_eq!(grows(&[Some(1), None, Some(1 << 30)]), None);
    }
}
