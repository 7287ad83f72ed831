//! An adaptor that leaks: a task that never ends, and a descriptor in it. The published bug in small.

use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use adaptors::adaptor::{Adaptor, Answer, Call, StreamReader, Unsupported, Upload, UpstreamError};
use bytes::Bytes;

/// Of the requests that are of its kind, of all such adaptors together, one in `every` leaks.
#[expect(missing_debug_implementations, reason = "an adaptor has nothing to show")]
pub struct Leaking {
    /// What serves.
    pub inner: Arc<dyn Adaptor>,
    /// Which requests may leak.
    pub is_it: fn(&Call<'_>) -> bool,
    /// How seldom.
    pub every: u64,
}

static REQUESTS: AtomicU64 = AtomicU64::new(0);

impl Adaptor for Leaking {
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported> {
        if (self.is_it)(call) && REQUESTS.fetch_add(1, Ordering::Relaxed) % self.every == self.every - 1 {
            leak();
        }
        self.inner.request(call)
    }

    fn stream(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        self.inner.stream(call)
    }

    fn gather(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        self.inner.gather(call)
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        self.inner.answer(call, body)
    }

    fn translates(&self) -> bool {
        self.inner.translates()
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        self.inner.error(status, body, whole)
    }

    fn asks_to_wait(&self, body: &[u8]) -> Option<u64> {
        self.inner.asks_to_wait(body)
    }
}

#[expect(clippy::disallowed_methods, reason = "to be caught: a task without an owner")]
fn leak() {
    let file = File::open(std::env::current_exe().unwrap_or_default());
    tokio::spawn(async move {
        let _file = file;
        std::future::pending::<()>().await;
    });
}
