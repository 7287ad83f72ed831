//! Panics where the model's name says: `panic-request`, `panic-stream`, `panic-frame`, `panic-end`, `panic-answer`.

#![expect(clippy::panic, reason = "to be caught")]

use std::process::ExitCode;

use adaptors::{
    adaptor::{Adaptor, Answer, Call, Ending, Step, StreamReader, Unsupported, Upload, UpstreamError, Usage},
    anthropic,
    framing::Frame,
    openai,
};
use bytes::Bytes;

/// Frames that a stream reads before it panics: some are with the client by then.
const FRAMES: u32 = 6;

struct Panicking<A>(A);

impl<A: Adaptor> Adaptor for Panicking<A> {
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported> {
        panic_for("panic-request", &call.envelope.model);
        self.0.request(call)
    }

    fn stream(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        panic_for("panic-stream", &call.envelope.model);
        Box::new(Reader { inner: self.0.stream(call), model: call.envelope.model.clone(), frames: 0 })
    }

    fn gather(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        self.0.gather(call)
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        panic_for("panic-answer", &String::from_utf8_lossy(&body));
        self.0.answer(call, body)
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        self.0.error(status, body, whole)
    }
}

struct Reader {
    inner: Box<dyn StreamReader>,
    model: String,
    frames: u32,
}

impl StreamReader for Reader {
    fn frame(&mut self, frame: &Frame) -> Step {
        self.frames += 1;
        if self.frames > FRAMES {
            panic_for("panic-frame", &self.model);
        }
        panic_for("panic-first-frame", &self.model);
        self.inner.frame(frame)
    }

    fn end(&mut self) -> Ending {
        panic_for("panic-end", &self.model);
        self.inner.end()
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}

fn panic_for(place: &str, model: &str) {
    if model.contains(place) {
        panic!("{place} was asked for");
    }
}

fn main() -> ExitCode {
    relays::main(Panicking(openai::PassThrough), Panicking(anthropic::PassThrough))
}
