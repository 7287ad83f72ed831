//! A recording as a source: the newest row of a file that a recorder elsewhere is writing; of each instance in turns.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::{PollError, Reading};
use crate::reading::{Fault, Outcome, Recording as Trouble};
use crate::recording::{Newest, NoHeader, newest};

/// A newest row may always be this old, and three of its recording's intervals.
const FRESH: Duration = Duration::from_secs(60);

/// A file of `record`.
#[derive(Debug)]
pub(super) struct Recorded {
    path: PathBuf,
    /// Rows that were given.
    turn: usize,
}

impl Recorded {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), turn: 0 }
    }

    /// The address of a recording: `file:` and its path, or a path that ends in `.csv`.
    pub(super) fn path(address: &str) -> Option<&Path> {
        let address = address.trim();
        let named = address.strip_prefix("file:").map(|path| path.strip_prefix("//").unwrap_or(path));
        let plain = || (address.ends_with(".csv") && !address.contains("://")).then_some(address);
        named.or_else(plain).map(Path::new)
    }

    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// The newest row of the instance whose turn it is, if it is a fresh one.
    pub(super) fn look(&mut self, now: Timestamp) -> Outcome {
        let path = self.path.clone();
        let bad = |trouble| PollError::from(Fault::Recording { path: path.clone(), trouble });
        let newest =
            newest(&self.path).map_err(|error| bad(Trouble::Unreadable { error: error.to_string() }))?;
        let mut newest = newest.map_err(|NoHeader| bad(Trouble::NoHeader))?;
        let age = |newest: &Newest| {
            Duration::try_from(now.duration_since(newest.at.timestamp())).unwrap_or_default()
        };
        let Some(youngest) = newest.iter().map(age).min() else { return Err(bad(Trouble::NoRow)) };
        newest.retain(|newest| {
            let interval = newest.before.and_then(|before| newest.at.since(&before)).unwrap_or_default();
            age(newest) <= FRESH.max(3 * interval)
        });
        let turn = self.turn.checked_rem(newest.len());
        let Some(turn) = turn else {
            return Err(bad(Trouble::Old { age: Duration::from_secs(youngest.as_secs()) }));
        };
        self.turn = turn + 1;
        let Newest { came, .. } = newest.swap_remove(turn);
        let reading = came.map_err(|kind| {
            let kind = if kind.is_empty() { "unknown".to_owned() } else { kind };
            bad(Trouble::Failed { kind })
        })?;
        Ok(Reading { status: reading.status.as_deref().and_then(super::content::word), ..reading })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,alloc_bytes\n";

    fn look(content: &str, now: &str) -> Result<Reading, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        std::fs::write(&path, content).unwrap();
        Recorded::new(&path).look(now.parse().unwrap()).map_err(|error| crate::words::en::error_seen(&error))
    }

    #[test]
    fn the_newest_whole_row_counts() {
        let rows = format!(
            "{HEADER}2026-11-18T11:00:00.000Z,0.0,0,1,,1.5,ok,300,1024\n2026-11-18T11:00:05.000Z,5.0,1,1,,2.5,ok,312,2048\n2026-11-18T11:00:10"
        );
        let reading = look(&rows, "2026-11-18T11:00:12Z").unwrap();
        assert_eq!((reading.sample.goroutines, reading.sample.alloc_bytes), (Some(312), Some(2048)));
        assert_eq!((reading.latency, reading.status.as_deref()), (Duration::from_micros(2500), Some("ok")));
    }

    #[test]
    fn instances_come_in_turns_as_long_as_each_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let row = |at: &str, n: u32, of: &str| format!("2026-11-18T{at}Z,1,,{n},{of}\n");
        let rows = [row("10:00:00", 9, "c"), row("11:00:00", 5, "a"), row("11:00:00", 6, "b")].concat();
        std::fs::write(&path, format!("ts,ok,error,goroutines,instance\n{rows}")).unwrap();
        let mut recorded = Recorded::new(&path);
        let mut next = || {
            let reading = recorded.look("2026-11-18T11:00:12Z".parse().unwrap()).unwrap();
            (reading.sample.goroutines, reading.instance)
        };
        let (a, b) = ((Some(5), Some("a".to_owned())), (Some(6), Some("b".to_owned())));
        assert_eq!([next(), next(), next()], [a.clone(), b, a]);
    }

    #[test]
    fn long_recordings_are_read_at_their_end() {
        let mut rows = HEADER.to_owned();
        for seq in 0..5000 {
            rows.push_str(&format!("2026-11-18T11:00:00.000Z,0.0,{seq},1,,1.5,ok,{seq},1024\n"));
        }
        assert_eq!(look(&rows, "2026-11-18T11:00:12Z").unwrap().sample.goroutines, Some(4999));
    }

    #[test]
    fn what_is_no_fresh_row_is_named() {
        let row = "2026-11-18T11:00:00.000Z,0.0,0,0,timeout,,,,\n";
        let hour = "2026-11-18T10:00:00.000Z,0.0,0,1,,1,ok,5,5\n2026-11-18T11:00:00.000Z,0.0,0,1,,1,ok,5,5\n";
        let said = |content: &str, now: &str| look(content, now).unwrap_err();
        assert!(
            said(&format!("{HEADER}{row}"), "2026-11-18T11:00:01Z").contains("last poll failed (timeout)")
        );
        assert!(said(&format!("{HEADER}{row}"), "2026-11-18T12:00:00Z").contains("newest row is 1h old"));
        assert!(look(&format!("{HEADER}{hour}"), "2026-11-18T12:30:00Z").is_ok(), "recorded once an hour");
        assert!(said(HEADER, "2026-11-18T12:30:00Z").contains("no row yet"));
        assert!(said("a,b\n1,2\n", "2026-11-18T12:30:00Z").contains("none of a recording"));
        assert!(Recorded::new(Path::new("/nonexistent")).look(Timestamp::now()).is_err());
    }

    #[test]
    fn addresses_of_recordings() {
        for (address, path) in [
            ("day1.csv", Some("day1.csv")),
            ("file:///a/b", Some("/a/b")),
            ("file:b", Some("b")),
            ("http://h/a.csv", None),
            ("h:3000", None),
        ] {
            assert_eq!(Recorded::path(address), path.map(Path::new), "{address}");
        }
    }
}
