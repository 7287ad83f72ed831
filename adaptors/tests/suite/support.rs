//! What the tests share.

use std::fmt::Write as _;

use adaptors::adaptor::{Adaptor, Answer, Call, Ending, Kind, Operation, Output, StreamReader, Terms, Usage};
use adaptors::dialect::Dialect;
use adaptors::envelope::Envelope;
use adaptors::framing::sse::SSE;
use adaptors::framing::{Frame, Framing};
use bytes::Bytes;

pub(crate) fn same(dialect: Dialect) -> &'static dyn Adaptor {
    dialect.same()
}

pub(crate) fn frames(input: &[u8]) -> Vec<Frame> {
    frames_in_chunks(&SSE, input, &[])
}

/// The frames of a body that comes in chunks, cut at these places.
pub(crate) fn frames_in_chunks(
    framing: &dyn Framing,
    input: &[u8],
    cuts: &[proptest::sample::Index],
) -> Vec<Frame> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
    cuts.extend([0, input.len()]);
    cuts.sort_unstable();
    let mut framer = framing.framer(1 << 20);
    let mut frames = Vec::new();
    for chunk in cuts.windows(2) {
        framer.push(Bytes::copy_from_slice(&input[chunk[0]..chunk[1]]));
        while let Some(frame) = framer.next().expect("frames within the cap") {
            frames.push(frame);
        }
    }
    frames.extend(framer.finish());
    frames
}

/// Calls `then` with a call in the dialect's main operation.
pub(crate) fn with_call<T>(dialect: Dialect, body: &str, then: impl FnOnce(&Call<'_>) -> T) -> T {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let envelope = Envelope::scan(&body).expect("a good body");
    let operation = Operation::Chat;
    let path = dialect.offer(operation).expect("a dialect that converses").inbound;
    let (upstream_model, id, unix_seconds) = (&envelope.model, "id", 1_795_000_000);
    let (body, envelope, terms) = (&body, &envelope, Terms::default());
    then(&Call { operation, path, body, envelope, upstream_model, id, unix_seconds, terms })
}

/// A complete answer, read for a client that asked for a stream or did not.
pub(crate) fn answer(
    adaptor: &dyn Adaptor,
    dialect: Dialect,
    body: impl Into<Bytes>,
    stream: bool,
) -> Answer {
    let request = format!(r#"{{"model":"m","stream":{stream}}}"#);
    with_call(dialect, &request, |call| adaptor.answer(call, body.into()))
}

/// How a whole stream was read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// One letter a frame: `.` life, `o` opening, `c` content, `T` terminal, `E` error.
    pub(crate) kinds: String,
    /// The client's bytes, errors and supplied ends included.
    pub(crate) output: String,
    pub(crate) error: Option<adaptors::adaptor::UpstreamError>,
    /// `None` when a terminal event or an error ended the stream.
    pub(crate) ending: Option<Ending>,
    pub(crate) usage: Usage,
}

/// Reads a stream as the relay does, from an upstream of the client's dialect.
pub(crate) fn read(dialect: Dialect, input: impl AsRef<[u8]>) -> Reading {
    let reader = with_call(dialect, r#"{"model":"m","stream":true}"#, |call| same(dialect).stream(call));
    read_with(reader, dialect, input)
}

/// Reads a stream as the relay does.
pub(crate) fn read_with(
    mut reader: Box<dyn StreamReader>,
    dialect: Dialect,
    input: impl AsRef<[u8]>,
) -> Reading {
    let mut reading = Reading::default();
    for frame in frames(input.as_ref()) {
        let step = reader.frame(&frame);
        if let Kind::Error(error) = &step.kind {
            reading.kinds.push('E');
            let body = dialect.error_body(error, None, None);
            let last = reader.last_words(&body).unwrap_or_else(|| dialect.complaint_frame(&body));
            reading.output += text(&last);
            reading.error = Some(error.clone());
            reading.usage = reader.usage();
            return reading;
        }
        match &step.output {
            Output::Pass => reading.output += text(&frame.raw),
            Output::Replace(bytes) => reading.output += text(bytes),
        }
        reading.kinds.push(match step.kind {
            Kind::Life => '.',
            Kind::Opening => 'o',
            Kind::Content => 'c',
            _ => 'T',
        });
        reading.usage = reader.usage();
        if step.kind == Kind::Terminal {
            return reading;
        }
    }
    let ending = reader.end();
    if let Ending::Complete(bytes) = &ending {
        reading.output += text(bytes);
    }
    reading.ending = Some(ending);
    reading
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

/// A stream for a snapshot: the reading's letters and the client's bytes.
pub(crate) fn transcript(reading: &Reading) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}  {:?}", reading.kinds, reading.usage);
    let _ = writeln!(out, "{}", reading.output.trim_end());
    out
}
