//! What became of a command that a watch runs for an event.

use vitals::units::format_duration;

use crate::finding::{Acted, Fate};

pub(crate) fn acted(acted: &Acted) -> String {
    format!("on {}: {}", acted.event.as_str(), fate(&acted.fate))
}

fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Ended { code: Some(0), took, .. } => {
            format!("the command is done (exit 0), after {}", seconds(*took))
        }
        Fate::Ended { code: Some(code), took, last } => {
            format!("the command failed with exit {code}, after {}{}", seconds(*took), wrote(last))
        }
        Fate::Ended { code: None, took, last } => {
            format!("the command was ended by a signal, after {}{}", seconds(*took), wrote(last))
        }
        Fate::Late { limit, last } => format!(
            "the command took longer than {} (--on-timeout): it was ended with all that it had started{}",
            format_duration(*limit),
            wrote(last)
        ),
        Fate::NotStarted(why) => format!("the command cannot be started: {why}"),
        Fate::Waits { cooldown, left } => format!(
            "not run, its last run is less than {} ago (--on-cooldown): it is run in {} if this still holds",
            format_duration(*cooldown),
            format_duration(std::time::Duration::from_secs(left.as_secs().max(1)))
        ),
        Fate::Limited { most: 1, within } => {
            format!("not run, it ran once within {} (--on-limit): look yourself", format_duration(*within))
        }
        Fate::Limited { most, within } => {
            format!(
                "not run, it ran {most} times within {} (--on-limit): look yourself",
                format_duration(*within)
            )
        }
        Fate::Replaced => "not run, a newer event took its place while a command ran".to_owned(),
        Fate::Dropped => "not run, the watch was stopped".to_owned(),
    }
}

fn seconds(took: std::time::Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

/// The last line says why, mostly.
fn wrote(last: &[String]) -> String {
    last.last().map(|line| format!(": {line}")).unwrap_or_default()
}
