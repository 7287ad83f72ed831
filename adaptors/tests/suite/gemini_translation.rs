//! Gemini's clients before other upstreams, and others before Gemini: what is said, thought and called means the same.

use adaptors::adaptor::{StreamReader, Usage};
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use serde_json::{Value, json};

use crate::gemini::{ARRAY, ASK, EVENTS, WHOLE, told, with_gemini};
use crate::support::with_call;

fn data(stream: &str) -> Vec<Value> {
    // An error behind Gemini's events is a line of its own.
    fn data_of(line: &str) -> Option<&str> {
        line.strip_prefix("data: ").or_else(|| line.starts_with('{').then_some(line))
    }
    let data = stream.lines().filter_map(data_of).filter(|data| *data != "[DONE]");
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|why| panic!("{why}: {data}"))).collect()
}

/// A request of a Gemini client, as another upstream gets it.
fn sent(upstream: Dialect, body: &Value) -> Value {
    let upload = with_gemini(WHOLE, &body.to_string(), "up", |call| adaptor(GEMINI, upstream).request(call));
    serde_json::from_slice(&upload.unwrap_or_else(|refused| panic!("{refused}: {body}")).body).unwrap()
}

/// A request of another client, as a Gemini upstream gets it.
fn to_gemini(client: Dialect, model: &str, mut body: Value) -> Value {
    body["model"] = model.into();
    let upload = with_call(client, &body.to_string(), |call| adaptor(client, GEMINI).request(call));
    serde_json::from_slice(&upload.unwrap_or_else(|refused| panic!("{refused}: {body}")).body).unwrap()
}

