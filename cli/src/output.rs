//! The only place that writes to stdout and stderr. A reader that left is no error; a full disk is.

use std::io::{self, Write};

/// Why a command ends without its result: the exit code and what to print.
#[derive(Debug)]
pub(crate) struct Failure {
    /// From `vitals::exit`.
    pub(crate) code: u8,
    /// A lowercase fragment; empty when there is nothing to say.
    pub(crate) text: String,
}

impl Failure {
    /// The command line, or a file that it names, is wrong.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { code: vitals::exit::USAGE, text: text.into() }
    }

    /// A result could not be written.
    pub(crate) fn output(text: impl Into<String>) -> Self {
        Self { code: vitals::exit::OUTPUT, text: text.into() }
    }

    /// The error of a write to stdout: when the reader has left, the end is quiet and clean.
    pub(crate) fn stdout(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { code: vitals::exit::OK, text: String::new() };
        }
        Self::output(format!("cannot write to standard output: {error}"))
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
        assert_eq!((broken.code, broken.text.as_str()), (0, ""));
        let full = Failure::stdout(&io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.code, 74);
    }
}
