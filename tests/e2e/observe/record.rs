//! `record`: one clean file, whatever happens to the process, the target or the disk.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use harness::{PATIENCE, until};

use super::endpoint::{health, with};
use super::{finished, run, watertight};

const HEADER: &str = "ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,alloc_bytes,total_alloc_bytes,sys_bytes,rss_bytes,num_gc,threads,open_fds,in_flight,upstream_open,requests_total,overdue,start_time,explained,streams,instance,errors_total,restarts,max_fds,memory_limit_bytes";

/// The rows, after checking that the file is clean: one header, whole rows, counted without a gap.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.strip_suffix('\n').unwrap().split('\n');
    assert_eq!(lines.next(), Some(HEADER));
    let rows: Vec<Vec<String>> = lines.map(|line| line.split(',').map(str::to_owned).collect()).collect();
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(
            (row.len(), row[2].as_str()),
            (HEADER.split(',').count(), i.to_string().as_str()),
            "{row:?}"
        );
    }
    assert!(rows.is_sorted_by_key(|row| row[1].parse::<f64>().unwrap()), "{text}");
    rows
}

fn start(args: &[&str]) -> Child {
    watertight(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn wait_for_rows(path: &Path, count: usize) {
    until(PATIENCE, || match fs::read_to_string(path) {
        Ok(text) if text.lines().count() > count => Ok(()),
        other => Err(format!("{count} rows were expected: {other:?}")),
    });
}

#[test]
fn killed_and_resumed_it_is_one_clean_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let csv = path.to_str().unwrap();
    with(&health(1234), |url| {
        let mut child = start(&["record", "--api-url", url, "--csv", csv, "-i", "100ms"]);
        wait_for_rows(&path, 3);
        child.kill().unwrap();
        child.wait().unwrap();
        let before = rows(&path).len();

        let again = ["record", "--api-url", url, "--csv", csv, "-i", "100ms", "-n", "3"];
        let (exit, _, err) = run(&again);
        assert_eq!((exit, err.contains("--append")), (Some(64), true), "{err}");
        assert_eq!(rows(&path).len(), before, "nothing was overwritten");

        let (exit, out, err) = run(&[&again[..], &["--append"]].concat());
        assert_eq!((exit, out.as_str()), (Some(0), ""), "{err}");
        assert!(err.contains("recorded 3 rows into") && err.contains("median 1234"), "{err}");
        assert_eq!(rows(&path).len(), before + 3);

        assert_eq!(run(&[&again[..], &["--force"]].concat()).0, Some(0));
        assert_eq!(rows(&path).len(), 3);
    });
}

#[test]
fn the_notes_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day1.csv");
    let csv = path.to_str().unwrap();
    with(&health(5), |url| {
        let target = url.replace("http://", "http://ann:sentinel@");
        let args = ["record", "--api-url", &target, "--csv", csv, "-n", "1", "-i", "100ms", "--append"];
        assert_eq!(run(&[&args[..], &["--label", "build=7"]].concat()).0, Some(0));
        assert_eq!(run(&args).0, Some(0));
        let text = fs::read_to_string(dir.path().join("day1.meta.json")).unwrap();
        let notes: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&notes["target"], &notes["interval_s"]), (&url.into(), &0.1.into()));
        assert_eq!((&notes["labels"]["build"], notes["resumed"].as_array().unwrap().len()), (&"7".into(), 1));
        assert!(!text.contains("sentinel") && !fs::read_to_string(&path).unwrap().contains("sentinel"));
    });
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "the recording and its notes");
}

