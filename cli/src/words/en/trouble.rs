//! Why recordings cannot be read, written or used as they were asked for, each with its cure; and hints beside them.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::time::Duration;

use vitals::units::format_duration;

use super::counted;
use super::sheet::odd;
use crate::finding::{LeftOut, Misuse, NoRecording, NotOurs, SHOWN, STANDARD_INPUT, Unopened, Unread};
use crate::reading::PollError;

/// `role` is what the argument is called.
pub(crate) fn unread(role: &str, name: &str, why: &Unread<'_>) -> String {
    let zcat = if name == STANDARD_INPUT { "zcat".to_owned() } else { format!("zcat {name}") };
    match why {
        Unread::Empty => format!("{role} {name}: it is empty: record into it with `watertight record`"),
        Unread::Missing => {
            let pattern = name.contains(['*', '?', '[']);
            let cure = if pattern { "no file matches it" } else { "there is no such file" };
            let hint = if name.contains(':') { "; an address starts with http:// or https://" } else { "" };
            format!("{role} {name}: {cure}{hint}")
        }
        Unread::Folder => format!("{role} {name}: it is a folder; name files in it, like '{name}/*.csv'"),
        Unread::TooLong => format!("{role} {name}: more than 256 MiB; save it as a file in UTF-8 first"),
        Unread::Pattern(error) => format!("{role} {name}: {error}"),
        Unread::System(error) => format!("{role} {name}: cannot read it: {error}"),
        Unread::Appended => format!(
            "{role} {name}: its gzip data is whole, and behind it lie bytes that are not gzip, as after something was \
             appended to it: take `{zcat} > FILE`, which leaves them out, or a whole copy"
        ),
        Unread::CutOff => format!(
            "{role} {name}: its gzip data breaks off, as after a copy that was interrupted: take a whole copy, or save \
             what is there with `{zcat} > FILE`"
        ),
        Unread::Damaged(error) => format!(
            "{role} {name}: its gzip data is damaged ({error}): take another copy; `gzip -t {name}` checks it"
        ),
        Unread::No(why) => format!("{role} {name} {}", no_recording(why)),
        Unread::NoRows(LeftOut { name, line, why }) => format!(
            "{role} {name} is not a recording: its line {line} is no row: {}: take a file written by \
             `watertight record`, or a log of the old scripts",
            odd(why)
        ),
        Unread::NoRowsYet => {
            format!("{role} {name}: it has no rows yet: record into it with `watertight record`")
        }
        Unread::NoTimes(time) => {
            let time: String = time.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
            format!("{role} {name}: its time `{time}` cannot be read: write it as 2025-10-27 10:30:00")
        }
    }
}

/// Follows the file's name.
pub(crate) fn no_recording(why: &NoRecording) -> String {
    match why {
        NoRecording::NoHeader(shown) => format!(
            "is not a recording: its line 1 is `{shown}`, not a header such as `ts,…,goroutines,…`: take a file written \
             by `watertight record`, or a log of the old scripts"
        ),
        NoRecording::NoColumn(wanted, shown) => format!(
            "has no column `{wanted}`; line 1 names `{shown}`: call its columns `ts`, `goroutines`, `alloc_bytes`, or take a file \
             written by `watertight record`"
        ),
    }
}

pub(crate) fn unopened(why: &Unopened) -> String {
    match why {
        Unopened::Exists(path) => {
            format!("{} exists: --append goes on with it, --force overwrites it", path.display())
        }
        Unopened::Foreign(path, why) => {
            let why = match why {
                NotOurs::OtherColumns => "its header has other columns",
                NotOurs::NoInstances => "it is of an earlier version and has no column `instance`",
                NotOurs::FirstLine => "its first line is not a row",
                NotOurs::LastLine => "its last line is not a row",
            };
            format!(
                "{} is not a recording that can be continued ({why}): record into another file, or overwrite it with \
                 --force",
                path.display()
            )
        }
        Unopened::Locked(path) if cfg!(windows) => format!(
            "another program has {} open, a recording or for example Excel: close it there, or record into another file",
            path.display()
        ),
        Unopened::Locked(path) => format!(
            "{} is being written by another recording: wait for it, or record into another file",
            path.display()
        ),
        Unopened::Io { path, error } => cannot_write(path, error),
    }
}

pub(crate) fn cannot_write(path: &Path, error: &dyn Display) -> String {
    format!("cannot write {}: {error}", path.display())
}

pub(crate) fn cannot_read(path: &Path, error: &dyn Display) -> String {
    format!("cannot read {}: {error}", path.display())
}

/// A next file, or one for Prometheus, that failed beside a recording.
pub(crate) fn rows_are_safe(error: &str, csv: Option<&Path>) -> String {
    match csv {
        Some(csv) => format!("{error}; every row is safe in {}", csv.display()),
        None => format!("{error}; every row is safe in the files before it"),
    }
}

