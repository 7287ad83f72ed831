//! `diagnose` for people and for programs.

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use owo_colors::OwoColorize;
use report::text::wrap;
use serde::Serialize;
use vitals::trend::Swing;
use vitals::{Gate, Verdict};

use super::kept;
use super::layout::paragraph;
use super::several::Whole;
use super::stacks::{self, Listed, Object, Proven, Staying};
use super::{Styles, timestamp};
use crate::diagnosis::{Deep, Proof};
use crate::finding::{Crowd, Finding, Kept, Outcome, Step};
use crate::profile::{Evidence, FEW, Place, Waiting};
use crate::recording::ndjson::line;
use crate::words::{self, Term, en, term};

/// All that a diagnosis found out.
#[derive(Debug, Default)]
pub(crate) struct Diagnosed {
    /// The target, without credentials.
    pub(crate) target: String,
    pub(crate) at: Timestamp,
    pub(crate) steps: Vec<Step>,
    /// The places that grew; `None` when nobody could look.
    pub(crate) growing: Option<Vec<Place>>,
    /// Where none grew: where the most goroutines stand.
    pub(crate) standing: Vec<Place>,
    /// A crowd that stands in a pattern that leaks, and does not leave.
    pub(crate) staying: Option<Evidence>,
    /// The time between the two looks.
    pub(crate) apart: Duration,
    pub(crate) proof: Option<Proof>,
    /// Every goroutine, where that was asked for.
    pub(crate) deep: Option<Deep>,
    /// How the count swings, where samples say it.
    pub(crate) swing: Option<Swing>,
    /// What its process holds, by kind.
    pub(crate) kept: Vec<Kept>,
    /// Live exchanges of this program's own relay.
    pub(crate) exchanges: Option<Vec<Crowd>>,
}

impl Diagnosed {
    pub(crate) fn verdict(&self) -> Verdict {
        let failed = self.steps.iter().any(|step| step.outcome == Outcome::Failed);
        let leaked = self.proof.as_ref().is_some_and(|proof| proof.leaked > 0);
        let overdue = self.exchanges.iter().flatten().any(|crowd| crowd.overdue > 0);
        if leaked || overdue {
            Verdict::Danger
        } else if failed {
            Verdict::Unknown
        } else if self.grows() {
            Verdict::Warning
        } else {
            Verdict::Ok
        }
    }

    /// Stacks, a crowd that stays, or what its process holds.
    fn grows(&self) -> bool {
        self.staying.is_some()
            || self.growing.as_ref().is_some_and(|places| !places.is_empty())
            || self.kept.iter().any(|kept| !kept.growing.is_empty())
    }
}

/// The whole answer about each target, and what several come to.
pub(crate) fn texts(all: &[Diagnosed], styles: &Styles, width: usize) -> String {
    let mut told = all.iter().map(|one| text(one, styles, width)).collect::<Vec<_>>().join("\n");
    if let Some(whole) = whole(all) {
        told.push('\n');
        told.push_str(&whole.text(styles, width));
    }
    told
}

/// One line of JSON: an object, or one with those of all.
pub(crate) fn jsons(all: &[Diagnosed]) -> String {
    let answers: Vec<_> = all.iter().map(answer).collect();
    match whole(all) {
        Some(whole) => whole.object(answers),
        None => answers.iter().map(line).collect(),
    }
}

fn whole(all: &[Diagnosed]) -> Option<Whole> {
    let verdicts: Vec<_> = all.iter().map(Diagnosed::verdict).collect();
    (all.len() > 1).then(|| Whole::of(&verdicts, Gate::default()))
}

/// The whole answer.
fn text(diagnosed: &Diagnosed, styles: &Styles, width: usize) -> String {
    let verdict = diagnosed.verdict();
    let word = words::verdict(verdict);
    let mut text =
        format!("{}  {}\n\n", word.style(styles.verdict(verdict)), diagnosed.target.style(styles.strong));
    for step in &diagnosed.steps {
        self::step(&mut text, step, styles, width);
    }
    if let Some(places) = &diagnosed.growing {
        growing(&mut text, places, diagnosed.apart, styles, width);
        if let Some(evidence) = &diagnosed.staying {
            let finding = Finding::of_stacks(evidence.clone());
            paragraph(&mut text, term(Term::Staying), &words::finding(&finding), styles, width);
        }
        standing(&mut text, &diagnosed.standing, styles, width);
    }
    if let Some(proof) = &diagnosed.proof {
        proven(&mut text, proof, styles, width);
    }
    if let Some(deep) = &diagnosed.deep {
        self::deep(&mut text, deep, styles, width);
    }
    if let Some(crowds) = &diagnosed.exchanges {
        exchanges(&mut text, crowds, styles, width);
    }
    if !diagnosed.kept.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
    }
    for kept in &diagnosed.kept {
        paragraph(&mut text, words::thing(kept.thing), &words::holding(kept), styles, width);
        if let Some(growing) = words::kinds_growing(kept) {
            paragraph(&mut text, term(Term::Growing), &growing, styles, width);
        }
        if let Some(next) = words::who_keeps(kept) {
            paragraph(&mut text, "", &format!("-> {next}"), styles, width);
        }
    }
    if let Some(swing) = &diagnosed.swing {
        if !text.ends_with("\n\n") {
            text.push('\n');
        }
        paragraph(&mut text, term(Term::Swinging), &words::swing(swing), styles, width);
    }
    text
}

