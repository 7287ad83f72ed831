//! Findings of a comparison, by thresholds and gates.

use vitals::units::{format_size, format_sizes};

use super::sides::{flawed, kinds, name, tasks};
use super::{counted, statistics};
use crate::finding::{Bound, Compare, Fit, Grown, Growth, Idle, Lack, Load, Peak, Weighed, Who};

/// The sentence; empty where there is nothing to say.
pub(super) fn finding(said: &Compare) -> String {
    match said {
        Compare::Fine => String::new(),
        Compare::Samples { who, counted, needed, lack } => samples(who, *counted, *needed, lack.as_ref()),
        Compare::Level { who, reason, before } => {
            let usual = before.map(|before| match reason.limit {
                vitals::Limit::Memory | vitals::Limit::Resident { .. } => usual(&format_size(before)),
                _ => usual(&before.to_string()),
            });
            format!("{}'s level: {}{}", name(who), super::reason(reason), usual.unwrap_or_default())
        }
        Compare::Requests { who, reason, before } => {
            let errors = matches!(reason.limit, vitals::Limit::Errors { .. });
            let before = before.filter(|_| errors).map(super::error_percent);
            let before = before.map(|before| format!(" (baseline: {before})")).unwrap_or_default();
            format!("{}: {}{before}", name(who), super::reason(reason))
        }
        Compare::Peak(said) => peak(said),
        Compare::Idle(said) => idle(said),
        Compare::NoPeak { who, limit } => {
            format!("cannot tell whether the peak is below {limit}: {} has no goroutine counts", name(who))
        }
        Compare::Weighed(said) => weighed(said),
        Compare::Grown(said) => grown(said),
        Compare::Statistics(said) => statistics::told(said),
        Compare::Alone { who, trend, beyond, short } => {
            statistics::alone(who, trend, *beyond, short.as_ref())
        }
        Compare::Drift { from, to, trend, beyond } => statistics::drift([from, to], trend, *beyond),
        Compare::MissingDays { ends: [first, last], count, silence: [from, to] } => {
            let which = match count {
                1 => format!("{first} is"),
                2 => format!("{first} and {last} are"),
                _ => format!("{first} to {last} are"),
            };
            format!("{which} missing: there is no row between {} and {}", from.minute(None), to.minute(None))
        }
        Compare::NothingCompared { columns: 0 | 1 } => {
            "there is only one day: there is nothing to compare it with".to_owned()
        }
        Compare::NothingCompared { columns } => {
            format!("none of the {columns} could be compared with an earlier one: record for longer")
        }
    }
}

fn samples(who: &Who, n: u64, needed: u64, lack: Option<&Lack>) -> String {
    let who = name(who);
    let polls = counted(n, "good poll", "good polls");
    match lack {
        None => format!("{who} has {polls}"),
        Some(Lack::TooFew) => format!("{who} has {polls}, and {needed} are needed: record for longer"),
        Some(Lack::Flaw(flaw)) => flawed(&who, *flaw),
        Some(Lack::Silent(kinds)) => {
            let failed: u64 = kinds.iter().map(|(_, n)| n).sum();
            format!(
                "{who} has no good poll, {failed} failed ({})",
                self::kinds(kinds.iter().map(|(k, n)| (k, n)))
            )
        }
    }
}

fn usual(before: &str) -> String {
    format!(", as the baseline's was ({before})")
}

fn peak(said: &Peak) -> String {
    let Peak { who, peak, beyond, at, limit, is_gate, before } = said;
    let at = at.map(|at| format!(" at {}", at.long())).unwrap_or_default();
    let relation = match is_gate {
        false if peak > limit => format!("above the danger threshold of {limit}"),
        false => format!("within the danger threshold of {limit}"),
        true if peak >= limit => format!("it must stay below the {limit} of --max-peak"),
        true => format!("below the {limit} of --max-peak"),
    };
    let usual = before.map(|before| usual(&before.to_string())).unwrap_or_default();
    format!("{}'s peak: {peak} {}{at}, {relation}{usual}", name(who), tasks(*beyond))
}

fn idle(Idle { who, than, load, before, now, allowed }: &Idle) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for display")]
    let size = |rate: f64| format_size(rate as u64);
    let (before, now) = match load {
        Load::InFlight if *now == 1.0 => (before.to_string(), "1 request in flight".to_owned()),
        Load::InFlight => (before.to_string(), format!("{now} requests in flight")),
        Load::Requests => (format!("{before:.1}"), format!("{now:.1} requests a second")),
        Load::Allocation => (size(*before), format!("{} a second allocated", size(*now))),
    };
    let end = if *allowed { ": --allow-idle lets that pass" } else { "" };
    format!("{} idles: {now}, in the median, where {} had {before}{end}", name(who), name(than))
}

fn weighed(said: &Weighed) -> String {
    let Weighed { found, is_peak, is_memory, at, above: (bound, limit), stands, ratio, load, fit } = said;
    let at = at.map(|at| format!(" at {}", at.long())).unwrap_or_default();
    let (found, limit) = match is_memory {
        true => {
            let [found, limit] = format_sizes(*found, *limit);
            (format!("{found} of live memory"), limit)
        }
        false => (format!("{found} goroutines"), limit.to_string()),
    };
    let bound = match bound {
        Bound::Warning => "warning",
        Bound::Danger => "danger",
        Bound::Severe => "severe",
    };
    let (what, peak) = if *is_peak { ("peak", "highest ") } else { ("level", "") };
    let (load, known) = match load {
        Load::InFlight => ("load", true),
        Load::Requests => ("rate of requests", false),
        Load::Allocation => ("rate of allocation", false),
    };
    let why = match (fit, known) {
        (Fit::Proportion, _) => ": in proportion",
        (Fit::Doubt, true) => ": more than in proportion, as in a burst, or in a leak",
        (Fit::Doubt, false) => ", which stands for the load: cannot tell load from a leak",
    };
    let but = stands.map(|warning| format!(", but above warning {warning} as well")).unwrap_or_default();
    format!(
        "current's {what}: {found}{at}, above {bound} {limit}, at {ratio:.1} times the baseline's {peak}{load}{why}{but}"
    )
}

fn grown(said: &Grown) -> String {
    let Grown { who, over, growth, beyond, max, noise } = said;
    let what = match over {
        Some(over) => format!("{}'s level against {}'s", name(who), name(over)),
        None => format!("{}'s last fifth against its first", name(who)),
    };
    let Some(growth) = growth else { return format!("{what}: cannot tell, because a count is missing") };
    let percent = percent(*growth).map(|percent| format!(" ({percent})")).unwrap_or_default();
    let over = growth.percent().is_none_or(|percent| percent > *max) && growth.to > growth.from;
    let relation = match noise {
        Some(noise) => format!("more than {max} %, but by not more than {noise}, which is noise"),
        None if over => format!("more than the allowed {max} %"),
        None => format!("within the allowed {max} %"),
    };
    format!("{what}: {} to {} {}{percent}, {relation}", growth.from, growth.to, tasks(*beyond))
}

/// `+20.8 %`; nothing where it has no percentage.
pub(crate) fn percent(growth: Growth) -> Option<String> {
    growth.percent().map(|percent| {
        // No minus before a zero.
        if percent.abs() < 0.05 { "0.0 %".to_owned() } else { format!("{percent:+.1} %") }
    })
}
