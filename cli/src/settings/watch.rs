//! What a watch's flags must not contradict.

use std::time::Duration;

use crate::args::WatchArgs;
use crate::output::Failure;
use crate::words::usage;

/// So many polls a block is what the statistics were measured with.
const POLLS: u32 = 12;

/// # Errors
/// A short block has too few polls.
pub(crate) fn check(args: &WatchArgs) -> Result<(), Failure> {
    let (minute, least) = (Duration::from_secs(60), args.interval * POLLS);
    if args.block >= minute || args.block >= least {
        return Ok(());
    }
    let least = least.min(minute);
    Err(Failure::usage(usage::short_block(args.block, POLLS, args.interval, least)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{self, Command};

    fn checked(flags: &str) -> Result<(), String> {
        let line = format!("watertight watch {flags}");
        match args::parse(line.split_whitespace().map(Into::into)).unwrap().command {
            Command::Watch(args) => check(&args).map_err(|failure| failure.text().to_owned()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_block_has_enough_polls() {
        for good in ["", "-i 10", "--block 6s -i 500ms", "--block 2m -i 1m", "--block 1m -i 1m"] {
            assert_eq!(checked(good), Ok(()), "{good}");
        }
        assert_eq!(
            checked("--block 6s -i 1s").unwrap_err(),
            "--block 6s has fewer than 12 polls of -i 1s: give --block 12s or a shorter interval"
        );
        assert!(checked("--block 50s").unwrap_err().contains("give --block 1m or"));
    }
}
