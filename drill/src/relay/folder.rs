//! Folders for what a relay is started with, which outlive no drill, not even one that is killed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How the folders of drills begin, and the file in each that its drill holds locked for as long as it lives.
const FOLDER: &str = "watertight-drill-";
const LOCK: &str = "lock";

/// Removes the folders of drills that were killed: nobody holds their locks any more.
pub(crate) fn sweep() {
    sweep_in(&std::env::temp_dir());
}

fn sweep_in(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(FOLDER)) {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        // One without the file is being made, or is somebody else's.
        let Some(lock) = File::open(entry.path().join(LOCK)).ok().filter(|_| is_folder) else { continue };
        let is_left = lock.try_lock().is_ok();
        drop(lock);
        if is_left {
            // It may not be ours to remove.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder that goes when it is dropped, or, after a kill, with the next drill.
pub(super) struct Folder(pub(super) PathBuf, Option<File>);

impl Folder {
    pub(super) fn new() -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("{FOLDER}{}-{}", std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        let lock = File::create(path.join(LOCK))?;
        lock.lock()?;
        Ok(Self(path, Some(lock)))
    }

    pub(super) fn config(&self) -> PathBuf {
        self.0.join("watertight.toml")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Windows removes no folder with an open file in it.
        self.1.take();
        // A folder that stays is one for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_owner() {
        let folder = Folder::new().unwrap();
        let path = folder.0.clone();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn folders_of_drills_that_were_killed_are_swept_away_and_no_others() {
        let place = Folder::new().unwrap();
        let [dead, live, new, other] =
            ["watertight-drill-1-0", "watertight-drill-2-0", "watertight-drill-3-0", "x"]
                .map(|name| place.0.join(name));
        for folder in [&dead, &live, &new, &other] {
            fs::create_dir(folder).unwrap();
        }
        for folder in [&dead, &live, &other] {
            fs::write(folder.join(LOCK), "").unwrap();
        }
        let held = File::open(live.join(LOCK)).unwrap();
        held.lock().unwrap();
        sweep_in(&place.0);
        assert_eq!([&dead, &live, &new, &other].map(|folder| folder.exists()), [false, true, true, true]);
        drop(held);
        sweep_in(&place.0);
        assert!(!live.exists());
    }
}