fn step(text: &mut String, step: &Step, styles: &Styles, width: usize) {
    let seen = words::seen(step);
    let told = match step.outcome {
        Outcome::Ok => words::headed(term(Term::Ok), &seen),
        Outcome::Failed => words::headed(term(Term::Failed), &seen),
        Outcome::Note => seen,
    };
    paragraph(text, words::step_name(step.step), &told, styles, width);
    if let Some(next) = words::next(step) {
        paragraph(text, "", &format!("-> {next}"), styles, width);
    }
}

fn growing(text: &mut String, places: &[Place], apart: Duration, styles: &Styles, width: usize) {
    text.push('\n');
    paragraph(text, term(Term::Growing), &words::growing(places.len(), FEW, apart), styles, width);
    self::places(text, places, words::grown, styles, width);
}

fn standing(text: &mut String, places: &[Place], styles: &Styles, width: usize) {
    if !places.is_empty() {
        paragraph(text, "", words::standing(), styles, width);
        self::places(text, places, words::stood, styles, width);
    }
}

fn proven(text: &mut String, proof: &Proof, styles: &Styles, width: usize) {
    text.push('\n');
    paragraph(text, term(Term::Proof), &words::proven(proof.leaked), styles, width);
    places(text, &proof.places, words::proven_at, styles, width);
}

/// Each place with how `many` stand there; what a cause means is told once.
fn places(text: &mut String, places: &[Place], many: fn(&Place) -> String, styles: &Styles, width: usize) {
    let mut explained = Vec::new();
    for place in places {
        let at =
            if place.file.is_empty() { String::new() } else { format!("  {}:{}", place.file, place.line) };
        let _ = writeln!(text, "\n  {}{at}", words::function(place).style(styles.strong));
        let mut lines = vec![many(place)];
        lines.extend(place.wait.map(words::waits_for));
        if let Some(cause) = place.cause {
            if explained.contains(&cause) {
                lines.push(words::same_cause().to_owned());
            } else {
                lines.push(words::meaning(cause).to_owned());
                lines.push(format!("-> {}", words::cure(cause)));
                explained.push(cause);
            }
        }
        lines.extend(place.requested_by.iter().map(words::maker));
        indented(text, &lines, width);
    }
}

fn indented(text: &mut String, lines: &[String], width: usize) {
    for line in lines.iter().flat_map(|line| wrap(line, width.saturating_sub(4))) {
        let _ = writeln!(text, "    {line}");
    }
}

fn deep(text: &mut String, deep: &Deep, styles: &Styles, width: usize) {
    text.push('\n');
    paragraph(text, term(Term::Deep), &words::deep(deep.listed, deep.cut), styles, width);
    let mut explained = Vec::new();
    for waiting in &deep.waiting {
        let Waiting { function, file, line, count, .. } = waiting;
        let _ = writeln!(text, "\n  {}  {file}:{line}", function.style(styles.strong));
        let mut lines = vec![words::waited(waiting)];
        lines.extend(waiting.created_by.as_deref().map(words::started_by));
        // A few are most often as they should be: one that accepts, one that waits for the next tick.
        let cause = waiting.cause.filter(|cause| *count >= FEW && !explained.contains(cause));
        lines.extend(cause.map(|cause| words::meaning(cause).to_owned()));
        explained.extend(cause);
        indented(text, &lines, width);
    }
}

fn exchanges(text: &mut String, crowds: &[Crowd], styles: &Styles, width: usize) {
    text.push('\n');
    if crowds.is_empty() {
        paragraph(text, term(Term::Exchanges), words::no_exchanges(), styles, width);
    }
    for (at, crowd) in crowds.iter().enumerate() {
        paragraph(
            text,
            if at == 0 { term(Term::Exchanges) } else { "" },
            &words::crowd(crowd),
            styles,
            width,
        );
    }
}

#[derive(Serialize)]
struct Looked<'a> {
    step: &'a str,
    outcome: Outcome,
    seen: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<'a> From<&'a Step> for Looked<'a> {
    fn from(step: &'a Step) -> Self {
        Self { step: step.step, outcome: step.outcome, seen: en::seen(step), next: en::next(step) }
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: u32,
    verdict: Verdict,
    target: &'a str,
    ts: String,
    steps: Vec<Looked<'a>>,
    growing: Option<Vec<Object<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    standing: Vec<Object<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    staying: Option<Staying<'a>>,
    apart_s: f64,
    proof: Option<Proven<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deep: Option<Listed<'a>>,
    exchanges: Option<&'a [Crowd]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kept: Vec<kept::Object<'a>>,
    swing: Option<Swing>,
}

