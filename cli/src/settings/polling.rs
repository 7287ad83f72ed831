//! How long CURRENT is polled where it is an address.

use std::time::Duration;

use crate::args::{MAX_POLLS, PollingArgs};
use crate::comparison::Polling;
use crate::output::Failure;
use crate::words::usage;

/// Unless somebody says otherwise.
const MINUTE: Duration = Duration::from_secs(60);

/// The polls that the flags ask for.
///
/// # Errors
/// They would be too many to keep.
pub(crate) fn polling(args: &PollingArgs) -> Result<Polling, Failure> {
    let length = args.duration.or_else(|| args.count.is_none().then_some(MINUTE));
    let by_time = length.map(|length| length.as_nanos() / args.interval.as_nanos().max(1) + 1);
    let by_time = by_time.map(|polls| u64::try_from(polls).unwrap_or(u64::MAX));
    let polls = [by_time, args.count].into_iter().flatten().min().unwrap_or(1);
    if polls > MAX_POLLS {
        return Err(Failure::usage(usage::too_many_polls(polls, MAX_POLLS)));
    }
    Ok(Polling { interval: args.interval, length, polls, timeout: args.timeout })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(interval: u64, duration: Option<u64>, count: Option<u64>) -> PollingArgs {
        PollingArgs {
            interval: Duration::from_secs(interval),
            duration: duration.map(Duration::from_secs),
            count,
            timeout: Duration::from_secs(1),
            source: crate::args::SourceArgs::default(),
        }
    }

    #[test]
    fn a_minute_unless_somebody_says_otherwise() {
        for (args, polls, length) in [
            (args(1, None, None), 61, Some(60)),
            (args(5, Some(30), None), 7, Some(30)),
            (args(5, Some(30), Some(3)), 3, Some(30)),
            (args(5, None, Some(300)), 300, None),
        ] {
            let found = polling(&args).unwrap();
            assert_eq!((found.polls, found.length.map(|l| l.as_secs())), (polls, length), "{args:?}");
        }
        let error = polling(&args(1, Some(200_000), None)).unwrap_err();
        assert!(error.text().contains("watertight record"));
    }
}
