//! The provider that answers by itself: what it says is an answer, or a stream, to the readers of its dialect.

use adaptors::adaptor::{Answer, Operation, Usage};
use adaptors::demo::{Ask, Reply, answer};
use adaptors::dialect::{ANTHROPIC, Dialect, OPENAI};
use adaptors::envelope::Envelope;
use bytes::Bytes;

use crate::calls::call;
use crate::reading::{End, read};

pub fn run(input: &[u8]) {
    let body = Bytes::copy_from_slice(input);
    let Ok(envelope) = Envelope::scan(&body) else { return };
    for (dialect, operation) in
        [(OPENAI, Operation::Chat), (ANTHROPIC, Operation::Chat), (OPENAI, Operation::Embeddings)]
    {
        let (id, unix_seconds) = ("id", 1_795_000_000);
        match answer(&Ask { dialect, operation, body: &body, envelope: &envelope, id, unix_seconds }) {
            Ok(reply) => check(dialect, operation, &body, &envelope, reply),
            Err(why) => assert!(!why.is_empty() && why.len() < 1024, "{why}"),
        }
    }
}

fn check(client: Dialect, operation: Operation, asked: &Bytes, envelope: &Envelope, reply: Reply) {
    let same = client.same();
    let mut asked = call(client, asked, envelope, "m");
    asked.operation = operation;
    match reply {
        Reply::Json { body, usage } => match same.answer(&asked, body.clone()) {
            Answer::Deliver { usage: read, .. } => {
                assert_eq!(read, usage);
                // Vectors are no stream, whatever is asked for.
                assert!(!envelope.stream || operation == Operation::Embeddings);
            }
            Answer::Error(error) => panic!("{error:?}: {body:?}"),
        },
        Reply::Stream { frames, usage } => {
            assert!(envelope.stream && frames.iter().all(|frame| frame.ends_with(b"\n\n")));
            let stream = frames.concat();
            let told = read(same.stream(&asked), client.framing(), &stream, stream.len());
            // A stream tells its tokens only to who asked for them.
            assert!(told.usage == usage || told.usage == Usage::default(), "{:?}", told.usage);
            assert_eq!(told.end, End::Whole);
            assert_eq!(told.out, stream, "an own stream is edited");
        }
    }
}
