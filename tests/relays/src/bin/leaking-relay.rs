//! Leaks with one request in a hundred: a task that never ends, and a descriptor in it. The published bug in small.

use std::{
    fs::File,
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
};

use adaptors::{
    adaptor::{Adaptor, Answer, Call, StreamReader, Unsupported, Upload, UpstreamError},
    anthropic, openai,
};
use bytes::Bytes;

/// One request in so many leaks.
const EVERY: u64 = 100;

static REQUESTS: AtomicU64 = AtomicU64::new(0);

struct Leaking<A>(A);

impl<A: Adaptor> Adaptor for Leaking<A> {
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported> {
        if REQUESTS.fetch_add(1, Ordering::Relaxed) % EVERY == EVERY - 1 {
            leak();
        }
        self.0.request(call)
    }

    fn stream(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        self.0.stream(call)
    }

    fn gather(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        self.0.gather(call)
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        self.0.answer(call, body)
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        self.0.error(status, body, whole)
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

fn main() -> ExitCode {
    relays::main(Leaking(openai::PassThrough), Leaking(anthropic::PassThrough))
}