#[test]
fn polls_that_fail_are_rows_and_nothing_but_failures_is_exit_3() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let csv = path.to_str().unwrap();
    let (exit, _, err) = run(&["record", "--api-url", "127.0.0.1:1", "--csv", csv, "-n", "2", "-i", "100ms"]);
    assert_eq!((exit, err.contains("no poll succeeded: nothing listens")), (Some(3), true), "{err}");
    with(&health(5), |url| {
        let (exit, _, err) = run(&["record", "--api-url", url, "--csv", csv, "-n", "1", "--append"]);
        assert_eq!(
            (exit, err.contains("the earlier rows are of http://127.0.0.1:1")),
            (Some(0), true),
            "{err}"
        );
    });
    let rows = rows(&path);
    let seen: Vec<_> = rows.iter().map(|row| (row[3].as_str(), row[4].as_str(), row[7].as_str())).collect();
    assert_eq!(seen, [("0", "refused", ""), ("0", "refused", ""), ("1", "", "5")]);
}

#[test]
fn standard_output_and_a_reader_that_leaves() {
    with(&health(5), |url| {
        let (exit, out, _) = run(&["record", "--api-url", url, "--csv", "-", "-n", "2", "-i", "100ms"]);
        assert_eq!((exit, out.lines().count(), out.lines().next()), (Some(0), 3, Some(HEADER)));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = watertight(&["record", "--api-url", url, "--csv", "-", "-i", "100ms"]);
        let (exit, _, err) = finished(command.stdout(writer).stderr(Stdio::piped()).output().unwrap());
        assert_eq!((exit, err.as_str()), (Some(0), ""));
    });
}

#[test]
fn one_writer_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let csv = path.to_str().unwrap();
    with(&health(5), |url| {
        let mut child = start(&["record", "--api-url", url, "--csv", csv, "-i", "100ms"]);
        wait_for_rows(&path, 1);
        let (exit, _, err) = run(&["record", "--api-url", url, "--csv", csv, "--force", "-n", "1"]);
        assert_eq!((exit, err.contains("being written by another recording")), (Some(74), true), "{err}");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!rows(&path).is_empty());
    });
}

#[cfg(unix)]
#[test]
fn ctrl_c_finishes_and_a_second_one_leaves() {
    use harness::Signal;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let csv = path.to_str().unwrap();
    with(&health(5), |url| {
        let child = start(&["record", "--api-url", url, "--csv", csv, "-i", "100ms"]);
        wait_for_rows(&path, 2);
        signal(&child, Signal::INT);
        let (exit, _, err) = finished(child.wait_with_output().unwrap());
        assert_eq!((exit, err.starts_with("recorded ")), (Some(0), true), "{err}");
        assert!(rows(&path).len() >= 2);
    });
    // A target that never answers: the first signal waits for the poll, the second does not.
    super::endpoint::serving("", |url| {
        let other = dir.path().join("b.csv");
        let mut child =
            start(&["record", "--api-url", url, "--csv", other.to_str().unwrap(), "--timeout", "1h"]);
        wait_for_rows(&other, 0);
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, Signal::INT);
        std::thread::sleep(Duration::from_millis(200));
        assert!(child.try_wait().unwrap().is_none(), "the first one finishes the poll");
        signal(&child, Signal::INT);
        let (exit, _, _) = finished(child.wait_with_output().unwrap());
        assert_eq!(exit, Some(130));
        assert!(rows(&other).is_empty());
    });
}