fn gathered(client: Dialect, upstream: Dialect, stream: &str) -> Value {
    let adaptor = adaptor(client, upstream);
    let reader: Box<dyn StreamReader> = match client == GEMINI {
        true => with_gemini(WHOLE, ASK, "m", |call| adaptor.gather(call)),
        false => with_call(client, r#"{"model":"m","max_tokens":9}"#, |call| adaptor.gather(call)),
    };
    let (whole, _) = told(reader, client, upstream, stream, &[]);
    let whole = whole.trim_start_matches("data: ");
    serde_json::from_str(whole).unwrap_or_else(|why| panic!("{why}: {whole}"))
}

const CHAT: &str = "data: {\"id\":\"c\",\"model\":\"gpt\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n\
    : ping\n\n\
    data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\"}}]}}]}\n\n\
    data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}}]}\n\n\
    data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"completion_tokens_details\":{\"reasoning_tokens\":2}}}\n\n\
    data: [DONE]\n\n";

/// Elsewhere arguments are a text that the client reads; here they stand in the answer's own JSON.
#[test]
fn arguments_that_are_no_json_do_not_break_an_answer_s_own() {
    let stream = CHAT.replace("1}\"", "{}2}\"");
    for path in [EVENTS, ARRAY] {
        let reader = with_gemini(path, ASK, "m", |call| adaptor(GEMINI, OPENAI).stream(call));
        let (told, _) = told(reader, GEMINI, OPENAI, &stream, &[]);
        let chunks = if path == EVENTS { data(&told) } else { serde_json::from_str(&told).unwrap() };
        let error = chunks.last().unwrap()["error"]["message"].as_str();
        assert!(error.is_some_and(|error| error.contains("input cannot be read")), "{told}");
    }
}

#[test]
fn a_chat_stream_reaches_a_gemini_client_in_either_form() {
    for path in [EVENTS, ARRAY] {
        let reader = with_gemini(path, ASK, "m", |call| adaptor(GEMINI, OPENAI).stream(call));
        let (stream, usage) = told(reader, GEMINI, OPENAI, CHAT, &[]);
        assert_eq!(usage, Usage { input: Some(3), output: Some(5), reasoning: Some(2), ..Usage::default() });
        let chunks = if path == EVENTS { data(&stream) } else { serde_json::from_str(&stream).unwrap() };
        assert_eq!(chunks.len(), 2, "{stream}");
        assert_eq!(
            chunks[0]["candidates"][0]["content"],
            json!({"parts": [{"text": "Hi"}], "role": "model"})
        );
        let last = &chunks[1]["candidates"][0];
        assert_eq!(
            last["content"]["parts"],
            json!([{"functionCall": {"id": "t", "name": "f", "args": {"a": 1}}}])
        );
        assert_eq!((&last["finishReason"], &chunks[1]["responseId"]), (&json!("STOP"), &json!("c")));
        assert_eq!(
            chunks[1]["usageMetadata"],
            json!({"promptTokenCount": 3, "candidatesTokenCount": 3, "thoughtsTokenCount": 2, "totalTokenCount": 8})
        );
        assert!(!stream.contains("[DONE]") && !stream.lines().any(|line| line.starts_with(':')), "{stream}");
        let cut = &CHAT[..CHAT.find("data: [DONE]").unwrap() - 180];
        let reader = with_gemini(path, ASK, "m", |call| adaptor(GEMINI, OPENAI).stream(call));
        let (stream, _) = told(reader, GEMINI, OPENAI, cut, &[]);
        let chunks = if path == EVENTS { data(&stream) } else { serde_json::from_str(&stream).unwrap() };
        assert!(chunks.last().unwrap()["error"].is_object() && !stream.contains("finishReason"), "{stream}");
    }
    let whole = gathered(GEMINI, OPENAI, CHAT);
    assert_eq!(whole["candidates"][0]["content"]["parts"].as_array().unwrap().len(), 2, "{whole}");
    assert_eq!(whole["usageMetadata"]["totalTokenCount"], 8);
}

/// The request of Gemini CLI after a tool's result.
fn cli() -> Value {
    json!({
        "systemInstruction": {"role": "user", "parts": [{"text": "be brief"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "read it"}]},
            {"role": "model", "parts": [
                {"text": "hm", "thought": true},
                {"functionCall": {"id": "read_1", "name": "read", "args": {"path": "x"}}, "thoughtSignature": "c2ln"},
                {"functionCall": {"name": "read", "args": {"path": "y"}}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "read_1", "name": "read", "response": {"output": "word"}}},
                {"functionResponse": {"name": "read", "response": {"error": "gone"}}},
            ]},
        ],
        "tools": [{"functionDeclarations": [{"name": "read", "description": "d", "parametersJsonSchema":
            {"type": "object", "properties": {"path": {"type": "string"}}, "additionalProperties": false}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
        "generationConfig": {"temperature": 1, "topP": 0.95, "topK": 64, "maxOutputTokens": 9000,
            "thinkingConfig": {"includeThoughts": true, "thinkingBudget": 8192}},
    })
}

#[test]
fn what_gemini_cli_sends_reaches_a_chat_upstream() {
    let chat = sent(OPENAI, &cli());
    let call = |id: &str, path: &str| {
        let arguments = json!({ "path": path }).to_string();
        json!({"id": id, "type": "function", "function": {"name": "read", "arguments": arguments}})
    };
    let first = call("read_1", "x");
    assert_eq!(
        chat["messages"],
        json!([
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "read it"},
            {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [first, call("call_1", "y")]},
            {"role": "tool", "tool_call_id": "read_1", "content": "word"},
            {"role": "tool", "tool_call_id": "call_1", "content": "Error: gone"},
        ])
    );
    assert_eq!(chat["tools"][0]["function"]["parameters"]["additionalProperties"], false);
    assert_eq!((&chat["reasoning_effort"], &chat["max_tokens"]), (&json!("medium"), &json!(9000)));
    let messages = sent(ANTHROPIC, &cli());
    assert_eq!(
        messages["messages"][2]["content"][0],
        json!({"type": "tool_result", "tool_use_id": "read_1", "content": "word"})
    );
    assert_eq!(messages["messages"][2]["content"][1]["is_error"], true);
}

#[test]
fn other_clients_reach_a_gemini_upstream() {
    let body = json!({
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}]},
            {"role": "assistant", "content": "ok", "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
                {"id": "b", "type": "function", "function": {"name": "f", "arguments": ""}},
            ]},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            {"role": "tool", "tool_call_id": "b", "content": "2"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "$defs": {}}}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "max_tokens": 9, "stop": "x", "reasoning_effort": "low",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    });
    let sent = to_gemini(OPENAI, "gemini-2.5-pro", body.clone());
    assert_eq!(
        sent,
        json!({
            "systemInstruction": {"parts": [{"text": "be brief"}]},
            "contents": [
                {"role": "user", "parts": [{"text": "see"}, {"inlineData": {"mimeType": "image/png", "data": "iVBO"}}]},
                {"role": "model", "parts": [
                    {"text": "ok"},
                    {"functionCall": {"id": "a", "name": "f", "args": {"x": 1}}},
                    {"functionCall": {"id": "b", "name": "f", "args": {}}},
                ]},
                {"role": "user", "parts": [
                    {"functionResponse": {"id": "a", "name": "f", "response": {"output": "1"}}},
                    {"functionResponse": {"id": "b", "name": "f", "response": {"output": "2"}}},
                ]},
            ],
            "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object", "$defs": {}}}]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
            "generationConfig": {"maxOutputTokens": 9, "stopSequences": ["x"], "responseMimeType": "application/json",
                "responseJsonSchema": {"type": "object"}, "thinkingConfig": {"includeThoughts": true, "thinkingBudget": 1024}},
        })
    );
    // A model of the third generation takes no call without a signature: the first of the step gets the stand-in.
    let sent = to_gemini(OPENAI, "gemini-3-pro-preview", body);
    let parts = &sent["contents"][1]["parts"];
    assert_eq!(
        (&parts[1]["thoughtSignature"], &parts[2]["thoughtSignature"]),
        (&json!("skip_thought_signature_validator"), &Value::Null)
    );
}

