//! `report`: recordings become a page for people who were not there.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use jiff::Timestamp;
use vitals::{Thresholds, exit};

use crate::args::ReportArgs;
use crate::finding::{Misuse, Unread};
use crate::output::{self, Failure};
use crate::recording::{Input, is_url, no_rows, unread};
use crate::render::{Report, page, picture};
use crate::reporting::{Track, Tracks, at_one_load};
use crate::settings;
use crate::words;

/// The name of an argument in errors.
const ROLE: &str = "FILE";
/// More recordings make a page that nobody reads to its end.
const MOST: usize = 32;
/// Columns of a picture, and of all pictures of a page together: its size does not grow with the recordings.
const COLUMNS: u64 = 960;

pub(crate) fn run(args: &ReportArgs) -> Result<u8, Failure> {
    let thresholds = settings::thresholds(args.thresholds)?;
    check(args)?;
    let columns = COLUMNS * 2 / (args.files.len() as u64 + 1);
    let read = args.files.iter().map(|text| self::tracks(text, thresholds, columns));
    let mut tracks: Vec<Track> = read.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let one_load = at_one_load(&mut tracks);
    let title = args.title.as_deref();
    let report = Report { title, tracks: &tracks, one_load, thresholds, at: Timestamp::now() };
    let text = match &args.svg {
        Some(metric) => picture(&report, metric).ok_or_else(|| misused(&Misuse::NotReported(metric)))?,
        None => page(&report),
    };
    if args.output.as_os_str() == "-" {
        output::result(&text)?;
    } else {
        write(&args.output, text.as_bytes())
            .map_err(|error| Failure::output(words::cannot_write(&args.output, &error)))?;
    }
    Ok(exit::OK)
}

/// Mistakes that are known before anything is read.
fn check(args: &ReportArgs) -> Result<(), Failure> {
    if args.files.len() > MOST {
        let count = args.files.len();
        return Err(misused(&Misuse::TooManyOnPage { count, most: MOST }));
    }
    if let Some(url) = args.files.iter().find(|file| is_url(file)) {
        return Err(misused(&Misuse::AddressOnPage(url)));
    }
    if args.files.iter().filter(|file| *file == "-").count() > 1 {
        return Err(misused(&Misuse::SeveralFromStdin));
    }
    if args.output.as_os_str() == "-" {
        return match io::stdout().is_terminal() {
            true => Err(misused(&Misuse::PageOnTerminal)),
            false => Ok(()),
        };
    }
    if args.output.is_dir() {
        return Err(Failure::output(words::misuse(&Misuse::Folder(&args.output))));
    }
    Ok(())
}

fn misused(misuse: &Misuse<'_>) -> Failure {
    Failure::usage(words::misuse(misuse))
}

/// Of one argument; most often there is one.
fn tracks(text: &str, thresholds: Thresholds, columns: u64) -> Result<Vec<Track>, Failure> {
    let mut tracks = Tracks::new(thresholds, columns);
    tracks.read(&Input::find(text, ROLE)?, ROLE)?;
    let (foreign, time) = tracks.odd();
    let none = || match (&foreign, &time) {
        (Some(first), _) => Some(no_rows(ROLE, first)),
        (None, Some(time)) => Some(unread(ROLE, text, &Unread::NoTimes(time))),
        (None, None) => None,
    };
    let tracks = tracks.end();
    if tracks.is_empty() {
        return Err(none().unwrap_or_else(|| unread(ROLE, text, &Unread::NoRowsYet)));
    }
    let foreign: u64 = tracks.iter().map(|track| track.foreign).sum();
    let polls: u64 = tracks.iter().map(|track| track.watching.summary.polls()).sum();
    match none().filter(|_| foreign > polls) {
        Some(failure) => Err(failure),
        None => Ok(tracks),
    }
}

/// Writes the page so that a reader sees the old or the new one, never a part. A recording is never overwritten.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return File::create(path)?.write_all(content);
    }
    if let Ok(mut old) = File::open(path) {
        let mut start = [0; 1];
        if io::Read::read(&mut old, &mut start)? == 1 && start != *b"<" {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, words::no_page()));
        }
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let temporary = Path::new(&name);
    let written = File::create(temporary)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_data()))
        .and_then(|()| fs::rename(temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_cannot_be_read_are_shown_with_their_cure() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("old.log");
        fs::write(&path, "[27/10/2025 10:30:00] Goroutines: 5\n").unwrap();
        let error = tracks(path.to_str().unwrap(), Thresholds::default(), 100).unwrap_err();
        let said = "old.log: its time `27/10/2025 10:30:00` cannot be read: write it as 2025-10-27 10:30:00";
        assert!(error.text().ends_with(said), "{}", error.text());
    }

    #[test]
    fn a_page_replaces_a_page_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        for content in ["<!doctype html>1", "<!doctype html>2"] {
            write(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        fs::write(&path, "ts,goroutines\n").unwrap();
        assert!(write(&path, b"<").unwrap_err().to_string().contains("no page"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "ts,goroutines\n");
        assert!(write(&dir.path().join("missing/a"), b"<").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file stays");
    }
}
