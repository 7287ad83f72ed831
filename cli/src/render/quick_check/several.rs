//! A quick check of several targets in every form: each as it is told alone, and what they come to. One is told alone.

use vitals::Language;

use super::{check_report, quick_check};
use crate::render::report::{Case, Datum, Report};
use crate::render::several::{Whole, labels};
use crate::render::{Checked, Styles, json};

fn whole(all: &[Checked<'_>]) -> Option<Whole> {
    let verdicts: Vec<_> = all.iter().map(Checked::verdict).collect();
    let gate = all.first()?.gate;
    (verdicts.len() > 1).then(|| Whole::of(&verdicts, gate))
}

/// For people, at most `width` columns wide where its words allow that.
pub(crate) fn text(all: &[Checked<'_>], styles: &Styles, width: usize) -> String {
    let mut text = all.iter().map(|one| quick_check(one, styles, width)).collect::<Vec<_>>().join("\n");
    if let Some(whole) = whole(all) {
        text.push('\n');
        text.push_str(&whole.text(styles, width));
    }
    text
}

/// One line of JSON: an object, or one with those of all.
pub(crate) fn object(all: &[Checked<'_>]) -> String {
    match whole(all) {
        Some(whole) => whole.object(all.iter().map(json::object).collect::<Vec<_>>()),
        None => all.iter().map(json::quick_check).collect(),
    }
}

/// For machines, in English: each case and each number begins with its target.
pub(crate) fn report(all: &[Checked<'_>]) -> Option<Report> {
    Language::En.during(|| in_words(all))
}

fn in_words(all: &[Checked<'_>]) -> Option<Report> {
    let names: Vec<&str> = all.iter().map(|checked| checked.target).collect();
    let mut reports = all.iter().map(check_report);
    let Some(whole) = whole(all) else { return reports.next_back() };
    let (mut cases, mut data) = (Vec::new(), Vec::new());
    for (report, label) in reports.zip(labels(&names)) {
        let label = label.trim_end();
        cases.extend(report.cases.into_iter().map(|Case { name, state, text }| {
            let text = if text.is_empty() { text } else { format!("{label}: {text}") };
            Case { name: format!("{label} {name}"), state, text }
        }));
        data.extend(report.data.into_iter().map(|datum| Datum {
            label: format!("{label}_{}", datum.label).replace(['=', '\'', ' '], "_").into(),
            ..datum
        }));
    }
    let gate = all.first().map(|checked| checked.gate).unwrap_or_default();
    let (subject, summary) = (names.join(", "), whole.in_words());
    Some(Report { command: "quick-check", subject, verdict: whole.verdict, gate, summary, cases, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::quick_check::tests::{checked_all, plain_all};
    use crate::render::{prometheus, report as forms};

    #[test]
    fn each_is_told_and_then_the_whole() {
        let all = checked_all();
        let text = plain_all(&all);
        assert!(text.starts_with("OK  http://localhost:3000\n"), "{text}");
        assert!(text.contains("\n\nUNKNOWN  http://127.0.0.1:1\n"), "{text}");
        assert!(text.ends_with("\n\nUNKNOWN  2 targets: 1 unknown, 1 ok\n"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&object(&all)).unwrap();
        assert_eq!((&json["verdict"], &json["exit_code"]), (&"unknown".into(), &3.into()));
        assert_eq!(
            json["targets"][0],
            serde_json::from_str::<serde_json::Value>(&object(&all[..1])).unwrap()
        );
        assert_eq!(json["targets"][1]["target"], "http://127.0.0.1:1");
    }

    #[test]
    fn machines_see_which_target_it_is() {
        let all = checked_all();
        let line = forms::nagios(&report(&all).unwrap());
        assert!(
            line.starts_with("WATERTIGHT UNKNOWN - http://localhost:3000, http://127.0.0.1:1: 127.0.0.1:1: "),
            "{line}"
        );
        assert!(line.contains(" | localhost:3000_goroutines=312"), "{line}");
        let xml = forms::junit(&report(&all).unwrap(), "", 1.0);
        assert!(
            xml.contains("name=\"localhost:3000 goroutines\"") && xml.contains("name=\"127.0.0.1:1 answer\""),
            "{xml}"
        );
        let page = prometheus(&all);
        assert_eq!(page.matches("# TYPE watertight_check_up gauge").count(), 1, "{page}");
        assert!(page.contains("watertight_check_up{target=\"http://localhost:3000\"} 1\nwatertight_check_up{target=\"http://127.0.0.1:1\"} 0\n"), "{page}");
    }
}
