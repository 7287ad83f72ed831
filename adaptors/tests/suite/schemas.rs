//! Answers and tools' inputs that are held to a schema: each upstream gets it in its own rules, and is told where it
//! cannot be held to it.

use adaptors::adaptor::{Call, Inexpressible, Terms, Unsupported, Upload};
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use serde_json::{Value, json};

use crate::gemini::{WHOLE, with_gemini};
use crate::support::with_call;

const TERMS: Inexpressible = Inexpressible::Drop;
const REFUSING: Inexpressible = Inexpressible::Refuse;

/// A request of the client's for an answer, and an input of a tool, that is held to this schema.
fn request(client: Dialect, schema: &Value, is_tool: bool) -> Value {
    let mut body = match client.name() {
        "gemini" => json!({"contents": [{"parts": [{"text": "hi"}]}]}),
        "responses" => json!({"model": "m", "input": "hi"}),
        "anthropic" => {
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]})
        }
        _ => json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]}),
    };
    let format = json!({"type": "json_schema", "name": "n", "strict": true, "schema": schema});
    let (key, value) = match (client.name(), is_tool) {
        ("gemini", _) => (
            "generationConfig",
            json!({"responseMimeType": "application/json", "responseJsonSchema": schema}),
        ),
        ("responses", false) => ("text", json!({ "format": format })),
        ("anthropic", false) => {
            ("output_config", json!({"format": {"type": "json_schema", "schema": schema}}))
        }
        (_, false) => {
            let format = json!({"name": "n", "strict": true, "schema": schema});
            ("response_format", json!({"type": "json_schema", "json_schema": format}))
        }
        ("responses", true) => {
            ("tools", json!([{"type": "function", "name": "f", "strict": true, "parameters": schema}]))
        }
        ("anthropic", true) => ("tools", json!([{"name": "f", "strict": true, "input_schema": schema}])),
        (_, true) => {
            let function = json!({"name": "f", "strict": true, "parameters": schema});
            ("tools", json!([{"type": "function", "function": function}]))
        }
    };
    body[key] = value;
    body
}

fn asked(
    (client, upstream): (Dialect, Dialect),
    schema: &Value,
    is_tool: bool,
    inexpressible: Inexpressible,
) -> Result<(Value, String), Unsupported> {
    let body = request(client, schema, is_tool).to_string();
    let ask = |call: &Call<'_>| {
        adaptor(client, upstream)
            .request(&Call { terms: Terms { inexpressible, ..Terms::default() }, ..*call })
    };
    let sent =
        if client == GEMINI { with_gemini(WHOLE, &body, "m", ask) } else { with_call(client, &body, ask) };
    sent.map(|Upload { body, dropped, .. }| {
        (serde_json::from_slice(&body).unwrap(), dropped.line().unwrap_or_default())
    })
}

fn loose() -> Value {
    json!({"type": "object", "required": ["n"], "properties": {
        "n": {"type": "integer", "minimum": 1, "description": "How many."},
        "o": {"type": "object", "properties": {"s": {"type": "string"}}}}})
}

fn closed() -> Value {
    json!({"type": "object", "required": ["n"], "additionalProperties": false, "properties": {"n": {"type": "integer"}}})
}

const CLIENTS: [(Dialect, &str); 3] = [
    (OPENAI, "response_format.json_schema.schema"),
    (RESPONSES, "text.format.schema"),
    (GEMINI, "generationConfig.responseSchema"),
];

#[test]
fn anthropic_gets_closed_objects_and_bounds_in_words() {
    let held = json!({"type": "object", "required": ["n"], "additionalProperties": false, "properties": {
        "n": {"type": "integer", "description": "How many.\n\n{\"minimum\":1}"},
        "o": {"type": "object", "additionalProperties": false, "properties": {"s": {"type": "string"}}}}});
    for (client, name) in CLIENTS {
        let pair = (client, ANTHROPIC);
        let (sent, dropped) = asked(pair, &loose(), false, TERMS).unwrap();
        assert_eq!(sent["output_config"]["format"]["schema"], held, "{client:?}");
        assert_eq!(dropped, format!("{name}:minimum, {name}:additionalProperties=false"));
        let refused = asked(pair, &loose(), false, REFUSING).unwrap_err();
        assert_eq!(refused.param.as_deref(), Some(name));
        assert!(refused.message.contains("`minimum`"), "{refused}");
        let (sent, dropped) = asked(pair, &closed(), false, REFUSING).unwrap();
        assert_eq!((&sent["output_config"]["format"]["schema"], dropped.as_str()), (&closed(), ""));
        if client != GEMINI {
            let (sent, dropped) = asked(pair, &loose(), true, TERMS).unwrap();
            let tool = &sent["tools"][0];
            assert_eq!((&tool["input_schema"], &tool["strict"]), (&held, &json!(true)));
            assert_eq!(dropped, "tools[0]:minimum, tools[0]:additionalProperties=false");
        }
    }
}

