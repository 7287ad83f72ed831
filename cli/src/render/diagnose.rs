//! `diagnose` for people and for programs.

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use owo_colors::OwoColorize;
use report::text::wrap;
use serde::Serialize;
use vitals::Verdict;
use vitals::trend::Swing;
use vitals::units::format_duration;

use super::layout::paragraph;
use super::{Styles, timestamp};
use crate::diagnosis::{Crowd, Deep, FEW, Maker, Outcome, Place, Proof, Step, Waiting, swing_in_words};
use crate::words;

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
    /// The time between the two looks.
    pub(crate) apart: Duration,
    pub(crate) proof: Option<Proof>,
    /// Every goroutine, where that was asked for.
    pub(crate) deep: Option<Deep>,
    /// How the count swings, where samples say it.
    pub(crate) swing: Option<Swing>,
    /// Live exchanges of this program's own relay.
    pub(crate) exchanges: Option<Vec<Crowd>>,
}

impl Diagnosed {
    /// What it comes to.
    pub(crate) fn verdict(&self) -> Verdict {
        let failed = self.steps.iter().any(|step| step.outcome == Outcome::Failed);
        let leaked = self.proof.as_ref().is_some_and(|proof| proof.leaked > 0);
        let overdue = self.exchanges.iter().flatten().any(|crowd| crowd.overdue > 0);
        if leaked || overdue {
            Verdict::Danger
        } else if failed {
            Verdict::Unknown
        } else if self.growing.as_ref().is_some_and(|places| !places.is_empty()) {
            Verdict::Warning
        } else {
            Verdict::Ok
        }
    }
}

/// The whole answer.
pub(crate) fn text(diagnosed: &Diagnosed, styles: &Styles, width: usize) -> String {
    let verdict = diagnosed.verdict();
    let word = words::verdict(verdict);
    let mut text =
        format!("{}  {}\n\n", word.style(styles.verdict(verdict)), diagnosed.target.style(styles.strong));
    for step in &diagnosed.steps {
        self::step(&mut text, step, styles, width);
    }
    if let Some(places) = &diagnosed.growing {
        growing(&mut text, places, diagnosed.apart, styles, width);
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
    if let Some(swing) = &diagnosed.swing {
        if !text.ends_with("\n\n") {
            text.push('\n');
        }
        paragraph(&mut text, "swinging", &swing_in_words(swing), styles, width);
    }
    text
}

fn step(text: &mut String, step: &Step, styles: &Styles, width: usize) {
    let mark = match step.outcome {
        Outcome::Ok => "ok: ",
        Outcome::Failed => "FAILED: ",
        Outcome::Note => "",
    };
    paragraph(text, step.step, &format!("{mark}{}", step.seen), styles, width);
    if let Some(next) = &step.next {
        paragraph(text, "", &format!("-> {next}"), styles, width);
    }
}

fn growing(text: &mut String, places: &[Place], apart: Duration, styles: &Styles, width: usize) {
    text.push('\n');
    let apart = format_duration(Duration::from_secs_f64(apart.as_secs_f64().round().max(1.0)));
    if places.is_empty() {
        paragraph(
            text,
            "growing",
            &format!("no stack has 10 goroutines more than {apart} before"),
            styles,
            width,
        );
        return;
    }
    let count = words::counted(places.len() as u64, "stack", "stacks");
    paragraph(text, "growing", &format!("{count} within {apart}, the likeliest cause first"), styles, width);
    let mut explained = Vec::new();
    for place in places {
        let many = format!(
            "{}, {} before: {}, {:.0} % of all growth",
            words::counted(place.now, "goroutine", "goroutines"),
            place.before,
            words::a_minute(place.per_minute),
            place.share * 100.0
        );
        self::place(text, place, &many, &mut explained, styles, width);
    }
}

/// Where nothing grew, a crowd is told as what it is: no growth, and worth a look.
fn standing(text: &mut String, places: &[Place], styles: &Styles, width: usize) {
    if places.is_empty() {
        return;
    }
    let said =
        "the largest crowds follow; one that leaks slower than this is told by a longer look: --apart 2m";
    paragraph(text, "", said, styles, width);
    let mut explained = Vec::new();
    for place in places {
        let many =
            format!("{} goroutines, {} before, {:.0} % of all", place.now, place.before, place.share * 100.0);
        self::place(text, place, &many, &mut explained, styles, width);
    }
}

fn proven(text: &mut String, proof: &Proof, styles: &Styles, width: usize) {
    text.push('\n');
    let said = match proof.leaked {
        0 => "Go finds no goroutine that nothing can wake; one that waits for the network can leak and is not proven"
            .to_owned(),
        leaked => format!("{} leaked: nothing can ever wake them", words::counted(leaked, "goroutine is", "goroutines are")),
    };
    paragraph(text, "proof", &said, styles, width);
    let mut explained = Vec::new();
    for place in &proof.places {
        let many = format!(
            "{}, {:.0} % of the proven ones",
            words::counted(place.now, "goroutine", "goroutines"),
            place.share * 100.0
        );
        self::place(text, place, &many, &mut explained, styles, width);
    }
}

/// One place; what its cause means is told once.
fn place<'a>(
    text: &mut String,
    place: &'a Place,
    many: &str,
    explained: &mut Vec<&'a str>,
    styles: &Styles,
    width: usize,
) {
    text.push('\n');
    let at = if place.file.is_empty() { String::new() } else { format!("  {}:{}", place.file, place.line) };
    let _ = writeln!(text, "  {}{}", place.function.style(styles.strong), at);
    let mut lines = vec![many.to_owned()];
    lines.extend(place.wait.map(|wait| format!("waits for {}", wait.in_words())));
    if let Some(cause) = place.cause {
        if explained.contains(&cause) {
            lines.push("the same cause as above".to_owned());
        } else {
            lines.extend(place.meaning.map(str::to_owned));
            lines.extend(place.cure.map(|cure| format!("-> {cure}")));
            explained.push(cause);
        }
    }
    lines.extend(place.requested_by.iter().map(maker));
    for line in lines.iter().flat_map(|line| wrap(line, width.saturating_sub(4))) {
        let _ = writeln!(text, "    {line}");
    }
}

