//! Windows: what it calls handles are more than descriptors, but they leak in the same way.

use process::{Untold, counts};
use vitals::Sample;

use crate::reading::{Fault, Process as Trouble, Unusable};
use crate::source::PollError;

#[derive(Debug)]
pub(in crate::source) struct Process {
    pid: u32,
    /// When it started: another process may get its number.
    born: Option<u64>,
}

impl Process {
    /// Nothing is read yet.
    ///
    /// # Errors
    /// None here.
    pub(in crate::source) fn new(pid: u32) -> Result<Self, Unusable> {
        Ok(Self { pid, born: None })
    }

    /// For people and files.
    pub(in crate::source) fn shown(&self) -> String {
        format!("process {}", self.pid)
    }

    pub(in crate::source) fn look(&mut self) -> Result<(Sample, Option<String>), PollError> {
        let gone = |trouble| PollError::from(Fault::Process { pid: self.pid, trouble });
        let counts = counts(self.pid).map_err(|untold| {
            gone(match untold {
                Untold::Missing => Trouble::Missing,
                Untold::Hidden(error) => Trouble::Hidden { error },
            })
        })?;
        if self.born.is_some_and(|born| born != counts.born) {
            return Err(gone(Trouble::Replaced));
        }
        self.born = Some(counts.born);
        let sample = Sample {
            rss_bytes: counts.resident,
            threads: counts.threads,
            open_fds: counts.handles,
            start_time: Some(counts.started),
            ..Sample::default()
        };
        Ok((sample, crate::source::content::word(&counts.name)))
    }
}
