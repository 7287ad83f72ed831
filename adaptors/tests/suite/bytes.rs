//! What a model says of a call stays what it is: the order of keys, the digits of numbers, the halves of characters; in whole
//! answers as in streams, and in histories on their way back.

use adaptors::adaptor::Answer;
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use serde_json::Value;

use crate::support::{answer, read_with, same, text, with_call};

const ALL: [Dialect; 4] = [OPENAI, RESPONSES, ANTHROPIC, GEMINI];
const ARGUMENTS: &str = r#"{"zeta":1.0,"alpha":9007199254740993,"n":12345678901234567890123,"e":1e400,"d":0.1000000000000000055,"in":{"y":[{"k":1,"a":2}],"b":-0}}"#;

fn pairs() -> impl Iterator<Item = (Dialect, Dialect)> {
    ALL.into_iter().flat_map(|client| ALL.map(|upstream| (client, upstream)))
}

fn quoted(json: &str) -> String {
    Value::from(json).to_string()
}

fn asked(client: Dialect, stream: bool) -> String {
    let more = match client.name() {
        "responses" => r#""input":"x""#,
        "gemini" => r#""contents":[{"parts":[{"text":"x"}]}]"#,
        _ => r#""max_tokens":9,"messages":[{"role":"user","content":"x"}]"#,
    };
    format!(r#"{{"model":"m","stream":{stream},{more}}}"#)
}

/// A whole answer that says a text (JSON) and calls `f`.
fn whole(upstream: Dialect, said: &str, arguments: &str) -> String {
    let string = quoted(arguments);
    match upstream.name() {
        "openai" => format!(
            r#"{{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":{said},"tool_calls":[{{"id":"call_1","type":"function","function":{{"name":"f","arguments":{string}}}}}]}},"finish_reason":"tool_calls"}}]}}"#
        ),
        "responses" => format!(
            r#"{{"id":"r","object":"response","status":"completed","model":"m","output":[{{"type":"message","id":"m","status":"completed","role":"assistant","content":[{{"type":"output_text","text":{said},"annotations":[]}}]}},{{"type":"function_call","id":"fc","call_id":"call_1","status":"completed","name":"f","arguments":{string}}}]}}"#
        ),
        "anthropic" => format!(
            r#"{{"id":"m","type":"message","role":"assistant","model":"m","content":[{{"type":"text","text":{said}}},{{"type":"tool_use","id":"call_1","name":"f","input":{arguments}}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{{"input_tokens":1,"output_tokens":1}}}}"#
        ),
        _ => format!(
            r#"{{"candidates":[{{"content":{{"role":"model","parts":[{{"text":{said}}},{{"functionCall":{{"id":"call_1","name":"f","args":{arguments}}}}}]}},"finishReason":"STOP","index":0}}],"modelVersion":"m"}}"#
        ),
    }
}

/// The same as the upstream would stream it.
fn streamed(upstream: Dialect, whole: &str) -> String {
    match answer(same(upstream), upstream, whole.to_owned(), true) {
        Answer::Deliver { body, .. } => text(&body).to_owned(),
        Answer::Error(error) => panic!("{upstream:?}: {error:?}"),
    }
}

/// What a client gets of a whole answer: whole, told as a stream, and put together of a stream.
fn told(client: Dialect, upstream: Dialect, whole: &str) -> [String; 3] {
    let answered = |stream| {
        with_call(client, &asked(client, stream), |call| {
            match adaptor(client, upstream).answer(call, whole.to_owned().into()) {
                Answer::Deliver { body, .. } => text(&body).to_owned(),
                Answer::Error(error) => panic!("{client:?} {upstream:?}: {error:?}"),
            }
        })
    };
    [answered(false), answered(true), gathered(client, upstream, &streamed(upstream, whole))]
}

fn gathered(client: Dialect, upstream: Dialect, stream: &str) -> String {
    let reader = with_call(client, &asked(client, false), |call| adaptor(client, upstream).gather(call));
    let reading = read_with(reader, upstream, stream);
    assert_eq!(reading.error, None, "{client:?} {upstream:?}");
    reading.output
}

fn passed(client: Dialect, upstream: Dialect, stream: &str) -> String {
    let reader = with_call(client, &asked(client, true), |call| adaptor(client, upstream).stream(call));
    let reading = read_with(reader, upstream, stream);
    assert_eq!(reading.error, None, "{client:?} {upstream:?}");
    reading.output
}

#[test]
fn arguments_keep_their_order_and_digits_in_whole_answers_as_in_streams() {
    for (client, upstream) in pairs() {
        let body = whole(upstream, "\"hi\"", ARGUMENTS);
        // As it comes, and with line ends between its tokens, which would end a line of a stream.
        for body in
            [body.clone(), body.replace("{\"type\"", "{\r\n \"type\"").replace("{\"id\"", "{\n\t\"id\"")]
        {
            for (at, told) in told(client, upstream, &body).iter().enumerate() {
                let is_text =
                    matches!(client.name(), "openai" | "responses") || client == ANTHROPIC && at == 1;
                let wanted = if is_text { quoted(ARGUMENTS) } else { ARGUMENTS.to_owned() };
                assert!(told.contains(&wanted), "{client:?} {upstream:?} {at}: {told}");
            }
        }
    }
}

#[test]
fn half_a_character_is_replaced_once_and_is_no_failure() {
    for (client, upstream) in pairs().filter(|(client, upstream)| client != upstream) {
        let body = whole(upstream, r#""a\ud83d.""#, r#"{"a":"\ud83d"}"#);
        for told in told(client, upstream, &body) {
            assert!(told.contains("a\u{fffd}."), "{client:?} {upstream:?}: {told}");
            // In a text that the client reads itself it stands as the model said it.
            let parts = told.replace(r#"\\ud83d"#, "");
            assert!(!parts.contains("\\ud83d"), "{client:?} {upstream:?}: {told}");
        }
    }
    for upstream in ALL {
        let body = whole(upstream, r#""a\ud83d.""#, "{}");
        assert!(gathered(upstream, upstream, &streamed(upstream, &body)).contains("a\\ufffd."));
    }
}

/// A stream in which an upstream cut a text, a thinking and arguments in the middle of a character.
fn cut(upstream: Dialect) -> String {
    let chat = |delta: &str, finish: &str| {
        format!(
            r#"{{"id":"c","model":"m","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}"#
        )
    };
    let call = |arguments: &str| {
        format!(
            r#"{{"tool_calls":[{{"index":0,"id":"c","function":{{"name":"f","arguments":"{arguments}"}}}}]}}"#
        )
    };
    let said = |kind: &str, delta: &str| {
        format!(r#"{{"type":"response.{kind}.delta","output_index":0,"delta":"{delta}"}}"#)
    };
    let block = |kind: &str, key: &str, piece: &str| {
        format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"{kind}","{key}":"{piece}"}}}}"#)
    };
    let part =
        |part: &str, more: &str| format!(r#"{{"candidates":[{{"content":{{"parts":[{part}]}}{more}}}]}}"#);
    let events = match upstream.name() {
        "openai" => vec![
            chat(r#"{"reasoning_content":"\ud83d"}"#, "null"),
            chat(r#"{"reasoning_content":"\ude01"}"#, "null"),
            chat(r#"{"content":"\ud83d"}"#, "null"),
            chat(r#"{"content":"\ude00"}"#, "null"),
            chat(&call(r#"{\"a\":\"\ud83d"#), "null"),
            chat(&call(r#"\ude02\"}"#), "\"tool_calls\""),
        ],
        "responses" => vec![
            said("reasoning_summary_text", r"\ud83d"),
            said("reasoning_summary_text", r"\ude01"),
            said("output_text", r"\ud83d"),
            said("output_text", r"\ude00"),
            r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"c","name":"f"}}"#.into(),
            said("function_call_arguments", r#"{\"a\":\"\ud83d"#).replace(":0", ":1"),
            said("function_call_arguments", r#"\ude02\"}"#).replace(":0", ":1"),
            r#"{"type":"response.completed","response":{"id":"r","status":"completed"}}"#.into(),
        ],
        "anthropic" => vec![
            r#"{"type":"message_start","message":{"id":"m"}}"#.into(),
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#.into(),
            block("thinking_delta", "thinking", r"\ud83d"),
            block("thinking_delta", "thinking", r"\ude01"),
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#.into(),
            block("text_delta", "text", r"\ud83d"),
            r#"{"type":"ping"}"#.into(),
            block("text_delta", "text", r"\ude00"),
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c","name":"f","input":{}}}"#.into(),
            block("input_json_delta", "partial_json", r#"{\"a\":\"\ud83d"#),
            block("input_json_delta", "partial_json", r#"\ude02\"}"#),
            r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#.into(),
            r#"{"type":"message_stop"}"#.into(),
        ],
        _ => vec![
            part(r#"{"text":"\ud83d","thought":true}"#, ""),
            part(r#"{"text":"\ude01","thought":true}"#, ""),
            part(r#"{"text":"\ud83d"}"#, ""),
            part(r#"{"text":"\ude00"}"#, ""),
            part(r#"{"functionCall":{"name":"f","args":{"a":"😂"}}}"#, r#","finishReason":"STOP""#),
        ],
    };
    let named = |event: &String| {
        let name = serde_json::from_str::<Value>(&event.replace("\\ud", "ud")).unwrap()["type"]
            .as_str()
            .map(str::to_owned);
        name.map_or_else(String::new, |name| format!("event: {name}\n")) + &format!("data: {event}\n\n")
    };
    let done = if upstream == OPENAI { "data: [DONE]\n\n" } else { "" };
    events.iter().map(named).collect::<String>() + done
}

#[test]
fn halves_that_follow_one_another_are_one_character() {
    // What a responses upstream says in its last event is all that counts for its own clients.
    for (client, upstream) in pairs().filter(|pair| *pair != (RESPONSES, RESPONSES)) {
        let whole: Value = serde_json::from_str(&gathered(client, upstream, &cut(upstream))).unwrap();
        let mut all = vec![whole.to_string()];
        if client != upstream {
            all.push(passed(client, upstream, &cut(upstream)));
        }
        for told in all {
            for wanted in ["\u{1f600}", "\u{1f601}", "\u{1f602}"] {
                assert!(told.contains(wanted), "{client:?} {upstream:?}: {told}");
            }
            assert!(!told.contains('\u{fffd}'), "{client:?} {upstream:?}: {told}");
        }
    }
}

/// A history with a call of these arguments (JSON), and a tool with this schema.
fn history(client: Dialect, said: &str, arguments: &str, schema: &str) -> String {
    let string = quoted(arguments);
    match client.name() {
        "openai" => format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":{said}}},{{"role":"assistant","tool_calls":[{{"id":"c","type":"function","function":{{"name":"f","arguments":{string}}}}}]}},{{"role":"tool","tool_call_id":"c","content":"r"}}],"tools":[{{"type":"function","function":{{"name":"f","parameters":{schema}}}}}]}}"#
        ),
        "responses" => format!(
            r#"{{"model":"m","input":[{{"role":"user","content":{said}}},{{"type":"function_call","call_id":"c","name":"f","arguments":{string}}},{{"type":"function_call_output","call_id":"c","output":"r"}}],"tools":[{{"type":"function","name":"f","parameters":{schema}}}]}}"#
        ),
        "anthropic" => format!(
            r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":{said}}},{{"role":"assistant","content":[{{"type":"tool_use","id":"c","name":"f","input":{arguments}}}]}},{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"c","content":"r"}}]}}],"tools":[{{"name":"f","input_schema":{schema}}}]}}"#
        ),
        _ => format!(
            r#"{{"model":"m","contents":[{{"role":"user","parts":[{{"text":{said}}}]}},{{"role":"model","parts":[{{"functionCall":{{"id":"c","name":"f","args":{arguments}}}}}]}},{{"role":"user","parts":[{{"functionResponse":{{"id":"c","name":"f","response":{{"output":"r"}}}}}}]}}],"tools":[{{"functionDeclarations":[{{"name":"f","parametersJsonSchema":{schema}}}]}}]}}"#
        ),
    }
}

#[test]
fn histories_and_schemas_keep_their_order_and_digits_and_every_text_can_be_read() {
    let schema = r#"{"type":"object","properties":{"z":{"type":"number","maximum":1e400,"minimum":0.1000000000000000055},"a":{"type":"string"}}}"#;
    for (client, upstream) in pairs().filter(|(client, upstream)| client != upstream) {
        let sent = |said: &str, arguments: &str| {
            let body = history(client, said, arguments, schema);
            let upload = with_call(client, &body, |call| adaptor(client, upstream).request(call));
            text(&upload.unwrap().body).to_owned()
        };
        let sent_as = |arguments: &str| {
            if matches!(upstream.name(), "openai" | "responses") {
                quoted(arguments)
            } else {
                arguments.to_owned()
            }
        };
        let body = sent("\"x\"", ARGUMENTS);
        assert!(
            body.contains(&sent_as(ARGUMENTS)) && body.contains(schema),
            "{client:?} {upstream:?}: {body}"
        );
        let body = sent(r#""a\ud83d.""#, r#"{"a":"\ud83d"}"#);
        assert!(body.contains("a\u{fffd}."), "{client:?} {upstream:?}: {body}");
        assert!(body.contains(&sent_as(r#"{"a":"\ufffd"}"#)), "{client:?} {upstream:?}: {body}");
    }
}

#[test]
fn an_error_with_half_a_character_is_the_error_that_it_is() {
    for (client, upstream) in pairs() {
        let body = match upstream.name() {
            "anthropic" => r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow \ud83d"}}"#,
            "gemini" => r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"slow \ud83d"}}"#,
            _ => r#"{"error":{"type":"rate_limit_error","message":"slow \ud83d"}}"#,
        };
        let error = adaptor(client, upstream).error(429, &body.into(), true);
        assert_eq!((error.status, error.message.as_str()), (429, "slow \u{fffd}"), "{client:?} {upstream:?}");
        let frame = format!("data: {body}\n\n");
        let reader = with_call(client, &asked(client, false), |call| adaptor(client, upstream).gather(call));
        let error = read_with(reader, upstream, frame).error.expect("an error");
        assert_eq!(error.message, "slow \u{fffd}", "{client:?} {upstream:?}");
    }
}