/// Signatures that a Gemini upstream gives, on calls and on a text.
const SIGNED: &str = "data: {\"responseId\":\"r\",\"modelVersion\":\"gemini-3\",\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true},{\"text\":\"so\",\"thoughtSignature\":\"dGV4dA==\"}]}}]}\r\n\r\n\
    data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}},\"thoughtSignature\":\"Y2FsbA==\"},{\"functionCall\":{\"name\":\"g\"}}]},\"finishReason\":\"STOP\"}],\
    \"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":4,\"thoughtsTokenCount\":5,\"totalTokenCount\":12}}\r\n\r\n";

#[test]
fn geminis_signatures_survive_the_round_trip_through_every_dialect() {
    let chat = gathered(OPENAI, GEMINI, SIGNED);
    let said = &chat["choices"][0]["message"];
    assert_eq!(
        (&chat["choices"][0]["finish_reason"], &said["reasoning_content"]),
        (&json!("tool_calls"), &json!("hm"))
    );
    assert_eq!(said["tool_calls"][0]["extra_content"]["google"]["thought_signature"], "Y2FsbA==");
    assert_eq!(chat["usage"]["completion_tokens"], 9);
    let results: Vec<Value> = said["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| json!({"role": "tool", "tool_call_id": call["id"], "content": "r"}))
        .collect();
    let mut messages = vec![json!({"role": "user", "content": "a"}), said.clone()];
    messages.extend(results);
    let back = to_gemini(OPENAI, "gemini-3-pro", json!({ "messages": messages }));
    signed_as_before(&back);

    let message = gathered(ANTHROPIC, GEMINI, SIGNED);
    assert_eq!(message["stop_reason"], "tool_use", "{message}");
    let uses = message["content"].as_array().unwrap().iter().filter(|block| block["type"] == "tool_use");
    let results: Vec<Value> =
        uses.map(|call| json!({"type": "tool_result", "tool_use_id": call["id"], "content": "r"})).collect();
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": message["content"]},
        {"role": "user", "content": results},
    ]);
    signed_as_before(&to_gemini(ANTHROPIC, "gemini-3-pro", json!({"max_tokens": 9, "messages": messages})));
}

fn signed_as_before(request: &Value) {
    let parts = request["contents"][1]["parts"].as_array().unwrap();
    assert_eq!(parts[0], json!({"text": "so", "thoughtSignature": "dGV4dA=="}), "{request}");
    assert_eq!(
        (&parts[1]["functionCall"]["args"], &parts[1]["thoughtSignature"]),
        (&json!({"a": 1}), &json!("Y2FsbA=="))
    );
    assert_eq!(
        (&parts[2]["functionCall"]["name"], parts[2].get("thoughtSignature")),
        (&json!("g"), None),
        "{request}"
    );
    assert_eq!(request["contents"][2]["parts"][1]["functionResponse"]["name"], "g", "{request}");
}

