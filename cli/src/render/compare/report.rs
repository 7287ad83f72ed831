//! A comparison as cases and numbers, for the formats of pipelines and monitors.

use vitals::Verdict;

use super::Compared;
use crate::comparison::{Finding, METRICS, judged};
use crate::render::report::{Case, Datum, Report, State};

/// The report of a comparison.
pub(crate) fn report(compared: &Compared) -> Report {
    let cases = compared.findings.iter().map(|finding| case(finding.check.to_owned(), finding));
    Report {
        command: "compare",
        subject: compared.subject(),
        verdict: compared.verdict(),
        gate: compared.rules.gate,
        summary: summary(compared),
        cases: cases.collect(),
        data: data(compared),
    }
}

/// A finding as a case of this name.
pub(super) fn case(name: String, finding: &Finding) -> Case {
    let state = match finding.verdict {
        Verdict::Ok => State::Fine,
        Verdict::Unknown if finding.silent => State::Broken,
        Verdict::Unknown => State::Inconclusive,
        verdict => State::Breach(verdict),
    };
    Case { name, state, text: finding.text.clone() }
}

/// The levels in one sentence.
fn summary(compared: &Compared) -> String {
    let metric = judged(&[&compared.baseline, &compared.current]);
    let [before, now] = [&compared.baseline, &compared.current].map(|side| &side.columns[metric].all);
    let name = if METRICS[metric].name == "unexplained" { "unexplained goroutines" } else { "goroutines" };
    match (before.median(), now.median(), now.max()) {
        (Some(before), Some(now), Some(peak)) => {
            let carried = compared.carried().next().map(|finding| format!("; {}", finding.text));
            format!("median {now} {name}, baseline {before}; peak {peak}{}", carried.unwrap_or_default())
        }
        _ => "no counts".to_owned(),
    }
}

fn data(compared: &Compared) -> Vec<Datum> {
    let metric = judged(&[&compared.current]);
    let column = &compared.current.columns[metric].all;
    let baseline = &compared.baseline.columns[judged(&[&compared.baseline, &compared.current])].all;
    let thresholds = &compared.rules.thresholds;
    let datum = |label, value: Option<u64>, limits| {
        value.map(|value| Datum { label, value: value.to_string(), limits })
    };
    let memory = compared.current.level().alloc_bytes;
    [
        datum(METRICS[metric].name, column.median(), Some((thresholds.warning, thresholds.danger))),
        datum("p95", column.p95(), None),
        datum("peak", column.max(), compared.rules.max_peak.map(|max| (max, max))),
        datum("baseline", baseline.median(), None),
        memory.map(|bytes| Datum { label: "alloc", value: format!("{bytes}B"), limits: None }),
        datum("failed_polls", Some(compared.current.failed_polls()), None),
    ]
    .into_iter()
    .flatten()
    .collect()
}
