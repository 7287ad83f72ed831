//! Leaks with one request in a hundred.

use std::sync::Arc;

use std::process::ExitCode;

use adaptors::{anthropic, openai};
use relays::leaking::Leaking;

/// One request in so many leaks.
const EVERY: u64 = 100;

fn main() -> ExitCode {
    relays::main(
        Leaking { inner: Arc::new(openai::PassThrough), is_it: |_| true, every: EVERY },
        Leaking { inner: Arc::new(anthropic::PassThrough), is_it: |_| true, every: EVERY },
    )
}
