//! `quick-check --format prometheus`: the text format for node_exporter's textfile collector. Every series has a name
//! of its own: `process_open_fds` and the like are node_exporter's, and a second description of them would make it
//! refuse the file.

use std::fmt::Write;

use vitals::sample::Kind;
use vitals::{FIELDS, Verdict};

use super::Checked;

/// All series; without an answer only those about the check itself.
pub(crate) fn prometheus(checked: &Checked<'_>) -> String {
    let mut text = String::new();
    let target = format!("target=\"{}\"", escape(checked.target));
    let mut series = |name: &str, kind: Kind, help: &str, values: &[(String, String)]| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {}", kind.as_str());
        for (labels, value) in values {
            let _ = writeln!(text, "{name}{{{labels}}} {value}");
        }
    };
    let own = |value: String| vec![(target.clone(), value)];
    let up = u8::from(checked.outcome.is_ok());
    series("watertight_check_up", Kind::Gauge, "Whether the target answered.", &own(up.to_string()));
    series(
        "watertight_check_verdict",
        Kind::Gauge,
        "The verdict: 0 ok, 1 warning, 2 danger, 3 unknown.",
        &own(checked.verdict().exit_code().to_string()),
    );
    series(
        "watertight_check_timestamp_seconds",
        Kind::Gauge,
        "When the target was asked, in seconds since 1970.",
        &own(checked.at.as_second().to_string()),
    );
    let Ok((reading, _)) = &checked.outcome else { return text };
    let latency = format!("{:.6}", reading.latency.as_secs_f64());
    series("watertight_check_latency_seconds", Kind::Gauge, "How long the answer took.", &own(latency));
    for field in FIELDS {
        if let Some(value) = (field.get)(&reading.sample) {
            let base = field.series.trim_start_matches("watertight_").trim_start_matches("process_");
            series(&format!("watertight_check_{base}"), field.kind, field.help, &own(value.to_string()));
        }
    }
    let told = checked.expectations.iter().filter(|expected| expected.verdict != Verdict::Unknown);
    let mut told: Vec<_> = told
        .map(|expected| {
            let labels = format!("{target},expect=\"{}\"", escape(&expected.expectation.to_string()));
            (labels, u8::from(expected.verdict == Verdict::Ok).to_string())
        })
        .collect();
    // One series twice would make the reader refuse the file.
    told.sort_unstable();
    told.dedup();
    if !told.is_empty() {
        series("watertight_check_expectation_met", Kind::Gauge, "Whether an expectation holds.", &told);
    }
    text
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn label_values_keep_their_quotes() {
        assert_eq!(super::escape("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