/// A recording that broke off after so many rows of this run.
pub(crate) fn unwritable(path: &Path, error: &io::Error, rows: u64) -> String {
    let cause = match error.kind() {
        io::ErrorKind::NotFound => {
            return format!(
                "cannot write {}: the file or its folder was moved or removed while it was recorded; the rows of this \
                 run are where it went: record into a new file",
                path.display()
            );
        }
        io::ErrorKind::ReadOnlyFilesystem => "the file system has become read-only".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the quota is used up".to_owned(),
        io::ErrorKind::FileTooLarge => "the file may not become larger (ulimit -f)".to_owned(),
        _ => error.to_string(),
    };
    let rows = counted(rows, "row of this run is", "rows of this run are");
    format!(
        "cannot write {}: {cause}; {rows} safe in it: make room, then go on with --append",
        path.display()
    )
}

pub(crate) fn cannot_remove(path: &Path, error: &io::Error) -> String {
    format!("note: cannot remove {}: {error}", path.display())
}

pub(crate) fn other_target(earlier: &str, now: &str) -> String {
    format!("note: the earlier rows are of {earlier}, not of {now}")
}

/// How many files of a recording stay.
pub(crate) fn kept(keep: Option<u32>) -> String {
    match keep {
        None => "every file is kept: --keep COUNT bounds them".to_owned(),
        Some(1) => "only the newest file is kept".to_owned(),
        Some(keep) => format!("the newest {keep} files are kept"),
    }
}

/// The wall clock parted from the monotonic one before this time.
pub(crate) fn clock_jumped(back: bool, by: Duration, at: &str) -> String {
    let which = if back { "back" } else { "forward" };
    let by = format_duration(by);
    format!("note: the wall clock went {which} by {by} before {at}: it was set, or this machine slept")
}

/// The template of a progress bar, with an end or without.
pub(crate) const fn progress_line(bounded: bool) -> &'static str {
    match bounded {
        true => "{prefix}[{bar:24}] {pos}/{len} rows, {eta} left  {msg}",
        false => "{prefix}{spinner} {pos} rows in {elapsed}, Ctrl-C ends  {msg}",
    }
}

pub(crate) fn none_succeeded(error: &PollError) -> String {
    format!("no poll succeeded: {error}")
}

pub(crate) fn polling(target: &str, every: Duration, polls: u64) -> String {
    format!(
        "polling {target} every {}, {}; Ctrl-C compares what there is by then",
        format_duration(every),
        counted(polls, "time", "times"),
    )
}

pub(crate) fn given_up(polls: u64) -> String {
    format!("refused {polls} times from the start on: given up")
}

pub(crate) const fn no_page() -> &'static str {
    "there is a file that is no page: name another one"
}

pub(crate) fn misuse(misuse: &Misuse<'_>) -> String {
    match misuse {
        Misuse::Address => "BASELINE must be a recording, not an address: record it first with \
             `watertight record --csv baseline.csv --api-url URL`"
            .to_owned(),
        Misuse::AddressAmongMany(url) => format!(
            "recording {url}: an address can only be the second of two: record it first with \
             `watertight record --csv FILE --api-url URL`"
        ),
        Misuse::AddressOnPage(url) => format!(
            "FILE {url}: an address, not a recording: record it first with `watertight record --csv FILE --api-url URL`"
        ),
        Misuse::BothFromStdin => {
            "only one side can come from standard input: save the other one as a file".to_owned()
        }
        Misuse::SeveralFromStdin => {
            "only one recording can come from standard input: save the others as files".to_owned()
        }
        Misuse::NothingPolled(flag) => format!(
            "{flag} says how long an address is polled, and here are recordings only: leave it out, or give the relay's \
             address as CURRENT"
        ),
        Misuse::OnlyOne => {
            "--each has only one recording: name more of them, or take --days for the days inside it"
                .to_owned()
        }
        Misuse::TooManySides { count, most } => {
            format!("{count} recordings side by side: take up to {most}, or --days for the days inside them")
        }
        Misuse::TooManyDays { role, most } => {
            format!("{role}: more than {most} days: name the files of fewer of them, like 'day.202611*.csv'")
        }
        Misuse::TooManyOnPage { count, most } => format!(
            "{count} recordings on one page: take up to {most}; files that are one recording are one quoted glob"
        ),
        Misuse::PageOnTerminal => "a page is not for a terminal: name a file, like -o report.html".to_owned(),
        Misuse::NotReported(metric) => format!("--svg {metric}: no recording reports it"),
        Misuse::Folder(path) => format!("cannot write {}: it is a folder", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_before_a_full_disk_are_counted() {
        let text = unwritable(Path::new("a.csv"), &io::Error::from(io::ErrorKind::StorageFull), 3);
        assert_eq!(
            text,
            "cannot write a.csv: the disk is full; 3 rows of this run are safe in it: make room, then go on with --append"
        );
    }
}
