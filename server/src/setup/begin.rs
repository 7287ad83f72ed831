//! `init`: writes a first configuration from the provider keys in the environment. It asks nothing and overwrites nothing;
//! what it writes is loaded before, so that `serve --check` takes it.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Failure, end, print, say};
use crate::config::begin::beginning;
use crate::config::{self, Inputs};
use crate::words;

/// The command line of `init`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file to write; `-` is standard output.
    pub output: PathBuf,
    /// The path by which the program was started, for hints.
    pub program: String,
}

/// Writes a configuration for what is in the environment.
#[must_use]
pub fn init(options: &Options) -> ExitCode {
    end(begin(options))
}

fn begin(Options { output, program }: &Options) -> Result<(), Failure> {
    let to_stdout = output.as_os_str() == "-";
    let file = if to_stdout { Path::new(config::DEFAULT_FILE) } else { output };
    if !to_stdout && file.symlink_metadata().is_ok() {
        return Err(Failure::usage(words::exists(&file.display().to_string())));
    }
    let process = Inputs::of_process(Some(file.to_path_buf()), None, false);
    let made = beginning(&process, &words::argument(&file.display().to_string()));
    let at = process.cwd.join(file);
    let read = |path: &Path| if path == at { Ok(made.text.clone()) } else { (process.read)(path) };
    config::load(&Inputs { read: &read, ..process.clone() })
        .map_err(|errors| Failure::usage(words::not_begun(&words::said(&errors.to_string()))))?;
    if to_stdout {
        return print(&made.text);
    }
    write(file, &made.text)?;
    say(&words::begun(program, &file.display().to_string(), &made.variables));
    Ok(())
}

/// Writes a file that is not there.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let shown = file.display().to_string();
    let mut open =
        OpenOptions::new().write(true).create_new(true).open(file).map_err(|error| match error.kind() {
            // It came in between.
            io::ErrorKind::AlreadyExists => Failure::usage(words::exists(&shown)),
            _ => Failure::output(words::unwritable(&shown, &error)),
        })?;
    let written = open.write_all(text.as_bytes()).and_then(|()| open.sync_all());
    written.map_err(|error| {
        // Half a file would stand in the way of the next try; that it cannot be removed is less than the error at hand.
        drop(std::fs::remove_file(file));
        Failure::output(words::unwritable(&shown, &error))
    })
}
