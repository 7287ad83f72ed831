//! Google's `Schema` as a JSON schema: types in capitals, `nullable`, numbers as text. What is one already stays as it is.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::{RawValue, to_raw_value};

use crate::json::{Bad, Branches, Read, Tree, camel, find};

/// Fields whose values are schemas, or hold them.
const INNER: [&str; 3] = ["items", "additionalProperties", "not"];
const LISTS: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
const MAPS: [&str; 3] = ["properties", "$defs", "defs"];
/// Numbers that protocol buffers write as text.
const NUMBERS: [&str; 6] =
    ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];

pub(super) fn read(raw: &RawValue) -> Read<Cow<'_, RawValue>> {
    let schema = Tree::of(raw.get());
    let schema = schema.ok_or_else(|| {
        Bad::new("", "cannot be read: it has too many levels, or a number beyond all bounds")
    })?;
    let schema = to_raw_value(&json_schema(schema));
    schema.map(Cow::Owned).map_err(|error| Bad::new("", format!("cannot be read: {error}")))
}

fn json_schema(value: Tree) -> Tree {
    let Tree::Object(fields) = value else { return value };
    let mut schema = Vec::with_capacity(fields.len());
    let (mut is_nullable, mut order) = (false, None);
    for (key, value) in fields {
        let key = camel(&key);
        let value = match (key.as_str(), value) {
            ("nullable", value) => {
                is_nullable = value == Tree::Bool(true);
                continue;
            }
            ("propertyOrdering", value) => {
                order = Some(value);
                continue;
            }
            // It says nothing.
            ("type", Tree::Text(word)) if word == "TYPE_UNSPECIFIED" => continue,
            ("type", Tree::Text(word)) => Tree::Text(word.to_ascii_lowercase()),
            (key, Tree::Text(text)) if NUMBERS.contains(&key) => {
                text.parse::<u64>().map_or(Tree::Text(text), |number| Tree::Number(number.into()))
            }
            ("example", value) => {
                schema.push(("examples".to_owned(), Tree::List(vec![value])));
                continue;
            }
            (key, value) if INNER.contains(&key) => json_schema(value),
            (key, Tree::List(list)) if LISTS.contains(&key) => {
                Tree::List(list.into_iter().map(json_schema).collect())
            }
            (key, Tree::Object(map)) if MAPS.contains(&key) => {
                Tree::Object(map.into_iter().map(|(name, inner)| (name, json_schema(inner))).collect())
            }
            (_, value) => value,
        };
        schema.push((key, value));
    }
    if is_nullable {
        allow_null(&mut schema);
    }
    order_by(&mut schema, order.as_ref());
    Tree::Object(schema)
}

fn allow_null(schema: &mut Branches) {
    let is_typed = find(schema, "type").is_some_and(|kind| kind.as_text().is_some());
    for (key, value) in schema {
        match (key.as_str(), value) {
            ("type", kind) if is_typed => {
                let own = std::mem::replace(kind, Tree::Null);
                *kind = Tree::List(vec![own, Tree::text("null")]);
            }
            ("enum", Tree::List(list)) => list.push(Tree::Null),
            ("anyOf", Tree::List(list)) => {
                list.push(Tree::Object(vec![("type".to_owned(), Tree::text("null"))]));
            }
            _ => {}
        }
    }
}

/// The fields in the order in which the answer is to have them. Models follow the schema's; the others come behind.
fn order_by(schema: &mut Branches, order: Option<&Tree>) {
    let Some(order) = order.and_then(Tree::as_list) else { return };
    let names = order.iter().filter_map(Tree::as_text).enumerate();
    let places: HashMap<&str, usize> = names.map(|(at, name)| (name, at)).collect();
    for (_, value) in schema.iter_mut().filter(|(key, _)| key == "properties") {
        if let Tree::Object(fields) = value {
            fields.sort_by_key(|(name, _)| places.get(name.as_str()).copied().unwrap_or(usize::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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

    #[test]
    fn fields_keep_their_order_or_get_the_one_that_is_asked_for() {
        let told = |google: &str| {
            let raw: &RawValue = serde_json::from_str(google).unwrap();
            read(raw).unwrap().get().to_owned()
        };
        assert_eq!(
            told(r#"{"type":"OBJECT","properties":{"z":{"type":"STRING"},"a":{"max_properties":"3"}}}"#),
            r#"{"type":"object","properties":{"z":{"type":"string"},"a":{"maxProperties":3}}}"#
        );
        assert_eq!(
            told(r#"{"property_ordering":["a","z"],"properties":{"b":{},"z":{},"a":{}}}"#),
            r#"{"properties":{"a":{},"z":{},"b":{}}}"#
        );
    }
}
