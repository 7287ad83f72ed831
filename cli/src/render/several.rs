//! Several targets in one answer: each as it is told alone, and then the whole.

use std::fmt::Write;

use owo_colors::OwoColorize;
use serde::Serialize;
use vitals::{Gate, Verdict, exit};

use super::{Styles, paragraph};
use crate::recording::ndjson::line;
use crate::words::{self, Term, term};

/// What several targets come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    /// The gravest of all.
    pub(crate) verdict: Verdict,
    pub(crate) exit_code: u8,
    /// How many there are of each verdict, the gravest first.
    counts: Vec<(Verdict, usize)>,
}

/// For programs.
#[derive(Serialize)]
struct Object<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    schema: u32,
    verdict: Verdict,
    targets: T,
    exit_code: u8,
}

impl Whole {
    pub(crate) fn of(verdicts: &[Verdict], gate: Gate) -> Self {
        let order = [Verdict::Danger, Verdict::Unknown, Verdict::Warning, Verdict::Ok];
        let count = |verdict: &Verdict| verdicts.iter().filter(|one| *one == verdict).count();
        Self {
            verdict: verdicts.iter().copied().max().unwrap_or(Verdict::Unknown),
            exit_code: exit::gravest(verdicts.iter().map(|verdict| gate.exit_code(*verdict))),
            counts: order.iter().map(|verdict| (*verdict, count(verdict))).filter(|(_, n)| *n > 0).collect(),
        }
    }

    /// `3 targets: 1 danger, 2 ok`
    pub(crate) fn in_words(&self) -> String {
        words::whole(&self.counts)
    }

    /// The last line of an answer, and another one where the exit code is not the verdict's own.
    pub(crate) fn text(&self, styles: &Styles, width: usize) -> String {
        let word = words::verdict(self.verdict);
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{}  {}",
            word.style(styles.verdict(self.verdict)),
            self.in_words().style(styles.strong)
        );
        if self.exit_code != self.verdict.exit_code() {
            paragraph(&mut text, term(Term::ExitCode), &words::exit_code(self.exit_code), styles, width);
        }
        text
    }

    /// One object with those of all targets.
    pub(crate) fn object(&self, targets: impl Serialize) -> String {
        let Self { verdict, exit_code, .. } = *self;
        line(&Object { r#type: None, schema: 1, verdict, targets, exit_code })
    }

    /// The last line of NDJSON, after a summary of each.
    pub(crate) fn line(&self) -> String {
        let counts: std::collections::BTreeMap<_, _> =
            self.counts.iter().map(|(verdict, n)| (verdict.as_str(), n)).collect();
        let Self { verdict, exit_code, .. } = *self;
        line(&Object { r#type: Some("summary"), schema: 1, verdict, targets: counts, exit_code })
    }
}

/// Targets as they stand before their lines: without what they have in common, and of one width.
pub(crate) fn labels(targets: &[&str]) -> Vec<String> {
    let plain = targets.iter().all(|target| target.starts_with("http://"));
    let bare = |target: &&str| match plain {
        true => target.trim_start_matches("http://").to_owned(),
        false => (*target).to_owned(),
    };
    let bare: Vec<String> = targets.iter().map(bare).collect();
    let width = bare.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    bare.iter().map(|label| format!("{label:width$}")).collect()
}

#[cfg(test)]
mod tests {
    use vitals::FailOn;

    use super::*;

    #[test]
    fn the_gravest_decides() {
        let all = [Verdict::Ok, Verdict::Warning, Verdict::Unknown, Verdict::Ok];
        let whole = Whole::of(&all, Gate::default());
        assert_eq!((whole.verdict, whole.exit_code), (Verdict::Unknown, exit::UNKNOWN));
        assert_eq!(whole.in_words(), "4 targets: 1 unknown, 1 warning, 2 ok");
        let strict = Gate { fail_on: Some(FailOn::Warning), ..Gate::default() };
        let whole = Whole::of(&all, strict);
        assert_eq!(whole.exit_code, exit::DANGER, "a warning that fails is graver than what is unknown");
        assert_eq!(
            whole.line(),
            "{\"type\":\"summary\",\"schema\":1,\"verdict\":\"unknown\",\"targets\":{\"ok\":2,\"unknown\":1,\"warning\":1},\"exit_code\":2}\n"
        );
        let text = whole.text(&Styles::new(false), 80);
        assert!(text.starts_with("UNKNOWN  4 targets: ") && text.contains("exit code"), "{text}");
    }

    #[test]
    fn labels_of_one_width() {
        assert_eq!(labels(&["http://a:1", "http://bcd:2"]), ["a:1  ", "bcd:2"]);
        assert_eq!(labels(&["http://a", "https://a"]), ["http://a ", "https://a"]);
    }
}
