//! The notes beside a recording, `NAME.meta.json`: what is not a sample.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The target of a recording, who recorded it, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Notes {
    /// The version of this form.
    pub(crate) schema: u32,
    /// `watertight` and its version.
    pub(crate) tool: String,
    /// The target, without credentials.
    pub(crate) target: String,
    /// The name of the source.
    pub(crate) source: String,
    /// Seconds between polls.
    pub(crate) interval_s: f64,
    /// When the first row was asked for.
    pub(crate) started: String,
    /// When it was gone on with.
    #[serde(default)]
    pub(crate) resumed: Vec<String>,
    /// The observing machine.
    pub(crate) host: Option<String>,
    /// The operator's own notes.
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
}

impl Notes {
    /// Reads earlier notes; `None` where there are none, or none that can be read.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Writes them so that a reader sees the old or the new ones, never a part.
    ///
    /// # Errors
    /// That of writing or renaming.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        let temporary = path.with_extension("json.tmp");
        let written = File::create(&temporary)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_data()))
            .and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

/// Where the notes of a recording lie: `day1.csv` has `day1.meta.json`, and so has `day1.csv.gz`.
pub(crate) fn beside(csv: &Path) -> PathBuf {
    if csv.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz")) {
        return beside(&csv.with_extension(""));
    }
    if csv.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
        return csv.with_extension("meta.json");
    }
    let mut name = csv.as_os_str().to_owned();
    name.push(".meta.json");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (csv, notes) in [
            ("a/day1.csv", "a/day1.meta.json"),
            ("a/day1.csv.gz", "a/day1.meta.json"),
            ("a.b.CSV", "a.b.meta.json"),
            ("a.b", "a.b.meta.json"),
        ] {
            assert_eq!(beside(Path::new(csv)), Path::new(notes));
        }
    }

    #[test]
    fn written_whole_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.meta.json");
        assert_eq!(Notes::read(&path), None);
        let notes = Notes {
            schema: 1,
            tool: "watertight 0.1.0".to_owned(),
            target: "http://localhost:3000".to_owned(),
            source: "health".to_owned(),
            interval_s: 5.0,
            started: "2026-11-18T09:46:40.000Z".to_owned(),
            resumed: vec![],
            host: None,
            labels: [("load".to_owned(), "night".to_owned())].into(),
        };
        notes.write(&path).unwrap();
        assert_eq!(Notes::read(&path), Some(notes));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file stays");
        fs::write(&path, "{").unwrap();
        assert_eq!(Notes::read(&path), None);
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.meta.json");
        fs::create_dir(&path).unwrap();
        let notes: Notes = serde_json::from_str(
            r#"{"schema":1,"tool":"","target":"","source":"","interval_s":1,"started":"","host":null}"#,
        )
        .unwrap();
        assert!(notes.write(&path).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
