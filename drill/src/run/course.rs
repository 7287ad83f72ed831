//! One row from its baseline to its verdict.

use std::time::Duration;

use tokio::time::Instant;

use super::bench::Bench;
use super::death::Death;
use super::ends;
use super::good;
use super::grade::Kind;
use super::growth::{self, EVIDENCE, LAST, Series};
use super::known::Known;
use super::rates::Rates;
use super::ready::Fallen;
use super::reason::NoTime;
use super::row::{Row, Work};
use super::rule::{MADE_ONCE, ROUNDS, SETTLE};
use super::tally::{Found, Tally};
use crate::gauge::{Expected, Held, Left};

/// Memory is flat when three repetitions in a row do not each add more than this, in bytes.
const FLAT: u64 = 512 << 10;
/// No more rounds than for anything else are added for threads alone once a row has taken so long.
const UNTIL: Duration = Duration::from_secs(20);

/// Runs a row on a bench that nobody else uses meanwhile.
pub(crate) async fn run(row: &'static Row, bench: &Bench) -> anyhow::Result<Found> {
    let begun = Instant::now();
    let mut tally = Tally::default();
    let warm = bench.warm_up().await;
    let hung = warm.has_hung();
    for complaint in warm.complaints {
        tally.complain(complaint.kind, complaint.text);
    }
    if hung {
        let held = bench.gauge.read().await;
        if let Err(death) = bench.death().await {
            return Ok(dead_before(row, bench, held, death, tally, begun));
        }
        // It is busy with the row before, and answers again: its own requests are asked.
        *bench.known() = Known::default();
    }
    let before = bench.settled(SETTLE * 2).await;
    let look = bench.look();
    let posted = bench.posted();
    bench.target.ledger.begin();
    let done = match row.work {
        Work::Good => Ok(good_rounds(bench, before, &mut tally).await),
        _ => rounds(row, bench, before, &mut tally).await,
    };
    let (mut course, rates) = match done {
        Ok(done) => done,
        // Whoever is dead explains every error.
        Err(_) if bench.is_gone().await => {
            tally.broken_off(&bench.target.ledger.of_row());
            (Course::new(before), Rates::default())
        }
        Err(error) => return Err(error),
    };
    let posted = bench.posted() - posted;
    let ended = bench.ended(&before, posted).await;
    if let Some(ended) = &ended {
        ends::judge(row.ends, ended, posted, &mut tally);
    }
    tally.tell_left_out();
    course.keeps(bench.kept().await);
    course.judge_threads(&mut tally);
    let slow = bench.slow(&course.left, &course.expected, posted, &tally).await;
    course.left.retain(|left| !slow.iter().any(|slow| slow.is_theirs() && slow.is(left)));
    slow.iter().for_each(|slow| tally.note(slow.told()));
    // Rounds that were added for something else say little of memory, which a program may take for good at first.
    let asked = if bench.size.repetitions < ROUNDS { 0 } else { bench.size.repetitions };
    let memory = course.memory.get(..asked).unwrap_or(&course.memory);
    leaks(&course, memory, &mut tally);
    let left = [course.judged, course.left].concat();
    let death = bench.lives_on(&before, &course.after, &mut tally).await;
    let stays = bench.stays(&look, &left, &mut tally);
    Ok(Found {
        id: row.id,
        name: row.name,
        grade: tally.grade(),
        tally,
        before,
        after: course.after,
        left,
        stays,
        expected: course.expected,
        rates,
        slow,
        death,
        quiet_s: course.quiet_s,
        took_s: begun.elapsed().as_secs_f64(),
        ended,
        kept: None,
        reason: None,
    })
}

/// The target did not live until the row's own requests: they would be waited for in vain, too.
fn dead_before(
    row: &Row,
    bench: &Bench,
    held: Held,
    death: Death,
    mut tally: Tally,
    begun: Instant,
) -> Found {
    bench.tell_death(&death, &mut tally);
    tally.note("none of its own requests was sent: good ones before them hung");
    tally.broken_off(&bench.target.ledger.of_row());
    Found {
        grade: tally.grade(),
        tally,
        before: held,
        after: held,
        death: Some(death),
        took_s: begun.elapsed().as_secs_f64(),
        reason: None,
        ..Found::skipped(row.id, row.name, "")
    }
}

/// The row of good requests judges itself: nothing is to be expected of it.
async fn good_rounds(bench: &Bench, before: Held, tally: &mut Tally) -> (Course, Rates) {
    let ended = good::rounds(bench, before, tally).await.end(tally);
    let quiet_s = ended.left.is_empty().then_some(0.0);
    (Course { after: ended.after, judged: ended.left, quiet_s, ..Course::new(before) }, ended.rates)
}

