use vitals::{FailOn, Gate, Verdict};

use super::junit::junit;
use super::*;

fn case(name: &str, state: State, text: &str) -> Case {
    Case { name: name.to_owned(), state, text: text.to_owned() }
}

fn report(verdict: Verdict, cases: Vec<Case>) -> Report {
    Report {
        command: "quick-check",
        subject: "http://h:3000".to_owned(),
        verdict,
        gate: Gate::default(),
        summary: "312 goroutines".to_owned(),
        cases,
        data: vec![
            Datum { label: "goroutines".into(), value: "2310".to_owned(), limits: Some((2000, 5000)) },
            Datum { label: "alloc".into(), value: "268435456B".to_owned(), limits: None },
        ],
    }
}

fn everything() -> Report {
    let cases = vec![
        case("answer", State::Fine, ""),
        case("goroutines", State::Breach(Verdict::Danger), "100 % of a|b,\n<c> & \"d\"\u{1b}"),
        case("open_fds", State::Breach(Verdict::Warning), "many"),
        case("expect x<1", State::Broken, "not reported"),
        case("growth", State::Inconclusive, "too few"),
    ];
    report(Verdict::Danger, cases)
}

#[test]
fn nagios_is_one_line_whose_word_is_the_exit_code() {
    let fine = report(Verdict::Ok, vec![case("goroutines", State::Fine, "")]);
    assert_eq!(
        nagios(&fine),
        "WATERTIGHT OK - http://h:3000: 312 goroutines | goroutines=2310;2000;5000;0 alloc=268435456B;;;0\n"
    );
    let text = nagios(&everything());
    assert_eq!(text.lines().count(), 1);
    assert_eq!(text.matches('|').count(), 1, "a bar starts the data: {text}");
    assert!(text.starts_with("WATERTIGHT CRITICAL - http://h:3000: 100 % of a/b, <c>"), "{text}");
    let lenient = Report { gate: Gate { fail_on: Some(FailOn::Never), ..Gate::default() }, ..everything() };
    assert!(nagios(&lenient).starts_with("WATERTIGHT OK - "));
    assert_eq!(
        usage_error("error: invalid value 'x'\n\nFor more information, try '--help'.\n"),
        "WATERTIGHT UNKNOWN - invalid value 'x'\n"
    );
}

#[test]
fn a_container_is_healthy_with_a_warning_and_with_nothing_worse() {
    let of =
        |verdict| docker(&report(verdict, vec![case("goroutines", State::Breach(verdict), "many\nof them")]));
    let fine = docker(&report(Verdict::Ok, vec![case("goroutines", State::Fine, "")]));
    assert_eq!(fine, ("OK: http://h:3000: 312 goroutines\n".to_owned(), 0));
    assert_eq!(of(Verdict::Warning), ("WARNING: http://h:3000: many of them\n".to_owned(), 0));
    assert_eq!(of(Verdict::Danger), ("DANGER: http://h:3000: many of them\n".to_owned(), 1));
    assert_eq!(of(Verdict::Unknown).1, 1);
    let long = "ü".repeat(9000);
    let (line, _) = docker(&report(Verdict::Danger, vec![case("a", State::Breach(Verdict::Danger), &long)]));
    assert!(line.len() <= 4096 && line.ends_with("ü\n"));
}

#[test]
fn junit_of_everything() {
    insta::assert_snapshot!(junit(&everything(), "2026-11-18T11:06:40.000Z", 1.25));
}

#[test]
fn junit_shows_as_failed_only_what_fails() {
    let gate = Gate { fail_on: Some(FailOn::Danger), ..Gate::default() };
    let text = junit(&Report { gate, ..everything() }, "2026-11-18T11:06:40.000Z", 1.0);
    assert!(text.contains("failures=\"1\" errors=\"1\" skipped=\"1\""), "{text}");
    assert!(text.contains("<system-out>many</system-out>"), "{text}");
    let gate = Gate { fail_on: Some(FailOn::Never), ..Gate::default() };
    let text = junit(&Report { gate, ..everything() }, "2026-11-18T11:06:40.000Z", 1.0);
    assert!(text.contains("failures=\"0\" errors=\"0\" skipped=\"2\""), "{text}");
}

#[test]
fn github_escapes_what_its_commands_end_with() {
    insta::assert_snapshot!(annotations(&everything(), "DANGER"));
    assert_eq!(
        annotations(&report(Verdict::Ok, vec![]), "OK"),
        "::notice title=watertight quick-check::OK: http://h:3000: 312 goroutines\n"
    );
}

#[test]
fn github_calls_an_error_what_fails_the_step() {
    let levels = |fail_on| {
        let gate = Gate { fail_on, ..Gate::default() };
        let text = annotations(&Report { gate, ..everything() }, "DANGER");
        text.lines().map(|line| line[2..].split(' ').next().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(levels(None), "error warning error error");
    assert_eq!(levels(Some(FailOn::Warning)), "error error error error");
    assert_eq!(levels(Some(FailOn::Danger)), "error warning error error");
    assert_eq!(levels(Some(FailOn::Never)), "warning warning warning warning");
}
