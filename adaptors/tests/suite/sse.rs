use adaptors::framing::sse::SSE;
use adaptors::framing::{EventTooLarge, Frame, Framing as _, Nature};
use bytes::Bytes;
use proptest::prelude::*;

/// An event as the standard dispatches it: name and data.
type Event = (Vec<u8>, Vec<u8>);

struct Case {
    name: &'static str,
    input: &'static [u8],
    events: &'static [(&'static str, &'static str)],
}

const fn case(
    name: &'static str,
    input: &'static [u8],
    events: &'static [(&'static str, &'static str)],
) -> Case {
    Case { name, input, events }
}

/// The first group is web-platform-tests' `eventsource/format-*`, written anew as data.
const CASES: &[Case] = &[
    case("bom", b"\xef\xbb\xbfdata:1\n\n\xef\xbb\xbfdata:2\n\ndata:3\n\n", &[("", "1"), ("", "3")]),
    case("bom-2", b"\xef\xbb\xbf\xef\xbb\xbfdata:1\n\ndata:2\n\ndata:3\n\n", &[("", "2"), ("", "3")]),
    case("comments", b"data:1\r:\0\n:\r\ndata:2\n:xxxx\rdata:3\n:data:fail\r:xx\ndata:4\n\n", &[("", "1\n2\n3\n4")]),
    case("data-before-final-empty-line", b"retry:1000\ndata:test1\n\nid:test\ndata:test2", &[("", "test1")]),
    case("field-data", b"data:\n\ndata\ndata\n\ndata:test\n\n", &[("", ""), ("", "\n"), ("", "test")]),
    case("field-event", b"event:test\ndata:x\n\ndata:x\n\n", &[("test", "x"), ("", "x")]),
    case("field-event-empty", b"event: \ndata:data\n\n", &[("", "data")]),
    case("field-id", b"id: 1\ndata:a\n\ndata:b\n\n", &[("", "a"), ("", "b")]),
    case("field-id-null", b"id: \x00\x00\ndata:a\n\n", &[("", "a")]),
    case(
        "field-parsing",
        b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
        &[("", "\0\n 2\n1\n3\n\n4")],
    ),
    case("field-retry", b"retry:3000\n\ndata:x\n\n", &[("", "x")]),
    case(
        "field-unknown",
        b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
        &[("", "test\n\ntest")],
    ),
    case("leading-space", b"data:\ttest\rdata: \ndata:test\n\n", &[("", "\ttest\n\ntest")]),
    case("newlines", b"data:test\r\ndata\ndata:test\r\n\r", &[("", "test\n\ntest")]),
    case("null-character", b"data:\0\n\n\n\n", &[("", "\0")]),
    case("utf-8", "data:ok…\n\n".as_bytes(), &[("", "ok…")]),
    // Ours.
    case("crlf", b"data: a\r\n\r\ndata: b\r\n\r\n", &[("", "a"), ("", "b")]),
    case("cr", b"data: a\r\rdata: b\r\r", &[("", "a"), ("", "b")]),
    case("mixed-ends", b"data: a\r\n\ndata: b\n\r\ndata: c\r\n\r", &[("", "a"), ("", "b"), ("", "c")]),
    case("blank-lines", b"\n\r\n\rdata: a\n\n\n\n", &[("", "a")]),
    case("unicode-line-ends", "data: a\u{2028}b\u{2029}c\u{85}d\n\n".as_bytes(), &[("", "a\u{2028}b\u{2029}c\u{85}d")]),
    case("two-spaces", b"data:  a\n\n", &[("", " a")]),
    case("name-does-not-stick", b"event: x\n\ndata: a\n\n", &[("", "a")]),
    case("last-name-wins", b"event: x\nevent: y\ndata: a\n\n", &[("y", "a")]),
    case("bom-only-then-frame", b"\xef\xbb\xbf\n\ndata: a\n\n", &[("", "a")]),
    case("half-bom", b"\xef\xbbdata: a\n\ndata: b\n\n", &[("", "b")]),
    case("no-final-blank-line", b"data: a\n\ndata: b\n", &[("", "a")]),
];

/// Frames from `next`, and the rest from `finish`.
fn frames(chunks: &[&[u8]]) -> (Vec<Frame>, Option<Frame>) {
    let mut framer = SSE.framer(1 << 20);
    let mut frames = Vec::new();
    for chunk in chunks {
        framer.push(Bytes::copy_from_slice(chunk));
        while let Some(frame) = framer.next().expect("within the cap") {
            frames.push(frame);
        }
    }
    (frames, framer.finish())
}