async fn rounds(
    row: &Row,
    bench: &Bench,
    before: Held,
    tally: &mut Tally,
) -> anyhow::Result<(Course, Rates)> {
    let (posted, mut course) = (bench.posted(), Course::new(before));
    let since = Instant::now();
    let in_time = |course: &Course| course.rounds() < ROUNDS || since.elapsed() < UNTIL;
    let more = |course: &Course| course.is_open() || in_time(course) && course.threads_are_open();
    while course.rounds() < bench.size.repetitions || more(&course) {
        let begun = bench.target.ledger.counts();
        tokio::select! {
            done = work(row, bench) => tally.add(done?),
            fallen = bench.fallen() => {
                let counts = bench.target.ledger.counts().since(&begun);
                tally.broken_off(&counts);
                // A slow one has done nothing wrong yet.
                if matches!(fallen, Fallen::Slow) && tally.complaints.is_empty() {
                    return Err(NoTime(counts).into());
                }
                fallen.tell(bench, &counts, tally);
            }
        }
        let asked = bench.posted() - posted;
        let expected = bench.rates.expected(asked);
        let (after, quiet_s) = bench.quiet(&course.level, &expected, SETTLE).await;
        course.expected = expected;
        course.took(&after, asked, quiet_s);
        // Waited for once is enough: what has hung does not become better.
        if tally.has_hung() {
            if course.rounds() < bench.size.repetitions {
                tally.note("what hung once is not asked again: the other rounds were left out");
            }
            course.settle();
            break;
        }
        let is_left = !course.left.is_empty() || course.rose_in_threads();
        if bench.is_short() || is_left && bench.is_gone().await {
            break;
        }
    }
    Ok((course, Rates::default()))
}

