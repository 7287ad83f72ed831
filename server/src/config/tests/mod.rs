//! The configuration from the outside: texts and variables in, a configuration or its mistakes out.

mod effect;
mod example;
mod first_key;
mod keys;
mod mistakes;
mod places;
mod signers;
mod sources;
mod values;

use std::io;
use std::path::{Path, PathBuf};

use super::{Config, Errors, Inputs, load};

/// A world of files and variables.
#[derive(Default)]
struct World {
    files: Vec<(PathBuf, String)>,
    vars: Vec<(String, String)>,
    flags: (Option<PathBuf>, Option<String>, bool),
}

/// A world with one channel's worth of variables and this `watertight.toml`.
fn with(text: &str) -> World {
    World::default().file("/cfg/watertight.toml", text).var("KEY", "sk-sentinel")
}

impl World {
    fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.into(), text.to_owned()));
        self
    }

    fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag_file(mut self, path: &str) -> Self {
        self.flags.0 = Some(path.into());
        self
    }

    fn flag_listen(mut self, listen: &str) -> Self {
        self.flags.1 = Some(listen.to_owned());
        self
    }

    fn flag_demo(mut self) -> Self {
        self.flags.2 = true;
        self
    }

    fn load(&self) -> Result<Config, Errors> {
        let env = |name: &str| self.vars.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        let read = |path: &Path| {
            let found = self.files.iter().find(|(p, _)| p == path);
            let (_, text) = found.ok_or(io::ErrorKind::NotFound)?;
            if text == "UNREADABLE" { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(text.clone()) }
        };
        let (file, listen, demo) = self.flags.clone();
        load(&Inputs {
            file,
            listen,
            demo,
            dialects: &adaptors::dialect::DIALECTS,
            cwd: "/cfg".into(),
            env: &env,
            read: &read,
        })
    }

    fn good(&self) -> Config {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// All mistakes, a line each.
    fn wrong(&self) -> String {
        let text = self.load().expect_err("a mistake").to_string();
        assert!(!text.contains("sentinel"), "a secret is shown: {text}");
        text
    }
}

/// The smallest channel.
const CHANNEL: &str = "[[channels]]\nprovider = \"openai\"\nkeys = [\"env:KEY\"]\n";
