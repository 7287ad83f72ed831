//! An exchange without a network: what an upstream sends, what the client gets, how it ends.

mod body;
mod call;
mod failover;
mod stream;

use adaptors::dialect::OPENAI;

use super::stream::Stream;
use crate::channel::Limits;

const CONTENT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
const LAST: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\
    \"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const CAP: usize = 1_024;

fn stream() -> Box<Stream> {
    stream_of(CAP)
}

/// One whose events may have so many bytes.
fn stream_of(cap: usize) -> Box<Stream> {
    let limits = Limits { idle: 60_000, finish: 10_000, total: 900_000, heartbeat: 10_000 };
    Stream::new(OPENAI, OPENAI.framing(), Box::<adaptors::openai::Reader>::default(), cap, limits)
}
