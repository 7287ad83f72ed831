//! What another dialect cannot express: left out and named, or refused, as the channel says; and what is neither.

use adaptors::adaptor::{Call, Inexpressible, Sampling, Terms, Unsupported, Upload};
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use serde_json::{Value, json};

use crate::support::{read_with, with_call};
use crate::toy::TOY;

/// What becomes of a request under these terms.
fn sent(client: Dialect, upstream: Dialect, body: &Value, terms: Terms) -> Result<Upload, Unsupported> {
    with_call(client, &body.to_string(), |call| adaptor(client, upstream).request(&Call { terms, ..*call }))
}

fn refusing() -> Terms {
    Terms { inexpressible: Inexpressible::Refuse, ..Terms::default() }
}

/// A small request with these fields laid over it.
fn asks(client: Dialect, fields: &Value) -> Value {
    let mut body = json!({"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "hi"}]});
    if client == ANTHROPIC {
        body["model"] = "gpt-4o".into();
        body["max_tokens"] = 9.into();
    }
    for (key, value) in fields.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn body_of(upload: &Upload) -> Value {
    serde_json::from_slice(&upload.body).unwrap()
}

/// Left out and named where the channel drops; where it refuses, named by the refusal.
fn is_a_hint(client: Dialect, upstream: Dialect, name: &str, fields: &Value) {
    let body = asks(client, fields);
    let upload =
        sent(client, upstream, &body, Terms::default()).unwrap_or_else(|why| panic!("{name}: {why}"));
    assert_eq!(upload.dropped.line().as_deref(), Some(name), "{fields}");
    assert_eq!(body_of(&upload), body_of(&plain(client, upstream)), "{name} leaves nothing behind");
    let refused = sent(client, upstream, &body, refusing()).unwrap_err();
    assert!(refused.param.as_deref().is_some_and(|param| param.starts_with(name)), "{name}: {refused}");
}

/// Left out and named under both policies.
fn is_left_out(client: Dialect, upstream: Dialect, name: &str, fields: &Value) {
    for terms in [Terms::default(), refusing()] {
        let upload = sent(client, upstream, &asks(client, fields), terms).unwrap();
        assert_eq!(upload.dropped.line().as_deref(), Some(name), "{fields}");
        assert_eq!(body_of(&upload), body_of(&plain(client, upstream)), "{name} leaves nothing behind");
    }
}

fn is_refused(client: Dialect, upstream: Dialect, name: &str, fields: &Value) {
    for terms in [Terms::default(), refusing()] {
        let refused = sent(client, upstream, &asks(client, fields), terms).unwrap_err();
        assert_eq!(refused.param.as_deref(), Some(name), "{refused}");
    }
}

fn plain(client: Dialect, upstream: Dialect) -> Upload {
    let upload = sent(client, upstream, &asks(client, &json!({})), refusing()).unwrap();
    assert_eq!(upload.dropped.line(), None);
    upload
}

#[test]
fn hints_for_openai_are_left_out_towards_anthropic_or_refused() {
    let named = json!([{"role": "user", "name": "ann", "content": "hi"}]);
    let part = json!([{"role": "user", "content": [{"type": "text", "text": "hi", "id": "p1"}]}]);
    for (name, fields) in [
        ("seed", json!({"seed": 0})),
        ("presence_penalty", json!({"presence_penalty": 0.5})),
        ("verbosity", json!({"verbosity": "low"})),
        ("messages[0].name", json!({"messages": named})),
        ("messages[0].content[0].id", json!({"messages": part})),
        ("enable_thinking", json!({"enable_thinking": true})),
        ("chat_id", json!({"chat_id": "x"})),
        ("provider", json!({"provider": {"order": ["a"]}})),
    ] {
        is_a_hint(OPENAI, ANTHROPIC, name, &fields);
    }
    for (name, fields) in [
        ("metadata", json!({"metadata": {"a": "b"}})),
        ("store", json!({"store": false})),
        ("enable_thinking", json!({"enable_thinking": false})),
        ("service_tier, prompt_cache_key", json!({"prompt_cache_key": "x", "service_tier": "flex"})),
        ("web_search_options", json!({"web_search_options": {}})),
        ("response_format.strict", json!({"response_format": {"type": "text", "strict": true}})),
    ] {
        is_left_out(OPENAI, ANTHROPIC, name, &fields);
    }
    for (name, fields) in [
        ("n", json!({"n": 2})),
        ("logprobs", json!({"logprobs": true})),
        ("logit_bias", json!({"logit_bias": {"1": 2}})),
        ("modalities", json!({"modalities": ["text", "audio"]})),
        ("web_search_options", json!({"web_search_options": {"search_context_size": "low"}})),
        ("tools[0].type", json!({"tools": [{"type": "custom", "custom": {"name": "a"}}]})),
        ("messages[0].role", json!({"messages": [{"role": "function", "content": "a"}]})),
        (
            "messages[0].content[0].type",
            json!({"messages": [{"role": "user", "content": [{"type": "video_url"}]}]}),
        ),
    ] {
        is_refused(OPENAI, ANTHROPIC, name, &fields);
    }
}

#[test]
fn hints_for_anthropic_are_left_out_towards_openai_or_refused() {
    let on_a_message = json!([{"role": "user", "content": "hi", "output_config": {"effort": "low"}}]);
    for (name, fields) in [
        ("top_k", json!({"top_k": 40})),
        ("speed", json!({"speed": "fast"})),
        ("inference_geo", json!({"inference_geo": "us"})),
        ("output_config.task_budget", json!({"output_config": {"task_budget": {"total": 9}}})),
        ("messages[0].output_config", json!({"messages": on_a_message})),
        (
            "context_management",
            json!({"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}),
        ),
    ] {
        is_a_hint(ANTHROPIC, OPENAI, name, &fields);
    }
    for (name, fields) in [
        (
            "context_management",
            json!({"context_management": {"edits": [{"type": "clear_thinking_20251015"}]}}),
        ),
        ("cache_control", json!({"cache_control": {"type": "ephemeral"}})),
        ("metadata.user_id", json!({"metadata": {"user_id": "u".repeat(65)}})),
        ("thinking", json!({"thinking": {"type": "adaptive"}})),
    ] {
        is_left_out(ANTHROPIC, OPENAI, name, &fields);
    }
    for (name, fields) in [
        ("mcp_servers", json!({"mcp_servers": [{"name": "m"}]})),
        ("container", json!({"container": "c"})),
        // A summary is asked for, and no answer.
        ("compaction", json!({"compaction": {"type": "summarize"}})),
        // The rest of the conversation is at Anthropic, or is to be.
        ("thread", json!({"thread": {"type": "create"}})),
        ("thread", json!({"thread": {"type": "continue", "previous_message_id": "msg_1"}})),
        ("tools[0].type", json!({"tools": [{"type": "web_search_20250305", "name": "w"}]})),
        (
            "messages[0].content[0].type",
            json!({"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}),
        ),
    ] {
        is_refused(ANTHROPIC, OPENAI, name, &fields);
    }
}

/// Anthropic's summary stands for all before it, which its upstream does not read any more.
#[test]
fn a_summary_stands_for_what_it_sums_up() {
    let asked = json!({"model": "m", "max_tokens": 9, "system": "Be brief.", "messages": [
        {"role": "user", "content": "old"},
        {"role": "assistant", "content": [{"type": "compaction", "content": "older still"}, {"type": "text", "text": "old"}]},
        {"role": "user", "content": [{"type": "hologram"}]},
        {"role": "assistant", "content": [{"type": "hologram"},
            {"type": "compaction", "content": "It is about rings.", "encrypted_content": "x"}, {"type": "text", "text": "So."},
            {"type": "compaction", "content": null}]},
        {"role": "user", "content": "new"}]});
    for upstream in [OPENAI, RESPONSES, GEMINI] {
        let upload = sent(ANTHROPIC, upstream, &asked, Terms::default()).unwrap();
        let text = body_of(&upload).to_string();
        let at = ["Be brief.", "Summary of the conversation so far:", "It is about rings.", "So.", "new"]
            .map(|said| text.find(said).unwrap_or_else(|| panic!("{said}: {text}")));
        assert!(at[1..].is_sorted(), "{text}");
        assert!(!text.contains("old"), "{text}");
        assert_eq!(upload.dropped.line().as_deref(), Some("messages[3].content[1]:compaction"));
        let refused = sent(ANTHROPIC, upstream, &asked, refusing()).unwrap_err();
        assert_eq!(refused.param.as_deref(), Some("messages[3].content[1].type"));
    }
    // One that failed stands for nothing.
    let failed = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "old"},
        {"role": "assistant", "content": [{"type": "compaction", "content": null}, {"type": "text", "text": "So."}]},
        {"role": "user", "content": "new"}]});
    let upload = sent(ANTHROPIC, OPENAI, &failed, refusing()).unwrap();
    assert!(body_of(&upload).to_string().contains("old"));
}

#[test]
fn wishes_to_think_are_mapped_whatever_they_are_called() {
    let budget = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
    for (fields, thinking) in [
        (json!({"reasoning_effort": "low"}), budget(2048)),
        (json!({"reasoning": {"effort": "high"}}), budget(16_384)),
        (json!({"reasoning": {"max_tokens": 3000}}), budget(3000)),
        (json!({"reasoning": {"enabled": false, "effort": "high"}}), json!({"type": "disabled"})),
        (json!({"thinking": {"type": "enabled", "budget_tokens": 2048}}), budget(2048)),
        (json!({"thinking": {"type": "enabled"}}), budget(16_384)),
        (json!({"thinking": {"type": "disabled"}}), json!({"type": "disabled"})),
    ] {
        let upload = sent(OPENAI, ANTHROPIC, &asks(OPENAI, &fields), refusing()).unwrap();
        assert_eq!((&body_of(&upload)["thinking"], upload.dropped.line()), (&thinking, None), "{fields}");
    }
    let newer = json!({"model": "claude-opus-4-8", "thinking": budget(2048)});
    let newer = body_of(&sent(OPENAI, ANTHROPIC, &asks(OPENAI, &newer), Terms::default()).unwrap());
    assert_eq!(
        (&newer["thinking"]["type"], &newer["output_config"]["effort"]),
        (&json!("adaptive"), &json!("low"))
    );
}

#[test]
fn sampling_goes_only_to_models_that_take_it() {
    let fields = |model: &str| json!({"model": model, "temperature": 0.7, "top_p": 0.9});
    for (client, upstream, model, auto) in [
        (OPENAI, ANTHROPIC, "claude-sonnet-4-5", true),
        (OPENAI, ANTHROPIC, "anthropic/claude-opus-4.8", false),
        (ANTHROPIC, OPENAI, "gpt-4o", true),
        (ANTHROPIC, OPENAI, "gpt-5-mini", false),
    ] {
        for (sampling, is_sent) in [(Sampling::Auto, auto), (Sampling::Keep, true), (Sampling::Drop, false)] {
            let terms = Terms { sampling, ..refusing() };
            let upload = sent(client, upstream, &asks(client, &fields(model)), terms).unwrap();
            let body = body_of(&upload);
            assert_eq!(body.get("temperature").is_some(), is_sent, "{model} {sampling:?} {body}");
            let named = (!is_sent).then(|| "temperature, top_p".to_owned());
            assert_eq!(upload.dropped.line(), named, "{model} {sampling:?}");
        }
    }
}

#[test]
fn a_cache_mark_is_kept_wherever_it_stands() {
    let mark = json!({"type": "ephemeral"});
    let call = json!({"id": "t1", "type": "function", "function": {"name": "f", "arguments": "null"}});
    let mut marked = call.clone();
    marked["cache_control"] = mark.clone();
    let mut inside = call;
    inside["function"]["cache_control"] = mark.clone();
    let answered = |call: &Value| {
        json!([{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "t1", "content": "x"}])
    };
    for (fields, place) in [
        (json!({"cache_control": mark}), ""),
        (
            json!({"messages": [{"role": "system", "content": "s", "cache_control": mark}, {"role": "user", "content": "a"}]}),
            "/system/0",
        ),
        (
            json!({"messages": [{"role": "user", "content": "a", "cache_control": mark}]}),
            "/messages/0/content/0",
        ),
        (json!({"messages": answered(&marked)}), "/messages/1/content/0"),
        (json!({"messages": answered(&inside)}), "/messages/1/content/0"),
    ] {
        let upload = sent(OPENAI, ANTHROPIC, &asks(OPENAI, &fields), refusing()).unwrap();
        let body = body_of(&upload);
        assert_eq!(body.pointer(&format!("{place}/cache_control")), Some(&mark), "{body}");
        assert_eq!(upload.dropped.line(), None);
    }
}

#[test]
fn a_signature_of_a_call_comes_back_with_it_through_a_client_of_another_dialect() {
    let chunk = json!({"id": "c", "choices": [{"index": 0, "finish_reason": "tool_calls", "delta": {"tool_calls": [
        {"index": 0, "id": "f1", "type": "function", "function": {"name": "f", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": "A+b/=="}}},
        {"index": 1, "id": "f2", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}}]});
    let adaptor = adaptor(ANTHROPIC, OPENAI);
    let reader = with_call(ANTHROPIC, r#"{"model":"m"}"#, |call| adaptor.gather(call));
    let reading = read_with(reader, ANTHROPIC, format!("data: {chunk}\n\ndata: [DONE]\n\n"));
    let message: Value = serde_json::from_str(&reading.output).unwrap();
    let content = &message["content"];
    let results = content.as_array().unwrap().iter().map(|call| {
        assert_eq!(call["type"], "tool_use");
        json!({"type": "tool_result", "tool_use_id": call["id"], "content": "x"})
    });
    let results: Vec<_> = results.collect();
    let turns = json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": content},
        {"role": "user", "content": results}]);
    let body = asks(ANTHROPIC, &json!({"messages": turns}));
    let sent_back = body_of(&sent(ANTHROPIC, OPENAI, &body, refusing()).unwrap());
    let calls = &sent_back["messages"][1]["tool_calls"];
    assert_eq!((&calls[0]["id"], &calls[1]["id"]), (&json!("f1"), &json!("f2")));
    assert_eq!(calls[0]["extra_content"]["google"]["thought_signature"], "A+b/==");
    assert_eq!(calls[1].get("extra_content"), None);
    assert_eq!(sent_back["messages"][2]["tool_call_id"], "f1");

    let openai = json!([{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "f1", "content": "x"}, {"role": "tool", "tool_call_id": "f2", "content": "x"}]);
    let upload = sent(OPENAI, ANTHROPIC, &asks(OPENAI, &json!({"messages": openai})), refusing()).unwrap();
    assert_eq!(body_of(&upload)["messages"][1]["content"][0]["id"], "f1", "Claude has no use for it");
    assert_eq!(upload.dropped.line().as_deref(), Some("messages[1].tool_calls[0].extra_content"));
}

#[test]
fn instructions_between_turns_join_a_user_s_turn_where_they_have_no_place() {
    let turns = json!({"turns": [{"by": "user", "text": "a"}, {"by": "toy", "text": "b"}, {"by": "house", "text": "BRIEF"},
        {"by": "user", "text": "c"}, {"by": "house", "text": "LAST"}], "limit": 9});
    let path = "/v1/toy/m/ask";
    let toy = |upstream| {
        let upload = crate::toy_dialect::with_toy(path, &turns.to_string(), |call| {
            adaptor(TOY, upstream).request(call)
        });
        body_of(&upload.unwrap())
    };
    let said = |message: &Value| -> Vec<String> {
        message["content"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let anthropic = toy(ANTHROPIC);
    assert_eq!(anthropic["messages"].as_array().unwrap().len(), 3, "{anthropic}");
    assert_eq!(said(&anthropic["messages"][2]), ["BRIEF", "c", "LAST"]);
    let openai = toy(OPENAI);
    let roles: Vec<_> =
        openai["messages"].as_array().unwrap().iter().map(|message| &message["role"]).collect();
    assert_eq!(roles, ["user", "assistant", "system", "user", "system"]);
}
