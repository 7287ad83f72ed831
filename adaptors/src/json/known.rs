//! A value as it stands, of a text that was checked: without checking it once more.

use serde::de::value::{BorrowedStrDeserializer, Error, MapDeserializer};
use serde::de::{Deserialize as _, IntoDeserializer};
use serde_json::value::RawValue;

/// The name by which a [`RawValue`] asks a deserializer for a text as it stands.
const TOKEN: &str = "$serde_json::private::RawValue";

/// This text, which is one JSON value and nothing around it. `None`: it is none.
///
/// serde_json makes such a value by reading the text, and each level of nesting would be read once more by each level above
/// it. Its own name for it takes the text unread; should that name change one day, the text is read.
pub(super) fn known(text: &str) -> Option<&RawValue> {
    unread(text).or_else(|| serde_json::from_str(text).ok())
}

fn unread(text: &str) -> Option<&RawValue> {
    let value = BorrowedStrDeserializer::<Error>::new(text);
    let only = std::iter::once((TOKEN, Whole(value)));
    <&RawValue>::deserialize(MapDeserializer::new(only)).ok()
}

struct Whole<'a>(BorrowedStrDeserializer<'a, Error>);

impl<'a> IntoDeserializer<'a, Error> for Whole<'a> {
    type Deserializer = BorrowedStrDeserializer<'a, Error>;
    fn into_deserializer(self) -> Self::Deserializer {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All else works without; this test says that it has become dear.
    #[test]
    fn the_name_is_still_the_one_that_serde_json_knows() {
        for text in ["{\"a\":[1,2]}", "\"\\u00e9\"", "null"] {
            assert_eq!(unread(text).map(RawValue::get), Some(text));
            assert_eq!(known(text).map(RawValue::get), Some(text));
        }
    }
}
