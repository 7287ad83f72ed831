//! A side that idles while those before it worked: whatever it shows says nothing about work.

use vitals::{Measure, Verdict};

use super::rate::Rate;
use super::{ENOUGH, Rules, Side};
use crate::finding::{Check, Compare, Finding, Idle, Load, Quantity, Said, Who, real};

/// A median load under this share of the baseline's is idle.
const SHARE: f64 = 0.1;
/// Fewer requests in flight than this are too coarse a count to tell a tenth of, where requests are counted, too.
const COARSE: f64 = 10.0;

/// If the newer side idles beside an older one; allowed by the operator, that is no complaint.
pub(crate) fn idle(
    (than, baseline): (Who, &Side),
    (who, current): (Who, &Side),
    rules: &Rules,
) -> Option<Finding> {
    let (load, [before, now]) = loads(baseline, current)?;
    let allowed = rules.allow_idle;
    let threshold = before * SHARE;
    let measure = match load {
        Load::InFlight => Measure::InFlight,
        Load::Requests => Measure::RequestsTotal,
        Load::Allocation => Measure::TotalAllocBytes,
    };
    (before > 0.0 && now < threshold).then_some(Finding {
        check: Check::Idle,
        metric: Quantity::Of(measure),
        verdict: if allowed { Verdict::Ok } else { Verdict::Unknown },
        value: Some(now),
        threshold: Some(threshold),
        said: Said::Compare(Compare::Idle(Idle { who, than, load, before, now, allowed })),
    })
}

/// If one of many idles beside most of those that it is compared with; the newest of these stands for them.
pub(super) fn idle_among(
    name: &str,
    side: &Side,
    others: &[(&str, &Side)],
    rules: &Rules,
) -> Option<Finding> {
    let named = |name: &str| Who::Named(name.to_owned());
    let beside = |(other, base): &(&str, &Side)| idle((named(other), base), (named(name), side), rules);
    let mut found: Vec<Finding> = others.iter().filter_map(beside).collect();
    found.pop().filter(|_| side.good >= ENOUGH && (found.len() + 1) * 2 > others.len())
}

/// The median loads of both, by the best that both tell: requests in flight, else requests a second, else bytes
/// allocated a second.
fn loads(baseline: &Side, current: &Side) -> Option<(Load, [f64; 2])> {
    let in_flight = |side: &Side| side.in_flight().all.median().map(real);
    let rates = |of: fn(&Side) -> &Rate| Some([of(baseline).usual()?, of(current).usual()?]);
    let flying = in_flight(baseline).zip(in_flight(current)).map(|(before, now)| [before, now]);
    let requests = rates(|side| &side.requests);
    match (flying, requests) {
        (Some(flying), Some(_)) if flying[0] >= COARSE => Some((Load::InFlight, flying)),
        (Some(flying), None) => Some((Load::InFlight, flying)),
        (_, Some(requests)) => Some((Load::Requests, requests)),
        (None, None) => rates(|side| &side.allocated).map(|rates| (Load::Allocation, rates)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::side;
    use crate::recording::Input;
    use crate::words::en;

    /// Ten minutes at 5 s with these cells.
    fn recorded(columns: &str, row: impl Fn(u32) -> String) -> Side {
        let mut text = format!("ts,elapsed_s,ok,error,goroutines,{columns}\n");
        for i in 0..120 {
            let (minute, second) = (i * 5 / 60, i * 5 % 60);
            text += &format!("2026-11-18T11:{minute:02}:{second:02}Z,{}.0,1,,15,{}\n", i * 5, row(i));
        }
        side(&[Input::from_bytes("a.csv".to_owned(), text.into_bytes())], "BASELINE").unwrap()
    }

    fn found(before: &Side, now: &Side, rules: &Rules) -> Option<Finding> {
        idle((Who::Baseline, before), (Who::Current, now), rules)
    }

    fn said(before: &Side, now: &Side) -> Option<String> {
        found(before, now, &Rules::default()).map(|finding| {
            assert_eq!(finding.verdict, Verdict::Unknown);
            en::finding(&finding)
        })
    }

    #[test]
    fn under_a_tenth_of_the_baselines_median_load_is_idle_by_the_best_that_both_tell() {
        let flying = |n: u32| recorded("in_flight", move |_| n.to_string());
        let counted = |per_s: u32| recorded("requests_total", move |i| (i * 5 * per_s).to_string());
        let allocated = |per_s: u32| recorded("total_alloc_bytes", move |i| (i * 5 * per_s).to_string());
        assert!(said(&flying(100), &flying(9)).unwrap().starts_with("current idles: 9 requests in flight"));
        assert_eq!(said(&flying(100), &flying(10)), None);
        assert!(said(&counted(20), &counted(1)).unwrap().contains("1.0 requests a second"));
        assert_eq!(said(&counted(20), &counted(2)), None);
        assert!(said(&allocated(1 << 20), &allocated(1 << 10)).unwrap().contains("1.0 KiB a second"));
        assert_eq!(said(&flying(100), &counted(1)), None, "they do not tell the same");
        assert_eq!(said(&flying(0), &flying(0)), None, "nothing worked");
        let both = |flying, per_s| {
            recorded("in_flight,requests_total", move |i| format!("{flying},{}", i * 5 * per_s))
        };
        assert_eq!(said(&both(2, 20), &both(0, 20)), None, "short requests, of which few are seen");
        assert!(said(&both(2, 20), &both(0, 1)).is_some());
    }

    #[test]
    fn a_burst_does_not_hide_that_the_rest_idles_and_the_operator_may_allow_it() {
        let steady = recorded("requests_total", |i| (i * 100).to_string());
        let burst = recorded("requests_total", |i| (i.min(20) * 600 + i).to_string());
        assert!(said(&steady, &burst).is_some());
        let allowed = found(&steady, &burst, &Rules { allow_idle: true, ..Rules::default() }).unwrap();
        assert_eq!(allowed.verdict, Verdict::Ok);
        assert!(en::finding(&allowed).ends_with("--allow-idle lets that pass"));
    }
}