#[cfg(unix)]
pub(super) fn signal(child: &Child, signal: harness::Signal) {
    let status = std::process::Command::new("kill")
        .args([format!("-{}", signal.as_raw()), child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_file_that_cannot_be_written_is_74_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [dir.path().join("missing/a.csv"), file.join("a.csv")] {
        let csv = path.to_str().unwrap();
        let (exit, _, err) = run(&["record", "--api-url", "127.0.0.1:1", "--csv", csv, "--force", "-n", "1"]);
        assert_eq!((exit, err.contains(&format!("cannot write {csv}"))), (Some(74), true), "{err}");
    }
    let foreign = dir.path().join("mine.csv");
    fs::write(&foreign, "a,b\n1,2\n").unwrap();
    let (exit, _, err) =
        run(&["record", "--api-url", "127.0.0.1:1", "--csv", foreign.to_str().unwrap(), "--append"]);
    assert_eq!((exit, err.contains("other columns")), (Some(64), true), "{err}");
    assert_eq!(fs::read_to_string(&foreign).unwrap(), "a,b\n1,2\n");
}

/// A limit of the file size stands for a full disk: the write fails in the middle of a row.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_keeps_whole_rows() {
    let (exit, _, err) = run(&["record", "--api-url", "127.0.0.1:1", "--csv", "/dev/full", "-n", "1"]);
    assert_eq!((exit, err.contains("cannot write /dev/full")), (Some(74), true), "{err}");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    with(&health(5), |url| {
        let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
        let mut command = std::process::Command::new("bash");
        command.env_clear().args(["-c", script, env!("CARGO_BIN_EXE_watertight")]);
        command.args([
            "record",
            "--api-url",
            url,
            "--csv",
            path.to_str().unwrap(),
            "-i",
            "100ms",
            "-n",
            "50",
        ]);
        let (exit, _, err) = finished(command.stdin(Stdio::null()).output().unwrap());
        assert_eq!(exit, Some(74), "{err}");
        let kept = rows(&path).len();
        assert!(kept > 2 && err.contains(&format!("{kept} rows of this run are safe in it")), "{err}");
        assert_eq!(
            run(&["record", "--api-url", url, "--csv", path.to_str().unwrap(), "-n", "1", "--append"]).0,
            Some(0)
        );
        assert_eq!(rows(&path).len(), kept + 1);
    });
}

/// One target answers, one refuses, one never answers at all: each is recorded at its own pace.
#[test]
fn several_targets_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    super::endpoint::serving("", |silent| {
        with(&health(7), |url| {
            let (exit, _, err) = run(&[
                "record",
                "--api-url",
                silent,
                "--api-url",
                url,
                "--api-url",
                "127.0.0.1:1",
                "--csv",
                folder,
                "-i",
                "200ms",
                "--duration",
                "1s",
                "--timeout",
                "3s",
            ]);
            assert_eq!(exit, Some(3), "{err}");
            let file =
                |url: &str| dir.path().join(format!("{}.csv", url.replace("http://", "").replace(':', "-")));
            let kinds = |url: &str| -> Vec<_> {
                rows(&file(url)).into_iter().map(|row| (row[3].clone(), row[4].clone())).collect()
            };
            // A busy machine may skip some of the six.
            assert!(kinds(url).len() > 2 && kinds(url).iter().all(|kind| kind.0 == "1"), "{err}");
            assert!(kinds("127.0.0.1:1").len() > 2, "{err}");
            assert_eq!(kinds(silent), [("0".to_owned(), "timeout".to_owned())], "{err}");
            assert!(err.contains(&format!("error: {silent}: no poll succeeded")), "{err}");
        });
    });
}

#[cfg(unix)]
#[test]
fn sigterm_finishes_and_a_rotated_recording_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("a.ndjson");
    let files = || {
        let mut files: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "ndjson"))
            .collect();
        files.sort();
        files
    };
    with(&health(5), |url| {
        let args =
            ["record", "--api-url", url, "-o", base.to_str().unwrap(), "--format", "ndjson", "-i", "100ms"];
        let rotate = ["--rotate-size", "1KiB"];
        let child = start(&[&args[..], &rotate].concat());
        until(PATIENCE, || match files().len() {
            n if n > 2 => Ok(()),
            n => Err(format!("{n} files")),
        });
        signal(&child, harness::Signal::TERM);
        let (exit, _, err) = finished(child.wait_with_output().unwrap());
        assert_eq!((exit, err.contains("every file is kept")), (Some(0), true), "{err}");
        let (exit, _, err) = run(&[&args[..], &rotate, &["--append", "-n", "3"]].concat());
        assert_eq!(exit, Some(0), "{err}");
    });
    let mut seq = 0;
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (summary, rows) = lines.split_last().unwrap();
        assert_eq!((&summary["type"], &summary["polls"]), (&"summary".into(), &rows.len().into()), "{text}");
        for row in rows {
            assert_eq!((&row["type"], &row["seq"]), (&"sample".into(), &seq.into()), "{text}");
            seq += 1;
        }
    }
    assert!(seq > 3);
}