async fn work(row: &Row, bench: &Bench) -> anyhow::Result<Tally> {
    match &row.work {
        Work::Cases(cases) => Ok(bench.cases(cases).await),
        Work::Any(act) | Work::Own(act) => act(bench).await,
        Work::Good | Work::Skip(_) => Ok(Tally::default()),
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
    /// What the row has judged itself.
    judged: Vec<Left>,
    /// What good requests alone would have left by now.
    expected: Expected,
    memory: Vec<Option<u64>>,
    /// What stands for its tasks where those are threads, without what is expected. A program makes those when it first needs
    /// them, one in this round and one in that: they are judged as good requests' are, by whether they go on.
    threads: Option<Series>,
    /// The longest time until a round had left nothing; `None` as soon as one has.
    quiet_s: Option<f64>,
}

impl Course {
    fn new(before: Held) -> Self {
        Self {
            before,
            level: before,
            after: before,
            once: Vec::new(),
            left: Vec::new(),
            judged: Vec::new(),
            expected: Expected::default(),
            memory: Vec::new(),
            threads: before.tasks.filter(|_| before.threads).map(|threads| Series {
                name: "tasks",
                values: vec![threads],
                requests: Vec::new(),
            }),
            quiet_s: Some(0.0),
        }
    }

    fn rounds(&self) -> usize {
        self.memory.len()
    }

    /// Tells whether something was left of which it is not known yet whether it is made once.
    fn is_open(&self) -> bool {
        self.rounds() == 0 || !self.once.is_empty() && self.left.is_empty() && self.rounds() < ROUNDS
    }

    fn rose_in_threads(&self) -> bool {
        self.threads.as_ref().is_some_and(|threads| threads.rose() > 0)
    }

    /// Tells whether threads rose of which it is not known yet whether they go on.
    fn threads_are_open(&self) -> bool {
        let Some(threads) = &self.threads else { return false };
        let rounds = self.rounds();
        let is_known = threads.comes_again() || rounds >= ROUNDS && !threads.is_open() || rounds >= LAST;
        self.left.is_empty() && self.rose_in_threads() && !is_known
    }

    /// A round is over, after so many requests in all.
    fn took(&mut self, after: &Held, asked: u64, quiet_s: Option<f64>) {
        let mut left = after.beyond(&self.level, &self.expected);
        let in_threads = self.before.threads && after.threads;
        if let Some((series, threads)) = self.threads.as_mut().zip(after.tasks.filter(|_| in_threads)) {
            let threads = threads.saturating_sub(self.expected.of("tasks"));
            series.values.push(threads);
            series.requests.push(asked - series.requests.iter().sum::<u64>());
            self.level.tasks = Some(threads).max(self.level.tasks);
            left.retain(|left| left.name != "tasks");
        }
        let once = self.rounds() == 0 && left.iter().all(|left| MADE_ONCE.contains(&left.name));
        self.memory.push(after.memory);
        self.after = *after;
        if left.is_empty() {
            // Threads that are made once are no unrest.
            self.quiet_s = self.quiet_s.map(|longest| quiet_s.map_or(longest, |this| longest.max(this)));
        } else if once {
            let made = |after: Option<u64>, name| after.map(|n| n.saturating_sub(self.expected.of(name)));
            self.level.tasks = made(after.tasks, "tasks").max(self.level.tasks);
            self.level.descriptors = made(after.descriptors, "descriptors").max(self.level.descriptors);
            self.once = left;
        } else {
            self.quiet_s = None;
            let mut all = after.beyond(&self.before, &self.expected);
            all.retain(|left| left.name != "tasks" || !in_threads);
            all.into_iter().for_each(|left| self.keep(left));
        }
    }

    /// There are no more rounds: tells what became of the threads. Where it is not known whether they go on, many are a leak,
    /// and a few are none.
    fn judge_threads(&mut self, tally: &mut Tally) {
        let Some(threads) = &self.threads else { return };
        let goes_on = match threads.course() {
            _ if threads.comes_again() => true,
            growth::Course::Grows(..) => !threads.is_open() || threads.rose() >= EVIDENCE,
            _ => self.rounds() < ROUNDS && threads.rose() >= EVIDENCE,
        };
        if goes_on {
            // As it was read.
            let [before, last] = [threads.values[0], threads.values[threads.values.len() - 1]];
            let left = Left { name: "tasks", before, after: last + self.expected.of("tasks") };
            self.quiet_s = None;
            self.keep(left);
        } else if threads.rose() > 0 {
            tally.note(threads.told());
        }
    }

    /// There are no more rounds: what was left by the first one stays left.
    fn settle(&mut self) {
        std::mem::take(&mut self.once).into_iter().for_each(|left| self.keep(left));
        self.quiet_s = self.quiet_s.filter(|_| self.left.is_empty());
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
        let text = match course.expected.of(name) {
            0 => format!("{name}: {before} before, {after} after"),
            expected => format!(
                "{name}: {before} before, {after} after, {expected} more expected of as many good requests"
            ),
        };
        tally.complain(Kind::Leak, text);
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
            course.took(&held(*tasks, *permits), 0, Some(0.1));
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

    /// The course of a row of a target that tells no tasks: so many threads before and after its rounds, of 20 requests each,
    /// of which so many are expected.
    fn of_threads(threads: &[u64], expected: u64) -> (Course, Tally) {
        let held =
            |threads| Held { tasks: Some(threads), threads: true, permits: Some(0), ..Held::default() };
        let mut course = Course::new(held(threads[0]));
        for (n, threads) in threads[1..].iter().enumerate() {
            assert!(n == 0 || course.threads_are_open() || course.rounds() < ROUNDS, "{n} rounds are enough");
            course.expected = Expected(vec![("tasks", expected * (n as u64 + 1))]);
            let rose = held(*threads).beyond(&course.level, &course.expected);
            course.took(&held(*threads), 20 * (n as u64 + 1), rose.is_empty().then_some(0.1));
        }
        let mut tally = Tally::default();
        course.judge_threads(&mut tally);
        (course, tally)
    }

    #[test]
    fn threads_that_a_program_makes_when_it_needs_them_are_no_leak() {
        for threads in [
            [6, 8, 9, 9, 9].as_slice(),
            &[6, 7, 7, 7],
            &[6, 7, 8, 9, 9],
            &[6, 6, 7, 7, 7],
            &[9, 8, 9, 8],
            &[6, 26, 26, 26],
            &[8, 20, 26, 29, 31, 32, 33, 33, 33, 33],
        ] {
            let (course, tally) = of_threads(threads, 0);
            assert!(!course.threads_are_open() && course.left.is_empty(), "{threads:?}");
            assert!(course.quiet_s.is_some(), "{threads:?}");
            let last = threads.last().unwrap();
            assert!(tally.notes[0].contains(&format!("{last} after the last round")), "{:?}", tally.notes);
        }
    }

    #[test]
    fn threads_that_go_on_are_a_leak() {
        for threads in [
            // So many that it is known at once.
            [6, 26, 46].as_slice(),
            &[6, 26, 26, 46],
            &[6, 7, 8, 9, 10, 11, 12],
            &[6, 8, 8, 10, 11, 13, 13],
            // Broken off before it is known, and many.
            &[6, 31],
            &[6, 9, 12],
        ] {
            let (course, _) = of_threads(threads, 0);
            let left = Left { name: "tasks", before: 6, after: *threads.last().unwrap() };
            assert_eq!((course.left.as_slice(), course.quiet_s), (&[left][..], None), "{threads:?}");
        }
        // What is left is as it was read, and what is expected is taken off it once.
        let (course, _) = of_threads(&[6, 28, 50], 2);
        assert_eq!(course.left, [Left { name: "tasks", before: 6, after: 50 }]);
        // Broken off, and a few.
        let (course, _) = of_threads(&[6, 8, 9], 0);
        assert!(course.threads_are_open() && course.left.is_empty());
        // One that tells its tasks is never given the benefit of the doubt.
        assert_eq!(left(&[(8, 0), (9, 0)]), [("tasks", 7, 9)]);
    }

    #[test]
    fn threads_beside_another_leak_are_told_too() {
        let held = |n| Held { tasks: Some(n), threads: true, descriptors: Some(2 * n), ..Held::default() };
        let mut course = Course::new(held(6));
        [26, 46].iter().zip([20, 40]).for_each(|(n, asked)| course.took(&held(*n), asked, None));
        course.judge_threads(&mut Tally::default());
        let left: Vec<_> = course.left.iter().map(|left| (left.name, left.before, left.after)).collect();
        assert_eq!(left, [("descriptors", 12, 92), ("tasks", 6, 46)]);
        assert!(!course.is_open() && !course.threads_are_open());
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
