//! The models that a channel's provider lists, where the configuration has only patterns for them. Kept for a while and
//! asked for by one request at a time; a provider that does not answer costs its list, never an error.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use crate::clock::deadline::{Moment, until};
use crate::clock::{lock, now};

/// How long a list is good for, in milliseconds.
const KEPT: u64 = 5 * 60_000;
/// How long a provider that did not list its models is not asked again, in milliseconds.
const FAILED: u64 = 30_000;
/// The same, where whoever asked has left before the answer.
const ABANDONED: u64 = 1_000;

#[derive(Default)]
pub(crate) struct Catalogue {
    names: Mutex<Arc<[String]>>,
    /// Until when it is not asked for again.
    until: AtomicU64,
    /// Held by the request that asks.
    flight: tokio::sync::Mutex<()>,
}

impl Catalogue {
    /// What is known now.
    pub(crate) fn names(&self) -> Arc<[String]> {
        Arc::clone(&lock(&self.names))
    }

    /// Asks, unless what is known is good still, or another request asks already: then waits for that. Not beyond the
    /// deadline. Returns `false` where it asked in vain.
    pub(crate) async fn refresh(
        &self,
        deadline: Moment,
        ask: impl Future<Output = Option<Vec<String>>>,
    ) -> bool {
        if self.is_good() {
            return true;
        }
        let Some(_flight) = until(deadline, self.flight.lock()).await else { return true };
        if self.is_good() {
            return true;
        }
        let mut rest = Rest { until: &self.until, millis: ABANDONED };
        let listed = until(deadline, ask).await.flatten();
        rest.millis = if listed.is_some() { KEPT } else { FAILED };
        let known = listed.is_some();
        if let Some(names) = listed {
            *lock(&self.names) = names.into();
        }
        known
    }

    fn is_good(&self) -> bool {
        now() < self.until.load(Relaxed)
    }
}

/// Sets how long nobody asks, however the asking ends.
struct Rest<'a> {
    until: &'a AtomicU64,
    millis: u64,
}

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        self.until.store(now() + self.millis, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    fn soon(millis: u64) -> Moment {
        Moment::now() + Duration::from_millis(millis)
    }

    #[test]
    fn many_that_ask_at_once_are_one_question_and_its_answer_is_kept() {
        let (catalogue, asked) = (Catalogue::default(), Cell::new(0));
        let ask = || async {
            asked.set(asked.get() + 1);
            tokio::task::yield_now().await;
            Some(vec!["a".to_owned()])
        };
        crate::scene::runtime().block_on(async {
            let all = (0..20).map(|_| catalogue.refresh(soon(60_000), ask()));
            futures_util::future::join_all(all).await;
            catalogue.refresh(soon(60_000), ask()).await;
        });
        assert_eq!((asked.get(), &*catalogue.names()), (1, &["a".to_owned()][..]));
        catalogue.until.store(0, Relaxed);
        crate::scene::runtime().block_on(catalogue.refresh(soon(60_000), ask()));
        assert_eq!(asked.get(), 2, "an old list is asked for again");
    }

    #[test]
    fn silence_and_errors_leave_what_was_known_and_a_rest() {
        let catalogue = Catalogue::default();
        let runtime = crate::scene::runtime();
        assert!(runtime.block_on(catalogue.refresh(soon(60_000), async { Some(vec!["a".to_owned()]) })));
        for silent in [true, false] {
            catalogue.until.store(0, Relaxed);
            let ask = async move {
                if silent {
                    std::future::pending::<()>().await;
                }
                None
            };
            assert!(!runtime.block_on(catalogue.refresh(soon(10), ask)));
            assert_eq!(catalogue.names().len(), 1);
            assert!(catalogue.until.load(Relaxed) > now() + FAILED - 5_000, "it rests");
        }
        catalogue.until.store(0, Relaxed);
        runtime.block_on(async {
            let left = catalogue.refresh(soon(60_000), std::future::pending());
            assert!(tokio::time::timeout(Duration::from_millis(5), left).await.is_err());
            assert!(catalogue.flight.try_lock().is_ok(), "whoever leaves holds nothing");
        });
        assert!(catalogue.until.load(Relaxed) < now() + FAILED - 5_000, "and others may ask soon");
    }
}
