//! What monitors and CI read, held against their own rules: every verdict of `quick-check` and `compare`.
//!
//! Sources: monitoring-plugins.org, "Development Guidelines" (plugin output, performance data, return codes); GitHub's
//! "Workflow commands": data escapes `%`, CR and LF, properties also `:` and `,`.

use std::path::Path;

use super::endpoint::{health, with};
use super::statistics::{HEALTHY, Shape, write};
use super::{finished, run, watertight};

/// Every verdict of a comparison: its arguments and what it exits with.
fn comparisons(dir: &Path) -> Vec<(Vec<String>, i32)> {
    // Everything that these formats give a meaning to.
    let name = if cfg!(unix) { "50% base|line,1:2.csv" } else { "50% base,line.csv" };
    let baseline = write(dir, name, HEALTHY);
    let cases = [
        ("again.csv", Shape { seed: 2, ..HEALTHY }, 0),
        ("leak.csv", Shape { seed: 3, leak: 480.0, ..HEALTHY }, 2),
        ("short.csv", Shape { rows: 40, ..HEALTHY }, 3),
    ];
    let compare = |current: String| vec!["compare".to_owned(), baseline.clone(), current];
    cases.into_iter().map(|(name, shape, exit)| (compare(write(dir, name, shape)), exit)).collect()
}

fn of(args: &[String], format: &str) -> Vec<String> {
    [args, &["--format".to_owned(), format.to_owned()]].concat()
}

/// `SERVICE STATUS - text | label=value[unit];warn;crit;min[;max] …`, in one line, with the code that the status says.
fn is_a_plugins_line(out: &str, exit: Option<i32>) {
    assert!(out.ends_with('\n') && out.lines().count() == 1 && out.len() < 4096, "{out}");
    let status = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][usize::try_from(exit.unwrap()).unwrap()];
    assert!(out.starts_with(&format!("WATERTIGHT {status} - ")), "{exit:?} {out}");
    assert!(!out.trim_end().contains(|c: char| c.is_control()), "{out}");
    let (_, data) = out.trim_end().split_once('|').unwrap_or((out, ""));
    assert!(!data.contains('|'), "one bar only: {out}");
    for datum in data.split_whitespace() {
        let (label, rest) = datum.split_once('=').unwrap_or_else(|| panic!("{datum}: {out}"));
        assert!(!label.is_empty() && !label.contains(['\'', '"']), "{datum}");
        let parts: Vec<&str> = rest.split(';').collect();
        assert!(parts.len() <= 5, "{datum}");
        let unit = parts[0].trim_start_matches(|c: char| c.is_ascii_digit() || ".-".contains(c));
        assert!(["", "s", "us", "ms", "%", "B", "KB", "MB", "GB", "TB", "c"].contains(&unit), "{datum}");
        let number = parts[0].strip_suffix(unit).unwrap();
        for number in
            std::iter::once(number).chain(parts[1..].iter().copied().filter(|part| !part.is_empty()))
        {
            assert!(number.parse::<f64>().is_ok_and(f64::is_finite), "{datum}");
        }
    }
}

/// Undoes GitHub's escapes; `None` for what is none of them.
fn plain(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        plain.push(match code {
            "25" => '%',
            "0D" => '\r',
            "0A" => '\n',
            "3A" => ':',
            "2C" => ',',
            _ => return None,
        });
        plain.push_str(rest);
    }
    Some(plain)
}

/// The levels of the annotations, all of which are well formed and speak of `subject`.
fn levels(out: &str, subject: &str) -> Vec<String> {
    out.lines()
        .map(|line| {
            let (command, data) = line.strip_prefix("::").and_then(|line| line.split_once("::")).unwrap();
            let (level, title) = command.split_once(" title=").unwrap();
            assert!(
                !title.contains([':', ',']) && plain(title).unwrap().starts_with("watertight "),
                "{line}"
            );
            assert!(plain(data).unwrap().contains(subject), "{line}");
            level.to_owned()
        })
        .collect()
}

#[test]
fn nagios_for_every_verdict() {
    let dir = tempfile::tempdir().unwrap();
    for (args, expected) in comparisons(dir.path()) {
        let args = of(&args, "nagios");
        let (exit, out, err) = run(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((exit, err.as_str()), (Some(expected), ""), "{out}");
        is_a_plugins_line(&out, exit);
    }
    for (count, expected) in [(10, 0), (2500, 1), (6000, 2)] {
        with(&health(count), |url| {
            let (exit, out, _) = run(&["quick-check", "--api-url", url, "--format", "nagios"]);
            assert_eq!(exit, Some(expected), "{out}");
            is_a_plugins_line(&out, exit);
        });
    }
    let (exit, out, _) = run(&["quick-check", "--api-url", "127.0.0.1:1", "--format", "nagios"]);
    assert_eq!(exit, Some(3), "{out}");
    is_a_plugins_line(&out, exit);
}

/// As a step of a job runs it: CI=true, GITHUB_ACTIONS=true and a file for the summary that each step appends to.
#[test]
fn a_job_of_github_actions() {
    let dir = tempfile::tempdir().unwrap();
    let summary = dir.path().join("summary.md");
    let step = |args: &[String]| {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut command = watertight(&args);
        command.env("CI", "true").env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary);
        finished(command.output().unwrap())
    };
    let mut headings = Vec::new();
    for (args, expected) in comparisons(dir.path()) {
        let (exit, out, err) = step(&of(&args, "github"));
        assert_eq!((exit, err.as_str()), (Some(expected), ""), "{out}");
        let name = Path::new(&args[2]).file_name().unwrap().to_str().unwrap();
        let levels = levels(&out, name);
        let (level, word) =
            [("notice", "OK"), ("warning", "WARNING"), ("error", "DANGER"), ("error", "UNKNOWN")]
                [usize::try_from(expected).unwrap()];
        assert!(levels.iter().any(|found| found == level), "{out}");
        assert_eq!(levels.iter().any(|found| found == "error"), expected >= 2, "{out}");
        headings.push(format!("### {word}: `{name}` against "));
    }
    let text = std::fs::read_to_string(&summary).unwrap();
    let found: Vec<&str> = text.lines().filter(|line| line.starts_with("### ")).collect();
    assert_eq!(found.len(), headings.len(), "{text}");
    for (found, heading) in found.iter().zip(&headings) {
        assert!(found.starts_with(heading.as_str()), "{found} {heading}");
    }
    // Every row of a table has as many cells as its head; a bar in a name would be one more.
    let mut cells = 0;
    for line in text.lines() {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!(bars == 0 || cells == 0 || bars == cells, "{line}\n{text}");
        cells = bars;
    }
}
