//! A schema with the description that some dialects keep beside it.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::Fields;

/// The schema's JSON with this description in it, unless it has one.
pub(crate) fn described<'s>(schema: &'s RawValue, description: Option<&str>) -> Cow<'s, str> {
    let said = |text: &&str| {
        !Fields::of(schema).is_ok_and(|mut fields| fields.take("description").is_some()) && !text.is_empty()
    };
    let (Some(description), Some(rest)) = (description.filter(said), schema.get().strip_prefix('{')) else {
        return schema.get().into();
    };
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    format!("{{\"description\":{}{comma}{rest}", serde_json::Value::from(description)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_keeps_its_own_description() {
        for (schema, told) in [
            (r#"{"type":"object"}"#, r#"{"description":"a \"b\"","type":"object"}"#),
            ("{ }", r#"{"description":"a \"b\"" }"#),
            (r#"{"description":"own"}"#, r#"{"description":"own"}"#),
        ] {
            let raw: &RawValue = serde_json::from_str(schema).unwrap();
            assert_eq!(described(raw, Some("a \"b\"")), told);
            assert_eq!(described(raw, None), schema);
        }
    }
}
