//! The first caller key: a relay that other machines can reach never serves without one. It is made at the first
//! start, shown once, and its hash is kept beside the configuration for later starts.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use vitals::Secret;
use vitals::key::{self, KeyHash};

use super::callers::{self, Unique};
use super::document::Document;
use super::errors::Errors;
use super::inputs::why;
use super::secrets::Resolver;
use super::settings::{CallerKey, Config};
use super::{file, reader};

/// The state file, in the configuration's folder: `[[keys]]` as in the configuration.
pub const STATE_FILE: &str = "watertight.keys";
const NAME: &str = "first";

/// A key that was just made: show it once, it cannot be had again.
#[derive(Clone, Debug)]
pub struct FirstKey {
    /// The key as the caller sends it.
    pub key: Secret,
    /// The file that holds its hash.
    pub file: PathBuf,
}

impl Config {
    /// Makes the first key and lets it in. To be called when [`Config::needs_first_key`] says so, with at least 128
    /// random bytes.
    ///
    /// # Errors
    /// The state file cannot be written, and what to do instead.
    pub fn make_first_key(&mut self, random: &[u8]) -> Result<FirstKey, Errors> {
        let made = first_key(&self.source.dir, random)?;
        let hash = KeyHash::of(made.key.reveal());
        self.live.keys.push(CallerKey {
            name: NAME.to_owned(),
            hash,
            models: Vec::new(),
            in_flight: None,
            rate: None,
        });
        Ok(made)
    }
}

/// Makes a key from random bytes (at least 128) and keeps its hash in a new file in `dir`, which only its owner can
/// read.
///
/// # Errors
/// The file exists, or cannot be written, and what to do instead.
pub fn first_key(dir: &Path, random: &[u8]) -> Result<FirstKey, Errors> {
    let file = dir.join(STATE_FILE);
    let key = key::from_random(random)
        .ok_or_else(|| Errors::one(file.display(), "there is too little randomness to make a key"))?;
    let hash = KeyHash::of(key.reveal());
    let text = format!(
        "# Made by watertight at its first start on a public address. Delete this file to get another key.\n\
         [[keys]]\nname = \"{NAME}\"\nhash = \"{hash}\"\n"
    );
    write_new(&file, &text).map_err(|e| {
        let cure = "put [[keys]] with a `hash` from `watertight keys new` (or a reference to a secret that holds it, such as \
                    `file:/run/secrets/watertight-key`) into the configuration, or listen on 127.0.0.1";
        let text = format!("cannot keep the first key, which a public address needs: {}; make the folder writable, {cure}", why(&e));
        Errors::one(file.display(), text)
    })?;
    Ok(FirstKey { key, file })
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a file would stop the next start; that it cannot be removed is less than the error at hand.
        drop(std::fs::remove_file(path));
    }
    written
}

/// The keys in the state file, none when there is no file.
pub(super) fn stored(from: &Resolver<'_>) -> Result<Vec<CallerKey>, Errors> {
    let path = from.dir.join(STATE_FILE);
    let place = path.display().to_string();
    let text = match (from.inputs.read)(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Errors::one(place, format!("cannot read the first key: {}", why(&e)))),
    };
    let document = Document::new(&place, &text, from, file::home_of);
    let mut unique = Unique::default();
    let read =
        reader::read(&document, |top| top.sections("keys", |section| callers::read(section, &mut unique)));
    match (read, document.into_problems()) {
        (Some(keys), problems) if problems.is_empty() && !keys.is_empty() => Ok(keys),
        (_, problems) if problems.is_empty() => {
            Err(Errors::one(place, "there is no key in it: delete it, and a new key is made"))
        }
        (_, problems) => Err(Errors::new(problems)),
    }
}
