use adaptors::adaptor::{Ending, Usage};
use adaptors::dialect::ANTHROPIC;

use crate::support::{Reading, read, transcript};

const START: &str = r#"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":5,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":1}}}"#;
const BLOCK: &str = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
const PING: &str = r#"{"type":"ping"}"#;
const DELTA: &str = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hel"}}"#;
const BLOCK_STOP: &str = r#"{"type":"content_block_stop","index":0}"#;
const END: &str = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":12}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;
const WHOLE: [&str; 7] = [START, BLOCK, DELTA, DELTA, BLOCK_STOP, END, STOP];

fn name(data: &str) -> &str {
    data.split('"').nth(3).unwrap_or_default()
}

fn stream(data: &[&str]) -> String {
    data.iter().map(|data| format!("event: {}\ndata: {data}\n\n", name(data))).collect()
}

fn reading(data: &[&str]) -> Reading {
    read(ANTHROPIC, stream(data))
}

#[test]
fn a_whole_stream_passes_byte_for_byte() {
    let input = stream(&[START, PING, BLOCK, DELTA, PING, DELTA, BLOCK_STOP, END, STOP]);
    let reading = read(ANTHROPIC, &input);
    assert_eq!(reading.output, input);
    assert_eq!(
        reading.usage,
        Usage {
            input: Some(115),
            cached: Some(100),
            written: Some(10),
            output: Some(12),
            ..Usage::default()
        },
        "cached input counts as input"
    );
    insta::assert_snapshot!(transcript(&reading));
}

#[test]
fn an_event_without_its_name_gets_it() {
    let bare: String = WHOLE.iter().map(|data| format!("data: {data}\n\n")).collect();
    let reading = read(ANTHROPIC, bare);
    assert_eq!((reading.kinds.as_str(), reading.output), ("ooccccT", stream(&WHOLE)));
    let empty = format!("event:\ndata: {DELTA}\n\n");
    assert_eq!(read(ANTHROPIC, empty).output, stream(&[DELTA]));
    let multi = DELTA.replace(',', ",\ndata: ");
    let output = read(ANTHROPIC, format!("data: {multi}\r\n\r\n")).output;
    assert_eq!(output, format!("event: content_block_delta\ndata: {multi}\n\n"));
}

#[test]
fn the_name_stands_in_for_an_absent_type() {
    let input =
        "event: content_block_delta\ndata: {\"index\":0,\"delta\":{}}\n\nevent: message_stop\ndata: {}\n\n";
    let reading = read(ANTHROPIC, input);
    assert_eq!((reading.kinds.as_str(), reading.output.as_str()), ("cT", input));
}

