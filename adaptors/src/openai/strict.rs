//! What an answer and the tools' inputs are held to. OpenAI refuses `strict` with a schema that does not keep its rules:
//! closed objects, all their fields required, and nothing but these keywords. Whoever says `strict` in its own dialect
//! keeps them; what is held in another dialect is held here only where it happens to, or where closing its objects is all that
//! it takes: an answer to a closed schema is one to the open schema too.

use std::collections::HashSet;

use serde_json::value::RawValue;

use crate::json::{Tree, find};
use crate::neutral::{Conversation, Format, Losses, Place, Strict};

/// What is said of the format and of each tool.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) format: Hold,
    pub(super) tools: Vec<Hold>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) strict: Option<bool>,
    /// The schema with its objects closed, where it was not.
    closed: Option<String>,
}

impl Hold {
    fn of(strict: Option<bool>) -> Self {
        Self { strict, closed: None }
    }

    /// The schema that is sent.
    pub(super) fn schema<'s>(&'s self, own: &'s RawValue) -> &'s str {
        self.closed.as_deref().unwrap_or(own.get())
    }
}

const KEYWORDS: [&str; 21] = [
    "type",
    "title",
    "description",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "anyOf",
    "$defs",
    "definitions",
    "pattern",
    "format",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
];
const FORMATS: [&str; 9] =
    ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

/// Finds it, and names what is not held although it was wished, and what had to be closed for it.
pub(super) fn held(conversation: &Conversation<'_>, losses: &mut Losses<'_>) -> Held {
    let mut said = |strict: Option<Strict>, schema: Option<&RawValue>, place| match strict {
        None => Hold::default(),
        Some(Strict::No) => Hold::of(Some(false)),
        Some(Strict::Yes) => Hold::of(Some(true)),
        Some(Strict::IfItFits) => match schema.map_or(Fit::Not, fit) {
            Fit::AsItIs => Hold::of(Some(true)),
            // A tool that its client calls strict is closed as it says.
            Fit::Closed(closed) if place == Place::Schema => {
                losses.note_kind(place, CLOSED);
                Hold { strict: Some(true), closed: Some(closed) }
            }
            Fit::Closed(_) | Fit::Not => {
                match place {
                    Place::Schema => losses.note_kind(place, "strict"),
                    place => losses.note_field(place, "strict"),
                }
                Hold::default()
            }
        },
    };
    let format = match &conversation.format {
        Some(Format::Schema { strict, schema, .. }) => said(*strict, Some(schema), Place::Schema),
        _ => Hold::default(),
    };
    let tools = conversation.tools.iter().enumerate();
    let tools = tools.map(|(at, tool)| said(tool.strict, tool.schema.as_deref(), Place::Tool(at))).collect();
    Held { format, tools }
}

const CLOSED: &str = "additionalProperties=false";

/// Whether a schema keeps OpenAI's rules.
enum Fit {
    AsItIs,
    Closed(String),
    Not,
}

fn fit(schema: &RawValue) -> Fit {
    let Some(mut root) = Tree::of(schema.get()) else { return Fit::Not };
    let is_object = root.get("type").and_then(Tree::as_text) == Some("object");
    if !is_object || root.get("anyOf").is_some() {
        return Fit::Not;
    }
    if keeps(&root, true) {
        return Fit::AsItIs;
    }
    close(&mut root);
    if keeps(&root, true) { Fit::Closed(root.to_string()) } else { Fit::Not }
}

/// Closes objects that name their fields and do not say what else there may be.
fn close(schema: &mut Tree) {
    let Tree::Object(fields) = schema else { return };
    for (key, value) in fields.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "$defs" | "definitions", Tree::Object(inner)) => {
                inner.iter_mut().for_each(|(_, schema)| close(schema));
            }
            ("anyOf", Tree::List(list)) => list.iter_mut().for_each(close),
            ("items", schema) => close(schema),
            _ => {}
        }
    }
    let names = find(fields, "properties").and_then(Tree::as_object).is_some_and(|names| !names.is_empty());
    if names && find(fields, "additionalProperties").is_none() {
        fields.push(("additionalProperties".to_owned(), Tree::Bool(false)));
    }
}

