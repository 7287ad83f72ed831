//! What must hold for every translated stream and answer, whatever comes.

use std::path::Path;
use std::sync::Arc;

use adaptors::adaptor::{Adaptor, Answer, Ending, Kind, Output, StreamReader};
use adaptors::dialect::adaptor;
use adaptors::dialect::{ANTHROPIC, Dialect, OPENAI};
use adaptors::framing::sse::SSE;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::support::{Reading, frames, frames_in_chunks, read_with, text, with_call};

const STREAM: &str = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#;
const WHOLE: &str = r#"{"model":"m"}"#;
const PAIRS: [(Dialect, Dialect, &str); 2] =
    [(OPENAI, ANTHROPIC, "anthropic_streams"), (ANTHROPIC, OPENAI, "openai_streams")];

fn golden(directory: &str) -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(directory);
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "sse" || kind == "json"));
    files.into_iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

fn between(client: Dialect, upstream: Dialect) -> Arc<dyn Adaptor> {
    adaptor(client, upstream)
}

fn reader(client: Dialect, upstream: Dialect, request: &str) -> Box<dyn StreamReader> {
    with_call(client, request, |call| match call.envelope.stream {
        true => between(client, upstream).stream(call),
        false => between(client, upstream).gather(call),
    })
}

/// The client's bytes up to an error, and true for a whole answer.
fn told(mut reader: Box<dyn StreamReader>, frames: &[adaptors::framing::Frame]) -> (Vec<u8>, bool) {
    let mut told = Vec::new();
    for frame in frames {
        let step = reader.frame(frame);
        if matches!(step.kind, Kind::Error(_)) {
            return (told, false);
        }
        match step.output {
            Output::Pass => panic!("another dialect's bytes"),
            Output::Replace(bytes) => told.extend_from_slice(&bytes),
        }
        if step.kind == Kind::Terminal {
            return (told, true);
        }
    }
    match reader.end() {
        Ending::Complete(bytes) => {
            told.extend_from_slice(&bytes);
            (told, true)
        }
        _ => (told, false),
    }
}

fn says_success(client: Dialect, told: &[u8]) -> bool {
    let told = text(told);
    match client.name() {
        "openai" => told.contains("[DONE]") || told.contains("\"finish_reason\":\""),
        _ => told.contains("message_stop") || told.contains("message_delta"),
    }
}

#[test]
fn a_stream_cut_anywhere_is_never_a_success_unless_it_had_said_why_it_stops() {
    for (client, upstream, directory) in PAIRS {
        for stream in golden(directory) {
            let ends_line = |at: &usize| stream.as_bytes()[..*at].ends_with(b"\n");
            for at in (0..stream.len()).filter(|at| at % 7 == 0 || ends_line(at)) {
                let cut = frames(&stream.as_bytes()[..at]);
                let had_stopped = cut.iter().any(|frame| {
                    let data = frame.data();
                    let data = String::from_utf8_lossy(&data).replace(": ", ":");
                    serde_json::from_str::<Value>(&data).is_ok()
                        && (data.contains("\"finish_reason\":\"") || data.contains("\"stop_reason\":\""))
                });
                for request in [STREAM, WHOLE] {
                    let (told, whole) = told(reader(client, upstream, request), &cut);
                    assert!(!whole || had_stopped, "{at} of {stream}");
                    assert!(whole || !says_success(client, &told), "{at} of {stream}");
                    assert!(request == STREAM || whole != told.is_empty(), "{at} of {stream}");
                }
            }
        }
    }
}

/// An OpenAI stream and an Anthropic one, by their parts: content, the reason to stop, counts after it.
const PARTS: [(Dialect, [&str; 3]); 2] = [
    (
        OPENAI,
        [
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n",
        ],
    ),
    (
        ANTHROPIC,
        [
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":3}}}\n\n\
             event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"hi\"}}\n\n\
             event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":4}}\n\n",
        ],
    ),
];

