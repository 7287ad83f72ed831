//! How much text a stream had, by which one that was cut is estimated: the same in every dialect, however it is written.

use adaptors::dialect::{ANTHROPIC, DIALECTS, Dialect, GEMINI, OPENAI, RESPONSES};

use crate::support::{frames, same, with_call};

/// Three pieces of text, a thought and a call's arguments: 5 + 7 + 6 + 4 + 7 bytes.
fn events(dialect: Dialect) -> Vec<&'static str> {
    if dialect == OPENAI {
        return vec![
            r#"{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"hmm."}}]}"#,
            r#"{"id":"c","choices":[{"index":0,"delta":{"content":"Hello"}}]}"#,
            r#"{"id":"c","choices":[{"index":0,"delta":{"content":", world"}}]}"#,
            r#"{"id":"c","choices":[{"index":0,"delta":{"content":"\"\u00e9\u00e9\\"}}]}"#,
            r#"{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_long_id","function":{"name":"f","arguments":"{\"a\":1}"}}]}}]}"#,
        ];
    }
    if dialect == RESPONSES {
        return vec![
            r#"{"type":"response.reasoning_summary_text.delta","item_id":"rs","delta":"hmm."}"#,
            r#"{"type":"response.output_text.delta","item_id":"msg","delta":"Hello","obfuscation":"xxxxxxxx"}"#,
            r#"{"type":"response.output_text.delta","item_id":"msg","delta": ", world"}"#,
            r#"{"type":"response.output_text.delta","item_id":"msg","delta":"\"\u00e9\u00e9\\"}"#,
            r#"{"type":"response.output_text.done","item_id":"msg","text":"all of it again"}"#,
            r#"{"type":"response.function_call_arguments.delta","item_id":"fc","delta":"{\"a\":1}"}"#,
        ];
    }
    if dialect == ANTHROPIC {
        return vec![
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hmm."}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"long"}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello"}}"#,
            r#"{"type":"content_block_delta","index":10,"delta":{"type":"text_delta","text":", world"}}"#,
            r#"{"type":"content_block_delta","index":10,"delta": {"type":"text_delta","text":"\"\u00e9\u00e9\\"}}"#,
            r#"{"type":"content_block_delta","index":11,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}"#,
        ];
    }
    vec![
        r#"{"candidates":[{"content":{"parts":[{"text":"hmm.","thought":true},{"text":"Hello"}]}}],"modelVersion":"text"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":", world"},{"text":"\"\u00e9\u00e9\\","thoughtSignature":"long"}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"long","args":{"a":1}}}]}}]}"#,
    ]
}

#[test]
fn text_is_counted_whatever_it_comes_in() {
    for dialect in DIALECTS {
        let body = r#"{"model":"m","stream":true}"#;
        let mut reader = with_call(dialect, body, |call| same(dialect).stream(call));
        for event in events(dialect) {
            let kind = event.split('"').nth(3).filter(|_| dialect != OPENAI && dialect != GEMINI);
            let name = kind.map_or_else(String::new, |kind| format!("event: {kind}\n"));
            let stream = format!("{name}data: {event}\n\n");
            frames(stream.as_bytes()).iter().for_each(|frame| drop(reader.frame(frame)));
        }
        assert_eq!(reader.said(), 5 + 7 + 6 + 4 + 7, "{}", dialect.name());
    }
}