#[test]
fn signed_thinking_of_others_survives_the_round_trip_through_a_gemini_client() {
    let events = [
        json!({"type": "message_start", "message": {"id": "m", "model": "claude", "usage": {"input_tokens": 3}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm hm"}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s/1"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "redacted_thinking", "data": "xyz"}}),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}}),
        json!({"type": "content_block_stop", "index": 2}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 4}}),
        json!({"type": "message_stop"}),
    ];
    let stream: String = events
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
        .collect();
    let whole = gathered(GEMINI, ANTHROPIC, &stream);
    let said = whole["candidates"][0]["content"].clone();
    assert_eq!(said["parts"][0], json!({"text": "hm hm", "thought": true}));
    assert!(
        said["parts"][1]["thoughtSignature"].is_string()
            && said["parts"][1]["functionCall"]["args"] == json!({}),
        "{whole}"
    );
    let result = json!({"role": "user", "parts": [{"functionResponse": {"id": "t", "name": "f", "response": {"result": "ok"}}}]});
    let request = json!({"contents": [{"role": "user", "parts": [{"text": "a"}]}, said, result], "generationConfig": {"maxOutputTokens": 9000}});
    assert_eq!(
        sent(ANTHROPIC, &request)["messages"][1]["content"],
        json!([
            {"type": "thinking", "thinking": "hm hm", "signature": "s/1"},
            {"type": "redacted_thinking", "data": "xyz"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ])
    );
    // To Gemini it is of no use, and the call needs the stand-in.
    let upload =
        with_gemini(WHOLE, &request.to_string(), "gemini-3", |call| adaptor(OPENAI, GEMINI).request(call));
    drop(upload);
}