fn deep(text: &mut String, deep: &Deep, styles: &Styles, width: usize) {
    text.push('\n');
    let cut = if deep.cut { "; Go's list ends at 64 MiB, there are more" } else { "" };
    let listed = words::counted(deep.listed, "goroutine", "goroutines");
    let said = format!(
        "{listed} listed, the largest crowds first{cut}; Go counts how long they wait from the first garbage collection \
         that sees it"
    );
    paragraph(text, "deep", &said, styles, width);
    let mut explained = Vec::new();
    for waiting in &deep.waiting {
        let Waiting { function, file, line, count, .. } = waiting;
        let _ = writeln!(text, "\n  {}  {file}:{line}", function.style(styles.strong));
        let mut lines =
            vec![format!("{}: {}", words::counted(*count, "goroutine", "goroutines"), waited(waiting))];
        lines.extend(waiting.created_by.as_ref().map(|creator| format!("started by {creator}")));
        // A few are most often as they should be: one that accepts, one that waits for the next tick.
        let meaning = waiting.meaning.filter(|_| *count >= FEW);
        if let Some(meaning) = meaning.filter(|meaning| !explained.contains(meaning)) {
            lines.push(meaning.to_owned());
            explained.push(meaning);
        }
        for line in lines.iter().flat_map(|line| wrap(line, width.saturating_sub(4))) {
            let _ = writeln!(text, "    {line}");
        }
    }
}

/// What they wait for, and for how long: Go counts from the first collection that saw them wait, and keeps to itself
/// how long it has been for what it has found to be leaked.
fn waited(waiting: &Waiting) -> String {
    let Waiting { state, is_waiting, count, over_a_minute, longest_min, median_min, .. } = waiting;
    let minutes = over_a_minute.zip(longest_min.zip(*median_min));
    let in_minutes = |n| words::counted(n, "minute", "minutes");
    match minutes {
        _ if !is_waiting => state.clone(),
        None => {
            format!("{state}; for how long is not known: Go does not say it of what it found to be leaked")
        }
        Some((0, _)) => format!("{state}; none for a minute yet"),
        Some((_, (longest, _))) if *count == 1 => format!("{state}; for {}", in_minutes(longest)),
        Some((n, (longest, median))) => {
            let half = match median {
                0 => String::new(),
                median => format!("half of all for {} or more, ", in_minutes(median)),
            };
            format!("{state}; {n} for a minute or more, {half}the longest for {}", in_minutes(longest))
        }
    }
}

fn maker(maker: &Maker) -> String {
    let Maker { function, file, line, callers, share, .. } = maker;
    let called =
        if callers.is_empty() { String::new() } else { format!(", called by {}", callers.join(", by ")) };
    format!(
        "the requests were made by {function} ({file}:{line}){called}: inferred from {:.0} % of the requests that the \
         heap profile saw still held",
        share * 100.0
    )
}

fn exchanges(text: &mut String, crowds: &[Crowd], styles: &Styles, width: usize) {
    text.push('\n');
    if crowds.is_empty() {
        paragraph(text, "exchanges", "none is under way", styles, width);
    }
    for (at, crowd) in crowds.iter().enumerate() {
        let channel = if crowd.channel.is_empty() { "no channel yet" } else { &crowd.channel };
        let overdue = match crowd.overdue {
            0 => String::new(),
            1 => "; 1 older than its deadline: a leak, save the log and report it".to_owned(),
            n => format!("; {n} older than their deadline: a leak, save the log and report it"),
        };
        let oldest = format_duration(Duration::from_secs(crowd.oldest_s));
        let line = format!(
            "{channel}, {}: {} now, {} before, the oldest {oldest}{overdue}",
            crowd.phase, crowd.now, crowd.before
        );
        paragraph(text, if at == 0 { "exchanges" } else { "" }, &line, styles, width);
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: u32,
    verdict: Verdict,
    target: &'a str,
    ts: String,
    steps: &'a [Step],
    growing: Option<&'a [Place]>,
    #[serde(skip_serializing_if = "<[Place]>::is_empty")]
    standing: &'a [Place],
    apart_s: f64,
    proof: Option<&'a Proof>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deep: Option<&'a Deep>,
    exchanges: Option<&'a [Crowd]>,
    swing: Option<Swing>,
}

/// One line of JSON.
pub(crate) fn json(diagnosed: &Diagnosed) -> String {
    let answer = Answer {
        schema: 1,
        verdict: diagnosed.verdict(),
        target: &diagnosed.target,
        ts: timestamp(diagnosed.at),
        steps: &diagnosed.steps,
        growing: diagnosed.growing.as_deref(),
        standing: &diagnosed.standing,
        apart_s: (diagnosed.apart.as_secs_f64() * 1000.0).round() / 1000.0,
        proof: diagnosed.proof.as_ref(),
        deep: diagnosed.deep.as_ref(),
        exchanges: diagnosed.exchanges.as_deref(),
        swing: diagnosed.swing.map(rounded),
    };
    // Plain structs of numbers and text always serialise.
    let mut text = serde_json::to_string(&answer).unwrap_or_default();
    text.push('\n');
    text
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