fn events(frames: &[Frame]) -> Vec<Event> {
    let whole = frames.iter().filter(|frame| !frame.is_empty());
    whole.map(|frame| (frame.event().unwrap_or_default().to_vec(), frame.data().into_owned())).collect()
}

fn bytes_of(frames: &[Frame], rest: Option<&Frame>) -> Vec<u8> {
    frames.iter().chain(rest).flat_map(|frame| frame.raw.to_vec()).collect()
}

fn without_bom(input: &[u8]) -> &[u8] {
    input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input)
}

/// The standard's algorithm, line by line, with no thought for speed.
fn reference(input: &[u8]) -> Vec<Event> {
    let text = without_bom(input).to_vec();
    let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'\r' if text.get(at + 1) == Some(&b'\n') => {}
            b'\r' | b'\n' => lines.push(Vec::new()),
            byte => lines.last_mut().expect("a line").push(byte),
        }
        at += 1;
    }
    lines.pop();
    let (mut events, mut name, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        if line.is_empty() {
            if data.pop().is_some() {
                events.push((name, data));
            }
            (name, data) = (Vec::new(), Vec::new());
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => name = value.to_vec(),
            b"data" => {
                data.extend_from_slice(value);
                data.push(b'\n');
            }
            _ => {}
        }
    }
    events
}

#[test]
fn every_case_split_at_every_byte_gives_the_same_events() {
    for case in CASES {
        let expected: Vec<Event> = case
            .events
            .iter()
            .map(|(name, data)| (name.as_bytes().to_vec(), data.as_bytes().to_vec()))
            .collect();
        assert_eq!(reference(case.input), expected, "reference, {}", case.name);
        for at in 0..=case.input.len() {
            let (head, tail) = case.input.split_at(at);
            let (frames, rest) = frames(&[head, tail]);
            assert_eq!(events(&frames), expected, "{} split at {at}", case.name);
            assert_eq!(
                bytes_of(&frames, rest.as_ref()),
                without_bom(case.input),
                "{} split at {at}",
                case.name
            );
        }
        let bytes: Vec<&[u8]> = case.input.chunks(1).collect();
        assert_eq!(events(&frames(&bytes).0), expected, "{} byte by byte", case.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_input_in_any_chunks_gives_the_standards_events(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                &b"\r"[..], b"\n", b"\r\n", b"data", b"event", b":", b" ", b"x", b"\xef\xbb\xbf", b"\xef", b"\0", b"data: y\n\n",
            ]),
            0..60,
        ),
        sizes in prop::collection::vec(1_usize..9, 1..40),
    ) {
        let input = pieces.concat();
        let mut chunks = Vec::new();
        let mut rest = &input[..];
        for size in sizes.iter().cycle().take_while(|_| true) {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        let (frames, rest) = frames(&chunks);
        prop_assert_eq!(events(&frames), reference(&input));
        prop_assert!(frames.iter().all(Frame::is_terminated));
        prop_assert_eq!(bytes_of(&frames, rest.as_ref()), without_bom(&input));
    }
}

#[test]
fn a_frame_within_one_chunk_is_not_copied() {
    let chunk = Bytes::from_static(b"data: one\n\ndata: two\n\ndata: thr");
    let mut framer = SSE.framer(1024);
    framer.push(chunk.clone());
    let first = framer.next().unwrap().unwrap();
    let second = framer.next().unwrap().unwrap();
    assert_eq!(first.raw.as_ptr(), chunk.as_ptr());
    assert_eq!(second.raw.as_ptr(), chunk[11..].as_ptr());
    assert_eq!(framer.next(), Ok(None));
    framer.push(Bytes::from_static(b"ee\n\n"));
    assert_eq!(framer.next().unwrap().unwrap().raw, "data: three\n\n");
    assert_eq!(framer.buffered(), 0);
}

#[test]
fn a_blank_line_that_may_become_crlf_is_not_waited_for() {
    for input in ["data: a\r\r", "data: a\r\n\r"] {
        let (frames, rest) = frames(&[input.as_bytes()]);
        assert_eq!((frames.len(), rest), (1, None), "{input:?}");
    }
    let (frames, rest) = frames(&[b"data: a\r\n\r", b"\ndata: b\r\n\r\n"]);
    assert_eq!(rest, None);
    assert_eq!(frames[1].raw, "\ndata: b\r\n\r\n", "the LF stays in the stream");
    assert_eq!(frames[1].data(), &b"b"[..]);
}

