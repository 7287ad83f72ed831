//! `quick-check --format prometheus`: the text format for node_exporter's textfile collector. Every series has a name
//! of its own: `process_open_fds` and the like are node_exporter's, and a second description of them would make it
//! refuse the file.

use std::collections::BTreeSet;

use ::report::exposition::{Page, labels};
use vitals::sample::Kind;
use vitals::{FIELDS, Verdict};

use super::Checked;
use crate::words::en::series;

/// A family, and its samples: labels and value.
struct Family {
    name: String,
    kind: &'static str,
    help: &'static str,
    samples: Vec<(String, String)>,
}

/// All series of all targets; without an answer only those about the check itself.
pub(crate) fn prometheus(all: &[Checked<'_>]) -> String {
    let mut families: Vec<Family> = Vec::new();
    for family in all.iter().flat_map(of) {
        match families.iter_mut().find(|known| known.name == family.name) {
            // One description of a family, and all its series behind it, is what readers want.
            Some(known) => known.samples.extend(family.samples),
            None => families.push(family),
        }
    }
    let mut page = Page::new(false);
    for Family { name, kind, help, mut samples } in families {
        page.family(&name, kind, help);
        // One series twice would make the reader refuse the file.
        let mut seen = BTreeSet::new();
        samples.retain(|(labels, _)| seen.insert(labels.clone()));
        for (labels, value) in samples {
            page.sample(&name, &labels, value);
        }
    }
    page.end()
}

fn of(checked: &Checked<'_>) -> Vec<Family> {
    let target = ("target", checked.target);
    let of_target = labels([target]);
    let mut families = Vec::new();
    let mut own = |name: &str, kind: Kind, help: &'static str, value: String| {
        let samples = vec![(of_target.clone(), value)];
        families.push(Family { name: name.to_owned(), kind: kind.as_str(), help, samples });
    };
    let up = u8::from(checked.outcome.is_ok());
    own("watertight_check_up", Kind::Gauge, series::UP, up.to_string());
    own("watertight_check_verdict", Kind::Gauge, series::VERDICT, checked.verdict().exit_code().to_string());
    own("watertight_check_timestamp_seconds", Kind::Gauge, series::ASKED, checked.at.as_second().to_string());
    let Ok((reading, _)) = &checked.outcome else { return families };
    let latency = format!("{:.6}", reading.latency.as_secs_f64());
    own("watertight_check_latency_seconds", Kind::Gauge, series::LATENCY, latency);
    for field in FIELDS {
        if let Some(value) = (field.get)(&reading.sample) {
            let base = field.series.trim_start_matches("watertight_").trim_start_matches("process_");
            own(&format!("watertight_check_{base}"), field.kind, field.help, value.to_string());
        }
    }
    families.extend(expectations(checked, target));
    families
}

fn expectations(checked: &Checked<'_>, target: (&str, &str)) -> Option<Family> {
    let told = checked.expectations.iter().filter(|expected| expected.verdict != Verdict::Unknown);
    let mut samples: Vec<_> = told
        .map(|expected| {
            let labels = labels([target, ("expect", &expected.expectation.to_string())]);
            (labels, u8::from(expected.verdict == Verdict::Ok).to_string())
        })
        .collect();
    samples.sort_unstable();
    let name = "watertight_check_expectation_met".to_owned();
    let (kind, help) = (Kind::Gauge.as_str(), series::EXPECTED);
    (!samples.is_empty()).then_some(Family { name, kind, help, samples })
}
