//! The states of a stream, before and after the commit.

use bytes::Bytes;
use vitals::EndReason;

use super::{CAP, CONTENT, DONE, LAST, stream};
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
