//! One module per command: it gathers, judges, prints, and returns the exit code.

mod access;
pub(crate) mod compare;
pub(crate) mod diagnose;
pub(crate) mod keys;
pub(crate) mod pages;
pub(crate) mod quick_check;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod watch;

use vitals::Thresholds;

use crate::args::{SourceArgs, TargetArgs};
use crate::output::Failure;
use crate::source::Observed;

/// The source that the flags name.
fn source(args: &TargetArgs) -> Result<Observed, Failure> {
    observed(args.api_url.as_deref(), "--api-url", &args.source)
}

/// The same for an address that stands elsewhere on the command line, where errors call it `place`.
fn observed(address: Option<&str>, place: &str, args: &SourceArgs) -> Result<Observed, Failure> {
    let plan = access::plan(address, args)?;
    Observed::new(&plan).map_err(|why| Failure::usage(why.replace("--api-url:", &format!("{place}:"))))
}

/// The thresholds that the flags name. A lower danger takes the default of the warning with it; a warning above the
/// default of danger would say that danger begins where nobody asked for it.
fn thresholds(warning: Option<u64>, danger: Option<u64>) -> Result<Thresholds, Failure> {
    let default = Thresholds::default();
    if let (Some(warning), None) = (warning, danger)
        && warning > default.danger
    {
        return Err(Failure::usage(format!(
            "--warning {warning} is above --danger, which is {} unless given: give --danger as well, {warning} or more",
            default.danger
        )));
    }
    let danger = danger.unwrap_or(default.danger);
    let warning = warning.unwrap_or_else(|| default.warning.min(danger));
    Thresholds::with_goroutines(warning, danger)
        .map_err(|why| Failure::usage(format!("--warning {warning} and --danger {danger}: {why}")))
}
