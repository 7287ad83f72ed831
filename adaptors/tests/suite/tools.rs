//! Tools on their way to an upstream of another dialect, and their calls on the way back.

use adaptors::adaptor::Upload;
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use serde_json::{Value, json};

use crate::support::{read_with, with_call};

const ALL: [Dialect; 4] = [OPENAI, RESPONSES, ANTHROPIC, GEMINI];

/// What Codex offers: its own functions, those of an MCP server and of its sub-agents in namespaces, and a text tool.
fn codex(more: &Value) -> Value {
    let function = |name: &str| json!({"type": "function", "name": name, "parameters": {"type": "object"}});
    let mut asked = json!({"model": "m", "stream": true, "input": "x", "tools": [
        function("exec_command"),
        {"type": "namespace", "name": "mcp__town", "description": "The town's.",
         "tools": [function("read_note"), {"type": "custom", "name": "sing", "description": "Sings."}]},
        {"type": "namespace", "name": "agents", "tools": [function("spawn"), function("read_note")]},
        {"type": "custom", "name": "apply_patch", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}},
        {"type": "tool_search", "execution": "client", "description": "Finds.", "parameters": {"type": "object"}},
        {"type": "web_search"}, {"type": "image_generation"},
    ]});
    for (key, value) in more.as_object().unwrap() {
        asked[key] = value.clone();
    }
    asked
}

fn upload(client: Dialect, upstream: Dialect, asked: &Value) -> Upload {
    with_call(client, &asked.to_string(), |call| adaptor(client, upstream).request(call)).unwrap()
}

fn sent(client: Dialect, upstream: Dialect, asked: &Value) -> Value {
    serde_json::from_slice(&upload(client, upstream, asked).body).unwrap()
}

/// The names under which a request of an upstream's dialect offers its tools.
fn offered(upstream: Dialect, sent: &Value) -> Vec<String> {
    let (list, name) = match upstream.name() {
        "gemini" => ("/tools/0/functionDeclarations", "/name"),
        "openai" => ("/tools", "/function/name"),
        _ => ("/tools", "/name"),
    };
    let tools = sent.pointer(list).and_then(Value::as_array).into_iter().flatten();
    tools.map(|tool| tool.pointer(name).unwrap().as_str().unwrap().to_owned()).collect()
}

/// An upstream's stream that calls one tool.
fn calling(upstream: Dialect, name: &str, arguments: &Value) -> String {
    let text = arguments.to_string();
    let events = match upstream.name() {
        "openai" => vec![
            json!({"id": "c", "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls", "delta":
            {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": text}}]}}]}),
        ],
        "responses" => {
            let item = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": name, "arguments": text});
            vec![
                json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
                json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "output": [item]}}),
            ]
        }
        "anthropic" => vec![
            json!({"type": "message_start", "message": {"id": "m", "model": "m", "usage": {"input_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "call_1", "name": name, "input": {}}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": text}}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 1}}),
            json!({"type": "message_stop"}),
        ],
        _ => vec![json!({"candidates": [{"finishReason": "STOP", "content":
            {"role": "model", "parts": [{"functionCall": {"id": "call_1", "name": name, "args": arguments}}]}}]})],
    };
    let frame = |event: &Value| match event["type"].as_str() {
        Some(kind) => format!("event: {kind}\ndata: {event}\n\n"),
        None => format!("data: {event}\n\n"),
    };
    let done = if upstream == OPENAI { "data: [DONE]\n\n" } else { "" };
    events.iter().map(frame).collect::<String>() + done
}

