//! Exit codes of every command. Stable: scripts and CI gates depend on them.

/// Healthy, or done.
pub const OK: u8 = 0;
/// Warning; `serve`: stopped, but requests had to be aborted.
pub const WARNING: u8 = 1;
/// Danger, leak, regression, or a gate failed.
pub const DANGER: u8 = 2;
/// Cannot tell: unreachable, not a health endpoint, too little data.
pub const UNKNOWN: u8 = 3;
/// The command line or the configuration is wrong.
pub const USAGE: u8 = 64;
/// `serve`: the address is in use, or storage is out of reach.
pub const UNAVAILABLE: u8 = 69;
/// The output could not be written.
pub const OUTPUT: u8 = 74;
/// Interrupted before there was a verdict.
pub const INTERRUPTED: u8 = 130;

/// The gravest of several verdicts' codes: danger, unknown, warning, ok.
#[must_use]
pub fn gravest(codes: impl IntoIterator<Item = u8>) -> u8 {
    let rank = |code: &u8| [OK, WARNING, UNKNOWN, DANGER].iter().position(|known| known == code);
    codes.into_iter().max_by_key(rank).unwrap_or(OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn danger_outweighs_the_unknown_and_that_a_warning() {
        assert_eq!(gravest([WARNING, UNKNOWN, OK]), UNKNOWN);
        assert_eq!(gravest([DANGER, UNKNOWN, WARNING]), DANGER);
        assert_eq!((gravest([OK, WARNING]), gravest([OK]), gravest([])), (WARNING, OK, OK));
    }
}
