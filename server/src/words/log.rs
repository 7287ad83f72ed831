//! What is said in the log and has to be put together. In English: who reads it as text gets it in their language there.

use vitals::units::format_sizes;
use vitals::{Limit, Reason};

use crate::config::Live;

/// Who may administer while there is no token.
pub(crate) const WITHOUT_TOKEN: &str = "admin.token is not set: /admin/* and /api/monitor/exchanges answer on this machine only, and \
     through no proxy";

/// One line about what was started.
pub(crate) fn channels(live: &Live) -> String {
    let names: Vec<String> =
        live.channels.iter().map(|c| format!("{} ({})", c.name, c.provider.name)).collect();
    names.join(", ")
}

/// Why the self-check found something, for the log.
pub(crate) fn reason(reason: &Reason) -> String {
    let Reason { limit, value, threshold, .. } = *reason;
    match limit {
        Limit::Tasks { beyond, severe } => {
            let beyond = if beyond { " beyond the explained ones" } else { "" };
            let restart = if severe { ": restart, then look for the leak" } else { "" };
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
        Limit::Errors { of, .. } => format!("{value} of {of} requests ended badly, above {threshold}"),
        Limit::Latency => format!("an answer takes {value} ms, above {threshold} ms"),
    }
}