#[test]
fn an_event_over_the_cap_is_an_error_with_bounded_memory() {
    let endless: [(&str, &[u8]); 3] = [
        ("a line without end", b"x"),
        ("an endless comment", b":aaaaaaaaaaaaaaaaaaaaaa\n"),
        ("data without end", b"data: a\n"),
    ];
    for (name, piece) in endless {
        let mut framer = SSE.framer(10_000);
        let chunk = Bytes::from(piece.repeat(50));
        let mut most = 0;
        let error = loop {
            framer.push(chunk.clone());
            match framer.next() {
                Ok(None) => most = most.max(framer.buffered()),
                other => break other,
            }
        };
        assert_eq!(error, Err(EventTooLarge { limit: 10_000 }), "{name}");
        assert!(most <= 20_000, "{name}: {most} bytes held");
        framer.push(chunk);
        assert_eq!((framer.buffered(), framer.next().is_err()), (0, true), "{name}: it stays so");
    }
}

#[test]
fn the_cap_counts_one_event_and_not_the_chunk() {
    let mut framer = SSE.framer(9);
    framer.push(Bytes::from("data: a\n\n".repeat(1000)));
    let mut count = 0;
    while framer.next().expect("each is nine bytes").is_some() {
        count += 1;
    }
    assert_eq!(count, 1000);
    framer.push(Bytes::from_static(b"data: ab\n\n"));
    assert!(framer.next().is_err(), "ten bytes in one chunk");
}

#[test]
fn an_event_of_many_chunks_is_read_in_linear_time() {
    // Quadratic scanning or copying would take minutes here.
    let mut framer = SSE.framer(64 << 20);
    for byte in std::iter::repeat_n(&b"data: x\n"[..], 1 << 19).flatten() {
        framer.push(Bytes::copy_from_slice(std::slice::from_ref(byte)));
        assert_eq!(framer.next(), Ok(None));
    }
    framer.push(Bytes::from_static(b"\n"));
    let frame = framer.next().unwrap().expect("a frame");
    assert_eq!(frame.data().len(), (1 << 20) - 1);
}

#[test]
fn an_unterminated_rest_says_so() {
    for (input, terminated) in
        [("data: a", false), ("data: a\n", false), ("data: a\r\n", false), ("\ndata: a\r", false)]
    {
        let (_, rest) = frames(&[input.as_bytes()]);
        assert_eq!(rest.expect(input).is_terminated(), terminated, "{input:?}");
    }
    for input in ["\n", "data: a\n\n", "data: a\r\r", "data: a\r\n\r\n", "data: a\n\r\n"] {
        assert!(Frame::new(input.into(), &SSE).is_terminated(), "{input:?}");
    }
}

#[test]
fn what_has_no_data_is_no_event() {
    let frame = |raw: &'static str| Frame::new(raw.into(), &SSE);
    assert!(frame(": ping\n\n").is_empty());
    assert!(frame("event: x\n\n").is_empty());
    assert!(!frame("data\n\n").is_empty());
}

#[test]
fn a_last_frame_gets_what_its_reader_waits_for() {
    for (last, lacks) in [
        ("data: a", "\n\n"),
        ("data: a\n", "\n"),
        ("data: a\r\n", "\r\n"),
        ("data: a\r", "\r"),
        ("data: a\n\n", ""),
        ("data: a\r\n\r\n", ""),
        ("data: a\r\n\r", "\n"),
        ("data: a\r\r", ""),
    ] {
        assert_eq!(SSE.completion(last.as_bytes()), lacks.as_bytes(), "{last:?}");
    }
}

#[test]
fn a_body_is_told_by_its_first_bytes() {
    for (body, nature) in [
        ("data: a", Nature::Stream),
        ("data\n\n", Nature::Stream),
        ("\u{feff}\r\n\ndata:a", Nature::Stream),
        (": still here\n\n", Nature::Stream),
        ("event: x", Nature::Stream),
        ("id:1", Nature::Stream),
        ("retry: 5", Nature::Stream),
        ("{\"choices\"", Nature::Whole),
        ("\n\n \r\n{", Nature::Whole),
        ("\u{feff}{", Nature::Whole),
        ("[{", Nature::Whole),
        ("<!DOCTYPE html>", Nature::Whole),
        ("database: down", Nature::Either),
        ("OK", Nature::Either),
    ] {
        let said = |length| SSE.nature(&body.as_bytes()[..length]);
        assert_eq!(said(body.len()), nature, "{body}");
        let early = (0..body.len()).map(said).find(|said| *said != Nature::Open);
        assert_eq!(early.unwrap_or(nature), nature, "no part of {body:?} says otherwise");
    }
}