fn keeps(schema: &Tree, is_root: bool) -> bool {
    let Some(fields) = schema.as_object() else { return false };
    if let [(key, Tree::Text(reference))] = fields.as_slice()
        && key == "$ref"
    {
        return reference.starts_with('#');
    }
    let says = |key: &str| find(fields, key).is_some();
    ["type", "enum", "const", "anyOf"].into_iter().any(says)
        && (!may_be_object(schema) || is_closed(schema))
        && fields.iter().all(|(key, value)| match (key.as_str(), value) {
            ("$schema", _) => is_root,
            ("properties" | "$defs" | "definitions", Tree::Object(inner)) => {
                inner.iter().all(|(_, schema)| keeps(schema, false))
            }
            ("anyOf", Tree::List(list)) => list.iter().all(|schema| keeps(schema, false)),
            ("items", schema) => keeps(schema, false),
            ("format", format) => format.as_text().is_some_and(|name| FORMATS.contains(&name)),
            (key, _) => KEYWORDS.contains(&key),
        })
}

fn may_be_object(schema: &Tree) -> bool {
    let is_it = |kind: &Tree| kind.as_text() == Some("object");
    match schema.get("type") {
        Some(Tree::List(types)) => types.iter().any(is_it),
        Some(kind) => is_it(kind),
        None => schema.get("properties").is_some(),
    }
}

/// Closed, and each field required.
fn is_closed(schema: &Tree) -> bool {
    let required = schema.get("required").and_then(Tree::as_list).unwrap_or_default();
    let required: HashSet<&str> = required.iter().filter_map(Tree::as_text).collect();
    let properties = schema.get("properties").and_then(Tree::as_object);
    schema.get("additionalProperties") == Some(&Tree::Bool(false))
        && properties.is_some_and(|all| all.iter().all(|(name, _)| required.contains(name.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_fits_where_it_keeps_all_of_openais_rules() {
        let fits = |schema: &str| {
            let raw: &RawValue = serde_json::from_str(schema).unwrap();
            matches!(fit(raw), Fit::AsItIs)
        };
        let object = |inner: &str| {
            format!(
                r##"{{"$schema":"s","type":"object","properties":{{"a":{inner}}},"required":["a"],"additionalProperties":false,
                    "$defs":{{"D":{{"type":["string","null"],"format":"date"}}}}}}"##
            )
        };
        for inner in [
            r#"{"type":"integer","minimum":1}"#,
            r##"{"$ref":"#/$defs/D"}"##,
            r#"{"type":"array","items":{"enum":[1,null]},"minItems":2}"#,
            r#"{"anyOf":[{"type":"null"},{"type":"object","properties":{},"additionalProperties":false}]}"#,
        ] {
            assert!(fits(&object(inner)), "{inner}");
        }
        for inner in [
            "{}",
            "true",
            r#"{"type":"object"}"#,
            r#"{"type":"object","properties":{"b":{"type":"null"}},"additionalProperties":false}"#,
            r#"{"type":"object","properties":{},"additionalProperties":true}"#,
            r#"{"type":"string","format":"uri"}"#,
            r#"{"type":"string","default":"x"}"#,
            r#"{"oneOf":[{"type":"null"}]}"#,
            r##"{"$ref":"#/$defs/D","description":"d"}"##,
            r#"{"type":"array","items":{"$schema":"s","type":"null"}}"#,
        ] {
            assert!(!fits(&object(inner)), "{inner}");
        }
        assert!(!fits(r#"{"type":"array","items":{"type":"null"}}"#) && !fits(r#"{"type":"object"}"#));
        let optional = r#"{"type":"object","properties":{"a":{"type":"null"}},"required":[],"additionalProperties":false}"#;
        assert!(!fits(optional));
    }
    #[test]
    fn a_schema_is_closed_where_that_is_all_it_takes() {
        let closed = |schema: &str| {
            let raw: &RawValue = serde_json::from_str(schema).unwrap();
            match fit(raw) {
                Fit::Closed(closed) => Some(closed),
                Fit::AsItIs | Fit::Not => None,
            }
        };
        let open = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"array","items":{"type":"object","required":["b"],"properties":{"b":{"type":"string"}}}}}}"#;
        let told = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"array","items":{"type":"object","required":["b"],"properties":{"b":{"type":"string"}},"additionalProperties":false}}},"additionalProperties":false}"#;
        assert_eq!(closed(open).as_deref(), Some(told));
        assert_eq!(closed(told), None, "nothing is to be closed");
        for other in [
            // An optional field would have to be said.
            r#"{"type":"object","properties":{"a":{"type":"null"}}}"#,
            // Fields of any name.
            r#"{"type":"object","required":["a"],"properties":{"a":{"type":"object"}}}"#,
            r#"{"type":"object","required":["a"],"properties":{"a":{"type":"null"}},"additionalProperties":true}"#,
            r#"{"type":"object","required":["a"],"properties":{"a":{"type":"null"}},"patternProperties":{}}"#,
        ] {
            assert_eq!(closed(other), None, "{other}");
        }
    }
}
