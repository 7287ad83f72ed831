//! Expectations about single measurements, as people write them: `goroutines<2000`, `alloc_bytes<=512MiB`.

use std::fmt;

use crate::units::{parse_duration, parse_size};
use crate::{EndReason, FIELDS, Language, Measure, Sample, Unit, Verdict};

/// Where the health JSON has the requests by the reason of their end.
const ENDED: &str = "relay.ended.";

/// The number that an expectation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Measure(Measure),
    /// Requests that ended for this reason.
    Ended(EndReason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// In the order in which they are looked for: the longer ones first.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

/// What somebody expects of one measurement.
#[derive(Clone, Debug)]
pub struct Expectation {
    subject: Subject,
    comparison: Comparison,
    limit: f64,
    text: String,
}

impl Expectation {
    /// Reads `METRIC OPERATOR LIMIT`. Sizes and times take units; `latency_ms` without a unit is milliseconds.
    ///
    /// # Errors
    /// A fragment that names what is wrong and the cure.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let end =
            text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(text.len());
        let (name, rest) = (&text[..end], text[end..].trim_start());
        let (sign, comparison) =
            *COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign)).ok_or_else(|| {
                let en = "write a metric, one of < <= > >= == != and a limit, like goroutines<2000";
                let zh = "请写一个数字的名字、< <= > >= == != 之一和一个界限，例如 goroutines<2000";
                Language::current().pick(en, zh)
            })?;
        let (subject, worth) = Measure::named(name)
            .map(|metric| (Subject::Measure(metric), 1.0))
            .or_else(|| placed(name))
            .ok_or_else(|| {
                let names = names().join(", ");
                Language::current().pick(
                    format!("there is no metric `{name}`: take one of {names}"),
                    format!("没有叫 `{name}` 的数字：可用的有 {names}"),
                )
            })?;
        let limit = subject.limit(rest[sign.len()..].trim(), worth)?;
        Ok(Self { subject, comparison, limit, text: text.to_owned() })
    }

    /// The name of the measurement that it is about: its column, or its place in the health JSON.
    #[must_use]
    pub fn metric(&self) -> String {
        self.subject.name()
    }

    /// The unit of its numbers.
    #[must_use]
    pub fn unit(&self) -> Unit {
        self.subject.unit()
    }

    /// What the measurement is compared with, in the metric's own unit.
    #[must_use]
    pub const fn limit(&self) -> f64 {
        self.limit
    }

    /// The measurement, if the target reported it.
    #[must_use]
    pub fn value(&self, sample: &Sample, latency_ms: f64) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53: 8 PiB")]
        let exact = |n: Option<u64>| n.map(|n| n as f64);
        match self.subject {
            Subject::Measure(Measure::Latency) => Some(latency_ms),
            Subject::Measure(metric) => exact(metric.of(sample)),
            Subject::Ended(reason) => exact(sample.ended.map(|ended| ended.0[reason.index()])),
        }
    }

    /// What a measurement means for the verdict: danger if it is not as expected, unknown if there is none.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "whole numbers, and whoever writes == means it")]
    pub fn judge(&self, value: Option<f64>) -> Verdict {
        let Some(value) = value else { return Verdict::Unknown };
        let met = match self.comparison {
            Comparison::Less => value < self.limit,
            Comparison::LessOrEqual => value <= self.limit,
            Comparison::Greater => value > self.limit,
            Comparison::GreaterOrEqual => value >= self.limit,
            Comparison::Equal => value == self.limit,
            Comparison::NotEqual => value != self.limit,
        };
        if met { Verdict::Ok } else { Verdict::Danger }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Every name that an expectation may start with.
fn names() -> Vec<String> {
    let unrecorded = FIELDS.iter().filter(|field| field.csv.is_none()).map(|field| field.json.to_owned());
    let columns = Measure::columns().map(|measure| measure.column().to_owned());
    columns.chain(unrecorded).chain([format!("{ENDED}REASON")]).collect()
}

/// What stands at a place of the health JSON, and what one of a plain limit is worth there: `memory.alloc_mb` counts
/// MiB.
fn placed(path: &str) -> Option<(Subject, f64)> {
    if let Some(name) = path.strip_prefix(ENDED) {
        let reason = EndReason::ALL.into_iter().find(|reason| reason.as_str() == name)?;
        return Some((Subject::Ended(reason), 1.0));
    }
    let field = FIELDS.iter().find(|field| field.json == path)?;
    #[expect(clippy::cast_precision_loss, reason = "1 or 2^20")]
    Some((Subject::Measure(field.measure), field.json_scale as f64))
}

impl Subject {
    fn name(self) -> String {
        match self {
            Self::Measure(metric) => metric.column().to_owned(),
            Self::Ended(reason) => format!("{ENDED}{reason}"),
        }
    }

    fn unit(self) -> Unit {
        match self {
            Self::Measure(metric) => metric.unit(),
            Self::Ended(_) => Unit::Count,
        }
    }

    fn limit(self, text: &str, worth: f64) -> Result<f64, String> {
        let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if let Some(number) = text.parse::<f64>().ok().filter(|_| is_plain) {
            return Ok(number * worth);
        }
        match self.unit() {
            #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53: 8 PiB")]
            Unit::Bytes => parse_size(text).map(|n| n as f64),
            Unit::Seconds => parse_duration(text).map(|time| time.as_secs_f64()),
            Unit::Micros => parse_duration(text).map(|time| time.as_secs_f64() * 1000.0),
            Unit::Count => Err(Language::current().pick(
                format!("`{text}` is not a number: {} is a plain count", self.name()),
                format!("`{text}` 不是数字：{} 是个数", self.name()),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Ended;

    fn sample() -> Sample {
        Sample {
            goroutines: Some(312),
            explained: Some(300),
            alloc_bytes: Some(64 << 20),
            start_time: Some(90),
            max_fds: Some(1024),
            uptime_s: Some(93),
            oldest_s: Some(61),
            shed_total: Some(6),
            ended: Some(Ended(
                EndReason::ALL.map(|reason| u64::from(reason == EndReason::UpstreamError) * 3),
            )),
            ..Sample::default()
        }
    }

    fn judged(text: &str) -> Verdict {
        let expectation = Expectation::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(expectation.to_string(), text.trim());
        expectation.judge(expectation.value(&sample(), 1.5))
    }

    #[test]
    fn every_comparison_on_both_sides_of_its_limit() {
        for (text, met) in [
            ("goroutines<312", false),
            ("goroutines<313", true),
            ("goroutines<=312", true),
            ("goroutines<=311", false),
            ("goroutines>312", false),
            ("goroutines>311", true),
            ("goroutines>=312", true),
            ("goroutines>=313", false),
            ("goroutines==312", true),
            ("goroutines==313", false),
            ("goroutines!=312", false),
            ("goroutines!=313", true),
        ] {
            assert_eq!(judged(text), if met { Verdict::Ok } else { Verdict::Danger }, "{text}");
        }
    }

    #[test]
    fn units() {
        for text in [
            " alloc_bytes == 64MiB ",
            "alloc_bytes==67108864",
            "alloc_bytes<0.5GiB",
            "start_time==1m30s",
            "latency_ms<2",
            "latency_ms<2ms",
            "latency_ms>0.001s",
            "unexplained==12",
            // By the places of the health JSON, which counts MiB.
            "memory.alloc_mb==64",
            "memory.alloc_mb<65",
            "memory.alloc_mb==64MiB",
            "memory.alloc_mb<0.5GiB",
            "process.max_fds==1024",
            "max_fds==1024",
            // What no recording has.
            "uptime_s==1m33s",
            "relay.oldest_s<=61",
            "relay.shed_total==6",
            "relay.ended.upstream_error==3",
            "relay.ended.panic==0",
        ] {
            assert_eq!(judged(text), Verdict::Ok, "{text}");
        }
    }

    #[test]
    fn what_the_target_does_not_report_is_unknown() {
        assert_eq!(judged("open_fds<10"), Verdict::Unknown);
        let ended = Expectation::parse("relay.ended.done>0").unwrap();
        assert_eq!(ended.value(&Sample::default(), 1.0), None);
        let expectation = Expectation::parse("unexplained<10").unwrap();
        let old = Sample { goroutines: Some(5), ..Sample::default() };
        assert_eq!(expectation.value(&old, 1.0), None, "nothing is explained there");
    }

    #[test]
    fn mistakes_name_the_cure() {
        for (text, cure) in [
            ("", "like goroutines<2000"),
            ("goroutines", "like goroutines<2000"),
            ("goroutines=5", "one of < <= > >= == !="),
            ("goroutine<5", "there is no metric `goroutine`: take one of goroutines, alloc_bytes"),
            ("relay.ended.bad<5", "max_fds, memory_limit_bytes, unexplained, latency_ms, uptime_s"),
            ("relay.ended.bad<5", "relay.ended.REASON"),
            ("goroutines<", "`` is not a number"),
            ("goroutines<5MiB", "plain count"),
            ("goroutines<-5", "plain count"),
            ("alloc_bytes<5parsec", "like 64KiB"),
            ("latency_ms<5MiB", "not a duration"),
        ] {
            let why = Expectation::parse(text).unwrap_err();
            assert!(why.contains(cure), "{text}: {why}");
        }
    }

    #[test]
    fn every_column_can_be_expected() {
        let reasons = EndReason::ALL.map(|reason| format!("{ENDED}{reason}"));
        for name in names().into_iter().filter(|name| !name.ends_with("REASON")).chain(reasons) {
            assert_eq!(Expectation::parse(&format!("{name}>=0")).unwrap().metric(), name);
        }
    }
}