/// In every pairing, told as a stream and as a whole.
#[test]
fn a_last_event_that_is_complete_needs_no_blank_line() {
    for (upstream, [content, stop, counts]) in PARTS {
        for (client, request) in [OPENAI, ANTHROPIC].into_iter().flat_map(|one| [(one, STREAM), (one, WHOLE)])
        {
            let tell = |input: String| read_with(reader(client, upstream, request), client, input);
            for body in [[content, stop].concat(), [content, stop, counts].concat()] {
                let whole = tell(body.clone());
                assert!(matches!(whole.ending, Some(Ending::Complete(_))), "{whole:?}");
                for cut in [1, 2] {
                    let ended = tell(body[..body.len() - cut].to_owned());
                    let (told, wanted) = (ended.output.replace("\n\n\n", "\n\n"), &whole.output);
                    assert_eq!((&told, ended.usage), (wanted, whole.usage), "{client:?} {upstream:?}");
                }
                let broken = tell(body[..body.len() - 3].to_owned());
                assert_eq!(broken.ending, Some(Ending::Truncated), "{client:?} {upstream:?}");
            }
            assert_eq!(tell(content.trim_end().to_owned()).ending, Some(Ending::Truncated));
        }
    }
}

#[test]
fn an_answer_is_finished_once_it_has_said_why_it_stops() {
    for (upstream, [content, stop, counts]) in PARTS {
        for (client, request) in [OPENAI, ANTHROPIC].into_iter().flat_map(|one| [(one, STREAM), (one, WHOLE)])
        {
            let mut reader = reader(client, upstream, request);
            let mut after = |part: &str| {
                frames(part.as_bytes()).iter().for_each(|frame| drop(reader.frame(frame)));
                reader.is_finished()
            };
            assert_eq!(
                [after(content), after(stop), after(counts)],
                [false, true, true],
                "{client:?} {upstream:?}"
            );
        }
    }
}

/// A stream of these deltas, with a reason to stop.
fn deltas(deltas: &[Value], finish: &str) -> String {
    let chunk = |delta: &Value, finish: Option<&str>| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        format!("data: {}\n\n", json!({"id": "c", "choices": [choice]}))
    };
    let mut stream: String = deltas.iter().map(|delta| chunk(delta, None)).collect();
    stream += &chunk(&json!({}), Some(finish));
    stream + "data: [DONE]\n\n"
}

fn call(id: Option<&str>, index: Option<u64>, name: Option<&str>, arguments: Option<&str>) -> Value {
    json!({"tool_calls": [{"id": id, "index": index, "function": {"name": name, "arguments": arguments}}]})
}

/// The calls of a message.
fn called(request: &str, stream: &str) -> (Reading, Vec<(String, Value)>) {
    let reading = read_with(reader(ANTHROPIC, OPENAI, request), ANTHROPIC, stream);
    let gathered = with_call(ANTHROPIC, WHOLE, |call| ANTHROPIC.same().gather(call));
    let whole = if request == WHOLE {
        reading.output.clone()
    } else {
        read_with(gathered, ANTHROPIC, &reading.output).output
    };
    let message: Value = serde_json::from_str(&whole).unwrap_or_default();
    let blocks = message["content"].as_array().cloned().unwrap_or_default();
    let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
    let calls =
        calls.map(|block| (block["name"].as_str().unwrap_or_default().to_owned(), block["input"].clone()));
    (reading, calls.collect())
}