#[test]
fn anthropic_is_told_a_schema_that_it_holds_no_answer_to() {
    let recursive = json!({"type": "object", "required": ["n"], "additionalProperties": false, "properties": {
        "n": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}});
    let open = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let many: serde_json::Map<String, Value> =
        (0..25).map(|at| (format!("f{at}"), json!({"type": "string"}))).collect();
    let many = json!({"type": "object", "properties": many, "additionalProperties": false});
    for (schema, why) in
        [(recursive, "is recursive"), (open, "fields of any name"), (many, "optional fields")]
    {
        for (client, name) in CLIENTS {
            let (sent, dropped) = asked((client, ANTHROPIC), &schema, false, TERMS).unwrap();
            assert_eq!(sent.get("output_config"), None);
            let told = sent["system"][0]["text"].as_str().unwrap();
            assert!(
                told.starts_with("Answer with JSON that follows this") && told.ends_with(&schema.to_string())
            );
            assert_eq!(dropped, format!("{name}=prompt"));
            let refused = asked((client, ANTHROPIC), &schema, false, REFUSING).unwrap_err();
            assert!(refused.message.contains(why), "{refused}");
        }
        let (sent, dropped) = asked((OPENAI, ANTHROPIC), &schema, true, REFUSING).unwrap();
        assert_eq!((&sent["tools"][0]["input_schema"], sent["tools"][0].get("strict")), (&schema, None));
        assert_eq!(dropped, "tools[0].strict");
    }
}

#[test]
fn openai_is_strict_only_where_its_rules_are_kept() {
    for (client, name) in [
        (ANTHROPIC, "output_config.format.schema:strict"),
        (GEMINI, "generationConfig.responseSchema:strict"),
    ] {
        for upstream in [OPENAI, RESPONSES] {
            let held = |sent: &Value| match upstream.name() {
                "responses" => sent["text"]["format"].clone(),
                _ => sent["response_format"]["json_schema"].clone(),
            };
            for terms in [TERMS, REFUSING] {
                let (sent, dropped) = asked((client, upstream), &closed(), false, terms).unwrap();
                assert_eq!((held(&sent)["strict"].clone(), dropped.as_str()), (json!(true), ""));
                let (sent, dropped) = asked((client, upstream), &loose(), false, terms).unwrap();
                assert_eq!((held(&sent).get("strict"), dropped.as_str()), (None, name));
                assert_eq!(held(&sent)["schema"], loose());
            }
        }
    }
    // A client of Google's has no word for closed: it is what Google's models do anyway.
    let open = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}});
    for upstream in [OPENAI, RESPONSES] {
        let (sent, dropped) = asked((GEMINI, upstream), &open, false, REFUSING).unwrap();
        let text = sent.to_string();
        assert!(
            text.contains("\"strict\":true") && text.contains("\"additionalProperties\":false"),
            "{text}"
        );
        assert_eq!(dropped, "generationConfig.responseSchema:additionalProperties=false");
    }
    let strict = |upstream, schema: &Value| {
        let (sent, dropped) = asked((ANTHROPIC, upstream), schema, true, TERMS).unwrap();
        let tool = if upstream == OPENAI { &sent["tools"][0]["function"] } else { &sent["tools"][0] };
        (tool.get("strict").cloned(), dropped)
    };
    assert_eq!(strict(OPENAI, &closed()), (Some(json!(true)), String::new()));
    assert_eq!(strict(RESPONSES, &closed()), (Some(json!(true)), String::new()));
    assert_eq!(strict(OPENAI, &loose()), (None, "tools[0].strict".to_owned()));
    assert_eq!(strict(RESPONSES, &loose()), (Some(json!(false)), "tools[0].strict".to_owned()));
}

#[test]
fn what_a_client_of_openais_calls_strict_stays_so_before_openai() {
    for (client, upstream) in [(OPENAI, RESPONSES), (RESPONSES, OPENAI)] {
        for is_tool in [false, true] {
            let (sent, dropped) = asked((client, upstream), &loose(), is_tool, REFUSING).unwrap();
            let text = sent.to_string();
            assert!(text.contains("\"strict\":true") && text.contains(&loose().to_string()), "{text}");
            assert_eq!(dropped, "");
        }
    }
}
