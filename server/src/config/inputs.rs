//! The sources of a configuration.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use adaptors::dialect::{DIALECTS, Dialect};
use vitals::encoding::{self, NoText};

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
            read: &read,
        }
    }
}

impl Inputs<'_> {
    /// A variable that is set and not empty.
    pub(super) fn var(&self, name: &str) -> Option<String> {
        (self.env)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

/// The text of a file, in any encoding that people write.
///
/// # Errors
/// The system's, or it is no text.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    encoding::text(fs::read(path)?).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
}

/// Why a file cannot be read, without the system's error number.
pub(crate) fn why(error: &io::Error) -> String {
    if let Some(why) = error.get_ref().and_then(|inner| inner.downcast_ref::<NoText>()) {
        return why.to_string();
    }
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_powershell_writes_is_read_and_what_cannot_be_told_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("relay.toml");
        let read = |text: &str| {
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            fs::write(&file, wide).unwrap();
            (Inputs::of_process(None, None, false).read)(&file).map_err(|error| why(&error))
        };
        let plain = "listen = \"127.0.0.1:0\"\r\n";
        assert_eq!(read(&format!("\u{feff}{plain}")).as_deref(), Ok(plain));
        assert_eq!(read(plain).unwrap_err(), "it is UTF-16 without a byte order mark: save it as UTF-8");
        fs::write(&file, b"\xff\xff").unwrap();
        let error = (Inputs::of_process(None, None, false).read)(&file).unwrap_err();
        assert_eq!(why(&error), "it is not UTF-8 text");
    }
}
