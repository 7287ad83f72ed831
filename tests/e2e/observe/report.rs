//! `report`: recordings become a page, and nothing else becomes one.

use std::fs;

use super::endpoint::{health, with};
use super::{finished, run, watertight};

#[test]
fn what_was_recorded_is_on_the_page() {
    let dir = tempfile::tempdir().unwrap();
    let (csv, page) = (dir.path().join("day.csv"), dir.path().join("day.html"));
    let (csv, page) = (csv.to_str().unwrap(), page.to_str().unwrap());
    let target = with(&health(2345), |url| {
        let (exit, _, err) = run(&[
            "record",
            "--api-url",
            url,
            "--csv",
            csv,
            "-n",
            "3",
            "-i",
            "100ms",
            "--label",
            "build=<7>",
        ]);
        assert_eq!(exit, Some(0), "{err}");
        url.to_owned()
    });
    let (exit, out, err) = run(&["report", csv, "-o", page]);
    assert_eq!((exit, out.as_str(), err.as_str()), (Some(0), "", ""));
    let text = fs::read_to_string(page).unwrap();
    assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>\n"));
    for part in [
        format!("<h1>Recording of {target}</h1>"),
        "▲ WARNING</b> day.csv".to_owned(),
        "2345 goroutines, above 2000".to_owned(),
        "warning above 2000".to_owned(),
        "max 2345".to_owned(),
        "<dt>build</dt><dd>&lt;7&gt;</dd>".to_owned(),
    ] {
        assert!(text.contains(&part), "{part} is not in {text}");
    }
    let (exit, out, _) = run(&["report", csv]);
    assert_eq!((exit, out.contains("max 2345")), (Some(0), true), "to standard output");
    let (exit, out, _) = run(&["report", csv, "--svg", "alloc_bytes"]);
    assert_eq!((exit, out.starts_with("<svg xmlns") && out.contains("256.0 MiB")), (Some(0), true));
    // A page is replaced, a recording never.
    assert_eq!(run(&["report", csv, csv, "-o", page]).0, Some(0));
    let before = fs::read(csv).unwrap();
    let (exit, _, err) = run(&["report", csv, "-o", csv]);
    assert_eq!((exit, err.contains("no page")), (Some(74), true), "{err}");
    assert_eq!(fs::read(csv).unwrap(), before);
}

#[test]
fn the_old_scripts_log_and_the_files_of_a_rotation() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("goroutine_log.txt");
    let lines: String = (0..30)
        .map(|n| format!("[2025-10-27 10:{n:02}:00] Goroutines: {}, Memory: 256MB\n", 856 + n))
        .collect();
    fs::write(&log, lines).unwrap();
    let (exit, out, err) = run(&["report", log.to_str().unwrap()]);
    assert_eq!((exit, err.as_str()), (Some(0), ""));
    assert!(
        out.contains("2025-10-27 10:00:00, for 29m, 30 polls, one every 1m") && out.contains("max 885"),
        "{out}"
    );
    for (n, time) in ["20251027T000000000Z", "20251028T000000000Z"].iter().enumerate() {
        let rows = format!(
            "ts,goroutines\n2025-10-2{}T00:00:00Z,{n}00\n2025-10-2{}T00:00:05Z,{n}01\n",
            7 + n,
            7 + n
        );
        fs::write(dir.path().join(format!("day.{time}.csv")), rows).unwrap();
    }
    let (exit, out, err) = run(&["report", &format!("{}/day.*.csv", dir.path().display())]);
    assert_eq!((exit, err.as_str()), (Some(0), ""));
    assert!(
        out.contains("day.20251027T000000000Z.csv and 1 more") && out.contains("no rows for 23h59m55s"),
        "{out}"
    );
}

#[test]
fn what_cannot_become_a_page_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = file("good.csv", "ts,goroutines\n2025-10-27T00:00:00Z,1\n");
    let (header, junk, empty) =
        (file("h.csv", "ts,goroutines\n"), file("junk", "a\nb\n"), file("empty.csv", ""));
    let odd = file("odd.csv", "ts,goroutines\n2025-10-27T00:00:00Z,-5\n");
    for (args, exit, why) in [
        (&["report"][..], 64, "FILE"),
        (&["report", "missing.csv"], 64, "there is no such file"),
        (&["report", &header], 64, "no rows yet"),
        (&["report", &junk], 64, "is not a recording"),
        (&["report", &odd], 64, "its line 2 is no row: its goroutines is `-5`, where a whole number"),
        (&["report", &empty], 64, "it is empty"),
        (&["report", "http://localhost:3000"], 64, "record it first"),
        (&["report", "-", "-"], 64, "only one recording"),
        (&["report", &good, "--svg", "open_fds"], 64, "no recording reports it"),
        (&["report", &good, "--svg", "nonsense"], 64, "possible values"),
        (&["report", &good, "-o", "/nowhere/a.html"], 74, "cannot write /nowhere/a.html"),
    ] {
        let (found, out, err) = run(args);
        assert_eq!((found, out.as_str()), (Some(exit), ""), "{args:?}: {err}");
        assert!(err.contains(why), "{args:?}: {err}");
    }
    let mut command = watertight(&["report", &good]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let left = command.stdout(writer).stderr(std::process::Stdio::piped()).output().unwrap();
    assert_eq!(finished(left).0, Some(0), "a reader that leaves is no error");
}