#[test]
fn what_opens_and_what_is_content() {
    let block =
        |block: &str| format!(r#"{{"type":"content_block_start","index":0,"content_block":{block}}}"#);
    for (block_data, kind) in [
        (r#"{"type":"text","text":""}"#, "o"),
        (r#"{"type":"thinking","thinking":"","signature":""}"#, "o"),
        (r#"{"type":"text","text":"a"}"#, "c"),
        (r#"{"type":"tool_use","id":"t","name":"f","input":{}}"#, "c"),
        (r#"{"type":"redacted_thinking","data":"x"}"#, "c"),
    ] {
        assert_eq!(reading(&[&block(block_data)]).kinds, kind, "{block_data}");
    }
    assert_eq!(reading(&[BLOCK, BLOCK_STOP]).kinds, "oc");
    assert_eq!(reading(&[START, END, STOP]).kinds, "ocT", "an empty answer is an answer");
    assert_eq!(reading(&[START, r#"{"type":"new_event"}"#, DELTA, r#"{"type":"new_event"}"#]).kinds, "oocc");
}

#[test]
fn an_end_without_a_terminator_is_judged_by_the_stop_reason() {
    assert_eq!(reading(&WHOLE[..6]).output, stream(&WHOLE), "only the last event lacked");
    assert_eq!(reading(&WHOLE[..5]).ending, Some(Ending::Truncated));
    assert_eq!(reading(&WHOLE[..2]).ending, Some(Ending::Empty));
    let begun = stream(&WHOLE[..5]);
    let cut = |rest: &str| read(ANTHROPIC, format!("{begun}{rest}"));
    assert_eq!(cut(&format!("event: message_delta\ndata: {}", &END[..40])).ending, Some(Ending::Truncated));
    assert_eq!(cut("event: message_delta\n").ending, Some(Ending::Truncated));
    let cut_after_stop = cut(&format!("{}event: message_stop\ndata: {{\"ty", stream(&[END])));
    assert_eq!(cut_after_stop.ending, Some(Ending::Truncated), "not a clean end");
    assert_eq!(cut(&format!("event: message_delta\ndata: {END}")).output, stream(&WHOLE));
    assert_eq!(cut(&format!("event: message_delta\ndata: {END}\n\n: bye")).output, stream(&WHOLE));
    assert_eq!(cut(&format!("{}data: {STOP}", stream(&[END]))).output, stream(&WHOLE));
}

#[test]
fn errors_get_their_status_and_pass_as_they_came() {
    for (kind, status) in [
        ("invalid_request_error", 400),
        ("not_found_error", 404),
        ("request_too_large", 413),
        ("rate_limit_error", 429),
        ("api_error", 500),
        ("timeout_error", 504),
        ("overloaded_error", 529),
        ("something_new", 502),
    ] {
        let data = format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"m"}}}}"#);
        for head in [&[][..], &WHOLE[..4]] {
            let reading = reading(&[head, &[&data]].concat());
            assert_eq!(reading.error.as_ref().map(|error| error.status), Some(status), "{kind}");
            assert_eq!(reading.output, stream(&[head, &[&data]].concat()));
        }
    }
}

#[test]
fn a_refused_key_is_hidden_and_a_strange_error_is_put_into_the_dialect() {
    let refused = r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key sk-ant-123"}}"#;
    let reading = reading(&[START, refused]);
    assert!(!reading.output.contains("sk-ant"), "{}", reading.output);
    assert_eq!(reading.error.map(|error| error.status), Some(502));
    let strange = read(ANTHROPIC, "data: {\"error\":{\"message\":\"boom\",\"code\":503}}\n\n");
    assert_eq!(
        strange.output,
        "event: error\ndata: {\"error\":{\"message\":\"boom\",\"type\":\"overloaded_error\"},\"type\":\"error\"}\n\n"
    );
}

#[test]
fn later_counts_replace_earlier_ones_each_for_itself() {
    let end = END.replace("{\"output_tokens\":12}", "{\"input_tokens\":20,\"output_tokens\":12}");
    let told = reading(&[&WHOLE[..5], &[&end, STOP]].concat()).usage;
    let before = reading(&WHOLE).usage.input.expect("a count");
    let beside =
        serde_json::from_str::<serde_json::Value>(START).unwrap()["message"]["usage"]["input_tokens"]
            .as_u64();
    assert_eq!(told.input, beside.map(|beside| before - beside + 20), "what was cached stays counted");
}

#[test]
fn openais_terminator_never_reaches_the_client() {
    let reading = read(ANTHROPIC, format!("{}data: [DONE]\n\n", stream(&WHOLE[..6])));
    assert_eq!(reading.output, stream(&WHOLE));
}

#[test]
fn a_stream_without_content_or_sense_is_an_error() {
    let status = |reading: Reading| reading.error.map(|error| error.status);
    assert_eq!(status(reading(&[STOP])), Some(502));
    assert_eq!(status(reading(&[START, STOP])), Some(502));
    assert_eq!(status(read(ANTHROPIC, "data: <html>\n\n")), Some(502));
    assert_eq!(status(read(ANTHROPIC, "event: content_block_delta\ndata: {\"a\"\n\n")), Some(502));
}
