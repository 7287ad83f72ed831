//! The states of a stream, before and after the commit.

use adaptors::adaptor::{Call, Operation, Terms};
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES};
use adaptors::envelope::Envelope;
use bytes::Bytes;
use vitals::EndReason;

use super::{CAP, CONTENT, DONE, LAST, stream};
use crate::channel::Limits;
use crate::clock::scripted;
use crate::exchange::stream::{Progress, Stream, Then};

fn read(stream: &mut Stream, text: &str) -> Result<Progress, EndReason> {
    stream.read(Bytes::copy_from_slice(text.as_bytes())).map_err(|refusal| refusal.reason)
}

fn ready(stream: &mut Stream) -> String {
    String::from_utf8(stream.take_ready().to_vec()).unwrap()
}

#[test]
fn a_stream_opens_has_content_and_ends() {
    let mut stream = stream();
    assert_eq!(read(&mut stream, ": a comment\n\n"), Ok(Progress::Opening));
    assert_eq!(read(&mut stream, &CONTENT[..20]), Ok(Progress::Opening));
    assert_eq!(read(&mut stream, &CONTENT[20..]), Ok(Progress::Content));
    let more = [LAST, DONE, "after the end"].concat();
    assert_eq!(read(&mut stream, &more), Ok(Progress::Terminal));
    assert_eq!(stream.framer.buffered(), "after the end".len(), "what follows the end is not read");
    assert!(ready(&mut stream).ends_with(&[CONTENT, LAST, DONE].concat()));
    assert_eq!((stream.reader.usage().input, stream.reader.usage().output), (Some(3), Some(4)));
}

#[test]
fn any_split_gives_the_same_bytes_and_the_same_end() {
    let whole = [CONTENT, CONTENT, LAST, DONE].concat();
    for step in 1..whole.len() {
        let (mut stream, mut told, mut last) = (stream(), String::new(), Progress::Opening);
        for part in whole.as_bytes().chunks(step) {
            last = read(&mut stream, std::str::from_utf8(part).unwrap()).unwrap();
            told += &ready(&mut stream);
        }
        assert_eq!((told.as_str(), last), (whole.as_str(), Progress::Terminal), "in steps of {step}");
    }
}

#[test]
fn a_line_end_that_is_still_on_its_way_is_completed() {
    let mut stream = stream();
    assert_eq!(read(&mut stream, &[CONTENT, LAST].concat()), Ok(Progress::Content));
    stream.ready.clear();
    assert_eq!(read(&mut stream, "data: [DONE]\r\n\r"), Ok(Progress::Terminal));
    assert_eq!(ready(&mut stream), "data: [DONE]\r\n\r\n");
}

#[test]
fn an_error_in_a_stream_leaves_what_came_before_it() {
    let mut stream = stream();
    let error = "data: {\"error\":{\"message\":\"no more\",\"type\":\"server_error\"}}\n\n";
    assert_eq!(read(&mut stream, &[CONTENT, error, CONTENT].concat()), Err(EndReason::UpstreamError));
    assert_eq!(ready(&mut stream), CONTENT);
}

#[test]
fn an_event_beyond_its_cap_ends_the_stream() {
    let mut stream = stream();
    assert_eq!(read(&mut stream, &"x".repeat(CAP)), Ok(Progress::Opening));
    assert_eq!(read(&mut stream, &"x".repeat(CAP)), Err(EndReason::TooLarge));
}

#[test]
fn a_body_that_ends_is_whole_or_cut_by_what_it_said_before() {
    const OPEN: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
    let cases: [(&[&str], Result<&str, EndReason>); 10] = [
        (&[], Err(EndReason::UpstreamError)),
        (&[": a comment\n\n"], Err(EndReason::UpstreamError)),
        (&[CONTENT], Err(EndReason::UpstreamTruncated)),
        (&[CONTENT, "data: {\"choices"], Err(EndReason::UpstreamTruncated)),
        (&[CONTENT, "data: {\"error\":{\"message\":\"no\"}}"], Err(EndReason::UpstreamError)),
        (&[CONTENT, LAST, "data: [DONE]"], Ok("data: [DONE]\n\n")),
        (&[CONTENT, LAST], Ok(DONE)),
        (&[CONTENT, LAST, ": bye"], Ok(DONE)),
        (&[CONTENT, OPEN], Ok(&[OPEN, "\n\n", DONE].concat())),
        (&[CONTENT, &CONTENT[..CONTENT.len() - 2]], Err(EndReason::UpstreamTruncated)),
    ];
    for (parts, wanted) in cases {
        let mut stream = stream();
        read(&mut stream, &parts.concat()).unwrap();
        stream.ready.clear();
        let ended = stream.finish().map_err(|refusal| refusal.reason);
        let text = ready(&mut stream);
        assert_eq!(ended.map(|()| text.as_str()), wanted, "{parts:?}");
    }
}

