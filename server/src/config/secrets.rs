//! Secrets: never in the configuration itself, always by reference to the environment or to a file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vitals::Secret;

use super::inputs::{Inputs, why};
use super::memory;

/// The world outside the file, as far as its values refer to it.
pub(super) struct Resolver<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    /// The configuration's folder: relative paths begin here.
    pub(super) dir: PathBuf,
    /// Bytes that shares are shares of.
    pub(super) memory: u64,
    /// Where values came from that are not in the file itself, by the key's full name.
    pub(super) origins: RefCell<BTreeMap<String, String>>,
    /// Where values stand that are in a file, by the same names.
    pub(super) places: RefCell<BTreeMap<String, Place>>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As the file is called in messages.
    pub file: String,
    /// From 1.
    pub line: usize,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>, dir: PathBuf) -> Self {
        let memory = memory::available(inputs.read);
        Self { inputs, dir, memory, origins: RefCell::default(), places: RefCell::default() }
    }

    /// Notes where the value of a key came from.
    pub(super) fn came(&self, key: impl Into<String>, origin: impl Into<String>) {
        self.origins.borrow_mut().insert(key.into(), origin.into());
    }

    /// Notes where the value of a key stands.
    pub(super) fn stands(&self, key: impl Into<String>, file: &str, line: usize) {
        self.places.borrow_mut().insert(key.into(), Place { file: file.to_owned(), line });
    }

    /// Moves what was noted for the keys of a section to one of that name, which is known only now.
    pub(super) fn names(&self, section: &str, name: &str, keys: impl Iterator<Item = &'static str>) {
        fn moves<T>(noted: &RefCell<BTreeMap<String, T>>, from: &str, to: String) {
            let mut noted = noted.borrow_mut();
            let moved = noted.remove(from).map(|of| noted.insert(to, of));
            drop(moved);
        }
        for key in keys {
            let (from, to) = (format!("{section}.{key}"), format!("{section}.{name}.{key}"));
            moves(&self.origins, &from, to.clone());
            moves(&self.places, &from, to);
        }
    }

    /// Forgets where the keys of a section came from: something else stands above them.
    pub(super) fn forgets(&self, section: &str) {
        let is_other = |key: &str| !key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
        self.origins.borrow_mut().retain(|key, _| is_other(key));
        self.places.borrow_mut().retain(|key, _| is_other(key));
    }

    /// As [`Self::secret`], or a document in JSON, which a key of Google's is.
    ///
    /// # Errors
    /// As those.
    pub(super) fn key(&self, reference: &str) -> Result<Secret, String> {
        let text = match reference.split_once(':') {
            Some(("env", name)) => self.inputs.var(name),
            Some(("file", path)) => (self.inputs.read)(&self.dir.join(path)).ok(),
            _ => None,
        };
        match text.filter(|text| text.trim_start().starts_with('{')) {
            Some(document) => Ok(Secret::new(document.trim())),
            None => self.secret(reference),
        }
    }

    /// The secret behind `env:NAME` or `file:/path`. Line ends after it are cut off.
    ///
    /// # Errors
    /// A fragment that names the variable or the file and what to do; never the text of a literal.
    pub(super) fn secret(&self, reference: &str) -> Result<Secret, String> {
        if let Some(name) = reference.strip_prefix("env:") {
            let value = self.inputs.var(name).ok_or_else(|| {
                format!("the environment variable `{name}` is not set: export it, or use \"file:/path\"")
            })?;
            return usable(&value).map_err(|e| format!("the environment variable `{name}` {e}"));
        }
        if let Some(path) = reference.strip_prefix("file:") {
            let path = self.dir.join(Path::new(path));
            let shown = path.display();
            let text = (self.inputs.read)(&path)
                .map_err(|e| format!("cannot read the secret in `{shown}`: {}", why(&e)))?;
            return usable(text.trim_end_matches(['\r', '\n']))
                .map_err(|e| format!("the secret in `{shown}` {e}"));
        }
        Err("a secret must not stand in the configuration: write \"env:NAME\" or \"file:/path/to/secret\" instead".to_owned())
    }
}

/// A secret travels in a header: visible ASCII only.
pub(super) fn usable(value: &str) -> Result<Secret, &'static str> {
    if value.is_empty() {
        return Err("is empty");
    }
    if value.contains('\n') {
        return Err("has more than one line: keep one secret in a file");
    }
    if !value.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("contains a space or a character that no header can carry");
    }
    Ok(Secret::new(value))
}
