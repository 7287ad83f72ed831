//! The checks that follow a rollout, as the founding document has them: hourly on day 1, with three watches; every four
//! hours on days 2 and 3, against day 1; daily until the week is over; and weekly from then on. One table, and a form for
//! each scheduler (`schedule`). Every one of them ends by itself.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

/// What a check does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Check,
    /// Recorded into this file, which it goes on with.
    Watch(&'static str),
    /// With the recording of the rollout.
    Compare,
}

/// Its name, from which hour to which after the rollout, every how many hours.
const TABLE: [(&str, i64, Option<i64>, i64, Act); 5] = [
    ("day-1", 1, Some(25), 1, Act::Check),
    ("day-1-watch", 2, Some(26), 8, Act::Watch("day-1.csv")),
    ("days-2-3", 26, Some(74), 4, Act::Compare),
    ("week-1", 74, Some(170), 24, Act::Watch("week-1.csv")),
    ("after", 170, None, 168, Act::Compare),
];

/// What tells the routine of one plan from those of all others of this user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// Of the plan's file name and the folder that it is in: `rollout-1f0c33d2`.
    pub(crate) own: String,
    /// Of the file name alone: a routine that was installed before names told plans apart.
    pub(crate) older: String,
    /// The plan, for people.
    plan: PathBuf,
}

/// Characters of a file name that are kept: units have names of at most 255.
const LONGEST: usize = 64;

impl Name {
    pub(crate) fn of(plan: &Path) -> Self {
        let plan = std::path::absolute(plan).unwrap_or_else(|_| plan.to_owned());
        // However it is written, it is the same plan.
        let whole = plan.canonicalize().unwrap_or_else(|_| plan.clone());
        let digest = ring::digest::digest(&ring::digest::SHA256, whole.as_os_str().as_encoded_bytes());
        let digest: String = digest.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let older = plan.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
        let stem: String = older.chars().take(LONGEST).map(plain).collect();
        Self { own: format!("{stem}-{digest}"), older, plan }
    }

    /// The names of its checks, by one of the names of the routine.
    pub(crate) fn jobs(of: &str) -> impl Iterator<Item = String> {
        TABLE.into_iter().map(move |(name, ..)| format!("watertight-{of}-{name}"))
    }
}

/// One of the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// Of the plan and the time: `watertight-rollout-1f0c33d2-day-1`.
    pub(crate) name: String,
    /// What it is, for people.
    pub(super) about: String,
    pub(super) from: Timestamp,
    pub(super) until: Option<Timestamp>,
    /// In hours.
    pub(super) every: i64,
    /// The program and its arguments.
    pub(super) line: Vec<String>,
    /// Where its output goes, where the scheduler keeps none.
    pub(super) log: String,
}

/// The flags of each command: whom to ask, when it is too much, and what must hold.
#[derive(Debug)]
pub(crate) struct Flags {
    pub(crate) check: Vec<String>,
    pub(crate) watch: Vec<String>,
    pub(crate) compare: Vec<String>,
}

/// All of them, after a rollout that ended then. `state` is the folder with the recordings.
pub(crate) fn jobs(program: &Path, plan: &Name, ended: Timestamp, flags: &Flags, state: &Path) -> Vec<Job> {
    let file = |name: &str| state.join(name).to_string_lossy().into_owned();
    let after = |hours: i64| ended.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(ended);
    let target = flags.compare.iter().find_map(|flag| flag.strip_prefix("--api-url=")).unwrap_or_default();
    let rest: Vec<String> =
        flags.compare.iter().filter(|flag| !flag.starts_with("--api-url=")).cloned().collect();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let line = |act: Act| match act {
        Act::Check => [words(&["quick-check", "--samples=5"]), flags.check.clone()].concat(),
        Act::Watch(into) => {
            let record = ["watch", "--plain", "--duration=30m", "--append"];
            [words(&record), vec![format!("--record={}", file(into))], flags.watch.clone()].concat()
        }
        Act::Compare => {
            let sides = words(&["compare", &file("current.csv"), target, "--duration=10m"]);
            [sides, rest.clone()].concat()
        }
    };
    let job = |(name, from, until, every, act): (&str, i64, Option<i64>, i64, Act)| Job {
        name: format!("watertight-{}-{name}", plan.own),
        about: format!("{name} of {}", plan.plan.display()),
        from: after(from),
        until: until.map(after),
        every,
        line: [vec![program.to_string_lossy().into_owned()], line(act)].concat(),
        log: file("routine.log"),
    };
    TABLE.into_iter().map(job).collect()
}

impl Job {
    pub(super) fn times(&self) -> Vec<Timestamp> {
        let step = SignedDuration::from_hours(self.every);
        let until = self.until.unwrap_or(self.from);
        let next = |at: &Timestamp| at.checked_add(step).ok().filter(|next| *next < until);
        std::iter::successors(Some(self.from), next).collect()
    }
}

#[cfg(test)]
pub(super) mod tests;
