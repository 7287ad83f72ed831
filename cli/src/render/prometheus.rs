//! `quick-check --format prometheus`: the text format for node_exporter's textfile collector. Every series has a name
//! of its own: `process_open_fds` and the like are node_exporter's, and a second description of them would make it
//! refuse the file.

use ::report::exposition::{Page, labels};
use vitals::sample::Kind;
use vitals::{FIELDS, Verdict};

use super::Checked;
use crate::words::en::series;

/// All series; without an answer only those about the check itself.
pub(crate) fn prometheus(checked: &Checked<'_>) -> String {
    let mut page = Page::new(false);
    let target = ("target", checked.target);
    let of_target = labels([target]);
    let mut own = |name: &str, kind: Kind, help: &str, value: String| {
        page.family(name, kind.as_str(), help);
        page.sample(name, &of_target, value);
    };
    let up = u8::from(checked.outcome.is_ok());
    own("watertight_check_up", Kind::Gauge, series::UP, up.to_string());
    own("watertight_check_verdict", Kind::Gauge, series::VERDICT, checked.verdict().exit_code().to_string());
    own("watertight_check_timestamp_seconds", Kind::Gauge, series::ASKED, checked.at.as_second().to_string());
    let Ok((reading, _)) = &checked.outcome else { return page.end() };
    let latency = format!("{:.6}", reading.latency.as_secs_f64());
    own("watertight_check_latency_seconds", Kind::Gauge, series::LATENCY, latency);
    for field in FIELDS {
        if let Some(value) = (field.get)(&reading.sample) {
            let base = field.series.trim_start_matches("watertight_").trim_start_matches("process_");
            own(&format!("watertight_check_{base}"), field.kind, field.help, value.to_string());
        }
    }
    let told = checked.expectations.iter().filter(|expected| expected.verdict != Verdict::Unknown);
    let mut told: Vec<_> = told
        .map(|expected| {
            let labels = labels([target, ("expect", &expected.expectation.to_string())]);
            (labels, u8::from(expected.verdict == Verdict::Ok))
        })
        .collect();
    // One series twice would make the reader refuse the file.
    told.sort_unstable();
    told.dedup();
    if !told.is_empty() {
        let name = "watertight_check_expectation_met";
        page.family(name, Kind::Gauge.as_str(), series::EXPECTED);
        for (labels, met) in told {
            page.sample(name, &labels, met);
        }
    }
    page.end()
}
