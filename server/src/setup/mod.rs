//! The configuration from outside of any relay: shown with the origin of each value, or begun from what the environment
//! has. Commands of their own: nothing is listened on and nobody is asked.

mod begin;
mod show;

use std::io::{self, Write as _};
use std::process::ExitCode;

use vitals::exit;

pub use begin::{Options as InitOptions, init};
pub use show::{Options as ShowOptions, show as show_config};

/// Why a command ends without its result, with the exit code.
struct Failure {
    text: String,
    code: u8,
}

impl Failure {
    fn usage(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: exit::USAGE }
    }

    fn output(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: exit::OUTPUT }
    }
}

/// The exit code; what failed is said on standard error.
fn end(ended: Result<(), Failure>) -> ExitCode {
    let Err(Failure { text, code }) = ended else { return ExitCode::from(exit::OK) };
    say(&text);
    ExitCode::from(code)
}

/// Standard error may be gone.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end());
}

/// The result on standard output. A reader that went away has seen enough.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::output(crate::words::unwritten(&error)))
        }
        _ => Ok(()),
    }
}
