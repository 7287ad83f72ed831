//! Streams, passed on and translated, wherever they break off: the same however they are cut, byte for byte where
//! nothing is translated, whole events of a whole answer where something is, and no success without a reason for it in
//! what the upstream sent.

use adaptors::adaptor::Adaptor;
use adaptors::dialect::{Dialect, OPENAI};

use crate::calls::{asked, call, check_error, some_pairs};
use crate::reading::{End, Read, read};

/// What an upstream says when it has said all of it.
const ENDS: [&str; 8] = [
    "finish_reason",
    "stop_reason",
    "[DONE]",
    "message_stop",
    "finishReason",
    "blockReason",
    "response.completed",
    "response.incomplete",
];

pub fn run(input: &[u8]) {
    for (client, upstream, adaptor) in some_pairs(input) {
        for (part, step) in
            [(input, 1), (&input[..input.len() / 2], 7), (&input[..input.len() - input.len() / 8], 5)]
        {
            check(&*adaptor, (client, upstream), part, step);
        }
    }
}

fn check(adaptor: &dyn Adaptor, (client, upstream): (Dialect, Dialect), input: &[u8], step: usize) {
    let (body, envelope) = asked(true);
    let asked = call(client, &body, &envelope, "m");
    let told = read(adaptor.stream(&asked), upstream.framing(), input, input.len());
    let text = String::from_utf8_lossy(input);
    // An escaped name is as good, and hard to see here.
    let reason = text.contains("\\u") || ENDS.iter().any(|end| text.contains(end));
    assert!(told.end != End::Whole || reason, "success out of nothing");
    if let End::Failed(error) = &told.end {
        check_error(error, client, input.len());
    }
    let limit = 64 * input.len() + 4096;
    assert!(told.out.len() <= limit, "{} bytes of {}", told.out.len(), input.len());
    if adaptor.translates() {
        assert!(told.out.is_empty() || told.out.ends_with(b"\n\n"), "half an event: {:?}", told.out);
        is_good_stream(client, &told);
    } else if client == OPENAI {
        let sent = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
        let same = told.out.iter().zip(sent).take_while(|(a, b)| a == b).count();
        // At its end it may be completed: a line end, `[DONE]`.
        assert!(told.out.len() - same <= 16, "edited on its way: {:?}", String::from_utf8_lossy(&told.out));
    }
    // A LF that comes after its CR has gone out goes out with the next event, so here events are compared as a client
    // has them; their bytes are where they are translated.
    let cut = read(adaptor.stream(&asked), upstream.framing(), input, step);
    assert_eq!((cut.end, cut.usage), (told.end, told.usage), "in pieces of {step}");
    if adaptor.translates() {
        assert!(cut.out == told.out, "in pieces of {step}: {:?}", String::from_utf8_lossy(&cut.out));
    }
}

/// What is written for a client is a stream to our own reader of its dialect, which ends as it ends here.
fn is_good_stream(client: Dialect, told: &Read) {
    let (body, envelope) = asked(true);
    let same = client.same();
    let again =
        read(same.stream(&call(client, &body, &envelope, "m")), client.framing(), &told.out, told.out.len());
    let fits = match again.end {
        End::Whole => told.end == End::Whole,
        // Nothing, or the beginning of an answer.
        End::Empty | End::Truncated => told.end != End::Whole,
        End::Failed(_) => false,
    };
    assert!(fits, "{:?} was told as {:?}: {}", told.end, again.end, String::from_utf8_lossy(&told.out));
}
