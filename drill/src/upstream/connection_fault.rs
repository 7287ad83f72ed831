//! How the connections of an upstream misbehave before a request could say so.

/// How connections misbehave. What each does is said in [`CONNECTIONS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionFault {
    MaxStreams(u32),
    Silent,
    SettingsUnacked,
    TlsStall,
    TlsOtherName,
    TlsExpired,
    TlsUnknown,
}

use ConnectionFault::*;

/// A row of the table of such faults: the row of the fault matrix, the name, whether a number may follow it, what it does.
pub(crate) struct ConnectionRow {
    pub(crate) id: u8,
    pub(crate) name: &'static str,
    pub(crate) default: Option<u32>,
    fault: ConnectionFault,
    pub(crate) what: &'static str,
}

const fn row(
    id: u8,
    name: &'static str,
    fault: ConnectionFault,
    default: Option<u32>,
    what: &'static str,
) -> ConnectionRow {
    ConnectionRow { id, name, default, fault, what }
}

/// All of them.
pub(crate) const CONNECTIONS: [ConnectionRow; 7] = [
    row(34, "max-streams", MaxStreams(1), Some(1), "HTTP/2: SETTINGS allow ARG streams at once"),
    row(34, "silent", Silent, None, "HTTP/2: reads the preface and never says a word, not even SETTINGS"),
    row(34, "settings-unacked", SettingsUnacked, None, "HTTP/2: the peer's SETTINGS are never acknowledged"),
    row(35, "tls-stall", TlsStall, None, "TLS: the handshake is never answered"),
    row(35, "tls-other-name", TlsOtherName, None, "TLS: the certificate is for another name"),
    row(35, "tls-expired", TlsExpired, None, "TLS: the certificate has expired"),
    row(35, "tls-unknown", TlsUnknown, None, "TLS: nobody vouches for the certificate's authority"),
];

impl ConnectionFault {
    /// Reads `NAME` or `NAME-ARG`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let found = |name: &str| CONNECTIONS.iter().find(|row| row.name == name);
        if let Some(row) = found(text) {
            return Ok(row.fault);
        }
        let with = text.rsplit_once('-').and_then(|(name, arg)| Some((found(name)?.default?, arg)));
        match with.and_then(|(_, arg)| arg.parse().ok()) {
            Some(streams) => Ok(MaxStreams(streams)),
            None => Err(format!(
                "no fault of connections is called `{text}`: known are {}",
                CONNECTIONS.map(|row| row.name).join(", ")
            )),
        }
    }

    pub(crate) fn needs_tls(self) -> bool {
        matches!(self, TlsStall | TlsOtherName | TlsExpired | TlsUnknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_faults_are_read_by_name() {
        for row in CONNECTIONS {
            assert_eq!(ConnectionFault::parse(row.name), Ok(row.fault));
        }
        assert_eq!(ConnectionFault::parse("max-streams-7"), Ok(MaxStreams(7)));
        assert!(ConnectionFault::parse("silent-7").is_err_and(|why| why.contains("tls-stall")));
    }
}
