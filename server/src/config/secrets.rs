//! Secrets: never in the configuration itself, always by reference to the environment or to a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vitals::Secret;

use super::inputs::{Inputs, why};
use super::reader::{Section, Wanted};

const TOKEN: Wanted = Wanted::secret("a reference to a secret", "\"env:NAME\" or \"file:/path\"");

/// Follows references to secrets.
pub(super) struct Resolver<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    /// What relative paths are relative to: the configuration's folder.
    pub(super) dir: PathBuf,
}

impl Resolver<'_> {
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

/// The `token` of a section.
pub(super) fn token(
    section: &mut Section<'_>,
    resolver: &Resolver<'_>,
    origins: &mut BTreeMap<String, String>,
) -> Option<Secret> {
    let reference = section.string("token", TOKEN)?;
    let name = section.name_of("token");
    match resolver.secret(&reference.value) {
        Ok(secret) => {
            origins.insert(name, reference.value);
            Some(secret)
        }
        Err(why) => {
            section.note(reference.span, format!("`{name}`: {why}"));
            None
        }
    }
}
