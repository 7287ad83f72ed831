//! `watch --on`: a command for an event.

use std::time::Duration;

use clap::Args;
use vitals::Language;

use super::observe::{duration, timeout};

/// What a command can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnEvent {
    /// The verdict is danger now, and was not.
    Danger,
    /// The verdict rose to a warning.
    Warning,
    /// The verdict is ok again.
    Recovered,
    /// The target restarted.
    Restart,
}

impl OnEvent {
    const ALL: [Self; 4] = [Self::Danger, Self::Warning, Self::Recovered, Self::Restart];

    /// Its name on the command line and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Warning => "warning",
            Self::Recovered => "recovered",
            Self::Restart => "restart",
        }
    }
}

/// `EVENT=COMMAND`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct On {
    /// When.
    pub event: OnEvent,
    /// What, as a shell reads it.
    pub command: String,
}

/// `COUNT/TIME`: so many runs within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnLimit {
    /// At least 1.
    pub most: usize,
    /// Within any such time.
    pub within: Duration,
}

/// Commands for what a watch sees.
#[derive(Debug, Args)]
pub struct OnArgs {
    /// Run a command once a change, repeatable: when the verdict becomes `danger` or rises to a `warning`, is ok again
    /// (`recovered`), or the target was restarted (`restart`). By `sh -c`, on Windows by `cmd /C`; the numbers are in its
    /// environment (WATERTIGHT_EVENT, WATERTIGHT_VERDICT, WATERTIGHT_GOROUTINES, …) and as JSON on its standard input. The
    /// watch does not wait for it
    #[arg(long = "on", value_name = "EVENT=COMMAND", value_parser = on, help_heading = "Commands")]
    pub on: Vec<On>,
    /// How long after a run the same command waits; then it is run if what it is for still holds
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration, requires = "on", help_heading = "Commands")]
    pub on_cooldown: Duration,
    /// How long a command may take: then it is ended with all that it has started
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = timeout, requires = "on", help_heading = "Commands")]
    pub on_timeout: Duration,
    /// How often a command is run at most within a time, for each target; what is over it is only told
    #[arg(long, value_name = "COUNT/TIME", default_value = "3/1h", value_parser = limit, requires = "on", help_heading = "Commands")]
    pub on_limit: OnLimit,
}

fn on(text: &str) -> Result<On, String> {
    let found = text.split_once('=').and_then(|(name, command)| {
        let event = OnEvent::ALL.into_iter().find(|event| event.as_str() == name)?;
        let command = command.trim();
        (!command.is_empty()).then(|| On { event, command: command.to_owned() })
    });
    found.ok_or_else(|| {
        let events: Vec<String> =
            OnEvent::ALL.iter().map(|event| format!("{}=COMMAND", event.as_str())).collect();
        Language::current().pick(
            format!("write {}, such as danger='systemctl restart relay'", events.join(", ")),
            format!("请写 {}，例如 danger='systemctl restart relay'", events.join("、")),
        )
    })
}

fn limit(text: &str) -> Result<OnLimit, String> {
    let form = || {
        let en = "write a count from 1 to 1000 and a time, such as 3/1h or 1/30m";
        Language::current().pick(en, "请写 1 到 1000 之间的次数和一段时间，例如 3/1h 或 1/30m").to_owned()
    };
    let (most, within) = text.split_once('/').ok_or_else(form)?;
    let most = most.trim().parse().ok().filter(|most| (1..=1000).contains(most)).ok_or_else(form)?;
    Ok(OnLimit {
        most,
        within: duration(within.trim()).map_err(|why| {
            Language::current().pick(format!("{why}: {}", form()), format!("{why}：{}", form()))
        })?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_a_command_and_a_limit_a_time() {
        let restart = on("danger=systemctl restart 'a=b'").unwrap();
        assert_eq!((restart.event, &*restart.command), (OnEvent::Danger, "systemctl restart 'a=b'"));
        for wrong in ["danger", "danger=", "danger= ", "ok=true", "Danger=true", "=true", ""] {
            let why = on(wrong).unwrap_err();
            assert!(why.starts_with("write danger=COMMAND, warning=COMMAND, recovered="), "{wrong}: {why}");
        }
        assert_eq!(limit("3/1h").unwrap(), OnLimit { most: 3, within: Duration::from_secs(3600) });
        for wrong in ["3", "0/1h", "3/0", "3/", "/1h", "x/1h", "3/1x", "1001/1h", "-1/1h"] {
            let why = limit(wrong).unwrap_err();
            assert!(why.ends_with("such as 3/1h or 1/30m"), "{wrong}: {why}");
        }
    }
}
