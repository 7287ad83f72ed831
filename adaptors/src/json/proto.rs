//! Fields as protocol buffers write them in JSON, and as they take them: names in two spellings, numbers as text too.

use serde_json::value::RawValue;

use super::{Bad, Fields, Read, SHOWN, type_name};

impl<'a> Fields<'a> {
    /// With names as protocol buffers write them: `maxTokens` for `max_tokens`, which they take too, but not both.
    pub(crate) fn camel(mut self) -> Read<Self> {
        let mut twice = None;
        for at in 0..self.0.len() {
            let name = &self.0[at].0;
            if !name.contains('_') {
                continue;
            }
            let camel = camel(name);
            if self.0.iter().any(|(known, _)| *known == camel) {
                twice.get_or_insert_with(|| camel.clone());
            }
            self.0[at].0 = camel.into();
        }
        match twice {
            Some(name) => Err(Bad::new(name, "is there twice, in two spellings: leave one out")),
            None => Ok(self),
        }
    }

    /// A number, also as text.
    pub(crate) fn proto_number(&mut self, key: &str) -> Read<Option<f64>> {
        self.proto(key, "a number", |text| text.parse().ok().filter(|number: &f64| number.is_finite()))
    }

    /// A whole number, also as text, or with a point that nothing stands behind.
    pub(crate) fn proto_count(&mut self, key: &str) -> Read<Option<u64>> {
        self.proto(key, "a whole number of at least 0", |text| {
            let number: f64 = text.parse().ok()?;
            // Beyond that not every whole number is one of these.
            let is_whole = number.fract() == 0.0 && (0.0..=9e15).contains(&number);
            text.parse().ok().or_else(|| is_whole.then_some(number as u64))
        })
    }

    fn proto<T>(&mut self, key: &str, must: &str, read: impl FnOnce(&str) -> Option<T>) -> Read<Option<T>> {
        let Some(raw) = self.take(key) else { return Ok(None) };
        let not = match type_name(raw) {
            "a number" => raw.get().get(..SHOWN).unwrap_or(raw.get()),
            other => other,
        };
        let value = number_text(raw).and_then(read);
        value.map(Some).ok_or_else(|| Bad::new(key, format!("must be {must}, not {not}")))
    }
}

/// The digits of a number, also of one that is written as text; `None` for anything else.
pub(crate) fn number_text(raw: &RawValue) -> Option<&str> {
    let text = raw.get();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_number = serde_json::from_str::<&RawValue>(inner).is_ok_and(|raw| type_name(raw) == "a number");
    is_number.then_some(inner)
}

/// A name as protocol buffers write it.
pub(crate) fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Fields<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn names_are_taken_in_either_spelling_and_not_in_both() {
        let mut fields = of(r#"{"max_output_tokens":1,"topK":2}"#).camel().unwrap();
        assert_eq!((fields.count("maxOutputTokens"), fields.count("topK")), (Ok(Some(1)), Ok(Some(2))));
        for twice in [r#"{"top_k":1,"topK":2}"#, r#"{"topK":2,"top_k":null}"#] {
            let refused = of(twice).camel().unwrap_err();
            assert_eq!(refused, Bad::new("topK", "is there twice, in two spellings: leave one out"));
        }
    }

    #[test]
    fn numbers_are_taken_as_text_and_with_a_point() {
        let count = |json: &str| of(&format!(r#"{{"n":{json}}}"#)).proto_count("n");
        for json in ["7", "\"7\"", "7.0", "\"7.0\"", "70e-1"] {
            assert_eq!(count(json), Ok(Some(7)), "{json}");
        }
        assert_eq!(count("null"), Ok(None));
        for json in ["7.5", "-1", "\"\"", "\"x\"", "\"NaN\"", "true", "\" 7\"", "1e30", "[7]"] {
            assert!(count(json).is_err(), "{json}");
        }
        let number = |json: &str| of(&format!(r#"{{"n":{json}}}"#)).proto_number("n");
        assert_eq!((number("\"0.5\""), number("-1")), (Ok(Some(0.5)), Ok(Some(-1.0))));
        assert!(number("\"Infinity\"").is_err() && number("1e400").is_err());
    }
}