#[test]
fn why_an_answer_stops_is_told_in_the_clients_words() {
    let stop = |reason: &str| {
        let chunk = json!({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": reason, "finishMessage": "m"}]});
        gathered(OPENAI, GEMINI, &format!("data: {chunk}\n\n"))
    };
    for (reason, finish) in [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("CONTINUATION", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("LANGUAGE", "content_filter"),
    ] {
        assert_eq!(stop(reason)["choices"][0]["finish_reason"], finish, "{reason}");
    }
    for reason in ["MALFORMED_FUNCTION_CALL", "TOO_MANY_TOOL_CALLS", "SOMETHING_NEW"] {
        let error = stop(reason)["error"]["message"].to_string();
        assert!(error.contains(reason), "{error}");
    }
    let blocked = gathered(OPENAI, GEMINI, "data: {\"promptFeedback\":{\"blockReason\":\"JAILBREAK\"}}\n\n");
    assert_eq!(blocked["choices"][0]["finish_reason"], "content_filter");
}

#[test]
fn googles_own_form_of_a_request_is_understood_and_what_only_it_has_is_refused_by_name() {
    let snake = json!({
        "system_instruction": {"parts": {"text": "s"}},
        "contents": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": "_-8"}}, {"text": "a"}]}],
        "tools": [{"function_declarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {"a_b": {"type": "STRING"}}}}]}],
        "generation_config": {"max_output_tokens": 5, "response_mime_type": "application/json"},
    });
    let chat = sent(OPENAI, &snake);
    assert_eq!(chat["messages"][1]["content"][0]["image_url"]["url"], "data:image/png;base64,/+8=");
    assert_eq!(
        chat["tools"][0]["function"]["parameters"],
        json!({"type": "object", "properties": {"a_b": {"type": "string"}}})
    );
    assert_eq!((&chat["max_tokens"], &chat["response_format"]["type"]), (&json!(5), &json!("json_object")));
    let user = |part: Value| json!({"contents": [{"role": "user", "parts": [part]}]});
    let with = |key: &str, value: Value| {
        let mut body = user(json!({"text": "a"}));
        body[key] = value;
        body
    };
    for (body, param) in [
        (json!({}), "contents"),
        (user(json!({"executableCode": {"code": "1"}})), "contents[0].parts[0].executableCode"),
        (
            user(json!({"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}})),
            "contents[0].parts[0].inlineData.mimeType",
        ),
        (
            user(json!({"fileData": {"mimeType": "image/png", "fileUri": "gs://b/o"}})),
            "contents[0].parts[0].fileData.fileUri",
        ),
        (user(json!({})), "contents[0].parts[0]"),
        (with("cachedContent", json!("cachedContents/1")), "cachedContent"),
        (with("continuationToken", json!("AA==")), "continuationToken"),
        (with("tools", json!([{"googleSearch": {}}])), "tools[0].googleSearch"),
        (with("generationConfig", json!({"candidateCount": 2})), "generationConfig.candidateCount"),
        (
            with("generationConfig", json!({"responseModalities": ["IMAGE"]})),
            "generationConfig.responseModalities",
        ),
        (with("generationConfig", json!({"responseLogprobs": true})), "generationConfig.responseLogprobs"),
    ] {
        let refused =
            with_gemini(WHOLE, &body.to_string(), "up", |call| adaptor(GEMINI, OPENAI).request(call));
        assert_eq!(refused.unwrap_err().param.as_deref(), Some(param), "{body}");
    }
    let hints = with("generationConfig", json!({"seed": 0, "presencePenalty": 1}));
    let upload =
        with_gemini(WHOLE, &hints.to_string(), "up", |call| adaptor(GEMINI, OPENAI).request(call)).unwrap();
    assert_eq!(upload.dropped.line(), None);
    let body: Value = serde_json::from_slice(&upload.body).unwrap();
    assert_eq!((&body["seed"], &body["presence_penalty"]), (&json!(0), &json!(1)));
}

#[test]
fn names_in_either_spelling_and_numbers_as_text_are_taken_as_google_takes_them() {
    let asks = |config: Value| json!({"contents": {"parts": {"text": "a"}}, "generationConfig": config});
    for config in [
        json!({"maxOutputTokens": "7", "topK": "3", "temperature": "0.5", "seed": "5", "candidateCount": "1"}),
        json!({"max_output_tokens": 7.0, "top_k": 3.0, "temperature": 0.5, "seed": 5.0, "candidate_count": 1.0}),
    ] {
        let told = sent(OPENAI, &asks(config.clone()));
        assert_eq!((&told["max_tokens"], &told["temperature"]), (&json!(7), &json!(0.5)), "{config}");
        assert_eq!(told["seed"].to_string(), "5", "{config}");
        assert_eq!(sent(ANTHROPIC, &asks(config))["top_k"], 3);
    }
    for (body, param) in [
        (json!({"contents": [], "system_instruction": {}, "systemInstruction": {}}), "systemInstruction"),
        (asks(json!({"topK": 1, "top_k": 1})), "generationConfig.topK"),
        (asks(json!({"maxOutputTokens": "7.5"})), "generationConfig.maxOutputTokens"),
        (
            json!({"contents": {"parts": {"inlineData": {"mime_type": "a", "mimeType": "b"}}}}),
            "contents[0].parts[0].inlineData.mimeType",
        ),
    ] {
        let refused =
            with_gemini(WHOLE, &body.to_string(), "up", |call| adaptor(GEMINI, OPENAI).request(call));
        assert_eq!(refused.unwrap_err().param.as_deref(), Some(param), "{body}");
    }
}

#[test]
fn how_closely_to_look_at_all_images_is_told_where_there_is_a_word_for_it() {
    let image = |own: Option<&str>| {
        let mut part = json!({"inlineData": {"mimeType": "image/png", "data": "AAAA"}});
        if let Some(own) = own {
            part["mediaResolution"] = json!({ "level": own });
        }
        part
    };
    let asks = |level: &str| {
        let parts = [image(None), image(Some("MEDIA_RESOLUTION_HIGH"))];
        json!({"contents": [{"role": "user", "parts": parts}], "generationConfig": {"mediaResolution": level}})
    };
    let told = |upstream, level| {
        let body = asks(level).to_string();
        let upload = with_gemini(WHOLE, &body, "up", |call| adaptor(GEMINI, upstream).request(call)).unwrap();
        (serde_json::from_slice::<Value>(&upload.body).unwrap(), upload.dropped.line().unwrap_or_default())
    };
    let (chat, dropped) = told(OPENAI, "MEDIA_RESOLUTION_LOW");
    let details = [0, 1].map(|at| chat["messages"][0]["content"][at]["image_url"]["detail"].clone());
    assert_eq!((details, dropped.as_str()), ([json!("low"), json!("high")], ""));
    let (responses, dropped) = told(RESPONSES, "MEDIA_RESOLUTION_LOW");
    assert_eq!((&responses["input"][0]["content"][0]["detail"], dropped.as_str()), (&json!("low"), ""));
    for (upstream, level) in [(ANTHROPIC, "MEDIA_RESOLUTION_LOW"), (OPENAI, "MEDIA_RESOLUTION_MEDIUM")] {
        let (_, dropped) = told(upstream, level);
        assert_eq!(dropped.split(", ").next(), Some("generationConfig.mediaResolution"), "{dropped}");
    }
    assert_eq!(told(OPENAI, "MEDIA_RESOLUTION_UNSPECIFIED").1, "");
}