/// The events that a client gets of it.
fn told(client: Dialect, upstream: Dialect, asked: &Value, stream: &str) -> Vec<Value> {
    let reader = with_call(client, &asked.to_string(), |call| adaptor(client, upstream).stream(call));
    let reading = read_with(reader, upstream, stream);
    assert_eq!(reading.error, None, "{}", reading.output);
    let data = reading.output.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

/// The item that a client of responses gets of a call.
fn item(upstream: Dialect, asked: &Value, name: &str, arguments: &Value) -> Value {
    let events = told(RESPONSES, upstream, asked, &calling(upstream, name, arguments));
    let whole = events.last().unwrap()["response"]["output"][0].clone();
    assert!(
        events.iter().any(|event| event["type"] == "response.output_item.done" && event["item"] == whole)
    );
    whole
}

const NAMES: [&str; 7] = [
    "exec_command",
    "mcp__town__read_note",
    "mcp__town__sing",
    "agents__spawn",
    "agents__read_note",
    "apply_patch",
    "tool_search",
];

#[test]
fn what_codex_offers_reaches_every_upstream_and_its_calls_come_back() {
    for upstream in [OPENAI, ANTHROPIC, GEMINI] {
        let asked = codex(&json!({}));
        let upload = upload(RESPONSES, upstream, &asked);
        let sent: Value = serde_json::from_slice(&upload.body).unwrap();
        assert_eq!(offered(upstream, &sent), NAMES, "{upstream:?}");
        assert_eq!(upload.dropped.line().as_deref(), Some("tools[5]:web_search, tools[6]:image_generation"));
        let text = sent.to_string();
        assert!(text.contains("The town's.") && text.contains("this lark grammar"), "{text}");

        let called = |name: &str, arguments: &Value| {
            let mut item = item(upstream, &asked, name, arguments);
            let id = item.as_object_mut().unwrap().remove("id").unwrap();
            assert!(item.as_object_mut().unwrap().remove("call_id").is_some());
            (id.as_str().unwrap().split('_').next().unwrap().to_owned(), item)
        };
        let (kind, plain) = called("exec_command", &json!({"cmd": "ls"}));
        assert_eq!((kind.as_str(), plain.get("namespace")), ("fc", None));
        let (kind, town) = called("mcp__town__read_note", &json!({"path": "p"}));
        assert_eq!(
            town,
            json!({"type": "function_call", "status": "completed", "name": "read_note",
            "namespace": "mcp__town", "arguments": "{\"path\":\"p\"}"})
        );
        assert_eq!(kind, "fc");
        let (_, agents) = called("agents__read_note", &json!({}));
        assert_eq!((&agents["namespace"], &agents["name"]), (&json!("agents"), &json!("read_note")));
        let (kind, patch) = called("apply_patch", &json!({"input": "*** Begin\n"}));
        assert_eq!(
            patch,
            json!({"type": "custom_tool_call", "status": "completed", "name": "apply_patch", "input": "*** Begin\n"})
        );
        assert_eq!(kind, "ctc");
        let (_, song) = called("mcp__town__sing", &json!({"input": ""}));
        assert_eq!((&song["namespace"], &song["input"]), (&json!("mcp__town"), &json!("")));
        let (kind, search) = called("tool_search", &json!({"query": "q"}));
        assert_eq!(
            search,
            json!({"type": "tool_search_call", "status": "completed", "execution": "client", "arguments": {"query": "q"}})
        );
        assert_eq!(kind, "tsc");
    }
}

#[test]
fn the_pieces_of_a_text_tool_s_call_are_its_text() {
    let asked = codex(&json!({}));
    let stream = calling(ANTHROPIC, "apply_patch", &json!({"input": "a\"b"}));
    let events = told(RESPONSES, ANTHROPIC, &asked, &stream);
    let of = |kind: &str| events.iter().find(|event| event["type"] == kind).cloned().unwrap_or_default();
    assert_eq!(of("response.custom_tool_call_input.delta")["delta"], "a\"b");
    assert_eq!(of("response.custom_tool_call_input.done")["input"], "a\"b");
    assert!(!events.iter().any(|event| event["type"].as_str().unwrap().contains("function_call")));
}

#[test]
fn the_history_has_the_same_names() {
    let input = json!([
        {"type": "additional_tools", "role": "developer", "tools": [
            {"type": "namespace", "name": "functions", "description": "", "tools": [{"type": "custom", "name": "exec"}]}]},
        {"role": "user", "content": "x"},
        {"type": "function_call", "call_id": "a", "name": "read_note", "namespace": "mcp__town", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "A"},
        {"type": "custom_tool_call", "call_id": "b", "name": "exec", "namespace": "functions", "input": "1"},
        {"type": "custom_tool_call_output", "call_id": "b", "output": "B"},
        {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {"query": "q"}},
        {"type": "tool_search_output", "call_id": "c", "execution": "client", "tools": [
            {"type": "namespace", "name": "found", "tools": [{"type": "function", "name": "it", "defer_loading": true}]},
            {"type": "function", "name": "exec_command"}]},
        {"type": "function_call", "call_id": "d", "name": "gone", "namespace": "an.other", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "d", "output": "D"},
    ]);
    let asked = codex(&json!({"input": input}));
    let sent = sent(RESPONSES, ANTHROPIC, &asked);
    let called: Vec<&str> = sent["messages"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|message| message["content"].as_array().into_iter().flatten())
        .filter(|block| block["type"] == "tool_use")
        .map(|block| block["name"].as_str().unwrap())
        .collect();
    assert_eq!(called, ["mcp__town__read_note", "functions__exec", "tool_search", "an_other__gone"]);
    assert_eq!(offered(ANTHROPIC, &sent)[7..], ["functions__exec", "found__it"]);
    let exec = item(ANTHROPIC, &asked, "functions__exec", &json!({"input": "2"}));
    assert_eq!(
        (&exec["type"], &exec["namespace"], &exec["input"]),
        (&json!("custom_tool_call"), &json!("functions"), &json!("2"))
    );
}

/// Tools that OpenAI's models know by training, and what each of them is asked to do.
fn known() -> [(Value, &'static str, Value, Value); 3] {
    let patch = json!({"type": "update_file", "path": "a.txt", "diff": "@@\n-a\n+b"});
    [
        (
            json!({"type": "local_shell"}),
            "local_shell_call",
            json!({"command": ["ls", "-l"], "timeout_ms": 10}),
            json!({"type": "exec", "command": ["ls", "-l"], "env": {}, "timeout_ms": 10}),
        ),
        (
            json!({"type": "shell", "environment": {"type": "local"}}),
            "shell_call",
            json!({"commands": ["ls"]}),
            json!({"commands": ["ls"]}),
        ),
        (json!({"type": "apply_patch"}), "apply_patch_call", patch.clone(), patch),
    ]
}

#[test]
fn a_tool_that_models_know_by_training_is_a_function_elsewhere_and_its_call_what_the_client_knows() {
    for (tool, kind, arguments, done) in known() {
        let name = tool["type"].as_str().unwrap();
        let asked = json!({"model": "m", "input": "x", "stream": true, "tools": [tool, {"type": "function", "name": "f"}],
            "tool_choice": {"type": name}});
        for upstream in [OPENAI, ANTHROPIC, GEMINI] {
            let upload = upload(RESPONSES, upstream, &asked);
            let sent: Value = serde_json::from_slice(&upload.body).unwrap();
            assert_eq!(offered(upstream, &sent), [name, "f"]);
            assert_eq!(upload.dropped.line(), None);
            let choice = sent.get("tool_choice").or(sent.pointer("/toolConfig")).unwrap().to_string();
            assert!(choice.contains(name), "{choice}");
            let call = item(upstream, &asked, name, &arguments);
            let key = if name == "apply_patch" { "operation" } else { "action" };
            assert_eq!((call["type"].as_str(), &call[key]), (Some(kind), &done), "{call}");
            assert_eq!((&call["status"], call.get("name")), (&json!("completed"), None));
            // It comes back, and the model sees what it said.
            let output = json!({"type": format!("{kind}_output"), "call_id": call["call_id"], "output": "there", "status": "completed"});
            let mut next = asked.clone();
            next["input"] = json!([{"role": "user", "content": "x"}, call, output]);
            let text = self::sent(RESPONSES, upstream, &next).to_string().replace("\\\"", "\"");
            assert!(text.contains("there") && text.contains(&arguments.to_string()[1..10]), "{text}");
        }
    }
    // Where the client has a function of that name too, each call is its own.
    let asked = json!({"model": "m", "input": "x", "stream": true,
        "tools": [{"type": "shell"}, {"type": "function", "name": "shell"}]});
    let names = offered(ANTHROPIC, &sent(RESPONSES, ANTHROPIC, &asked));
    assert!(names[0] != names[1] && names[1] == "shell", "{names:?}");
    assert_eq!(item(ANTHROPIC, &asked, &names[0], &json!({"commands": []}))["type"], "shell_call");
    assert_eq!(item(ANTHROPIC, &asked, "shell", &json!({}))["type"], "function_call");
    // Offered often, it is offered once: what it takes to tell it does not grow with the request.
    let often = vec![json!({"type": "apply_patch"}); 100];
    let asked = json!({"model": "m", "input": [{"role": "user", "content": "x"}, {"type": "additional_tools", "tools": often}],
        "tools": often});
    assert_eq!(offered(OPENAI, &sent(RESPONSES, OPENAI, &asked)), ["apply_patch"]);
    // In a container of OpenAI's nobody else can run anything.
    let hosted = json!({"model": "m", "input": "x", "tools": [{"type": "shell", "environment": {"type": "container_auto"}}]});
    assert_eq!(upload(RESPONSES, ANTHROPIC, &hosted).dropped.line().as_deref(), Some("tools[0]:shell"));
}

#[test]
fn an_output_finds_its_call_also_by_the_items_id() {
    let calls = |call: Value, output: Value| {
        let input = json!([{"role": "user", "content": "x"}, call, output]);
        let sent = sent(RESPONSES, OPENAI, &json!({"model": "m", "input": input}));
        (sent["messages"][1]["tool_calls"][0]["id"].clone(), sent["messages"][2]["tool_call_id"].clone())
    };
    let patch = json!({"type": "delete_file", "path": "p"});
    for (call, output) in [
        (json!({"type": "local_shell_call", "action": {"command": ["ls"]}}), "local_shell_call_output"),
        (json!({"type": "shell_call", "action": {"commands": ["ls"]}}), "shell_call_output"),
        (json!({"type": "apply_patch_call", "operation": patch}), "apply_patch_call_output"),
        (json!({"type": "custom_tool_call", "name": "c", "input": "i"}), "custom_tool_call_output"),
        (json!({"type": "function_call", "name": "f", "arguments": "{}"}), "function_call_output"),
        (json!({"type": "tool_search_call", "execution": "client", "arguments": {}}), "tool_search_output"),
    ] {
        let mut call = call;
        (call["id"], call["call_id"]) = (json!("item_1"), json!("call_1"));
        for named in [
            json!({"id": "item_1"}),
            json!({"call_id": "item_1"}),
            json!({"id": "own_1", "call_id": "call_1"}),
        ] {
            let mut answer = json!({"type": output, "execution": "client", "output": "o", "tools": []});
            for (key, value) in named.as_object().unwrap() {
                answer[key] = value.clone();
            }
            if output != "tool_search_output" {
                answer.as_object_mut().unwrap().retain(|key, _| key != "tools" && key != "execution");
            } else {
                answer.as_object_mut().unwrap().remove("output");
            }
            assert_eq!(calls(call.clone(), answer.clone()), (json!("call_1"), json!("call_1")), "{answer}");
        }
    }
    // The one that it names counts, also where it is called like another call's item.
    let input = json!([{"role": "user", "content": "x"},
        {"type": "function_call", "id": "b", "call_id": "a", "name": "f", "arguments": "{}"},
        {"type": "function_call", "id": "c", "call_id": "b", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "b", "output": "o"},
        {"type": "function_call_output", "call_id": "a", "output": "o"}]);
    let sent = sent(RESPONSES, OPENAI, &json!({"model": "m", "input": input}));
    assert_eq!(
        (&sent["messages"][2]["tool_call_id"], &sent["messages"][3]["tool_call_id"]),
        (&json!("b"), &json!("a"))
    );
}

#[test]
fn a_patch_that_failed_is_an_error() {
    let asked = json!({"model": "m", "max_output_tokens": 9, "input": [{"role": "user", "content": "x"},
        {"type": "apply_patch_call", "call_id": "c", "operation": {"type": "delete_file", "path": "p"}},
        {"type": "apply_patch_call_output", "call_id": "c", "status": "failed"}]});
    let text = sent(RESPONSES, ANTHROPIC, &asked).to_string();
    assert!(text.contains("\"is_error\":true") && text.contains("could not be applied"), "{text}");
}

#[test]
fn calls_that_models_know_by_training_and_messages_of_agents_stay_in_the_history() {
    let input = json!([
        {"type": "agent_message", "author": "/root/a", "recipient": "/root", "content": [{"type": "input_text", "text": "Done."}]},
        {"type": "local_shell_call", "call_id": "a", "status": "completed", "action": {"type": "exec", "command": ["ls"]}},
        {"type": "local_shell_call_output", "call_id": "a", "output": "a.txt"},
        {"type": "shell_call", "call_id": "b", "action": {"commands": ["ls"]}},
        {"type": "shell_call_output", "call_id": "b", "output": [{"stdout": "b.txt", "stderr": ""}]},
        {"type": "apply_patch_call", "call_id": "c", "operation": {"type": "delete_file", "path": "p"}},
        {"type": "apply_patch_call_output", "call_id": "c", "status": "completed"},
    ]);
    let text = sent(RESPONSES, OPENAI, &codex(&json!({"input": input}))).to_string();
    for wanted in [
        "Message from /root/a:",
        "Done.",
        "\"local_shell\"",
        "a.txt",
        "\"shell\"",
        "b.txt",
        "\"apply_patch\"",
        "delete_file",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn a_choice_means_the_tool_that_it_names() {
    let choose = |choice: Value| sent(RESPONSES, OPENAI, &codex(&json!({"tool_choice": choice})));
    let named =
        |choice: Value| choose(choice)["tool_choice"]["function"]["name"].as_str().unwrap().to_owned();
    assert_eq!(
        named(json!({"type": "function", "name": "read_note", "namespace": "agents"})),
        "agents__read_note"
    );
    assert_eq!(named(json!({"type": "function", "name": "spawn"})), "agents__spawn");
    assert_eq!(named(json!({"type": "custom", "name": "apply_patch"})), "apply_patch");
    let allowed = json!({"type": "allowed_tools", "mode": "required", "tools": [
        {"type": "namespace", "name": "agents"}, {"type": "custom", "name": "sing"}, {"type": "tool_search"},
        {"type": "function", "name": "read_note", "namespace": "agents"}]});
    let sent = choose(allowed);
    assert_eq!(
        offered(OPENAI, &sent),
        ["mcp__town__sing", "agents__spawn", "agents__read_note", "tool_search"]
    );
    assert_eq!(sent["tool_choice"], "required");
}

#[test]
fn a_choice_without_a_namespace_means_the_tool_that_stands_in_none() {
    let plain = json!({"type": "function", "name": "t"});
    let free = json!({"type": "custom", "name": "t"});
    let town = json!({"type": "namespace", "name": "ns", "tools": [{"type": "function", "name": "t"}]});
    let allow = |tool: &Value| json!({"type": "allowed_tools", "mode": "auto", "tools": [tool]});
    for tools in [json!([town, plain, free]), json!([free, plain, town])] {
        let asked =
            |choice: &Value| json!({"model": "m", "input": "x", "tools": tools, "tool_choice": choice});
        let sent = |choice: &Value| sent(RESPONSES, OPENAI, &asked(choice));
        let all = offered(OPENAI, &sent(&json!("auto")));
        let is_free = |name: &str| {
            all.iter().any(|known| known == name) && name.starts_with("t") && name.ends_with("_t")
        };
        assert_eq!(sent(&plain)["tool_choice"]["function"]["name"], "t");
        assert!(is_free(sent(&free)["tool_choice"]["function"]["name"].as_str().unwrap()), "{all:?}");
        assert_eq!(offered(OPENAI, &sent(&allow(&plain))), ["t"]);
        let named = json!({"type": "function", "name": "t", "namespace": "ns"});
        assert_eq!(offered(OPENAI, &sent(&allow(&named))), ["ns__t"]);
        // What is called something else is so with the others and without.
        let free_alone = offered(OPENAI, &sent(&allow(&free)));
        assert!(free_alone.len() == 1 && is_free(&free_alone[0]), "{free_alone:?} of {all:?}");
    }
}

#[test]
fn a_tool_is_called_the_same_whichever_of_them_may_be_called_and_where_none_are() {
    let town =
        json!({"type": "namespace", "name": "mcp__town", "tools": [{"type": "function", "name": "ring"}]});
    let plain = json!({"type": "function", "name": "mcp__town__ring"});
    let call = json!({"type": "function_call", "call_id": "c", "name": "ring", "namespace": "mcp__town", "arguments": "{}"});
    let result = json!({"type": "function_call_output", "call_id": "c", "output": "r"});
    for upstream in [OPENAI, ANTHROPIC, GEMINI] {
        let called = |more: Value| {
            let mut asked = json!({"model": "m", "input": [call, result]});
            asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let sent = sent(RESPONSES, upstream, &asked).to_string();
            let history = &sent[..sent.find("\"tools\"").unwrap_or(sent.len())];
            let at = history.find("_ring\"").unwrap();
            history[history[..at].rfind('"').unwrap() + 1..at + 5].to_owned()
        };
        let alone = called(json!({}));
        assert_eq!(alone, "mcp__town__ring");
        let tools = json!([plain, town]);
        let only =
            json!({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "ring"}]});
        for more in
            [json!({"tools": tools}), json!({"tools": tools, "tool_choice": only}), json!({"tools": [plain]})]
        {
            assert_eq!(called(more), alone, "{upstream:?}");
        }
    }
}

/// A request that offers tools of these names.
fn offering(client: Dialect, names: &[&str]) -> Value {
    let list: Vec<Value> = names
        .iter()
        .map(|name| match client.name() {
            "openai" => json!({"type": "function", "function": {"name": name}}),
            "responses" => json!({"type": "function", "name": name}),
            "anthropic" => json!({"name": name, "input_schema": {"type": "object"}}),
            _ => json!({"name": name}),
        })
        .collect();
    let mut asked = json!({"model": "m", "stream": true, "max_tokens": 9, "tools": list});
    match client.name() {
        "gemini" => {
            asked = json!({"model": "m", "contents": [{"parts": [{"text": "x"}]}], "tools": [{"functionDeclarations": list}]});
        }
        "responses" => {
            asked["input"] = "x".into();
            asked.as_object_mut().unwrap().remove("max_tokens");
        }
        _ => asked["messages"] = json!([{"role": "user", "content": "x"}]),
    }
    asked
}

#[test]
fn a_name_that_an_upstream_does_not_take_is_another_there_and_its_own_again_in_the_call() {
    let long = format!("mcp__plugin_{}__create_event", "of_a_long_name_".repeat(6));
    let names = ["plain", "files.read", "a:b", "a_b", "größe", &long, "7th"];
    for (client, upstream) in ALL.into_iter().flat_map(|client| ALL.map(|upstream| (client, upstream))) {
        if client == upstream {
            continue;
        }
        let asked = offering(client, &names);
        let there = offered(upstream, &sent(client, upstream, &asked));
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        assert!(there.iter().all(|name| name.len() <= 64 && name.bytes().all(fits)), "{there:?}");
        assert_eq!(there.iter().collect::<std::collections::HashSet<_>>().len(), names.len(), "{there:?}");
        assert_eq!((there[0].as_str(), there[3].as_str()), ("plain", "a_b"), "what fits stays");
        for (own, there) in names.iter().zip(&there) {
            let stream = calling(upstream, there, &json!({"x": 1}));
            let told = Value::from(told(client, upstream, &asked, &stream)).to_string();
            assert!(told.contains(&format!("\"name\":\"{own}\"")), "{client:?} {upstream:?} {there}: {told}");
        }
    }
}

#[test]
fn calls_one_by_one_are_named_where_an_upstream_cannot_be_asked_for_them() {
    let mut asked = offering(OPENAI, &["a"]);
    asked["parallel_tool_calls"] = false.into();
    assert_eq!(upload(OPENAI, GEMINI, &asked).dropped.line().as_deref(), Some("parallel_tool_calls"));
}

#[test]
fn an_answer_repeats_what_its_request_asked_and_nothing_else() {
    let asked = codex(&json!({"instructions": "Be brief.", "temperature": 0.5, "parallel_tool_calls": false,
        "metadata": {"a": "b"}, "prompt_cache_key": "k", "reasoning": {"effort": "low"}}));
    // As a person writes it: a line break would end the event's line.
    let pretty = serde_json::to_string_pretty(&asked).unwrap();
    let reader = with_call(RESPONSES, &pretty, |call| adaptor(RESPONSES, OPENAI).stream(call));
    let held = reader.held();
    assert!(held > 500, "{held}");
    let reading = read_with(reader, OPENAI, calling(OPENAI, "exec_command", &json!({})));
    let events = reading.output.lines().filter_map(|line| line.strip_prefix("data: "));
    let events: Vec<Value> = events.map(|data| serde_json::from_str(data).unwrap()).collect();
    for event in [&events[0], events.last().unwrap()] {
        for key in [
            "instructions",
            "tools",
            "temperature",
            "parallel_tool_calls",
            "metadata",
            "prompt_cache_key",
            "reasoning",
        ] {
            assert_eq!(event["response"][key], asked[key], "{key}");
        }
        assert_eq!(event["response"].get("service_tier"), None, "nobody said it");
    }
    let huge = codex(&json!({"instructions": "x".repeat(1 << 20)}));
    let reader = with_call(RESPONSES, &huge.to_string(), |call| adaptor(RESPONSES, OPENAI).stream(call));
    assert!(reader.held() < 64 << 10);
}
