//! However a stream is cut into chunks, the same events come out of it, and nothing is lost.
#![no_main]

use adaptors::sse::{Frame, Framer};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fn frames(input: &[u8], step: usize) -> Vec<Frame> {
    let mut framer = Framer::new(1 << 20);
    let mut frames = Vec::new();
    for chunk in input.chunks(step) {
        framer.push(Bytes::copy_from_slice(chunk));
        while let Some(frame) = framer.next().expect("no input is as long as the cap") {
            frames.push(frame);
        }
    }
    frames.extend(framer.finish());
    frames
}

fn events(frames: &[Frame]) -> Vec<(Option<Vec<u8>>, Vec<u8>)> {
    let dispatched = frames.iter().filter(|frame| frame.is_terminated() && !frame.is_empty_of_data());
    dispatched.map(|frame| (frame.event().map(<[u8]>::to_vec), frame.data().into_owned())).collect()
}

fn bytes(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(|frame| frame.raw.to_vec()).collect()
}

fuzz_target!(|input: &[u8]| {
    let whole = frames(input, input.len().max(1));
    let sent = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    assert_eq!(bytes(&whole), sent);
    for step in [1, 2, 3, 7] {
        let cut = frames(input, step);
        assert_eq!(events(&cut), events(&whole), "in pieces of {step}");
        assert_eq!(bytes(&cut), sent, "in pieces of {step}");
    }
    // With a cap, it is kept or said to be exceeded; a frame above it never comes out.
    let mut framer = Framer::new(32);
    for chunk in input.chunks(5) {
        framer.push(Bytes::copy_from_slice(chunk));
        loop {
            match framer.next() {
                Ok(Some(frame)) => assert!(frame.raw.len() <= 32, "{frame:?}"),
                Ok(None) => break,
                Err(_) => return,
            }
        }
        assert!(framer.buffered() <= 32);
    }
});
