//! Nagios' rules for what goes wrong before there is a verdict: one line on stdout, and exit 3.

use std::ffi::{OsStr, OsString};

use vitals::exit;

use crate::output::{self, Failure};
use crate::render::report::nagios_usage_error;

/// A command line that cannot be parsed, and asks for Nagios' format.
pub(crate) fn is_asked(line: &[OsString]) -> bool {
    let mut last = OsStr::new("");
    line.iter().take_while(|arg| *arg != "--").any(|arg| {
        let asked = arg == "--format=nagios" || (last == "--format" && arg == "nagios");
        last = arg;
        asked
    })
}

/// Says on stdout why there is no verdict. A quiet end, because the reader left, stays one.
pub(crate) fn explain(failure: &Failure) -> u8 {
    if matches!(failure, Failure::ReaderLeft) {
        return exit::OK;
    }
    let _ = output::result(&nagios_usage_error(failure.text()));
    exit::UNKNOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_ask_for_it() {
        let asked = |line: &str| is_asked(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(asked("watertight quick-check --format nagios --bogus"));
        assert!(asked("watertight compare --format=nagios"));
        assert!(!asked("watertight quick-check --format json nagios"));
        assert!(!asked("watertight compare -- --format nagios"));
    }
}
