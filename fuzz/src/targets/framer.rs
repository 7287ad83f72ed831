//! However a stream is cut into chunks, the same events come out of it, nothing is lost, and little is held.

use adaptors::framing::either::EITHER;
use adaptors::framing::sse::SSE;
use adaptors::framing::{Frame, Framing};
use bytes::Bytes;

fn frames(framing: &dyn Framing, input: &[u8], steps: &[usize]) -> Vec<Frame> {
    let mut framer = framing.framer(1 << 20);
    let mut frames = Vec::new();
    let (mut rest, mut steps) = (input, steps.iter().cycle());
    while !rest.is_empty() {
        let step = (*steps.next().expect("a cycle has no end")).clamp(1, rest.len());
        framer.push(Bytes::copy_from_slice(&rest[..step]));
        rest = &rest[step..];
        while let Some(frame) = framer.next().expect("no input is as long as the cap") {
            frames.push(frame);
        }
    }
    frames.extend(framer.finish());
    frames
}

type Event = (Option<Vec<u8>>, Vec<u8>);

fn events(frames: &[Frame]) -> Vec<Event> {
    let dispatched = frames.iter().filter(|frame| frame.is_terminated() && !frame.is_empty());
    dispatched.map(|frame| (frame.event().map(<[u8]>::to_vec), frame.data().into_owned())).collect()
}

fn bytes(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(|frame| frame.raw.to_vec()).collect()
}

pub fn run(input: &[u8]) {
    either(input);
    let whole = frames(&SSE, input, &[usize::MAX]);
    let sent = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    assert_eq!(bytes(&whole), sent);
    // The last cut is the input's own choice.
    let own: Vec<usize> = input.iter().take(8).map(|byte| usize::from(*byte % 16)).chain([5]).collect();
    for steps in [&[1][..], &[2], &[3], &[7], &own] {
        let cut = frames(&SSE, input, steps);
        assert_eq!(events(&cut), events(&whole), "in pieces of {steps:?}");
        assert_eq!(bytes(&cut), sent, "in pieces of {steps:?}");
        assert!(cut.iter().rev().skip(1).all(Frame::is_terminated), "a frame in the middle has no end");
    }
    // A frame is a frame: read again alone, it comes out as it is.
    for frame in whole.iter().filter(|frame| frame.is_terminated() && !frame.raw.starts_with(b"\xef\xbb\xbf"))
    {
        assert_eq!(frames(&SSE, &frame.raw, &[usize::MAX]), std::slice::from_ref(frame));
    }
    capped(&SSE, input);
    capped(&EITHER, input);
}

/// With a cap, it is kept or said to be exceeded; a frame above it never comes out.
fn capped(framing: &dyn Framing, input: &[u8]) {
    let mut framer = framing.framer(32);
    for chunk in input.chunks(5) {
        framer.push(Bytes::copy_from_slice(chunk));
        loop {
            match framer.next() {
                Ok(Some(frame)) => assert!(frame.raw.len() <= 32, "{frame:?}"),
                Ok(None) => break,
                Err(_) => {
                    framer.push(Bytes::from_static(b"data: x\n\n"));
                    assert!(framer.next().is_err() && framer.buffered() == 0, "too large once, read on");
                    return;
                }
            }
        }
        assert!(framer.buffered() <= 64, "{}", framer.buffered());
    }
}

/// Events, or the elements of an array: the same data, and no byte less, however they come.
fn either(input: &[u8]) {
    let whole = frames(&EITHER, input, &[usize::MAX]);
    let data = |frames: &[Frame]| {
        let data = frames.iter().filter(|frame| frame.is_terminated()).map(|frame| frame.data().into_owned());
        data.filter(|data| !data.is_empty()).collect::<Vec<_>>()
    };
    for step in [1, 3, 7] {
        let cut = frames(&EITHER, input, &[step]);
        assert_eq!(bytes(&cut), bytes(&whole), "in pieces of {step}");
        assert_eq!(data(&cut), data(&whole), "in pieces of {step}");
    }
    let kept = bytes(&whole);
    assert!(input.ends_with(&kept) && kept.len() + 3 >= input.len(), "something is lost");
}
