//! How a request ended: a closed set, used as metric label, log field and usage column.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

/// Why an exchange ended. Every request ends with exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EndReason {
    /// A whole answer was delivered.
    Done = 1,
    /// The client left before the answer was complete.
    ClientGone,
    /// The client's request was wrong, or came too slowly.
    ClientError,
    /// The upstream answered with an error, or what it sent was not an answer.
    UpstreamError,
    /// The upstream's answer broke off.
    UpstreamTruncated,
    /// No connection to the upstream within `timeouts.connect`.
    ConnectTimeout,
    /// No content from the upstream within `timeouts.first_byte`.
    FirstByteTimeout,
    /// No byte from the upstream for `timeouts.idle`.
    IdleTimeout,
    /// The exchange took longer than `timeouts.total`.
    TotalTimeout,
    /// Bytes waited for the client longer than `timeouts.client_write`.
    SlowClient,
    /// A body or an event was larger than its cap.
    TooLarge,
    /// Refused because the relay was full.
    Shed,
    /// Refused because the caller's limit was reached.
    Limited,
    /// No channel serves the model.
    NoChannel,
    /// The relay stopped.
    Shutdown,
    /// The relay itself failed.
    Panic,
}

impl EndReason {
    /// All reasons, in the order in which they are reported.
    pub const ALL: [EndReason; 16] = [
        Self::Done,
        Self::ClientGone,
        Self::ClientError,
        Self::UpstreamError,
        Self::UpstreamTruncated,
        Self::ConnectTimeout,
        Self::FirstByteTimeout,
        Self::IdleTimeout,
        Self::TotalTimeout,
        Self::SlowClient,
        Self::TooLarge,
        Self::Shed,
        Self::Limited,
        Self::NoChannel,
        Self::Shutdown,
        Self::Panic,
    ];

    /// The name in metrics, logs and JSON, for example `client_gone`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::ClientGone => "client_gone",
            Self::ClientError => "client_error",
            Self::UpstreamError => "upstream_error",
            Self::UpstreamTruncated => "upstream_truncated",
            Self::ConnectTimeout => "connect_timeout",
            Self::FirstByteTimeout => "first_byte_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::TotalTimeout => "total_timeout",
            Self::SlowClient => "slow_client",
            Self::TooLarge => "too_large",
            Self::Shed => "shed",
            Self::Limited => "limited",
            Self::NoChannel => "no_channel",
            Self::Shutdown => "shutdown",
            Self::Panic => "panic",
        }
    }

    /// The target or its upstream failed: the client neither left nor got what its own request deserves, as with a
    /// 4xx. Where the answer's status is known, that tells more.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Done | Self::ClientGone | Self::ClientError | Self::TooLarge | Self::Limited)
    }

    /// The position in [`EndReason::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize - 1
    }
}

impl std::fmt::Display for EndReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Counts by [`EndReason`], in the order of [`EndReason::ALL`]; every reason is a key, also at 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended(pub [u64; EndReason::ALL.len()]);

impl Ended {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Those that ended badly, as far as reasons tell; see [`EndReason::is_failure`].
    #[must_use]
    pub fn badly(&self) -> u64 {
        EndReason::ALL.iter().filter(|reason| reason.is_failure()).map(|reason| self.0[reason.index()]).sum()
    }
}

impl Serialize for Ended {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for reason in EndReason::ALL {
            map.serialize_entry(reason.as_str(), &self.0[reason.index()])?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_names_and_json_agree() {
        for (i, reason) in EndReason::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), i);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
