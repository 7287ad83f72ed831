//! A recording in several files: `day.csv` stands for `day.20261118T110640250Z.csv` and those after it. Each is named
//! by the time of its first row, so that names sort by time; nothing is ever renamed, so that a kill between two
//! files leaves both whole.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// When a new file begins, and how many stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// At multiples of this since 1970, in UTC: `1d` is midnight.
    pub(crate) every: Option<Duration>,
    /// Before a file grows beyond this.
    pub(crate) size: Option<u64>,
    /// Files that are kept; `None` keeps all.
    pub(crate) keep: Option<u32>,
}

impl Rotation {
    /// A file that began at `from` and has `length` bytes, `header` of which are no rows, is full before a
    /// row of `more` bytes at `now`. A clock that went back changes nothing: names must sort by time.
    pub(super) fn is_due(
        &self,
        from: Timestamp,
        now: Timestamp,
        length: u64,
        header: u64,
        more: u64,
    ) -> bool {
        let over = self.every.is_some_and(|every| period(now, every) > period(from, every));
        let full = self.size.is_some_and(|size| length > header && length.saturating_add(more) > size);
        over || full
    }
}

fn period(at: Timestamp, every: Duration) -> i128 {
    let every = i128::try_from(every.as_millis()).unwrap_or(i128::MAX).max(1);
    i128::from(at.as_millisecond()).div_euclid(every)
}

/// The file that begins at this time. A file that exists already, or a clock that went back, moves it on.
pub(super) fn name(base: &Path, at: Timestamp) -> PathBuf {
    let stamp = at.strftime("%Y%m%dT%H%M%S");
    let millis = at.as_millisecond().rem_euclid(1000);
    let mut name = base.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{stamp}{millis:03}Z"));
    if let Some(extension) = base.extension() {
        name.push(".");
        name.push(extension);
    }
    base.with_file_name(name)
}

/// The time in a name, if it is one of this recording's.
fn time(base: &Path, name: &OsStr) -> Option<Timestamp> {
    let (stem, name) = (base.file_stem()?.to_str()?, name.to_str()?);
    let rest = name.strip_prefix(stem)?.strip_prefix('.')?;
    let stamp = match base.extension() {
        Some(extension) => rest.strip_suffix(extension.to_str()?)?.strip_suffix('.')?,
        None => rest,
    };
    let digits = |from: usize, to: usize| {
        stamp.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if stamp.len() != 19 || stamp.as_bytes().get(8) != Some(&b'T') || !stamp.ends_with('Z') {
        return None;
    }
    let (date, clock) = (digits(0, 8)?, digits(9, 18)?);
    let text = format!(
        "{}-{}-{}T{}:{}:{}.{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &clock[..2],
        &clock[2..4],
        &clock[4..6],
        &clock[6..]
    );
    text.parse().ok()
}

/// The files of a recording, oldest first.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn list(base: &Path) -> io::Result<Vec<(Timestamp, PathBuf)>> {
    let folder = match base.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if let Some(at) = time(base, &name) {
            found.push((at, base.with_file_name(name)));
        }
    }
    found.sort();
    Ok(found)
}

/// A time for the next file that is after every file there is.
pub(super) fn after(last: Timestamp, at: Timestamp) -> Timestamp {
    let next = last.checked_add(SignedDuration::from_millis(1)).unwrap_or(last);
    at.max(next)
}

/// Which files are too many, oldest first.
pub(super) fn too_many(files: &[(Timestamp, PathBuf)], keep: Option<u32>) -> &[(Timestamp, PathBuf)] {
    let keep = keep.map_or(files.len(), |keep| usize::try_from(keep).unwrap_or(usize::MAX));
    &files[..files.len().saturating_sub(keep)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn names_sort_by_time_and_are_read_back() {
        let base = Path::new("a/day.csv");
        let times = ["2026-11-18T11:06:40.250Z", "2026-11-18T11:06:41Z", "2026-12-01T00:00:00Z"].map(at);
        let names = times.map(|at| name(base, at));
        assert_eq!(names[0], Path::new("a/day.20261118T110640250Z.csv"));
        assert!(names.is_sorted());
        for (at, name) in times.into_iter().zip(names) {
            assert_eq!(time(base, name.file_name().unwrap()), Some(at));
        }
        assert_eq!(
            name(Path::new("day"), times[1]),
            Path::new("day.20261118T110641000Z"),
            "without an extension"
        );
        for foreign in [
            "day.csv",
            "day.meta.json",
            "day.20261118T110640Z.csv",
            "day.20261118T110640250Z.ndjson",
            "day.20261318T110640250Z.csv",
            "day.2026111+T110640250Z.csv",
            "other.20261118T110640250Z.csv",
            "day.20261118T110640250Z.csv.gz",
            "day.é0261118T11064025Z.csv",
        ] {
            assert_eq!(time(base, OsStr::new(foreign)), None, "{foreign}");
        }
    }

    #[test]
    fn a_new_day_or_a_full_file_and_never_an_empty_one() {
        let day = Rotation { every: Some(Duration::from_secs(86400)), ..Rotation::default() };
        let noon = at("2026-11-18T12:00:00Z");
        for (now, due) in [
            ("2026-11-18T23:59:59.999Z", false),
            ("2026-11-19T00:00:00Z", true),
            ("2026-11-25T00:00:00Z", true),
            ("2026-11-17T23:00:00Z", false),
        ] {
            assert_eq!(day.is_due(noon, at(now), 10, 0, 10), due, "{now}");
        }
        let full = Rotation { size: Some(100), ..Rotation::default() };
        for (length, more, due) in [(90, 10, false), (90, 11, true), (40, 200, false), (41, 200, true)] {
            assert_eq!(full.is_due(noon, noon, length, 40, more), due, "{length} and {more}");
        }
    }

    #[test]
    fn the_newest_are_kept() {
        let files: Vec<_> = (0..5).map(|n| (Timestamp::from_second(n).unwrap(), PathBuf::new())).collect();
        for (keep, gone) in [(None, 0), (Some(9), 0), (Some(5), 0), (Some(2), 3), (Some(1), 4)] {
            assert_eq!(too_many(&files, keep), &files[..gone]);
        }
    }

    #[test]
    fn a_clock_that_went_back_never_gives_an_older_name() {
        let last = at("2026-11-18T11:06:40.250Z");
        assert_eq!(after(last, at("2026-11-18T10:00:00Z")), at("2026-11-18T11:06:40.251Z"));
        assert_eq!(after(last, at("2026-11-18T12:00:00Z")), at("2026-11-18T12:00:00Z"));
    }
}
