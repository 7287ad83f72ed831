//! A sample above a limit, and the next steps.

use vitals::units::format_sizes;
use vitals::{Judgement, Limit, Measure, Reason, Sample, TaskBand, Thresholds, Verdict};

/// `2310 goroutines, above 2000`
pub(crate) fn reason(reason: &Reason) -> String {
    let Reason { limit, value, threshold, .. } = *reason;
    match limit {
        Limit::Tasks { beyond, severe } => {
            let beyond = if beyond { " beyond the explained ones" } else { "" };
            let restart = if severe && is_too_many(value) { ": restart, then look for the leak" } else { "" };
            format!("{value} goroutines{beyond}, above {threshold}{restart}")
        }
        Limit::Memory => {
            let [found, limit] = format_sizes(value, threshold);
            format!("{found} of live memory, above {limit}")
        }
        Limit::Descriptors { percent, of } => {
            format!("{value} open descriptors, above {percent} % of the limit of {of}")
        }
        Limit::Resident { percent, of } => {
            let [found, of] = format_sizes(value, of);
            format!("{found} of resident memory, above {percent} % of the limit of {of}")
        }
        Limit::Overdue if value == 1 => "1 exchange is older than its own deadline: a leak".to_owned(),
        Limit::Overdue => format!("{value} exchanges are older than their own deadline: a leak"),
        Limit::Errors { of, ppm } => {
            let share = super::health::share(value, of);
            format!(
                "{share} of the requests ended badly ({value} of {of}), above {}",
                super::health::allowed(ppm)
            )
        }
        Limit::Latency => format!("answers to polls take {value} ms, above {threshold} ms"),
    }
}

/// Twice a limit of the operator's own may be few: only what is severe by default is near the end of a machine.
pub(in crate::words) fn is_too_many(count: u64) -> bool {
    count > Thresholds::default().severe
}

/// The next step about a target that drains and is well otherwise.
pub(crate) const fn after_draining() -> &'static str {
    "check again when the next one has started: this one ends by itself"
}

/// The first word of an answer.
pub(crate) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "OK",
        Verdict::Warning => "WARNING",
        Verdict::Danger => "DANGER",
        Verdict::Unknown => "UNKNOWN",
    }
}

/// A verdict that has no reasons.
pub(crate) const fn verdict_in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok: everything is below its threshold",
        Verdict::Warning => "warning",
        Verdict::Danger => "danger",
        Verdict::Unknown => "unknown: there is no count to judge by",
    }
}

pub(crate) const fn verdict_alone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "everything is below its threshold",
        Verdict::Warning | Verdict::Danger => "",
        Verdict::Unknown => "there is no count to judge by",
    }
}

/// The next steps, most urgent first.
pub(crate) fn advice(sample: &Sample, judgement: &Judgement, thresholds: &Thresholds) -> Vec<&'static str> {
    let above = |measure| judgement.reasons.iter().any(|reason| reason.limit.measure() == measure);
    let mut advice = Vec::new();
    if above(Measure::Overdue) {
        advice.push(
            "save the log and /api/monitor/exchanges: they name the requests that outlive their deadline",
        );
    }
    advice.extend(about_the_count(sample, thresholds));
    if above(Measure::AllocBytes) {
        advice.push("record the memory: if it grows under steady load, it leaks");
    }
    if above(Measure::OpenFds) {
        advice.push("raise the limit of descriptors (ulimit -n), and see whether they fall with the load");
    }
    if above(Measure::RssBytes) {
        advice
            .push("raise the limit of memory, or see what holds it: watertight watch says whether it grows");
    }
    if above(Measure::ErrorsTotal) {
        advice.push(super::health::SEE_ERRORS);
    }
    if above(Measure::Latency) {
        advice.push(super::health::SEE_SLOWNESS);
    }
    if advice.is_empty() {
        advice.push(match judgement.verdict {
            Verdict::Unknown => {
                "point --api-url at a health endpoint that reports goroutines, or name its process (--pid)"
            }
            _ => "nothing to do",
        });
    }
    advice
}

