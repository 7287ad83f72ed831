//! What this program's own relay is doing: its live exchanges by channel and phase, at two moments.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::finding::{Crowd, Diagnosis, Step};
use crate::source::Probe;

const CAP: u64 = 64 << 20;

#[derive(Deserialize)]
struct Ledger {
    exchanges: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    channel: Option<String>,
    phase: String,
    age_ms: u64,
    overdue: bool,
}

/// The live exchanges at two moments, those that grew most first.
///
/// # Errors
/// A step that says why the ledger cannot be read.
pub(crate) fn crowds(
    probe: &Probe,
    timeout: Duration,
    wait: impl FnOnce() -> bool,
) -> Result<Vec<Crowd>, Step> {
    let before = take(probe, timeout)?;
    if wait() {
        return Err(Step::note("exchanges", Diagnosis::InterruptedLook));
    }
    Ok(compared(&before, &take(probe, timeout)?))
}

fn take(probe: &Probe, timeout: Duration) -> Result<Ledger, Step> {
    let raw = probe
        .get("/api/monitor/exchanges", None, CAP, timeout)
        .map_err(|error| Step::failed("exchanges", Diagnosis::Error(error)))?;
    let none = |said| Err(Step::note("exchanges", said));
    match raw.status {
        200 => {
            serde_json::from_slice(&raw.body).or_else(|error| none(Diagnosis::BadLedger(error.to_string())))
        }
        401 | 403 => none(Diagnosis::HiddenLedger),
        status => none(Diagnosis::NoLedger { status }),
    }
}

fn compared(before: &Ledger, now: &Ledger) -> Vec<Crowd> {
    let mut crowds: BTreeMap<(String, String), Crowd> = BTreeMap::new();
    for (ledger, is_now) in [(before, false), (now, true)] {
        for entry in &ledger.exchanges {
            let channel = entry.channel.clone().unwrap_or_default();
            let crowd = crowds.entry((channel.clone(), entry.phase.clone())).or_default();
            (crowd.channel, crowd.phase) = (channel, entry.phase.clone());
            if is_now {
                crowd.now += 1;
                crowd.oldest_s = crowd.oldest_s.max(entry.age_ms / 1000);
                crowd.overdue += u64::from(entry.overdue);
            } else {
                crowd.before += 1;
            }
        }
    }
    let mut crowds: Vec<_> = crowds.into_values().filter(|crowd| crowd.now > 0).collect();
    crowds.sort_by_key(|crowd| {
        (std::cmp::Reverse(crowd.overdue), std::cmp::Reverse(crowd.now.saturating_sub(crowd.before)))
    });
    crowds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_channel_and_phase() {
        let ledger = |text: &str| serde_json::from_str::<Ledger>(text).unwrap();
        let entry = |channel: &str, phase: &str, age_ms: u64, overdue: bool| {
            format!(
                r#"{{"id":"x","channel":{channel},"model":null,"phase":"{phase}","age_ms":{age_ms},"bytes_out":0,"overdue":{overdue}}}"#
            )
        };
        let before = ledger(&format!(r#"{{"exchanges":[{}]}}"#, entry("\"a\"", "streaming", 5000, false)));
        let now = [
            entry("null", "intake", 1, false),
            entry("\"a\"", "streaming", 9000, false),
            entry("\"a\"", "streaming", 2000, false),
            entry("\"b\"", "first_byte", 99_000, true),
        ];
        let now = ledger(&format!(r#"{{"exchanges":[{}]}}"#, now.join(",")));
        let found = compared(&before, &now);
        let told: Vec<_> = found
            .iter()
            .map(|c| (c.channel.as_str(), c.phase.as_str(), c.before, c.now, c.oldest_s, c.overdue))
            .collect();
        assert_eq!(
            told,
            [("b", "first_byte", 0, 1, 99, 1), ("", "intake", 0, 1, 0, 0), ("a", "streaming", 1, 2, 9, 0)]
        );
    }
}
