//! Google's `Schema` as a JSON schema: types in capitals, `nullable`, numbers as text. What is one already stays as it is.

use std::borrow::Cow;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::json::{Bad, Read};

/// Fields whose values are schemas, or hold them.
const INNER: [&str; 3] = ["items", "additionalProperties", "not"];
const LISTS: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
const MAPS: [&str; 3] = ["properties", "$defs", "defs"];
/// Numbers that protocol buffers write as text.
const NUMBERS: [&str; 6] =
    ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];

pub(super) fn read(raw: &RawValue) -> Read<Cow<'_, RawValue>> {
    let schema: Value =
        serde_json::from_str(raw.get()).map_err(|error| Bad::new("", format!("cannot be read: {error}")))?;
    let schema = to_raw_value(&json_schema(schema));
    schema.map(Cow::Owned).map_err(|error| Bad::new("", format!("cannot be read: {error}")))
}

fn json_schema(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    let mut schema = Map::new();
    let mut is_nullable = false;
    for (key, value) in fields {
        let key = match key.as_str() {
            "any_of" => "anyOf".to_owned(),
            "min_items" => "minItems".to_owned(),
            "max_items" => "maxItems".to_owned(),
            "min_length" => "minLength".to_owned(),
            "max_length" => "maxLength".to_owned(),
            _ => key,
        };
        let value = match (key.as_str(), value) {
            ("nullable", value) => {
                is_nullable = value == true;
                continue;
            }
            // An order for writers only, and what says nothing.
            ("propertyOrdering" | "property_ordering", _) => continue,
            ("type", Value::String(word)) if word == "TYPE_UNSPECIFIED" => continue,
            ("type", Value::String(word)) => word.to_ascii_lowercase().into(),
            (key, Value::String(text)) if NUMBERS.contains(&key) => {
                text.parse::<u64>().map_or(Value::String(text), Value::from)
            }
            ("example", value) => {
                schema.insert("examples".into(), vec![value].into());
                continue;
            }
            (key, value) if INNER.contains(&key) => json_schema(value),
            (key, Value::Array(list)) if LISTS.contains(&key) => list.into_iter().map(json_schema).collect(),
            (key, Value::Object(map)) if MAPS.contains(&key) => {
                map.into_iter().map(|(name, inner)| (name, json_schema(inner))).collect::<Map<_, _>>().into()
            }
            (_, value) => value,
        };
        schema.insert(key, value);
    }
    if is_nullable {
        allow_null(&mut schema);
    }
    schema.into()
}

fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(kind) = schema.get_mut("type").filter(|kind| kind.is_string()) {
        *kind = vec![kind.take(), "null".into()].into();
    }
    if let Some(list) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        list.push(Value::Null);
    }
    if let Some(list) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        list.push(serde_json::json!({"type": "null"}));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn googles_schema_becomes_a_json_schema() {
        let google = json!({
            "type": "OBJECT", "required": ["a"], "propertyOrdering": ["a", "type"],
            "properties": {
                "a": {"type": "STRING", "nullable": true, "enum": ["x"], "format": "enum"},
                "type": {"type": "ARRAY", "minItems": "2", "items": {"type": "INTEGER", "minimum": 1}},
                "b": {"anyOf": [{"type": "NUMBER"}, {"type": "BOOLEAN"}], "nullable": true},
            },
        });
        let raw = to_raw_value(&google).unwrap();
        let schema: Value = serde_json::from_str(read(&raw).unwrap().get()).unwrap();
        assert_eq!(
            schema,
            json!({
                "type": "object", "required": ["a"],
                "properties": {
                    "a": {"type": ["string", "null"], "enum": ["x", null], "format": "enum"},
                    "type": {"type": "array", "minItems": 2, "items": {"type": "integer", "minimum": 1}},
                    "b": {"anyOf": [{"type": "number"}, {"type": "boolean"}, {"type": "null"}]},
                },
            })
        );
    }
}
