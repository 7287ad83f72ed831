//! Hand-worked cases for conditions that whole recordings do not decide.

use adaptors::dialect::{ANTHROPIC, OPENAI, adaptor};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::{read, read_with, same, with_call};

/// A body that only says that it is an error has no type of error.
#[test]
fn an_errors_type_is_a_word_of_its_own() {
    let kind = |body: Value| {
        let body = Bytes::from(body.to_string());
        same(OPENAI).error(500, &body, true).kind
    };
    assert_eq!(kind(json!({"type": "error", "message": "m"})), None);
    assert_eq!(kind(json!({"error": {"type": "", "message": "m"}})), None);
    assert_eq!(kind(json!({"error": {"type": "overloaded", "message": "m"}})), Some("overloaded".to_owned()));
    assert_eq!(kind(json!({"type": "overloaded", "message": "m"})), Some("overloaded".to_owned()));
}

/// An `error` beside what a known event says is one of its fields; in an event that nobody knows it is what it says.
#[test]
fn an_error_field_inside_a_known_event_is_no_error() {
    let start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n";
    let event = |name: &str, error: Value| {
        format!("event: {name}\ndata: {}\n\n", json!({"type": name, "delta": {"text": "a"}, "error": error}))
    };
    let kinds = |event: String| read(ANTHROPIC, start.to_owned() + &event).kinds;
    let error = json!({"type": "api_error", "message": "gone"});
    assert_eq!(kinds(event("content_block_delta", error.clone())), "oc");
    assert_eq!(kinds(event("message_delta", error.clone())), "oc");
    assert_eq!(kinds(event("ping", error.clone())), "o.");
    assert_eq!(kinds(event("something_new", error.clone())), "oE");
    assert_eq!(kinds(event("something_new", Value::Null)), "oo");
    assert_eq!(kinds(event("error", error)), "oE");
    assert_eq!(kinds(event("error", Value::Null)), "oE", "whatever it says of it");
}

/// The calls that an Anthropic client sees of these pieces, each with its arguments, and the error that ended them.
fn calls(pieces: &[Value]) -> (Vec<(String, String)>, Option<String>) {
    let chunk = |piece: &Value| {
        let choice = json!({"index": 0, "delta": {"tool_calls": [piece]}});
        format!("data: {}\n\n", json!({"id": "c", "choices": [choice]}))
    };
    let stop = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]});
    let stream: String =
        pieces.iter().map(chunk).chain([format!("data: {stop}\n\ndata: [DONE]\n\n")]).collect();
    let request = r#"{"model":"m"}"#;
    let gathered = with_call(ANTHROPIC, request, |call| adaptor(ANTHROPIC, OPENAI).gather(call));
    let reading = read_with(gathered, ANTHROPIC, stream);
    if let Some(error) = reading.error {
        return (Vec::new(), Some(error.message));
    }
    let answer: Value = serde_json::from_str(&reading.output).unwrap();
    let call = |block: &Value| (block["name"].as_str().unwrap().to_owned(), block["input"].to_string());
    (answer["content"].as_array().unwrap().iter().map(call).collect(), None)
}

fn piece(id: &str, name: &str, arguments: &str) -> Value {
    json!({"index": 0, "id": id, "function": {"name": name, "arguments": arguments}})
}

/// Every piece has the index 0, so that ids, names and arguments must tell which call it belongs to.
#[test]
fn a_piece_goes_on_with_a_call_where_that_is_sure() {
    let one = |pieces: &[Value]| match calls(pieces) {
        (calls, None) => calls,
        (_, Some(error)) => panic!("{error}"),
    };
    let (f, a1) = ("f".to_owned(), "{\"a\":1}".to_owned());
    // Without a name it can be no other call, also when the arguments are whole.
    assert_eq!(one(&[piece("c", "f", "{\"a\":1}"), piece("", "", " ")]), [(f.clone(), a1.clone())]);
    // The id counts more than the name.
    assert_eq!(one(&[piece("c", "f", "{\"a\":1}"), piece("c", "g", "")]), [(f.clone(), a1.clone())]);
    // No id says nothing: a name after whole arguments is another call.
    let two = [(f.clone(), a1), (f, "{\"a\":2}".to_owned())];
    assert_eq!(one(&[piece("", "f", "{\"a\":1}"), piece("", "f", "{\"a\":2}")]), two);
    assert_eq!(one(&[piece("", "f", "{\"a\":1}"), piece("d", "f", "{\"a\":2}")]), two);
    assert_eq!(one(&[piece("c", "f", "{\"a\":1}"), piece("d", "f", "{\"a\":2}")]), two);
    // One id, and a second object after a whole one: nobody must run what that would be.
    let (_, error) = calls(&[piece("c", "f", "{\"a\":1}"), piece("c", "f", "{\"a\":2}")]);
    assert!(error.is_some_and(|error| error.contains("goes on with a tool call that was whole")));
}
