//! A finding of an earlier drill, read back from its JSON, so that it stands beside those of this one.

use std::time::Duration;

use serde_json::Value;

use super::grade::Grade;
use super::row::Row;
use super::tally::{Found, Tally};
use crate::client::Outcome;
use crate::gauge::Held;

impl Found {
    /// What an earlier drill found of a row; `None` where it did not do it.
    ///
    /// # Errors
    /// The name of what stands there in a way that is not understood.
    pub(crate) fn again(row: &Row, value: &Value) -> Result<Option<Self>, &'static str> {
        let grade = value["verdict"].as_str().and_then(Grade::read).ok_or("verdict")?;
        if grade == Grade::Skipped {
            return Ok(None);
        }
        let text = value["text"].as_str().ok_or("text")?;
        let mut tally = Tally { requests: value["requests"].as_u64().ok_or("requests")?, ..Tally::default() };
        if let Grade::Failed(kind) = grade {
            tally.complain(kind, text);
        }
        for note in value["notes"].as_array().ok_or("notes")?.iter().filter_map(Value::as_str) {
            tally.note(note);
        }
        let counts = value["client"].as_object().ok_or("client")?;
        let known = Outcome::KEYS.into_iter().filter_map(|key| Some((key, counts.get(key)?.as_u64()?)));
        tally.client = known.collect();
        tally.latencies = latencies(&value["latency_ms"]);
        let held = |at: usize| {
            let of = |name: &str| value[name][at].as_u64();
            Held { tasks: of("tasks"), descriptors: of("fds"), resident: of("rss"), ..Held::default() }
        };
        let (before, mut after) = (held(0), held(1));
        after.upstream_requests = value["upstream_open_after"].as_u64().unwrap_or(0);
        Ok(Some(Self {
            grade,
            tally,
            before,
            after,
            quiet_s: value["quiet_s"].as_f64(),
            took_s: value["took_s"].as_f64().unwrap_or(0.0),
            reason: None,
            kept: Some(value.clone()),
            ..Self::skipped(row.id, row.name, "")
        }))
    }
}

/// A hundred of them with the same percentiles.
fn latencies(value: &Value) -> Vec<Duration> {
    let of = |name: &str, times: usize| {
        let ms = value[name].as_f64().filter(|ms| (0.0..1e12).contains(ms));
        ms.map(|ms| vec![Duration::from_secs_f64(ms / 1000.0); times]).unwrap_or_default()
    };
    [of("p50", 50), of("p95", 45), of("p99", 4), of("max", 1)].concat()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::{Kind, Percentiles, Work};

    #[test]
    fn a_finding_comes_back_as_it_was() {
        let row = Row::new(8, "client-gone-mid-stream", Work::Skip(""));
        let value = json!({
            "requests": 25, "client": {"left": 25}, "tasks": [7, 32], "fds": null, "rss": [1 << 20, 2 << 20],
            "upstream_open_after": 3, "quiet_s": null, "took_s": 6.5, "notes": ["a tenth"], "verdict": "leak",
            "latency_ms": {"p50": 1.0, "p95": 2.0, "p99": 3.0, "max": 4.0}, "text": "tasks: 7 before, 32 after",
        });
        let found = Found::again(&row, &value).unwrap().unwrap();
        assert_eq!(
            (found.grade, found.explanation().as_str()),
            (Grade::Failed(Kind::Leak), "tasks: 7 before, 32 after")
        );
        assert_eq!(
            (found.before.tasks, found.after.tasks, found.after.descriptors),
            (Some(7), Some(32), None)
        );
        assert_eq!((found.tally.client["left"], found.after.upstream_requests, found.quiet_s), (25, 3, None));
        let percentiles = Percentiles::of(&found.tally.latencies).unwrap();
        assert_eq!(
            [percentiles.p50, percentiles.p95, percentiles.p99, percentiles.max].map(|p| p.as_millis()),
            [1, 2, 3, 4]
        );
        let again = |value: &Value| Found::again(&row, value).map(|found| found.is_some());
        assert_eq!(again(&json!({"verdict": "skipped", "text": "interrupted"})), Ok(false));
        for (key, wrong) in [
            ("verdict", json!("splendid")),
            ("text", json!(7)),
            ("requests", json!("many")),
            ("notes", Value::Null),
            ("client", json!([])),
        ] {
            let mut damaged = value.clone();
            damaged[key] = wrong;
            assert_eq!(again(&damaged), Err(key));
        }
    }
}
