//! Streams put together to one answer: one JSON object that our own reader takes for an answer, or nothing at all; and
//! never a success where the stream itself is none.

use adaptors::adaptor::{Adaptor, Answer};
use adaptors::dialect::Dialect;
use bytes::Bytes;

use crate::calls::{asked, call, check_error, some_pairs};
use crate::reading::{End, read};

pub fn run(input: &[u8]) {
    for (client, upstream, adaptor) in some_pairs(input) {
        for part in [input, &input[..input.len() / 2], &input[..input.len() - input.len() / 8]] {
            check(&*adaptor, (client, upstream), part);
        }
    }
}

fn check(one: &dyn Adaptor, (client, upstream): (Dialect, Dialect), input: &[u8]) {
    let (body, envelope) = asked(false);
    let asked = call(client, &body, &envelope, "m");
    let told = read(one.gather(&asked), upstream.framing(), input, input.len());
    let cut = read(one.gather(&asked), upstream.framing(), input, 3);
    assert_eq!(cut, told, "in pieces of 3");
    let streamed = read(one.stream(&asked), upstream.framing(), input, input.len());
    match &told.end {
        End::Whole => {
            assert_eq!(streamed.end, End::Whole, "put together out of half an answer");
            // Control characters of one byte are written as six.
            assert!(told.out.len() <= 8 * input.len() + 4096, "{} of {}", told.out.len(), input.len());
            let same = client.same();
            match same.answer(&asked, Bytes::copy_from_slice(&told.out)) {
                Answer::Deliver { body, .. } => assert_eq!(body, told.out),
                Answer::Error(error) => panic!("{error:?}: {}", String::from_utf8_lossy(&told.out)),
            }
        }
        end => {
            assert!(told.out.is_empty(), "half an answer: {:?}", told.out);
            if let End::Failed(error) = end {
                check_error(error, client, input.len());
            }
        }
    }
}
