//! The one place that spawns. A [`Scope`] knows every task that it started, by name and number, and tells them all
//! when it is time to stop; nothing else in the project may start a task or a thread (see `clippy.toml`).

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A group of tasks with one owner. Cloning gives another handle on the same group.
#[derive(Clone)]
pub struct Scope {
    inner: Arc<Inner>,
}

struct Inner {
    token: CancellationToken,
    tracker: TaskTracker,
    /// Live tasks by name. Names are few and static, so a list is a small table.
    names: Mutex<Vec<(&'static str, Count)>>,
}

/// A started task. Dropping it changes nothing: the scope owns the task.
#[derive(Clone, Debug)]
pub struct Task {
    abort: tokio::task::AbortHandle,
}

impl Task {
    /// Ends the task: its future is dropped the next time that its runtime looks at it.
    pub fn abort(&self) {
        self.abort.abort();
    }
}

/// How many there are of something now. Cloning gives another handle on the same count.
#[derive(Clone, Debug, Default)]
pub struct Count(Arc<AtomicUsize>);

/// One in a count, until it is dropped.
#[derive(Debug)]
pub struct Place(Arc<AtomicUsize>);

impl Count {
    /// One more, for as long as the place is kept.
    #[must_use]
    pub fn enter(&self) -> Place {
        self.0.fetch_add(1, Relaxed);
        Place(Arc::clone(&self.0))
    }

    /// Places that are kept now.
    #[must_use]
    pub fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

pin_project_lite::pin_project! {
    /// A future with its place in the count. Not an `async` block: that would keep room for the future twice.
    struct Owned<F> {
        #[pin]
        future: F,
        _place: Place,
    }
}

impl<F: Future> Future for Owned<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::new()
    }
}

impl Scope {
    /// An empty scope.
    #[must_use]
    pub fn new() -> Self {
        let inner =
            Inner { token: CancellationToken::new(), tracker: TaskTracker::new(), names: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// Starts a task on the current runtime. It is counted under `name` until its future has been dropped.
    ///
    /// # Panics
    /// Outside a runtime, as every spawn does.
    pub fn spawn<F>(&self, name: &'static str, future: F) -> Task
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let handle = self.inner.tracker.spawn(Owned { future, _place: self.enter(name) });
        Task { abort: handle.abort_handle() }
    }

    fn enter(&self, name: &'static str) -> Place {
        let mut names = self.inner.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = names.iter().find(|(known, _)| *known == name) {
            return count.enter();
        }
        let count = Count::default();
        let place = count.enter();
        names.push((name, count));
        place
    }

    /// Tells the scope's tasks to stop; they watch [`Scope::cancelled`].
    pub fn cancel(&self) {
        self.inner.token.cancel();
    }

    /// Completes once the scope has been cancelled.
    pub async fn cancelled(&self) {
        self.inner.token.cancelled().await;
    }

    /// Live tasks.
    #[must_use]
    pub fn live(&self) -> usize {
        self.inner.tracker.len()
    }

    /// Live tasks by name, in the order in which the names were first used.
    #[must_use]
    pub fn live_by_name(&self) -> Vec<(&'static str, usize)> {
        let names = self.inner.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().map(|(name, count)| (*name, count.get())).collect()
    }

    /// Completes once the scope has no live task.
    pub async fn idle(&self) {
        self.inner.tracker.close();
        self.inner.tracker.wait().await;
    }
}

/// Starts a named operating-system thread. The caller owns it and joins it.
///
/// # Errors
/// The system's, when it cannot start another thread.
pub fn thread<T, F>(name: &str, body: F) -> std::io::Result<std::thread::JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    std::thread::Builder::new().name(name.to_owned()).spawn(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn the_runtime_and_the_scope_count_the_same() {
        let runtime = runtime();
        runtime.block_on(async {
            let scope = Scope::new();
            let tasks: Vec<Task> = (0..100)
                .map(|i| scope.spawn(if i % 2 == 0 { "even" } else { "odd" }, std::future::pending()))
                .collect();
            let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
            assert_eq!((scope.live(), alive()), (100, 100));
            assert_eq!(scope.live_by_name(), [("even", 50), ("odd", 50)]);
            tasks.iter().step_by(2).for_each(Task::abort);
            while scope.live() > 50 {
                tokio::task::yield_now().await;
            }
            assert_eq!(alive(), 50);
            assert_eq!(scope.live_by_name(), [("even", 0), ("odd", 50)]);
        });
    }

    #[test]
    fn a_count_is_of_the_places_that_are_kept() {
        let count = Count::default();
        let same = count.clone();
        let (one, other) = (count.enter(), same.enter());
        assert_eq!((count.get(), same.get()), (2, 2));
        drop(one);
        assert_eq!(count.get(), 1);
        drop(other);
        assert_eq!(count.get(), 0);
    }

    #[test]
    fn a_cancelled_scope_becomes_idle() {
        runtime().block_on(async {
            let scope = Scope::new();
            let inner = scope.clone();
            scope.spawn("waits", async move { inner.cancelled().await });
            scope.cancel();
            scope.idle().await;
            assert_eq!(scope.live(), 0);
        });
    }

    #[test]
    fn a_panicking_task_is_no_longer_counted() {
        runtime().block_on(async {
            let scope = Scope::new();
            scope.spawn("panics", async { panic!("on purpose") });
            scope.idle().await;
            assert_eq!(scope.live_by_name(), [("panics", 0)]);
        });
    }
}
