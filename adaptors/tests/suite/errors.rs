use adaptors::adaptor::{Answer, Class, Complaint, UpstreamError};
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use bytes::Bytes;

use crate::support::{answer, read, same, text};

fn error(dialect: Dialect, status: u16, body: &str, whole: bool) -> UpstreamError {
    same(dialect).error(status, &Bytes::copy_from_slice(body.as_bytes()), whole)
}

const OPENAI_BODY: &str =
    r#"{"error":{"message":"slow down","type":"rate_limit_error","param":null,"code":"x"}}"#;
const ANTHROPIC_BODY: &str = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;

#[test]
fn an_error_in_the_clients_shape_is_kept_as_it_came() {
    for (dialect, body, message, kind) in [
        (OPENAI, OPENAI_BODY, "slow down", "rate_limit_error"),
        (ANTHROPIC, ANTHROPIC_BODY, "Overloaded", "overloaded_error"),
    ] {
        for status in [400, 402, 404, 409, 413, 422, 429, 500, 503, 529] {
            let error = error(dialect, status, body, true);
            assert_eq!(
                (error.status, error.message.as_str(), error.kind.as_deref()),
                (status, message, Some(kind))
            );
            assert_eq!(error.body.as_deref(), Some(body.as_bytes()));
            assert_eq!(dialect.error_body(&error, None, None), body);
        }
        let cut = error(dialect, 500, body, false);
        assert_eq!((cut.message.as_str(), cut.body), (message, None), "not whole, so not passed on");
    }
    assert_eq!(error(ANTHROPIC, 500, OPENAI_BODY, true).body, None, "another shape");
    assert_eq!(error(OPENAI, 500, r#"{"message":"m"}"#, true).body, None);
}

#[test]
fn whose_fault_an_error_is() {
    let plain = r#"{"error":{"message":"no","type":"t","code":null}}"#;
    for (status, class) in [
        (400, Class::Caller),
        (404, Class::Caller),
        (413, Class::Caller),
        (422, Class::Caller),
        (401, Class::Credential),
        (402, Class::Credential),
        (403, Class::Credential),
        (429, Class::Rate),
        (408, Class::Transient),
        (500, Class::Transient),
        (503, Class::Transient),
        (529, Class::Transient),
        (302, Class::Broken),
        (101, Class::Broken),
    ] {
        assert_eq!(error(OPENAI, status, plain, true).class, class, "{status}");
    }
    for (status, message, class) in [
        (400, "This model's maximum context length is 8192 tokens", Class::ContextLength),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", Class::ContextLength),
        // A caller can make an upstream quote anything: that puts no key to rest.
        (404, "The model `invalid api key` does not exist", Class::Caller),
        (400, "Invalid value: 'insufficient_quota'. Supported values are", Class::Caller),
        (400, "model: your credit balance is too low", Class::Caller),
        (429, "the model insufficient_quota is busy", Class::Rate),
        (400, "Your credit balance is too low to access the API", Class::Credential),
        (500, "prompt is too long", Class::Transient),
        (413, "rate_limit_exceeded", Class::Caller),
    ] {
        let body = format!(r#"{{"error":{{"message":"{message}"}}}}"#);
        assert_eq!(error(ANTHROPIC, status, &body, true).class, class, "{message}");
        assert_eq!(error(OPENAI, status, message, true).class, class, "as plain text: {message}");
    }
    // One request that wants more than a minute's tokens: Groq's status, and OpenAI's.
    let body = r#"{"error":{"message":"Request too large for model `m` in organization `o` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 6294, please reduce your message size and try again.","type":"tokens","code":"rate_limit_exceeded"}}"#;
    for status in [413, 429] {
        let refused = error(OPENAI, status, body, true);
        assert_eq!((refused.status, refused.class), (status, Class::Rate));
        assert!(refused.is_too_much_at_once());
    }
    let limited = r#"{"error":{"message":"Rate limit reached for model `m`: Limit 6000, Used 5034","type":"tokens","code":"rate_limit_exceeded"}}"#;
    assert!(!error(OPENAI, 429, limited, true).is_too_much_at_once());
    // Numbers of a provider's own, beside a status that says less.
    let body = |code: u32| format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#);
    for (status, code, class) in
        [(429, 1113, Class::Credential), (429, 1302, Class::Rate), (400, 1214, Class::Caller)]
    {
        assert_eq!(error(OPENAI, status, &body(code), true).class, class, "{code}");
    }
}

#[test]
fn a_key_is_refused_by_codes_and_beginnings_that_no_caller_can_choose() {
    for (status, body) in [
        (400, r#"{"error":{"message":"Incorrect API key provided: sk-1","code":null}}"#),
        (400, r#"{"error":{"message":"API key not valid. Please pass a valid API key.","code":400}}"#),
        (429, r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#),
        (429, r#"{"error":{"message":"no","type":"insufficient_quota"}}"#),
        (500, r#"{"error":{"message":"no","code":"invalid_api_key"}}"#),
    ] {
        assert_eq!(error(OPENAI, status, body, true).class, Class::Credential, "{body}");
    }
}

/// Gemini's endpoint puts them into a list of one.
#[test]
fn an_error_in_a_list_is_that_error() {
    for (object, status, class) in [
        (r#"{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}"#, 429, Class::Rate),
        (r#"{"error":{"code":400,"message":"API key not valid. Pass another."}}"#, 502, Class::Credential),
        (r#"{"error":{"code":"401","message":"no"}}"#, 502, Class::Credential),
        (r#"{"error":{"code":400,"message":"prompt is too long"}}"#, 400, Class::ContextLength),
        (r#"{"error":{"code":503,"message":"busy"}}"#, 503, Class::Transient),
    ] {
        let list = format!("\n[{object}\n]\n");
        for dialect in [OPENAI, ANTHROPIC] {
            let sent = match (class, object.contains("401")) {
                (Class::Credential, true) => 401,
                (Class::Credential, false) => 400,
                _ => status,
            };
            let event = format!("data: [{object}]\n\n");
            let (answered, streamed) =
                (error(dialect, sent, &list, true), read(dialect, event).error.unwrap());
            for stream in [false, true] {
                let Answer::Error(whole) = answer(same(dialect), dialect, list.clone(), stream) else {
                    panic!("{list}")
                };
                assert_eq!((whole.status, whole.class), (status, class), "in a 200: {list}");
            }
            assert_eq!((answered.class, streamed.class), (class, class), "{list}");
            assert_eq!((streamed.status, class != Class::Credential), (status, answered.status == sent));
            let told = dialect.error_body(&answered, None, None);
            assert!(!text(&told).starts_with('[') && !text(&told).contains("cannot be read"), "{told:?}");
        }
    }
    assert_eq!(
        error(OPENAI, 400, r#"[{"error":{"code":400,"message":"API key"#, false).message,
        "the upstream answered 400 with JSON that cannot be read, cut short: [{\"error\":{\"code\":400,\"message\":\"API key"
    );
    assert_eq!(error(OPENAI, 400, r#"[{"error":{"message":"no","detail":"#, false).message, "no");
    assert!(error(OPENAI, 500, "[]", true).message.contains("cannot be read"));
}

#[test]
fn the_message_is_found_in_every_known_place() {
    for body in [
        r#"{"error":{"message":"boom"},"message":"no"}"#,
        r#"{"message":"boom","msg":"no"}"#,
        r#"{"msg":"boom","err":"no"}"#,
        r#"{"err":"boom","error_msg":"no"}"#,
        r#"{"error_msg":"boom","error":"no"}"#,
        r#"{"error":"boom","header":{"message":"no"}}"#,
        r#"{"header":{"message":"boom"}}"#,
        r#"{"response":{"error":{"message":"boom"}}}"#,
        r#"{"detail":"boom"}"#,
        r#"{"detail":[{"loc":["body"],"msg":"boom"}]}"#,
        r#"{"error":[{"message":"boom"}]}"#,
        r#"{"success":false,"errors":[{"code":7003,"message":"boom"}],"result":null}"#,
        r#"{"error":{"message":""},"message":null,"msg":" ","err":"boom"}"#,
    ] {
        for dialect in [OPENAI, ANTHROPIC] {
            assert_eq!(error(dialect, 500, body, true).message, "boom", "{body}");
        }
    }
}

#[test]
fn what_is_no_error_body_is_described() {
    let page =
        "<!DOCTYPE html>\n<html><head><TITLE>502\n Bad Gateway</TITLE></head><body>secret</body></html>";
    let long = "x".repeat(1000);
    for (body, whole, expected) in [
        (page, true, r#"the upstream answered 502 with an HTML page titled "502 Bad Gateway""#),
        ("<html>", true, "the upstream answered 502 with an HTML page"),
        ("", true, "the upstream answered 502 with an empty body"),
        ("", false, "the upstream answered 502 with an empty body, cut short"),
        ("no\x07 route\r\n", true, "the upstream answered 502 with text: no route"),
        (
            r#"{"error":{"mess"#,
            false,
            "the upstream answered 502 with JSON that cannot be read, cut short: {\"error\":{\"mess",
        ),
        (r#"{"error":{"message":"half \"an\" hour","ty"#, false, r#"half "an" hour"#),
        (
            r#"{"error":{"code":7}}"#,
            true,
            "the upstream sent an error without a message: {\"error\":{\"code\":7}}",
        ),
        (&long, true, &format!("the upstream answered 502 with text: {}", &long[..200])),
    ] {
        let error = error(OPENAI, 502, body, whole);
        assert_eq!((error.status, error.message.as_str(), error.body), (502, expected, None));
    }
}

#[test]
fn a_refused_key_becomes_502_and_its_text_stays_here() {
    let quoting = r#"{"error":{"message":"Incorrect API key provided: sk-secret","type":"invalid_request_error","code":"invalid_api_key"}}"#;
    let xai =
        r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: sk-secret"}"#;
    for (status, body) in [(401, quoting), (403, quoting), (403, "sk-secret"), (400, quoting), (400, xai)] {
        for dialect in [OPENAI, ANTHROPIC] {
            let error = error(dialect, status, body, true);
            assert_eq!((error.status, &error.kind, &error.body), (502, &None, &None), "{body}");
            assert!(error.message.contains("refused the relay's own key"), "{}", error.message);
            assert!(!text(&dialect.error_event(&error)).contains("secret"));
        }
    }
}

#[test]
fn statuses_that_are_no_answer_are_put_into_one_that_is() {
    for (status, expected, says) in [
        (101, 502, "redirected"),
        (204, 502, "unexpected status 204"),
        (301, 502, "redirected (status 301)"),
        (302, 502, "redirected (status 302)"),
        (407, 502, "proxy"),
        (408, 504, "gave up waiting"),
        (600, 502, "unexpected status 600"),
        (999, 502, "unexpected status 999"),
    ] {
        let error = error(OPENAI, status, "<html><title>Login</title>", true);
        assert_eq!((error.status, error.body), (expected, None), "{status}");
        assert!(error.message.contains(says), "{}", error.message);
    }
}

#[test]
fn complaints_in_each_dialect() {
    let mut all = String::new();
    for dialect in [OPENAI, ANTHROPIC] {
        for status in [400, 401, 403, 404, 413, 418, 422, 429, 500, 502, 503, 504, 529] {
            let complaint = Complaint {
                status,
                message: "what",
                kind: None,
                code: Some("why"),
                param: None,
                retry_after: None,
                request_id: Some("id1"),
                is_passed: false,
            };
            all += &format!("{status} {}\n", text(&dialect.complaint_body(&complaint)));
        }
        let bare = Complaint {
            status: 500,
            message: "a \"b\"\n",
            kind: Some("own"),
            code: None,
            param: None,
            retry_after: None,
            request_id: None,
            is_passed: false,
        };
        all += text(&dialect.complaint_event(&bare));
    }
    insta::assert_snapshot!(all);
}

/// Their tool runner goes on with the whole conversation, when it is told in this form that nobody keeps it.
#[test]
fn anthropics_sdks_are_told_that_nothing_keeps_a_thread() {
    let complaint = Complaint {
        status: 400,
        message: "what",
        kind: None,
        code: None,
        param: Some("thread"),
        retry_after: None,
        request_id: None,
        is_passed: false,
    };
    let body: serde_json::Value = serde_json::from_slice(&ANTHROPIC.complaint_body(&complaint)).unwrap();
    assert_eq!(body["error"]["details"], serde_json::json!({"error_code": "thread_unsupported_request"}));
}

#[test]
fn a_pretty_printed_error_body_stays_one_event() {
    let error = error(OPENAI, 429, "{\n  \"error\": {\"message\": \"m\"}\r\n}", true);
    assert_eq!(OPENAI.error_event(&error), "data: {\ndata:   \"error\": {\"message\": \"m\"}\ndata: }\n\n");
    assert_eq!(ANTHROPIC.error_event(&error).slice(..13), "event: error\n");
}

#[test]
fn model_lists() {
    insta::assert_snapshot!(text(&OPENAI.models_body(&["a", "b"], &|_, _| true, false)), @r#"{"data":[{"created":0,"id":"a","object":"model","owned_by":"watertight"},{"created":0,"id":"b","object":"model","owned_by":"watertight"}],"object":"list"}"#);
    insta::assert_snapshot!(text(&ANTHROPIC.models_body(&["a"], &|_, _| true, false)), @r#"{"data":[{"created_at":"1970-01-01T00:00:00Z","display_name":"a","id":"a","type":"model"}],"first_id":"a","has_more":false,"last_id":"a"}"#);
}

#[test]
fn errors_in_the_other_dialect() {
    let mut all = String::new();
    for (client, upstream, status, body) in [
        (OPENAI, ANTHROPIC, 529, ANTHROPIC_BODY),
        (
            OPENAI,
            ANTHROPIC,
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#,
        ),
        (
            OPENAI,
            ANTHROPIC,
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages: at least one"}}"#,
        ),
        (
            OPENAI,
            ANTHROPIC,
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: m"}}"#,
        ),
        (
            OPENAI,
            ANTHROPIC,
            413,
            r#"{"type":"error","error":{"type":"request_too_large","message":"too large"}}"#,
        ),
        (
            OPENAI,
            ANTHROPIC,
            429,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#,
        ),
        (OPENAI, ANTHROPIC, 500, r#"{"type":"error","error":{"type":"api_error","message":"oops"}}"#),
        (
            OPENAI,
            ANTHROPIC,
            401,
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key sk-ant-1"}}"#,
        ),
        (ANTHROPIC, OPENAI, 429, OPENAI_BODY),
        (
            ANTHROPIC,
            OPENAI,
            429,
            r#"{"error":{"message":"no more","type":"insufficient_quota","code":"insufficient_quota"}}"#,
        ),
        (
            ANTHROPIC,
            OPENAI,
            400,
            r#"{"error":{"message":"maximum context length is 8","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
        ),
        (
            ANTHROPIC,
            OPENAI,
            404,
            r#"{"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}}"#,
        ),
        (ANTHROPIC, OPENAI, 500, r#"{"error":{"message":"oops","type":"server_error"}}"#),
        (ANTHROPIC, OPENAI, 503, "<html><title>Down</title>"),
    ] {
        let adaptor = adaptors::dialect::adaptor(client, upstream);
        let error = adaptor.error(status, &Bytes::copy_from_slice(body.as_bytes()), true);
        all += &format!(
            "{status} {body}\n{} {}\n\n",
            error.status,
            text(&client.error_body(&error, None, None))
        );
    }
    insta::assert_snapshot!(all);
}

/// So another model may be asked, and every client of OpenAI's knows why none could be.
#[test]
fn a_prompt_that_is_too_long_has_openais_code_whoever_says_so() {
    let gemini = r#"{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT"}}"#;
    let llama = r#"{"error":{"code":400,"message":"request (9 tokens) exceeds the available context size (8 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}"#;
    let xai = r#"{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 8 but the request contains 9 tokens."}"#;
    let late = r#"{"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}}"#;
    for (upstream, status, body) in
        [(GEMINI, 400, gemini), (OPENAI, 400, llama), (OPENAI, 400, xai), (OPENAI, 500, late)]
    {
        for client in [OPENAI, RESPONSES] {
            let body = Bytes::copy_from_slice(body.as_bytes());
            let error = adaptor(client, upstream).error(status, &body, true);
            assert_eq!(
                (error.class, error.code.as_deref()),
                (Class::ContextLength, Some("context_length_exceeded"))
            );
        }
    }
    // Inside of an answer nothing says a status.
    let error = r#"{"error":"The number of tokens to keep from the initial prompt is greater than the context length"}"#;
    let read = read(OPENAI, format!("data: {error}\n\n"));
    assert_eq!(read.error.map(|error| error.class), Some(Class::ContextLength));
}