#[test]
fn a_call_waits_for_its_name() {
    let (one, two) = (Some("one"), Some("two"));
    let late = |index| {
        [
            vec![
                call(one, index, None, None),
                call(None, index, Some("f"), Some("")),
                call(None, index, None, Some(r#"{"a":1}"#)),
            ],
            vec![call(one, index, Some(""), Some("")), call(Some(""), index, Some("f"), Some(r#"{"a":1}"#))],
            vec![call(one, index, None, Some(r#"{"a""#)), call(None, index, Some("f"), Some(":1}"))],
            vec![call(None, index, None, Some(r#"{"a":1}"#)), call(one, index, Some("f"), None)],
            vec![
                json!({"tool_calls": [{"index": index, "id": "one"}]}),
                call(None, index, Some("f"), Some(r#"{"a":1}"#)),
            ],
        ]
    };
    let f = [("f".to_owned(), json!({"a": 1}))];
    for pieces in late(Some(0)).into_iter().chain(late(None)) {
        for request in [STREAM, WHOLE] {
            let (reading, calls) = called(request, &deltas(&pieces, "tool_calls"));
            assert_eq!(calls, f, "{pieces:?}: {reading:?}");
            assert!(reading.kinds.starts_with('o'), "nothing is promised before the name: {}", reading.kinds);
            let text = [&[json!({"content": "see"})], &pieces[..]].concat();
            assert_eq!(called(request, &deltas(&text, "tool_calls")).1, f, "{text:?}");
        }
    }
    // A later one may have its name first, and one without arguments may be whole before it.
    let pieces = [
        call(one, Some(0), None, Some("{}")),
        call(two, Some(1), Some("g"), Some(r#"{"b":2}"#)),
        call(None, Some(0), Some("f"), None),
    ];
    let (_, calls) = called(STREAM, &deltas(&pieces, "tool_calls"));
    assert_eq!(calls, [("g".to_owned(), json!({"b": 2})), ("f".to_owned(), json!({}))]);
    // One that never comes is the error; before anything else was said, it is one with a status.
    for (pieces, kinds) in [(&pieces[..1], "ooE"), (&pieces[..2], "occE")] {
        let (reading, _) = called(STREAM, &deltas(pieces, "tool_calls"));
        assert!(reading.error.is_some_and(|error| error.message.contains("without a name")));
        assert!(reading.kinds == kinds || pieces.len() == 1, "{}", reading.kinds);
    }
    let flood = vec![call(one, Some(0), None, Some(&"x".repeat(1 << 19))); 9];
    assert!(
        called(STREAM, &deltas(&flood, "stop"))
            .0
            .error
            .is_some_and(|error| error.message.contains("too late"))
    );
}

#[test]
fn a_message_begins_with_the_counts_that_are_known_by_then() {
    let usage =
        json!({"prompt_tokens": 11, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}});
    let chunk = |delta: Value, usage: Option<&Value>, of_choice: bool| {
        let mut chunk = json!({"id": "c", "choices": [{"index": 0, "delta": delta}]});
        let holder = if of_choice { &mut chunk["choices"][0] } else { &mut chunk };
        holder["usage"] = json!(usage);
        format!("data: {chunk}\n\n")
    };
    let (role, word) = (json!({"role": "assistant", "content": ""}), json!({"content": "a"}));
    let starts = [
        chunk(word.clone(), Some(&usage), false),
        chunk(word.clone(), Some(&usage), true),
        chunk(role.clone(), Some(&usage), false) + &chunk(word.clone(), None, false),
        chunk(role, None, false) + &chunk(word, Some(&usage), false),
    ];
    for begins in starts {
        let stream = begins + &deltas(&[], "stop");
        let told = read_with(reader(ANTHROPIC, OPENAI, STREAM), ANTHROPIC, &stream).output;
        assert!(
            told.starts_with("event: message_start\n")
                && told.contains("\"input_tokens\":7,\"cache_read_input_tokens\":4,\"output_tokens\":1}}}"),
            "{told}"
        );
    }
    // Of a whole answer the prompt's cost is known before its first word is told.
    let (_, whole) = wholes().into_iter().find(|(dialect, _)| *dialect == OPENAI).unwrap();
    let told = with_call(ANTHROPIC, STREAM, |call| {
        between(ANTHROPIC, OPENAI).answer(call, whole.to_string().into())
    });
    let Answer::Deliver { body, .. } = told else { panic!("{told:?}") };
    assert!(
        text(&body)
            .lines()
            .nth(1)
            .unwrap()
            .contains("\"input_tokens\":7,\"cache_read_input_tokens\":2,\"output_tokens\":0}}}"),
        "{body:?}"
    );
}

fn wholes() -> Vec<(Dialect, Value)> {
    let call = |name: &str, arguments: &str| json!({"id": format!("call_{name}"), "type": "function", "function": {"name": name, "arguments": arguments}});
    let chat = |message: Value, finish: &str| {
        json!({"id": "c", "object": "chat.completion", "created": 1, "model": "u",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "prompt_tokens_details": {"cached_tokens": 2}}})
    };
    let message = |content: Value, stop: &str| {
        json!({"id": "m", "type": "message", "role": "assistant", "model": "u", "content": content,
        "stop_reason": stop, "stop_sequence": null,
        "usage": {"input_tokens": 7, "output_tokens": 4, "cache_read_input_tokens": 2, "cache_creation_input_tokens": 0}})
    };
    vec![
        (OPENAI, chat(json!({"role": "assistant", "content": "hello"}), "stop")),
        (
            OPENAI,
            chat(
                json!({"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [call("f", "{\"a\":1}"), call("g", "")]}),
                "tool_calls",
            ),
        ),
        (OPENAI, chat(json!({"role": "assistant", "content": null, "refusal": "no"}), "stop")),
        (OPENAI, chat(json!({"role": "assistant", "content": "cut"}), "length")),
        (
            ANTHROPIC,
            message(json!([{"type": "text", "text": "hello"}, {"type": "text", "text": " you"}]), "end_turn"),
        ),
        (
            ANTHROPIC,
            message(
                json!([{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "a"},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}, {"type": "tool_use", "id": "toolu_2", "name": "g", "input": {}}]),
                "tool_use",
            ),
        ),
        (ANTHROPIC, message(json!([]), "refusal")),
    ]
}

fn other(dialect: Dialect) -> Dialect {
    if dialect == OPENAI { ANTHROPIC } else { OPENAI }
}

#[test]
fn whole_answers_become_whole_answers_and_streams_that_say_the_same() {
    let mut all = String::new();
    for (upstream, whole) in wholes() {
        let client = other(upstream);
        let deliver = |request: &str| {
            let body = whole.to_string().into();
            match with_call(client, request, |call| between(client, upstream).answer(call, body)) {
                Answer::Deliver { body, content_type, usage } => (body, content_type, usage),
                Answer::Error(error) => panic!("{error:?}"),
            }
        };
        let (body, content_type, usage) = deliver(WHOLE);
        assert_eq!((content_type, usage.input, usage.output), ("application/json", Some(9), Some(4)));
        let (stream, content_type, _) = deliver(STREAM);
        assert_eq!(content_type, "text/event-stream");
        let answer: Value = serde_json::from_slice(&body).unwrap();
        let gathered = with_call(client, WHOLE, |call| between(client, client).gather(call));
        assert_eq!(
            serde_json::from_str::<Value>(&read_with(gathered, client, &stream).output).unwrap(),
            answer
        );
        all += &format!("{whole}\n{answer:#}\n\n");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_waits_for_an_earlier_call_is_bounded() {
    let chunk = |delta: Value| format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta}]}));
    let call = |index: usize, arguments: &str| {
        chunk(
            json!({"tool_calls": [{"index": index, "id": format!("call_{index}"), "function": {"name": "f", "arguments": arguments}}]}),
        )
    };
    let text = chunk(json!({"content": "a"})) + &chunk(json!({"reasoning_content": "b"}));
    for flood in [
        call(1, "{") + &call(1, &"x".repeat(60_000)).repeat(80),
        text.repeat(2000),
        (1..2000).map(|index| call(index, "")).collect(),
    ] {
        let (_, whole) = told(reader(ANTHROPIC, OPENAI, STREAM), &frames((call(0, "{") + &flood).as_bytes()));
        assert!(!whole);
        let reading = read_with(reader(ANTHROPIC, OPENAI, STREAM), ANTHROPIC, call(0, "{") + &flood);
        let said = reading.error.expect("an error and no growth").message;
        assert!(said.contains("more than can wait") || said.contains("more than 1024 tools"), "{said}");
    }
}

#[test]
fn an_answer_that_is_none_is_an_error_in_the_clients_words() {
    for (client, upstream, body, status) in [
        (OPENAI, ANTHROPIC, r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#, 529),
        (ANTHROPIC, OPENAI, r#"{"error":{"message":"busy","type":"server_error","code":503}}"#, 503),
        (OPENAI, ANTHROPIC, "<html>", 502),
        (ANTHROPIC, OPENAI, r#"{"choices":7}"#, 502),
        (ANTHROPIC, OPENAI, r#"{"choices":[]}"#, 502),
        (ANTHROPIC, OPENAI, r#"{"choices":[{"message":{"content":"a"},"finish_reason":null}]}"#, 502),
        (
            ANTHROPIC,
            OPENAI,
            r#"{"choices":[{"message":{"content":"a"},"finish_reason":"something_new"}]}"#,
            502,
        ),
        (
            ANTHROPIC,
            OPENAI,
            r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop","error":{"code":503,"message":"gone"}}]}"#,
            503,
        ),
        (OPENAI, ANTHROPIC, r#"{"content":[{"type":"text","text":"a"}],"stop_reason":null}"#, 502),
        (ANTHROPIC, OPENAI, r#"{"choices":[{"message":{"content":{"a":1}},"finish_reason":"stop"}]}"#, 502),
    ] {
        for request in [WHOLE, STREAM] {
            let bytes = body.as_bytes().to_vec().into();
            match with_call(client, request, |call| between(client, upstream).answer(call, bytes)) {
                Answer::Error(error) => assert_eq!((error.status, error.body), (status, None), "{body}"),
                Answer::Deliver { body, .. } => panic!("{}", text(&body)),
            }
        }
    }
}

/// Anthropic's SDKs count on it: blocks follow one another, deltas fall into the open one, each event has its name.
fn is_well_formed(stream: &[u8]) {
    let (mut open, mut next, mut ends) = (None, 0, 0);
    for frame in frames(stream).iter().filter(|frame| !frame.is_empty()) {
        let event: Value = serde_json::from_slice(&frame.data()).unwrap();
        assert_eq!(frame.event(), event["type"].as_str().map(str::as_bytes));
        assert_eq!(ends, 0, "something after message_stop");
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                assert_eq!((open, event["index"].as_u64()), (None, Some(next)));
                (open, next) = (Some(next), next + 1);
            }
            "content_block_delta" => assert_eq!(event["index"].as_u64(), open),
            "content_block_stop" => assert_eq!(event["index"].as_u64(), open.take()),
            "message_delta" => assert!(open.is_none() && event["delta"]["stop_reason"].is_string()),
            "message_stop" => ends += 1,
            _ => {}
        }
    }
    assert_eq!(ends, 1);
}

/// Changes one place of a JSON value: removes it, or puts something else there.
fn mutate(value: &mut Value, place: Index, with: Index) {
    fn count(value: &Value) -> usize {
        1 + match value {
            Value::Object(fields) => fields.values().map(count).sum(),
            Value::Array(items) => items.iter().map(count).sum(),
            _ => 0,
        }
    }
    fn change(value: &mut Value, at: &mut usize, with: &Value) {
        if *at == 0 {
            *value = with.clone();
        }
        *at = at.wrapping_sub(1);
        match value {
            _ if *at > usize::MAX / 2 => {}
            Value::Object(fields) => fields.values_mut().for_each(|value| change(value, at, with)),
            Value::Array(items) => items.iter_mut().for_each(|value| change(value, at, with)),
            _ => {}
        }
    }
    let others = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5),
        json!(u64::MAX),
        json!(""),
        json!("x"),
        json!("{}"),
        json!([]),
        json!([null]),
        json!([[]]),
        json!({}),
        json!({"type": "x"}),
        json!({"index": 5}),
        json!(["text", 1]),
    ];
    let mut at = place.index(count(value));
    change(value, &mut at, with.get(&others));
}

fn mutated(stream: &str, mutations: &[(Index, Index, Index)]) -> String {
    let mut blocks: Vec<String> = stream.split_inclusive("\n\n").map(str::to_owned).collect();
    for (block, place, with) in mutations {
        let block = &mut blocks[block.index(stream.split_inclusive("\n\n").count())];
        let Some((head, data)) = block.split_once("data: ") else { continue };
        let Ok(mut value) = serde_json::from_str::<Value>(data) else { continue };
        mutate(&mut value, *place, *with);
        *block = format!("{head}data: {value}\n\n");
    }
    blocks.concat()
}

proptest! {
    #[test]
    fn any_chunking_tells_the_same(pair in 0..2usize, which in any::<Index>(), cuts in prop::collection::vec(any::<Index>(), 0..20)) {
        let (client, upstream, directory) = PAIRS[pair];
        let stream = which.get::<String>(&golden(directory)).clone();
        for request in [STREAM, WHOLE] {
            let at_once = told(reader(client, upstream, request), &frames(stream.as_bytes()));
            let in_pieces = told(reader(client, upstream, request), &frames_in_chunks(&SSE, stream.as_bytes(), &cuts));
            prop_assert_eq!(at_once, in_pieces);
        }
    }

    #[test]
    fn whatever_is_wrong_in_a_stream_it_ends_in_sense_or_in_an_error(
        pair in 0..2usize, which in any::<Index>(),
        mutations in prop::collection::vec((any::<Index>(), any::<Index>(), any::<Index>()), 1..4),
    ) {
        let (client, upstream, directory) = PAIRS[pair];
        let stream = mutated(which.get::<String>(&golden(directory)), &mutations);
        let (streamed, whole) = told(reader(client, upstream, STREAM), &frames(stream.as_bytes()));
        prop_assert!(whole || !says_success(client, &streamed), "{stream}");
        if whole {
            let gathered = with_call(client, WHOLE, |call| between(client, client).gather(call));
            let gathered = read_with(gathered, client, &streamed);
            prop_assert!(gathered.error.is_none_or(|error| error.message.contains("input cannot be read")), "{stream}");
            if client == ANTHROPIC {
                is_well_formed(&streamed);
            }
        }
        let (answer, whole) = told(reader(client, upstream, WHOLE), &frames(stream.as_bytes()));
        prop_assert!(!whole || serde_json::from_slice::<Value>(&answer).is_ok(), "{stream}");
    }

    #[test]
    fn whatever_is_wrong_in_an_answer_it_is_read_or_refused(which in any::<Index>(), stream in any::<bool>(), place in any::<Index>(), with in any::<Index>()) {
        let (upstream, mut whole) = which.get(&wholes()).clone();
        let client = other(upstream);
        mutate(&mut whole, place, with);
        let request = if stream { STREAM } else { WHOLE };
        let _ = with_call(client, request, |call| between(client, upstream).answer(call, whole.to_string().into()));
        let _ = between(client, upstream).error(500, &whole.to_string().into(), true);
    }

    #[test]
    fn whatever_is_wrong_in_a_request_it_becomes_json_or_a_refusal_that_names_it(
        pair in 0..2usize, which in any::<Index>(), place in any::<Index>(), with in any::<Index>(),
    ) {
        let (client, upstream, directory) = [(OPENAI, ANTHROPIC, "openai_requests"), (ANTHROPIC, OPENAI, "anthropic_requests")][pair];
        let mut request: Value = serde_json::from_str(which.get::<String>(&golden(directory))).unwrap();
        mutate(&mut request, place, with);
        if !request.is_object() || !request["model"].is_string() || request["model"] == "" || request["stream"].as_bool().is_none() && !request["stream"].is_null() {
            return Ok(());
        }
        match with_call(client, &request.to_string(), |call| between(client, upstream).request(call)) {
            Ok(upload) => prop_assert!(serde_json::from_slice::<Value>(&upload.body).unwrap().is_object()),
            Err(refused) => prop_assert!(refused.param.is_some() && refused.message.contains(&refused.param.unwrap())),
        }
    }
}
