//! Why the relay does not run, and the exit code of each.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use vitals::exit;

use crate::words;

/// Why the relay does not run, in English.
pub(super) enum Failure {
    Configuration(String),
    Unavailable(String),
    Output(String),
}

impl Failure {
    pub(super) fn start(error: &impl Display) -> Self {
        Self::Unavailable(format!("cannot start the relay: {error}"))
    }

    /// Says it, and gives the exit code.
    pub(super) fn exit(self) -> ExitCode {
        let (text, code) = match self {
            Self::Configuration(text) => (text, exit::USAGE),
            Self::Unavailable(text) => (text, exit::UNAVAILABLE),
            Self::Output(text) => (text, exit::OUTPUT),
        };
        say(&words::said(&text));
        ExitCode::from(code)
    }
}

/// Says something to the person at the terminal; standard error may be gone.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end_matches('\n'));
}