#[test]
fn a_stream_that_is_over_asks_for_nothing_more() {
    let mut stream = stream();
    assert_eq!(stream.then, Then::More);
    assert!(!stream.is_worth_sending() && stream.gather().is_none());
}

#[test]
fn silence_is_an_end_once_nothing_but_the_terminator_is_missing() {
    let half = &LAST[..LAST.len() - 2];
    let (finish, idle) = (Some(10_000), Some(60_000));
    let parts: [(&[&str], Option<u64>); 8] = [
        (&[CONTENT], None),
        (&[CONTENT, LAST], finish),
        (&[CONTENT, LAST, "data: [DONE]\n"], finish),
        (&[CONTENT, LAST, &CONTENT[..30]], None),
        (&[CONTENT, LAST, "data: {\"choices\":[],\"usage\":{}}"], finish),
        (&[CONTENT, half], idle),
        (&[CONTENT, half, "\n\n"], finish),
        (&[CONTENT, half, "\n\n", CONTENT], finish),
    ];
    for (parts, patience) in parts {
        scripted::stands_at(1_000);
        let mut stream = stream();
        for part in parts {
            read(&mut stream, part).unwrap();
        }
        assert_eq!(stream.patience().map(|time| time.as_millis() as u64), patience, "{parts:?}");
    }
    let mut stream = stream();
    read(&mut stream, &[CONTENT, LAST].concat()).unwrap();
    scripted::stands_at(5_000);
    read(&mut stream, ": still here\n\n").unwrap();
    assert_eq!(stream.ends_at, 11_000, "a comment prolongs nothing");
    read(&mut stream, "data: {\"choices\":[],\"usage\":{}}\n\n").unwrap();
    assert_eq!(stream.ends_at, 15_000);
}

/// A stream of this dialect for a client of its own, as one that calls this path gets it.
fn same(dialect: Dialect, path: &str) -> Box<Stream> {
    let body = Bytes::from_static(b"{\"model\":\"m\"}");
    let envelope = Envelope { model: "m".to_owned(), stream: true, model_at: None };
    let call = Call {
        operation: Operation::Chat,
        path,
        body: &body,
        envelope: &envelope,
        upstream_model: "m",
        id: "id",
        unix_seconds: 0,
        terms: Terms::default(),
    };
    let limits = Limits { idle: 60_000, finish: 10_000, total: 900_000, heartbeat: 10_000 };
    Stream::new(dialect, dialect.framing(), dialect.same().stream(&call), CAP, limits)
}

/// What a client gets of a body that comes in these pieces and then ends.
fn told(mut stream: Box<Stream>, pieces: &[&[u8]]) -> String {
    for piece in pieces {
        if stream.read(Bytes::copy_from_slice(piece)).unwrap() == Progress::Terminal {
            return ready(&mut stream);
        }
    }
    stream.finish().unwrap();
    ready(&mut stream)
}

#[test]
fn a_stream_of_the_clients_dialect_keeps_its_last_line_end_whatever_it_is_and_however_it_comes() {
    const EVENTS: &str = "/v1beta/models/m:streamGenerateContent?alt=sse";
    const ARRAY: &str = "/v1beta/models/m:streamGenerateContent";
    let chunk = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}"#;
    let message = "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\n\
        data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n\
        event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    let response = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n\
        event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\"}}\n\n";
    for (dialect, path, whole) in [
        (OPENAI, "/v1/chat/completions", [CONTENT, LAST, DONE].concat()),
        (ANTHROPIC, "/v1/messages", message.to_owned()),
        (RESPONSES, "/v1/responses", response.to_owned()),
        (GEMINI, EVENTS, format!("data: {chunk}\n\n")),
        (GEMINI, EVENTS, format!("data: {chunk}\n\n\n")),
        (GEMINI, ARRAY, format!("[{chunk}\n,\n{chunk}\n]\n")),
    ] {
        for end in ["\n", "\r\n", "\r"] {
            let whole = whole.replace('\n', end);
            for at in 0..=whole.len() {
                let (before, after) = whole.as_bytes().split_at(at);
                for pieces in [&[before, after][..], &[&before[..at / 2], &before[at / 2..], after]] {
                    assert_eq!(told(same(dialect, path), pieces), whole, "{pieces:?}");
                }
            }
            // Without its blank line it gets one of the same kind, and without its line's end, too.
            let is_one = |rest: &&str| rest.ends_with(end) && !rest.ends_with(&end.repeat(2));
            let missing = whole.strip_suffix(end).filter(is_one);
            if let Some(missing) = missing {
                assert_eq!(told(same(dialect, path), &[missing.as_bytes()]), whole);
            }
        }
    }
}
