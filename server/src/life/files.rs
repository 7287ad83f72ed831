//! A thread that asks the file system, so that nobody else has to: one that hangs (a network's, a pipe without a
//! writer) can be neither cancelled nor waited for with a deadline. Signals are heard and requests served meanwhile.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::oneshot;

/// After this time it is said that the files do not answer.
const PATIENCE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// The thread. It ends when this is dropped; one that hangs ends with the process.
pub(super) struct Files(SyncSender<Job>);

impl Files {
    /// # Errors
    /// The system's, when it has no thread.
    pub(super) fn start() -> io::Result<Self> {
        // One works, one waits: whoever asks waits for the answer before asking again.
        let (jobs, work) = sync_channel::<Job>(1);
        scope::thread("files", move || work.into_iter().for_each(|job| job()))?;
        Ok(Self(jobs))
    }

    /// Has `job` done, and waits for its outcome for as long as it takes. `None`: the thread has no room, or is gone.
    pub(super) async fn ask<T, F>(&self, job: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (done, outcome) = oneshot::channel();
        let job = move || {
            // Whoever asked may have stopped waiting.
            let _ = done.send(job());
        };
        self.0.try_send(Box::new(job)).ok()?;
        let mut outcome = std::pin::pin!(outcome);
        if let Ok(outcome) = tokio::time::timeout(PATIENCE, outcome.as_mut()).await {
            return outcome.ok();
        }
        tracing::warn!(
            "the configuration's files do not answer: the configuration in effect goes on until they do"
        );
        outcome.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_hangs_holds_up_nobody_who_does_not_ask() {
        let files = Files::start().unwrap();
        assert_eq!(files.ask(|| 7).await, Some(7));
        let (writer, hang) = sync_channel::<()>(0);
        let mut hung = std::pin::pin!(files.ask(move || hang.recv().is_err()));
        assert!(futures_util::poll!(hung.as_mut()).is_pending());
        // This thread goes on.
        tokio::task::yield_now().await;
        drop(writer);
        assert_eq!(hung.await, Some(true));
    }
}
