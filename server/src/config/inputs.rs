//! The sources of a configuration.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use adaptors::dialect::{DIALECTS, Dialect};

/// The command line, the environment and the file system, as far as the configuration looks at them.
#[derive(Clone)]
pub struct Inputs<'a> {
    /// `-c FILE`: must exist.
    pub file: Option<PathBuf>,
    /// `--listen ADDR`.
    pub listen: Option<String>,
    /// `--demo`: the demo provider and nothing else.
    pub demo: bool,
    /// The dialects that a channel may name.
    pub dialects: &'a [Dialect],
    /// The folder in which `watertight.toml` is looked for.
    pub cwd: PathBuf,
    /// Reads an environment variable.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a text file.
    pub read: &'a dyn Fn(&Path) -> io::Result<String>,
}

impl Inputs<'static> {
    /// The environment and the file system of this process.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>, listen: Option<String>, demo: bool) -> Self {
        let cwd = std::env::current_dir().unwrap_or_default();
        Self {
            file,
            listen,
            demo,
            dialects: &DIALECTS,
            cwd,
            env: &|name| std::env::var(name).ok(),
            read: &|path| fs::read_to_string(path),
        }
    }
}

impl Inputs<'_> {
    /// A variable that is set and not empty.
    pub(super) fn var(&self, name: &str) -> Option<String> {
        (self.env)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

/// Why a file cannot be read, without the system's error number.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}
