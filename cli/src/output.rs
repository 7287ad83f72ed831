//! The only place that writes to stdout and stderr. A reader that left is no error; a full disk is.

use std::io::{self, Write};

use vitals::exit;

use crate::finding::Before;
use crate::reading::Unusable;
use crate::words::{self, Term, term, usage};

/// Why a command ends without its result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody reads standard output any more: the end is quiet and clean.
    ReaderLeft,
    Said {
        /// From `vitals::exit`.
        code: u8,
        /// A lowercase fragment.
        text: String,
    },
}

impl From<Unusable> for Failure {
    fn from(unusable: Unusable) -> Self {
        Self::usage(words::unusable(&unusable))
    }
}

impl Failure {
    /// The command line, or a file that it names, is wrong.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::Said { code: exit::USAGE, text: text.into() }
    }

    /// A result could not be written.
    pub(crate) fn output(text: impl Into<String>) -> Self {
        Self::Said { code: exit::OUTPUT, text: text.into() }
    }

    /// Somebody ended it before there was a result.
    pub(crate) fn interrupted(before: Before) -> Self {
        Self::Said { code: exit::INTERRUPTED, text: words::interrupted(before).to_owned() }
    }

    /// There is nothing to judge by.
    pub(crate) fn unknown(text: impl Into<String>) -> Self {
        Self::Said { code: exit::UNKNOWN, text: text.into() }
    }

    /// The error of a write to stdout.
    pub(crate) fn stdout(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderLeft,
            _ => Self::output(usage::unwritable_output(error)),
        }
    }

    /// Names the one of several targets that it is about.
    pub(crate) fn of(self, target: &str) -> Self {
        match self {
            Self::ReaderLeft => self,
            Self::Said { code, text } => Self::Said { code, text: format!("{target}: {text}") },
        }
    }

    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::ReaderLeft => exit::OK,
            Self::Said { code, .. } => *code,
        }
    }

    /// Empty where nothing is told.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::ReaderLeft => "",
            Self::Said { text, .. } => text,
        }
    }

    pub(crate) fn tell(&self) {
        if let Self::Said { text, .. } = self {
            hint(&words::headed(term(Term::Error), text));
        }
    }
}

/// Writes a result to stdout.
pub(crate) fn result(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes())
}

/// Writes a result to stdout, in one call.
pub(crate) fn bytes(content: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(content).and_then(|()| stdout.flush()).map_err(|error| Failure::stdout(&error))
}

/// Writes a hint to stderr. Nobody depends on hints, so a stderr that is gone changes nothing.
pub(crate) fn hint(text: &str) {
    let mut line = text.trim_end().to_owned();
    line.push('\n');
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_left_is_no_error_and_a_full_disk_is() {
        let broken = Failure::stdout(&io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(matches!(broken, Failure::ReaderLeft) && broken.code() == 0);
        let full = Failure::stdout(&io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.code(), 74);
    }
}
