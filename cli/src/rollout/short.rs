//! The short forms of a plan: a service or a unit that stands for commands.

use super::keys::Values;
use crate::finding::rollout::Flaw;

/// Where the relay's own log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Logs {
    Own(String),
    Compose(String),
    Systemd(String),
}

/// The service or unit that stands for commands.
pub(super) enum Short {
    None,
    Compose(String),
    Systemd(String),
}

impl Short {
    pub(super) fn of(values: &mut Values<'_>) -> Self {
        let text = |name: &str| values.text("", name).map(str::to_owned);
        match (text("compose"), text("systemd")) {
            (Some(_), Some(_)) => {
                let line = values.given("", "systemd").map_or(0, |given| given.line);
                values.note(line, &Flaw::Both(["compose", "systemd"]));
                Self::None
            }
            (Some(service), None) => Self::Compose(service),
            (None, Some(unit)) => Self::Systemd(unit),
            (None, None) => Self::None,
        }
    }

    pub(super) fn build(&self) -> Option<String> {
        match self {
            Self::Compose(service) => Some(format!("docker compose build {service}")),
            Self::Systemd(_) | Self::None => None,
        }
    }

    pub(super) fn stop(&self) -> Option<String> {
        match self {
            Self::Compose(service) => Some(format!("docker compose stop {service}")),
            Self::Systemd(unit) => Some(format!("systemctl stop {unit}")),
            Self::None => None,
        }
    }

    pub(super) fn start(&self) -> Option<String> {
        match self {
            Self::Compose(service) => Some(format!("docker compose up -d {service}")),
            Self::Systemd(unit) => Some(format!("systemctl start {unit}")),
            Self::None => None,
        }
    }

    pub(super) fn logs(&self) -> Option<Logs> {
        match self {
            Self::Compose(service) => Some(Logs::Compose(service.clone())),
            Self::Systemd(unit) => Some(Logs::Systemd(unit.clone())),
            Self::None => None,
        }
    }
}
