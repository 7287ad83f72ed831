use adaptors::adaptor::{Ending, Usage};
use adaptors::dialect::OPENAI;

use crate::support::{Reading, read, transcript};

const ROLE: &str =
    r#"{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#;
const HELLO: &str = r#"{"id":"c","choices":[{"index":0,"delta":{"content":"hel"},"finish_reason":null}]}"#;
const STOP: &str = r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const USAGE: &str =
    r#"{"id":"c","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}"#;
const BAD: &str = r#"{"error":{"message":"slow down","type":"rate_limit_error","param":null,"code":null}}"#;

fn stream(data: &[&str]) -> String {
    data.iter().map(|data| format!("data: {data}\n\n")).collect()
}

fn reading(data: &[&str]) -> Reading {
    read(OPENAI, stream(data))
}

fn delta(delta: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#)
}

fn kind_of(data: &str) -> String {
    reading(&[data]).kinds
}

#[test]
fn a_whole_stream_passes_byte_for_byte() {
    let input = format!(": hello\n\n{}", stream(&[ROLE, HELLO, HELLO, STOP, USAGE, "[DONE]"]));
    let reading = read(OPENAI, &input);
    assert_eq!(reading.output, input);
    insta::assert_snapshot!(transcript(&reading));
}

#[test]
fn line_ends_and_spacing_do_not_matter() {
    let input = stream(&[ROLE, HELLO, HELLO, STOP, USAGE, "[DONE]"]);
    let expected = "occccT";
    for input in [
        input.replace('\n', "\r\n"),
        input.replace('\n', "\r"),
        input.replace("data: ", "data:"),
        input.replace("data: ", "id: 1\ndata: "),
        input.replace("\":", "\" : ").replace('[', "[ ").replace('{', "{ ").replace("[ DONE]", "[DONE]"),
    ] {
        let reading = read(OPENAI, &input);
        assert_eq!((reading.kinds.as_str(), reading.output.as_str()), (expected, input.as_str()));
        assert_eq!(reading.usage, Usage { input: Some(7), output: Some(2), ..Usage::default() }, "{input}");
    }
}

