//! OpenAI: what is asked of a response that is kept, and what a conversation is compacted to.
//!
//! Source: OpenAI's API reference, "Responses" (get, delete, cancel, list input items, compact).

use serde_json::{Value, json};

use super::{Asked, Operation, RESPONSES, responses};

impl Asked {
    /// What is asked of a response by its id; every id is known. `None`: that is no such path.
    pub(crate) fn by_id(&self, method: &str, path: &str) -> Option<Self> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let rest = path.strip_prefix(RESPONSES)?.strip_prefix('/')?;
        let (id, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let operation = match (method, rest) {
            ("GET", "") => Operation::Chat,
            ("DELETE", "") => Operation::Delete,
            ("POST", "/cancel") => Operation::Cancel,
            ("GET", "/input_items") => Operation::InputItems,
            _ => return None,
        };
        let stream = operation == Operation::Chat && query.split('&').any(|pair| pair == "stream=true");
        Some(Self { operation, stream, kept: Some(id.to_owned()), ..self.clone() })
    }

    fn kept(&self) -> &str {
        self.kept.as_deref().unwrap_or_default()
    }
}

pub(super) fn deleted(asked: &Asked) -> Value {
    json!({"id": asked.kept(), "object": "response", "deleted": true})
}

/// Only what runs in the background can be cancelled.
pub(super) fn cancelled(asked: &Asked) -> Value {
    let mut response = responses::response(asked, "cancelled", &json!([]));
    response["background"] = true.into();
    response["store"] = true.into();
    response
}

fn question(id: &str) -> Value {
    let content = json!([{"type": "input_text", "text": "Say something about water."}]);
    json!({"id": id, "type": "message", "status": "completed", "role": "user", "content": content})
}

pub(super) fn input_items(asked: &Asked) -> Value {
    let id = format!("msg_{}", asked.kept().trim_start_matches("resp_"));
    json!({"object": "list", "data": [question(&id)], "first_id": id, "last_id": id, "has_more": false})
}

pub(super) fn compacted(asked: &Asked) -> Value {
    let compaction =
        json!({"id": asked.id("cmp_"), "type": "compaction", "encrypted_content": "gAAAAABdrill=="});
    json!({
        "id": asked.id("resp_"),
        "object": "response.compaction",
        "created_at": asked.created,
        "output": [question(&asked.id("msg_")), compaction],
        "usage": responses::usage(asked),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, path: &str) -> Option<Value> {
        Some(Asked::read(path, "", b"").by_id(method, path)?.whole())
    }

    #[test]
    fn what_is_asked_by_id_is_answered_for_that_id() {
        let one = asked("GET", "/v1/responses/resp_1?include[]=x").unwrap();
        assert_eq!(
            (&one["id"], &one["status"], &one["model"]),
            (&json!("resp_1"), &json!("completed"), &json!("gpt-5-mini"))
        );
        let deleted = asked("DELETE", "/v1/responses/resp_1").unwrap();
        assert_eq!(deleted, json!({"id": "resp_1", "object": "response", "deleted": true}));
        let cancelled = asked("POST", "/v1/responses/resp_1/cancel").unwrap();
        assert_eq!((&cancelled["id"], &cancelled["status"]), (&json!("resp_1"), &json!("cancelled")));
        let items = asked("GET", "/v1/responses/resp_1/input_items?limit=2").unwrap();
        assert_eq!((&items["first_id"], &items["data"][0]["id"]), (&json!("msg_1"), &json!("msg_1")));
        assert_eq!(asked("POST", "/v1/responses/resp_1"), None);
        assert_eq!(asked("GET", "/v1/responses/resp_1/cancel"), None);
        let path = "/v1/responses/compact";
        let compacted = Asked::read(path, "", br#"{"model": "m", "input": []}"#).whole();
        assert_eq!(
            (&compacted["object"], &compacted["output"][1]["type"]),
            (&json!("response.compaction"), &json!("compaction"))
        );
    }
}
