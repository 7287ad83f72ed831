//! Streams, exit codes and small commands that every script relies on.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::Stdio;

use super::endpoint::{health, with};
use super::{finished, run, watertight};

#[test]
fn help_and_version_are_results_and_mistakes_are_not() {
    for args in [
        &["--help"][..],
        &["quick-check", "--help"],
        &["record", "-h"],
        &["watch", "--help"],
        &["serve", "--help"],
    ] {
        let (exit, out, err) = run(args);
        assert_eq!((exit, err.as_str()), (Some(0), ""));
        assert!(out.find("Examples:") < out.find("Usage:") && out.contains("EXIT STATUS:"), "{out}");
    }
    assert_eq!(
        run(&["--version"]),
        (Some(0), format!("watertight {}\n", env!("CARGO_PKG_VERSION")), String::new())
    );
    for args in [
        &[][..],
        &["frobnicate"],
        &["quick-check", "--bogus"],
        &["record"],
        &["keys"],
        &["record", "--csv", "a", "-i", "5x"],
    ] {
        let (exit, out, err) = run(args);
        assert_eq!((exit, out.as_str()), (Some(64), ""), "{args:?}");
        assert!(!err.is_empty());
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    for args in [&["--help"][..], &["completions", "bash"], &["man"], &["keys", "new"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = watertight(args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let (exit, _, err) = finished(output);
        assert_eq!((exit, err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_74() {
    with(&health(5), |url| {
        for args in [&["quick-check", "--api-url", url][..], &["keys", "new"], &["man"], &["--help"]] {
            let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
            let (exit, _, err) =
                finished(watertight(args).stdout(full).stderr(Stdio::piped()).output().unwrap());
            assert_eq!(exit, Some(74), "{args:?}");
            assert!(err.contains("cannot write to standard output"), "{err}");
        }
    });
}

#[test]
fn a_key_and_its_hash() {
    let (exit, key, err) = run(&["keys", "new"]);
    assert_eq!((exit, key.len()), (Some(0), 52), "{key}");
    let hash = hash_of(&key);
    assert_eq!(hash.0, Some(0));
    assert!(
        err.contains(hash.1.trim()) && !err.contains(key.trim()),
        "the hint has the hash and not the key: {err}"
    );
    let (exit, out, err) = hash_of("\n");
    assert_eq!((exit, out.as_str()), (Some(64), ""));
    assert!(err.contains("holds no key"), "{err}");
}

fn hash_of(key: &str) -> (Option<i32>, String, String) {
    let mut child = watertight(&["keys", "hash"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(key.as_bytes()).unwrap();
    finished(child.wait_with_output().unwrap())
}

#[test]
fn scripts_and_pages() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (exit, out, _) = run(&["completions", shell]);
        assert_eq!((exit, out.contains("quick-check")), (Some(0), true), "{shell}");
    }
    assert!(run(&["man"]).1.contains(".TH watertight 1"));
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(&["man", dir.path().to_str().unwrap()]).0, Some(0));
    assert!(dir.path().join("watertight-record.1").exists());
    // A command's name is its page, and a mistake in it makes no folder.
    let bare = tempfile::tempdir().unwrap();
    let man = |of: &str| finished(watertight(&["man", of]).current_dir(&bare).output().unwrap());
    let (exit, page, _) = man("quick-check");
    assert_eq!((exit, page.contains(".TH watertight-quick-check 1")), (Some(0), true), "{page}");
    let (exit, out, err) = man("quickcheck");
    assert_eq!((exit, out.as_str()), (Some(64), ""));
    assert!(
        err.contains("neither a command nor a folder `quickcheck`") && err.contains("./quickcheck"),
        "{err}"
    );
    assert_eq!(std::fs::read_dir(&bare).unwrap().count(), 0, "nothing is written");
    let (exit, _, err) = man("./quickcheck");
    assert_eq!(
        (exit, err.contains("pages written into ./quickcheck: watertight.1")),
        (Some(0), true),
        "{err}"
    );
    assert!(bare.path().join("quickcheck/watertight-quick-check.1").exists());
}
