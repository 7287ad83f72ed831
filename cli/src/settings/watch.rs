//! What a watch is asked, and what its flags must not contradict.

use std::path::Path;
use std::time::Duration;

use super::access::{WEBHOOK_SECRET, webhook_secret};
use crate::args::{WatchArgs, WebhookFormat};
use crate::output::Failure;
use crate::watching::Asked;
use crate::webhook::Webhook;
use crate::words::{self, usage};

/// So many polls a block is what the statistics were measured with.
const POLLS: u32 = 12;

/// What it says of trends.
pub(crate) const fn asked(args: &WatchArgs) -> Asked {
    Asked { steady_load: args.steady_load, required: args.require_trend, block: Some(args.block) }
}

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

/// Where it tells its news; `None` where nobody asked for that.
///
/// # Errors
/// The address or the secret cannot be used.
pub(crate) fn webhook(args: &WatchArgs) -> Result<Option<Webhook>, Failure> {
    webhook_at(args.webhook.as_deref(), args.webhook_format, args.webhook_secret_file.as_deref())
}

/// The same, of other arguments.
///
/// # Errors
/// See [`webhook`].
pub(crate) fn webhook_at(
    url: Option<&str>,
    format: WebhookFormat,
    secret_file: Option<&Path>,
) -> Result<Option<Webhook>, Failure> {
    let Some(url) = url else { return Ok(None) };
    let secret = webhook_secret(secret_file, std::env::var_os(WEBHOOK_SECRET))?;
    Webhook::new(url, format, secret).map(Some).map_err(|why| Failure::usage(words::no_webhook(&why)))
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