fn about_the_count(sample: &Sample, thresholds: &Thresholds) -> Option<&'static str> {
    let count = sample.unexplained()?;
    match thresholds.tasks(count) {
        TaskBand::Severe if is_too_many(count) => {
            Some("restart it now: it is about to run out of memory or descriptors")
        }
        TaskBand::Danger | TaskBand::Severe => {
            Some("record 30 minutes to see whether it leaks; plan a restart if the count does not fall")
        }
        TaskBand::Warning if sample.explained.is_some() => {
            Some("load does not explain these: record 30 minutes and see whether they stay")
        }
        TaskBand::Warning => {
            Some("busy or leaking: record 30 minutes; a count that falls with the load is fine")
        }
        TaskBand::Normal => None,
    }
}

/// A count on the finer scale of the routine after a deployment, which judges nothing. Nothing where that scale has no
/// finer word than the band, or has the band's words for other numbers: two scales on one line contradict each other.
pub(super) const fn fine(count: u64) -> Option<&'static str> {
    match count {
        0..1000 => Some("excellent (under 1000)"),
        1000..=2000 => Some("good (up to 2000)"),
        2001..3000 => Some("attention (under 3000)"),
        5001..=10_000 => Some("alarm"),
        _ => None,
    }
}

/// The next step when every threshold holds and an expectation does not.
pub(crate) const fn unexpected() -> &'static str {
    "record it, and compare with a recording from when it was as expected; or mend the expectation"
}

/// The next step when the target does not report what is expected of it.
pub(crate) const fn unreported() -> &'static str {
    "expect something of a metric that the target reports: watertight quick-check --format json shows which it does"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finer_scale_never_contradicts_the_bands() {
        let usual = Thresholds::default();
        for (count, band, fine_word) in [
            (0, "normal", "excellent"),
            (999, "normal", "excellent"),
            (1000, "normal", "good"),
            (2000, "normal", "good"),
            (2001, "warning", "attention"),
            (2999, "warning", "attention"),
            (3000, "warning", ""),
            (5000, "warning", ""),
            (5001, "danger", "alarm"),
            (10_000, "danger", "alarm"),
            (10_001, "severe", ""),
        ] {
            let word = fine(count).map_or("", |text| text.split(' ').next().unwrap());
            assert_eq!((usual.tasks(count).as_str(), word), (band, fine_word), "{count}");
        }
    }

    fn above(sample: Sample) -> String {
        reason(&vitals::judge(&sample, &Thresholds::default()).reasons[0])
    }

    #[test]
    fn a_few_above_an_operators_limit_are_no_end_of_memory() {
        for (danger, count, ends) in
            [(0, 12, false), (300, 700, false), (300, 10_001, true), (5000, 10_001, true)]
        {
            let limits = Thresholds::with_goroutines(0, danger).unwrap();
            let sample = Sample { goroutines: Some(count), ..Sample::default() };
            let judged = vitals::judge(&sample, &limits);
            let said =
                format!("{}; {}", reason(&judged.reasons[0]), advice(&sample, &judged, &limits).join("; "));
            assert_eq!(said.contains("run out") && said.contains("restart, then"), ends, "{said}");
            assert_eq!(said.contains("run out") || said.contains("restart, then"), ends, "{said}");
        }
    }

    #[test]
    fn one_exchange_is_not_exchanges() {
        let text = |overdue| above(Sample { overdue: Some(overdue), ..Sample::default() });
        assert_eq!(text(1), "1 exchange is older than its own deadline: a leak");
        assert_eq!(text(2), "2 exchanges are older than their own deadline: a leak");
    }

    #[test]
    fn memory_just_above_its_threshold_does_not_look_like_it() {
        let sample = Sample { alloc_bytes: Some((4 << 30) + (1 << 20)), ..Sample::default() };
        assert_eq!(above(sample), "4.001 GiB of live memory, above 4.000 GiB");
    }
}