fn answer(diagnosed: &Diagnosed) -> Answer<'_> {
    Answer {
        schema: 1,
        verdict: diagnosed.verdict(),
        target: &diagnosed.target,
        ts: timestamp(diagnosed.at),
        steps: diagnosed.steps.iter().map(Into::into).collect(),
        growing: diagnosed.growing.as_deref().map(stacks::objects),
        standing: stacks::objects(&diagnosed.standing),
        staying: diagnosed.staying.as_ref().map(stacks::staying),
        apart_s: kept::seconds(diagnosed.apart),
        proof: diagnosed.proof.as_ref().map(stacks::proven),
        deep: diagnosed.deep.as_ref().map(stacks::listed),
        exchanges: diagnosed.exchanges.as_deref(),
        kept: kept::objects(&diagnosed.kept),
        swing: diagnosed.swing.map(rounded),
    }
}

/// Without digits that mean nothing.
fn rounded(swing: Swing) -> Swing {
    let to = |digits: f64| move |x: f64| (x * digits).round() / digits;
    Swing {
        levels: swing.levels.map(to(10.0)),
        explained: swing.explained.map(to(1000.0)),
        per_request: swing.per_request.map(to(100.0)),
        rest: swing.rest.map(to(10.0)),
        ..swing
    }
}

#[cfg(test)]
mod tests {
    use process::{Kinds, Look};

    use super::*;

    #[test]
    fn what_its_process_holds_counts() {
        let look = |logs: usize| {
            let logs = std::iter::repeat_n(process::Kind::Named("logs/oneapi-….log".to_owned()), logs);
            Look { descriptors: logs.chain([process::Kind::Pipes]).collect::<Kinds>(), ..Look::default() }
        };
        let apart = Duration::from_secs(10);
        let of =
            |now| Diagnosed { kept: Kept::between(&look(12), &look(now), apart), ..Diagnosed::default() };
        assert_eq!([12, 16, 17].map(|now| of(now).verdict()), [Verdict::Ok, Verdict::Ok, Verdict::Warning]);
        let told = text(&of(452), &Styles::default(), 100);
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        for wanted in [
            "growing 1 kind of descriptors within 10s: 452 x logs/oneapi-….log, 12 before (+2640 a minute)",
            "-> find what opens logs/oneapi-….log and does not close it",
        ] {
            assert!(told.contains(wanted), "{told}");
        }
        let json = jsons(&[of(452)]);
        assert!(json.contains("\"growing\":[{\"kind\":\"logs/oneapi-….log\",\"before\":12,\"now\":452,\"per_minute\":2640.0}]"), "{json}");
    }

    /// A leak that is named, with what its process holds, at 80 columns.
    #[test]
    fn in_chinese() {
        use crate::finding::Diagnosis;
        use crate::profile::{Cause, Wait};

        let leak = Place {
            function: Some("openai.StreamHandler.func2".to_owned()),
            file: "/app/relay/channel/openai/main.go".to_owned(),
            line: 62,
            wait: Some(Wait::ChanSend),
            cause: Some(Cause::ReaderNobodyReceives),
            before: 15,
            now: 604,
            per_minute: 118.0,
            share: 0.98,
            frames: vec!["openai.StreamHandler.func2 main.go:62".to_owned()],
            requested_by: Vec::new(),
        };
        let look = |logs: usize| {
            let logs = std::iter::repeat_n(process::Kind::Named("logs/oneapi-….log".to_owned()), logs);
            Look { descriptors: logs.collect::<Kinds>(), ..Look::default() }
        };
        let accepts = Diagnosis::Accepts { address: ([127, 0, 0, 1], 3000).into(), ms: 1 };
        let diagnosed = Diagnosed {
            target: "http://127.0.0.1:3000".to_owned(),
            steps: vec![
                Step::ok("connection", accepts),
                Step::failed("listeners", Diagnosis::NothingListens(([127, 0, 0, 1], 3000).into())),
            ],
            growing: Some(vec![leak]),
            apart: Duration::from_secs(300),
            kept: Kept::between(&look(12), &look(452), Duration::from_secs(10)),
            ..Diagnosed::default()
        };
        let told = vitals::Language::Zh.during(|| text(&diagnosed, &Styles::default(), 80));
        for line in told.lines() {
            assert!(report::text::columns(line) <= 80, "{line}");
        }
        insta::assert_snapshot!(told);
        let json = || line(&answer(&diagnosed));
        assert_eq!(vitals::Language::Zh.during(json), json());
    }
}
