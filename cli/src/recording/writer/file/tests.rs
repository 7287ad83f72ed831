use std::fs;

use jiff::Timestamp;

use super::*;
use crate::reading::{ErrorKind, PollError};
use crate::recording::{Row, header};
use crate::words;

fn line(seq: u64) -> Vec<u8> {
    let outcome = Err(PollError::new(ErrorKind::Timeout, "", ""));
    let at = Timestamp::from_second(1_795_000_000).unwrap();
    Row { at, elapsed: Duration::from_secs(seq * 5), seq, outcome: &outcome, instance: None }.to_line()
}

fn recorded(path: &Path, rows: u64) -> Vec<u8> {
    let (mut sink, place) = Sink::open(path, Mode::New, Form::Csv).unwrap();
    assert_eq!(place, None);
    for seq in 0..rows {
        sink.write(&line(seq)).unwrap();
    }
    sink.sync().unwrap();
    fs::read(path).unwrap()
}

#[test]
fn an_existing_file_is_kept_unless_told_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let before = recorded(&path, 2);
    assert!(matches!(Sink::open(&path, Mode::New, Form::Csv), Err(Unopened::Exists(_))));
    assert_eq!(fs::read(&path).unwrap(), before);
    drop(Sink::open(&path, Mode::Force, Form::Csv).unwrap());
    assert_eq!(fs::read(&path).unwrap(), header());
}

/// A kill can cut the file anywhere: appending always gives one clean file.
#[test]
fn appending_after_a_cut_at_every_byte() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let whole = recorded(&path, 3);
    for cut in 0..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let (mut sink, place) = Sink::open(&path, Mode::Append, Form::Csv).unwrap();
        let next = place.map_or(0, |place| place.seq + 1);
        sink.write(&line(next)).unwrap();
        drop(sink);
        let expected: Vec<u8> = header().into_iter().chain((0..=next).flat_map(line)).collect();
        assert_eq!(fs::read(&path).unwrap(), expected, "cut at {cut}");
        let lost = whole.len().saturating_sub(cut);
        assert!(lost > line(2).len() || next >= 2, "at most the last row is lost, cut at {cut}");
    }
}

#[test]
fn only_a_recording_is_continued_and_anything_else_is_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let header = String::from_utf8(header()).unwrap();
    for (content, why) in [
        ("hello\n".to_owned(), "other columns"),
        ("hello".to_owned(), "other columns"),
        (header.replace("ts,", "time,"), "other columns"),
        (header.replace('\n', "\r\n"), "other columns"),
        (format!("{header}1,2,3\n"), "last line"),
        (format!("{header}{}\n", "\0".repeat(50)), "last line"),
    ] {
        fs::write(&path, &content).unwrap();
        let error = Sink::open(&path, Mode::Append, Form::Csv).unwrap_err();
        assert!(
            matches!(&error, Unopened::Foreign(..)) && words::unopened(&error).contains(why),
            "{content}: {error:?}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[test]
fn one_recording_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    recorded(&path, 1);
    let first = Sink::open(&path, Mode::Append, Form::Csv).unwrap();
    for mode in [Mode::Append, Mode::Force] {
        assert!(matches!(Sink::open(&path, mode, Form::Csv), Err(Unopened::Locked(_))));
    }
    assert!(fs::read(&path).unwrap().len() > header().len(), "a refused --force does not empty the file");
    drop(first);
    Sink::open(&path, Mode::Append, Form::Csv).unwrap();
}

#[test]
fn an_unwritable_place_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().join("missing/a.csv"), dir.path().to_owned()] {
        let error = Sink::open(&path, Mode::Append, Form::Csv).unwrap_err();
        assert!(
            matches!(&error, Unopened::Io { .. })
                && words::unopened(&error).contains(&path.display().to_string()),
            "{error:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_devices_need_no_force() {
    let error = Sink::open(Path::new("/dev/full"), Mode::New, Form::Csv).unwrap_err();
    assert!(matches!(error, Unopened::Io { error, .. } if error.kind() == io::ErrorKind::StorageFull));
    let (sink, _) = Sink::open(Path::new("/dev/null"), Mode::New, Form::Csv).unwrap();
    assert!(!sink.is_regular());
}

#[test]
fn long_files_are_searched_from_their_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let mut content = recorded(&path, 400);
    assert!(content.len() > 3 * 4096);
    content.extend_from_slice(&[b'x'; 9000]);
    fs::write(&path, &content).unwrap();
    let (_sink, place) = Sink::open(&path, Mode::Append, Form::Csv).unwrap();
    assert_eq!(place.unwrap().seq, 399);
    assert_eq!(fs::read(&path).unwrap().len(), content.len() - 9000);
}

#[test]
fn a_file_of_an_earlier_version_keeps_its_columns() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let all = String::from_utf8(header()).unwrap();
    let old = format!("{}\n", all.split(",instance").next().unwrap());
    let columns = old.split(',').count();
    let row = |seq: u64| {
        let line = String::from_utf8(line(seq)).unwrap();
        format!("{}\n", line.split(',').take(columns).collect::<Vec<_>>().join(","))
    };
    let before = format!("{old}{}", row(0));
    fs::write(&path, &before).unwrap();
    let (sink, place) = Sink::open(&path, Mode::Append, Form::Csv).unwrap();
    assert_eq!((sink.columns(), place.map(|place| place.seq)), (columns, Some(0)));
    assert_eq!(sink.length(), Some((before.len() as u64, old.len() as u64)));
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}
