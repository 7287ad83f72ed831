//! One writer at a time. On Unix a file is locked; on Windows a lock would also keep readers out, so there it is opened
//! in a way that lets others read and nobody else write.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

/// A writer that was just killed may have the file for a moment: so many looks, so far apart.
const LOOKS: usize = 25;
const PAUSE: Duration = Duration::from_millis(20);

/// Opens a file for this process alone; `None`: another one has it. What is no regular file is anybody's.
///
/// # Errors
/// The system's.
#[cfg(unix)]
pub(super) fn open(options: &OpenOptions, path: &Path, regular: bool) -> io::Result<Option<File>> {
    let file = options.open(path)?;
    Ok((!regular || lock(&file)?).then_some(file))
}

#[cfg(unix)]
fn lock(file: &File) -> io::Result<bool> {
    use std::fs::TryLockError;
    for _ in 0..LOOKS {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            // Some network file systems have no locks; recording there is better than not recording.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
    Ok(false)
}

#[cfg(windows)]
pub(super) fn open(options: &OpenOptions, path: &Path, regular: bool) -> io::Result<Option<File>> {
    use std::os::windows::fs::OpenOptionsExt as _;
    /// `FILE_SHARE_READ`: others may read.
    const READ: u32 = 1;
    /// `ERROR_SHARING_VIOLATION`: somebody has it open, and not for this.
    const TAKEN: i32 = 32;
    let mut options = options.clone();
    if regular {
        options.share_mode(READ);
    }
    for _ in 0..LOOKS {
        match options.open(path) {
            Err(error) if error.raw_os_error() == Some(TAKEN) => std::thread::sleep(PAUSE),
            other => return other.map(Some),
        }
    }
    Ok(None)
}
