//! Arguments as they are meant. Files with secrets are read, defaults that hang on each other are filled in, and what
//! contradicts itself is refused, before anything is asked, written or shown. `args` says what may be typed; from here
//! on nobody asks which flag a number came from, except to name it in an error.

mod access;
mod aims;
mod places;
mod polling;
mod recording;
mod watch;

use vitals::Thresholds;

pub(crate) use access::plan;
pub(crate) use aims::Aim;
pub(crate) use places::{Place, files, places};
pub(crate) use polling::polling;
pub(crate) use recording::{polls, recorded, rotation, watched};
pub(crate) use watch::{asked, check as check_watch, webhook, webhook_at};

use crate::args::{SourceArgs, ThresholdArgs};
use crate::output::Failure;
use crate::source::Observed;
use crate::words::usage;

/// The source at an address that stands at another place of the command line.
pub(crate) fn observed(
    address: Option<&str>,
    place: &'static str,
    args: &SourceArgs,
) -> Result<Observed, Failure> {
    Ok(Observed::new(&plan(address, place, args)?)?)
}

/// The thresholds that the flags name. A lower danger takes the default of the warning with it; a warning above the
/// default of danger would say that danger begins where nobody asked for it.
pub(crate) fn thresholds(args: ThresholdArgs) -> Result<Thresholds, Failure> {
    let default = Thresholds::default();
    if let (Some(warning), None) = (args.warning, args.danger)
        && warning > default.danger
    {
        return Err(Failure::usage(usage::warning_alone(warning, default.danger)));
    }
    let danger = args.danger.unwrap_or(default.danger);
    let warning = args.warning.unwrap_or_else(|| default.warning.min(danger));
    let health = |thresholds: Thresholds| Thresholds {
        error_ppm: args.max_error_rate.unwrap_or(default.error_ppm),
        latency_ms: args
            .max_latency
            .map_or(default.latency_ms, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        memory_limit: args.memory_limit,
        ..thresholds
    };
    Thresholds::with_goroutines(warning, danger)
        .map(health)
        .map_err(|why| Failure::usage(usage::thresholds(warning, danger, &why)))
}
