use adaptors::envelope::Envelope;
use bytes::Bytes;

fn scan(body: &str) -> Envelope {
    Envelope::scan(&Bytes::copy_from_slice(body.as_bytes())).expect(body)
}

fn refusal(body: impl AsRef<[u8]>) -> (String, Option<&'static str>) {
    let error = Envelope::scan(&Bytes::copy_from_slice(body.as_ref())).expect_err("a bad body");
    (error.message, error.param)
}

#[test]
fn model_and_stream_are_taken_and_nothing_else() {
    let found = scan(r#" { "messages": [{"model": "no", "stream": 3}], "model" : "gpt-5" , "stream":true} "#);
    assert_eq!((found.model.as_str(), found.stream), ("gpt-5", true));
    assert!(!scan(r#"{"model":"m"}"#).stream);
    assert!(!scan(r#"{"model":"m","stream":null}"#).stream);
    assert!(!scan(r#"{"model":"m","stream":false}"#).stream);
    assert_eq!(scan(r#"{"mod\u0065l":"gpt-\u0035"}"#).model, "gpt-5");
}

#[test]
fn the_model_is_rewritten_in_place() {
    let body = Bytes::from_static(br#"{ "a":[1 , 2], "model" :  "gp\u0074-\"5\"" ,"b":"model" }"#);
    let found = Envelope::scan(&body).unwrap();
    assert_eq!(
        found.with_model(&body, "x\"\\\n"),
        &br#"{ "a":[1 , 2], "model" :  "x\"\\\n" ,"b":"model" }"#[..]
    );
    let same = found.with_model(&body, "gpt-\"5\"");
    assert_eq!(same.as_ptr(), body.as_ptr(), "the same name costs nothing");
}

#[test]
fn what_a_client_may_send_that_parsers_dislike_is_passed() {
    // A lone surrogate, a number beyond f64, other keys twice: the upstream's business.
    assert_eq!(scan(r#"{"model":"m","x":"\ud83d","y":1e999,"z":1,"z":2}"#).model, "m");
}

#[test]
fn ambiguous_routing_keys_are_refused() {
    for body in [
        r#"{"model":"a","model":"a"}"#,
        r#"{"model":"a","mod\u0065l":"b"}"#,
        r#"{"\u006dodel":"a","x":[{}],"model":null}"#,
    ] {
        assert_eq!(refusal(body), ("`model` is given twice: send it once".into(), Some("model")), "{body}");
    }
    assert_eq!(refusal(r#"{"stream":true,"model":"a","str\u0065am":false}"#).1, Some("stream"));
}

#[test]
fn wrong_types_name_the_field_and_what_was_found() {
    for (value, found) in [
        ("3", "a number"),
        ("null", "null"),
        ("[\"a\"]", "an array"),
        ("{}", "an object"),
        ("true", "a boolean"),
    ] {
        let expected = (format!("`model` must be a string, not {found}"), Some("model"));
        assert_eq!(refusal(format!("{{\"model\":{value}}}")), expected);
    }
    let expected = ("`stream` must be true or false, not a string".into(), Some("stream"));
    assert_eq!(refusal(r#"{"model":"m","stream":"true"}"#), expected);
    assert_eq!(refusal(r#"{"stream":true}"#), ("`model` is missing: name a model".into(), Some("model")));
    assert_eq!(refusal(r#"{"model":""}"#), ("`model` is empty: name a model".into(), Some("model")));
}

#[test]
fn what_is_not_one_json_object_is_refused() {
    for (body, says) in [
        (&b""[..], "empty"),
        (b"hello", "not valid JSON"),
        (b"[]", "must be a JSON object, not an array"),
        (b" \"model\"", "must be a JSON object, not a string"),
        (b"null", "must be a JSON object, not null"),
        (br#"{"model":"m"} x"#, "trailing"),
        (br#"{"model":"m"}{"model":"m"}"#, "trailing"),
        (br#"{"model":"m""#, "not valid JSON"),
        (br#"{"model":"m","a":[1,}"#, "not valid JSON"),
        (b"{\"model\":\"m\",\"a\":\"\xff\"}", "not UTF-8: bad byte at offset 18"),
        (b"{\"model\":\"m\",\"a\":\"\0\"}", "not valid JSON"),
        (br#"{"model":"\ud800"}"#, "`model` is not a valid string"),
    ] {
        let (message, _) = refusal(body);
        assert!(message.contains(says), "{body:?}: {message}");
        assert!(message.starts_with(|c: char| c.is_lowercase() || c == '`'), "{message}");
    }
    let long = refusal(format!("{:?}", "x".repeat(1 << 20)));
    assert!(long.0.len() < 100, "quotes a body of any length");
}

#[test]
fn deep_nesting_is_refused_and_crashes_nothing() {
    for depth in [10_000, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let body = format!("{{\"model\":\"m\",\"x\":{}1{}}}", open.repeat(depth), close.repeat(depth));
            assert_eq!(refusal(body).0, "the request body is nested more than 512 levels deep");
        }
        assert!(refusal("[".repeat(depth)).0.contains("levels deep"));
    }
    let deep = |depth: usize| format!("{{\"model\":\"m\",\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(scan(&deep(511)).model, "m");
    assert!(refusal(deep(512)).0.contains("levels deep"));
    // Brackets inside strings nest nothing, whatever the escapes around them.
    assert_eq!(scan(&format!(r#"{{"x":"\\","y":"\"{}","model":"m"}}"#, "[".repeat(1000))).model, "m");
}

/// Some parsers fold case: what was authorised would not be what the upstream reads.
#[test]
fn keys_that_differ_in_case_only_are_refused_at_the_top_and_nowhere_else() {
    for (body, param) in [
        (r#"{"model":"small","Model":"big"}"#, "model"),
        (r#"{"MODEL":"big"}"#, "model"),
        (r#"{"model":"m","\u004dodel":"big"}"#, "model"),
        (r#"{"model":"m","Stream":true}"#, "stream"),
        (r#"{"model":"m","stream":false,"\u017ftream":true}"#, "stream"),
        ("{\"model\":\"m\",\"ſTREAM\":true}", "stream"),
    ] {
        let (message, of) = refusal(body);
        assert_eq!(of, Some(param), "{body}: {message}");
        assert!(message.contains("only in upper and lower case"), "{message}");
    }
    for body in [
        r#"{"model":"m","metadata":{"Model":"x","STREAM":1},"tools":[{"Model":"x"}]}"#,
        r#"{"model":"m","models":["a"],"Modes":1,"streams":1,"user":"Model"}"#,
    ] {
        assert_eq!(scan(body).model, "m");
    }
}
