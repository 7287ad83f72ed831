//! `watertight drill compare`: the results of several drills side by side, and, as a gate, the last beside the one before.
//!
//! The files are what `watertight drill --format json` writes. [`sheet`] puts them side by side as data, [`say`] has the
//! sentences, and each form is written once.

mod html;
mod json;
mod markdown;
mod read;
mod say;
mod sheet;
mod text;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use vitals::exit;

use crate::upstream;

use self::sheet::Sheet;

/// The arguments of `watertight drill compare`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Results of drills; with `gate`, one relay's in order of time.
    pub files: Vec<PathBuf>,
    /// The form of the answer.
    pub format: Format,
    /// The exit code says whether the last is worse than the one before.
    pub gate: bool,
    /// Grades are coloured in a text.
    pub color: bool,
    /// In columns, for a text.
    pub width: usize,
}

/// The form of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For pull requests and documents.
    Markdown,
    /// A page that needs nothing else.
    Html,
}

/// Compares. The exit code is the gate's verdict.
#[must_use]
pub fn main(options: &Options) -> ExitCode {
    ExitCode::from(run(options))
}

fn run(options: &Options) -> u8 {
    let failed = |code, text: String| {
        // Nothing is left to be done when even this cannot be written.
        let _ = writeln!(io::stderr().lock(), "{}", crate::words::failed(&text));
        code
    };
    let drills = match read::files(&options.files) {
        Ok(drills) => drills,
        Err(text) => return failed(exit::USAGE, text),
    };
    let sheet = Sheet::of(&drills, options.gate);
    match upstream::out(&render(&sheet, options)) {
        Ok(()) => sheet.gate.as_ref().map_or(exit::OK, sheet::Gate::code),
        Err(error) => failed(exit::OUTPUT, format!("cannot write to standard output: {error}")),
    }
}

fn render(sheet: &Sheet<'_>, options: &Options) -> String {
    match options.format {
        Format::Text => text::text(sheet, options.color, options.width),
        // Programs read it.
        Format::Json => vitals::Language::En.during(|| json::json(sheet)),
        Format::Markdown => markdown::markdown(sheet),
        Format::Html => html::html(sheet),
    }
}

#[cfg(test)]
mod tests;
