//! What a request names that only one upstream knows, and what an answer gives: in every dialect, in any writing.

use adaptors::dialect::{ANTHROPIC, DIALECTS, Dialect, GEMINI, OPENAI, RESPONSES};
use adaptors::names::{Names, Other};

use crate::support::{frames, same, with_call};

fn shown(names: &[Other]) -> String {
    let shown = names.iter().map(|other| format!("{}:{}={}", other.thing.word(), other.key, other.name));
    shown.collect::<Vec<_>>().join(" ")
}

fn asked(dialect: Dialect, body: &str) -> String {
    shown(&dialect.mentions(body.as_bytes()).expect("JSON"))
}

#[test]
fn a_request_s_names_are_found_where_they_mean_something() {
    for (dialect, body, names) in [
        (
            OPENAI,
            r#"{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f1"}}]},{"role":"assistant","audio":{"id":"a1"}}]}"#,
            "file:file_id=f1 sound:audio=a1",
        ),
        (OPENAI, r#"{"modalities":["text","audio"],"audio":{"voice":"alloy"},"messages":[]}"#, ""),
        (
            RESPONSES,
            r#"{"input":[{"type":"item_reference","id":"msg_1"},{"id":"rs_1"},{"type":null,"id":"rs_2"},
                {"id":"msg_2","type":"message","role":"assistant","content":[]},{"role":"user","content":[{"type":"input_file","file_id":"f1"}]},
                {"type":"function_call_output","call_id":"c","output":[{"type":"input_image","file_id":"f2"}]}],
                "tools":[{"type":"file_search","vector_store_ids":["vs_1","vs_2"]},{"type":"code_interpreter","container":"cntr_1"},
                {"type":"code_interpreter","container":{"type":"auto","file_ids":["f3"]}}],"prompt":{"id":"pmpt_1"}}"#,
            "item:input=msg_1 item:input=rs_1 item:input=rs_2 file:file_id=f1 file:file_id=f2 \
             vector store:vector_store_ids=vs_1 vector store:vector_store_ids=vs_2 container:container=cntr_1 \
             file:file_ids=f3 prompt:prompt=pmpt_1",
        ),
        (
            ANTHROPIC,
            r#"{"container":"c1","messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"f1"}},
                {"type":"container_upload","file_id":"f2"},{"type":"tool_result","content":[{"type":"image","source":{"file_id":"f3"}}]}]}]}"#,
            "container:container=c1 file:file_id=f1 file:file_id=f2 file:file_id=f3",
        ),
        (ANTHROPIC, r#"{"container":{"id":"c2","skills":[]},"messages":[]}"#, "container:container=c2"),
        (
            GEMINI,
            r#"{"cached_content":"cachedContents/1","contents":[{"parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/x"}},
                {"file_data":{"file_uri":"files/y"}},{"fileData":{"fileUri":"https://example.com/files/z"}},{"fileData":{"fileUri":"gs://b/o"}}]}]}"#,
            "cached content:cachedContent=cachedContents/1 \
             file:fileUri=https://generativelanguage.googleapis.com/v1beta/files/x file:fileUri=files/y",
        ),
    ] {
        assert_eq!(asked(dialect, body), names, "{}: {body}", dialect.name());
    }
}

#[test]
fn what_a_tool_is_told_or_takes_is_no_name() {
    for (dialect, body) in [
        (
            ANTHROPIC,
            r#"{"tools":[{"name":"t","input_schema":{"properties":{"file_id":{"type":"string"}}}}],"messages":[{"content":[{"type":"tool_use","input":{"file_id":"x","container":"y"}}]}]}"#,
        ),
        (
            RESPONSES,
            r#"{"tools":[{"type":"function","parameters":{"properties":{"prompt":{},"file_id":{}}}}],"metadata":{"file_id":"x"},"input":"the \"file_id\" is x"}"#,
        ),
        (GEMINI, r#"{"contents":[{"parts":[{"functionCall":{"args":{"fileUri":"files/x"}}}]}]}"#),
    ] {
        assert_eq!(asked(dialect, body), "", "{}", dialect.name());
    }
}

#[test]
fn a_name_hides_in_no_writing() {
    let all = [
        r#"{"container":"mine","container":"theirs","messages":[]}"#,
        r#"{"\u0063ontainer":"mine","messages":[],"contai\u006eer":"theirs"}"#,
        r#"{"messages":[{"content":"\ud800"}],"container":"mine", "container" : "the\u0069rs"}"#,
    ];
    for body in all {
        assert_eq!(asked(ANTHROPIC, body), "container:container=mine container:container=theirs", "{body}");
    }
    let most = format!(
        r#"{{"container":"a","messages":[{}]}}"#,
        r#"{"content":{"file_id":"f"}},"#.repeat(2000) + "0"
    );
    assert_eq!(ANTHROPIC.mentions(most.as_bytes()).unwrap().len(), Names::MOST);
    for dialect in DIALECTS {
        assert_eq!(asked(dialect, r#"{"model":"m"}"#), "");
    }
}

#[test]
fn an_answer_gives_its_names_whole_and_streamed() {
    let whole = |dialect: Dialect, answer: &str| shown(&dialect.gives(answer.as_bytes()));
    let streamed = |dialect: Dialect, events: &str| {
        let body = r#"{"model":"m","stream":true}"#;
        let mut reader = with_call(dialect, body, |call| same(dialect).stream(call));
        frames(events.as_bytes()).iter().for_each(|frame| drop(reader.frame(frame)));
        shown(&reader.names().others)
    };
    let response = r#"{"id":"resp_1","output":[{"type":"code_interpreter_call","container_id":"cntr_1","id":"ci_1"},{"type":"message","id":"msg_1"}]}"#;
    let names = "container:container_id=cntr_1 item:id=ci_1 item:id=msg_1";
    assert_eq!(whole(RESPONSES, response), names);
    let completed = format!(
        "event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{response}}}\n\n"
    );
    assert_eq!((whole(RESPONSES, &completed), streamed(RESPONSES, &completed)), (names.into(), names.into()));
    let message = r#"{"id":"m","container":{"id":"c1"},"content":[{"type":"bash_code_execution_tool_result","content":{"content":[{"file_id":"f1"}]}}]}"#;
    assert_eq!(whole(ANTHROPIC, message), "container:container=c1 file:file_id=f1");
    let events = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"container\":null,\"content\":[]}}\n\n\
        event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"container\":{\"id\":\"c1\"}}}\n\n";
    assert_eq!(streamed(ANTHROPIC, events), "container:container=c1");
    assert_eq!(whole(OPENAI, r#"{"choices":[{"message":{"audio":{"id":"a1"}}}]}"#), "sound:audio=a1");
    let chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"audio\":{\"id\":\"a1\"}}}]}\n\n";
    assert_eq!(streamed(OPENAI, chunk), "sound:audio=a1");
}