#[test]
fn what_opens_and_what_is_content() {
    for opening in [
        r#"{"choices":[]}"#,
        r#"{"choices":[],"prompt_filter_results":[{}]}"#,
        r#"{"choices":null}"#,
        r#"{"choices":[],"usage":null,"error":null}"#,
        &delta(r#"{"role":"assistant"}"#),
        &delta(r#"{"role":"assistant","content":null,"refusal":null,"tool_calls":[]}"#),
        &delta(r#"{"content":"","reasoning_content":""}"#),
        &delta("{}"),
        &delta("null"),
        r#"{"choices":[{"finish_reason":""}]}"#,
    ] {
        assert_eq!(kind_of(opening), "o", "{opening}");
    }
    for content in [
        &delta(r#"{"content":"a"}"#),
        &delta(r#"{"content":" "}"#),
        &delta(r#"{"reasoning_content":"a"}"#),
        &delta(r#"{"reasoning":"a"}"#),
        &delta(r#"{"refusal":"no"}"#),
        &delta(r#"{"tool_calls":[{"index":0,"id":"t","function":{"name":"f","arguments":""}}]}"#),
        &delta(r#"{"function_call":{"name":"f"}}"#),
        &delta(r#"{"audio":{"id":"a"}}"#),
        &delta(r#"{"content":"lone \ud83d"}"#),
        r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
        r#"{"choices":[{"text":"a"}]}"#,
    ] {
        assert_eq!(kind_of(content), "c", "{content}");
    }
}

#[test]
fn comments_and_names_without_data_are_life() {
    let input =
        format!(": a\n\nevent: x\n\n{}data:\n\n: b\n\n{}", stream(&[HELLO]), stream(&[STOP, "[DONE]"]));
    assert_eq!(read(OPENAI, &input).kinds, "..c..cT");
    assert_eq!(read(OPENAI, ": a\n\n: b\n\n").ending, Some(Ending::Empty));
}

#[test]
fn an_end_without_a_terminator_is_judged_by_the_finish_reason() {
    let done = Ending::Complete("data: [DONE]\n\n".into());
    let truncated = Ending::Truncated;
    for (data, ending) in [
        (&[ROLE, HELLO, STOP][..], &done),
        (&[ROLE, HELLO, STOP, USAGE], &done),
        (&[STOP], &done),
        (&[ROLE, HELLO], &truncated),
        (&[ROLE], &Ending::Empty),
        (&[], &Ending::Empty),
    ] {
        assert_eq!(reading(data).ending.as_ref(), Some(ending), "{data:?}");
    }
}

#[test]
fn every_choice_must_have_finished() {
    let second = |rest: &str| format!(r#"{{"choices":[{{"index":1,{rest}}}]}}"#);
    let text = second(r#""delta":{"content":"b"},"finish_reason":null"#);
    let stop = second(r#""delta":{},"finish_reason":"length""#);
    assert_eq!(reading(&[HELLO, &text, HELLO, STOP]).ending, Some(Ending::Truncated));
    assert!(matches!(reading(&[HELLO, &text, HELLO, STOP, &stop]).ending, Some(Ending::Complete(_))));
}

#[test]
fn an_unterminated_rest_counts_only_when_it_ends_the_answer() {
    let begun = stream(&[ROLE, HELLO]);
    for (end, whole) in [("", "\n\n"), ("\n", "\n\n"), ("\r\n", "\r\n\r\n")] {
        let reading = read(OPENAI, format!("{begun}data: [DONE]{end}"));
        assert_eq!(reading.kinds, "ocT", "{end:?}");
        assert_eq!(reading.output, format!("{begun}data: [DONE]{whole}"), "{end:?}");
    }
    let reading = read(OPENAI, format!("{begun}data: {STOP}"));
    assert_eq!(reading.output, format!("{begun}data: {STOP}\n\ndata: [DONE]\n\n"));

    let finished = stream(&[ROLE, HELLO, STOP]);
    for (head, rest) in [
        (&begun, format!("data: {HELLO}")),
        (&begun, format!("data: {}", &HELLO[..30])),
        (&begun, "data: [DON".into()),
        (&begun, "dat".into()),
        (&finished, format!("data: {}", &USAGE[..30])),
    ] {
        let reading = read(OPENAI, format!("{head}{rest}"));
        assert_eq!(reading.ending, Some(Ending::Truncated), "{rest}");
        assert_eq!(&reading.output, head, "nothing of a cut frame is passed on");
    }
    let reading = read(OPENAI, format!("{finished}: bye"));
    assert!(matches!(reading.ending, Some(Ending::Complete(_))), "a cut comment cuts nothing");
    let reading = read(OPENAI, format!("{begun}data: {BAD}"));
    assert_eq!(reading.error.map(|error| error.status), Some(429));
}

#[test]
fn errors_are_found_before_and_after_content() {
    for head in [&[][..], &[ROLE], &[ROLE, HELLO, HELLO]] {
        for (data, status) in [
            (BAD, 429),
            (r#"{"error":{"message":"m","code":"insufficient_quota"}}"#, 429),
            (
                r#"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop","error":{"message":"m","code":503}}]}"#,
                503,
            ),
            (r#"{"error":{"message":"m","type":"invalid_request_error"}}"#, 400),
            (
                r#"{"error":{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
                400,
            ),
            (r#"{"error":{"message":"m","type":"invalid_request_error","code":"model_not_found"}}"#, 404),
            (r#"{"error":{"message":"m","type":"overloaded_error"}}"#, 503),
            (r#"{"error":{"message":"m","code":529,"type":"overloaded_error"}}"#, 529),
            (r#"{"error":{"message":"m","code":"503"}}"#, 503),
            (r#"{"error":{"message":"m","code":200}}"#, 502),
            (r#"{"error":{"message":"m","type":"server_error"}}"#, 502),
            (
                r#"{"error":{"message":"m"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#,
                502,
            ),
            (r#"{"choices":[{"index":0,"delta":{"content":"a"}}],"error":{"message":"m","code":503}}"#, 503),
            (r#"{"error":"m"}"#, 502),
            (r#"{"object":"error","message":"m","code":400}"#, 400),
            (r#"{"code":"1301","msg":"m"}"#, 400),
        ] {
            let reading = reading(&[head, &[data]].concat());
            let error = reading.error.unwrap_or_else(|| panic!("{data} after {head:?}"));
            assert_eq!((error.status, error.message.is_empty()), (status, false), "{data}");
        }
    }
}

#[test]
fn an_error_passes_as_it_came_or_is_put_into_the_dialect() {
    assert_eq!(reading(&[ROLE, BAD]).output, stream(&[ROLE, BAD]));
    let other = reading(&[HELLO, r#"{"code":"1301","msg":"unsafe"}"#]).output;
    insta::assert_snapshot!(other);
    let named = read(OPENAI, format!("event: error\ndata: {}\n\n", r#"{"message":"gone"}"#));
    assert_eq!(named.error.map(|error| error.message), Some("gone".into()));
}

#[test]
fn words_in_the_text_of_an_answer_are_no_error() {
    let sly = delta(
        r#"{"content":"{\"error\":{\"message\":\"x\"},\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\":1}} [DONE]"}"#,
    );
    let reading = reading(&[HELLO, &sly, &sly]);
    assert_eq!((reading.kinds.as_str(), reading.usage), ("ccc", Usage::default()));
    assert_eq!(reading.ending, Some(Ending::Truncated));
}

#[test]
fn what_is_no_chunk_breaks_the_stream() {
    for (data, says) in [
        ("<html><title>Bad Gateway</title></html>", "an HTML page titled \"Bad Gateway\""),
        ("Internal Server Error", "text: Internal Server Error"),
        ("{\"choices\":[", "JSON that cannot be read"),
        ("[1]", "JSON"),
    ] {
        let error = reading(&[data]).error.expect(data);
        assert_eq!(error.status, 502);
        assert!(error.message.contains(says), "{}", error.message);
    }
    assert_eq!(reading(&[ROLE, HELLO, "oops"]).kinds, "ocE");
}

#[test]
fn a_terminator_without_any_content_is_an_error() {
    for data in [&["[DONE]"][..], &[ROLE, "[DONE]"]] {
        let error = reading(data).error.expect("an error");
        assert_eq!(
            (error.status, error.message.as_str()),
            (502, "the upstream ended its stream without any content")
        );
    }
}

#[test]
fn usage_is_found_wherever_providers_put_it() {
    let expected = Usage { input: Some(7), output: Some(2), ..Usage::default() };
    let usage = r#""usage":{"prompt_tokens":7,"completion_tokens":2}"#;
    let with_stop = format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"stop"}}],{usage}}}"#);
    let in_choice = format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"stop",{usage}}}]}}"#);
    for last in [&with_stop, &in_choice] {
        assert_eq!(reading(&[HELLO, last, "[DONE]"]).usage, expected);
    }
    let rising = with_stop.replace(":2}", ":1}").replace("\"stop\"", "null");
    assert_eq!(reading(&[HELLO, &rising, &with_stop]).usage, expected, "the last one counts");
    let counted = Usage { input: Some(7), output: Some(1), ..Usage::default() };
    assert_eq!(reading(&[HELLO, &rising, HELLO]).usage, counted, "a cut stream keeps what was told");
}
