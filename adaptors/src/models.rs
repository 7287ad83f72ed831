//! The names in a provider's list of models, whichever of its usual forms it has.

use serde::Deserialize;
use serde_json::Value;

/// More names than this are not taken.
pub const MOST: usize = 10_000;
/// The longest name that a pattern could match, in bytes.
const LONGEST: usize = 256;

#[derive(Deserialize)]
struct Model {
    id: Option<Value>,
    name: Option<Value>,
}

/// `{"data": […]}`, as most send it, or `{"models": […]}`.
#[derive(Deserialize)]
struct List {
    data: Option<Vec<Model>>,
    models: Option<Vec<Model>>,
}

/// The names of a list, in its order; `None` where the body is no list. At most [`MOST`].
#[must_use]
pub fn read(body: &[u8]) -> Option<Vec<String>> {
    let models = if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice::<Vec<Model>>(body).ok()?
    } else {
        let list = serde_json::from_slice::<List>(body).ok()?;
        list.data.or(list.models)?
    };
    Some(models.into_iter().filter_map(name).take(MOST).collect())
}

fn name(model: Model) -> Option<String> {
    let is_usable =
        |name: &String| (1..=LONGEST).contains(&name.len()) && !name.chars().any(char::is_control);
    let names = [model.id, model.name].into_iter().flatten();
    names
        .filter_map(|name| match name {
            // Google's list has its own kind of name.
            Value::String(name) => Some(name.strip_prefix("models/").map_or(name.clone(), str::to_owned)),
            _ => None,
        })
        .find(is_usable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_read_and_nothing_else() {
        let names = |body: &str| read(body.as_bytes());
        let two = Some(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(names(r#"{"object":"list","data":[{"id":"a","x":[1]},{"id":"b","name":"B"}]}"#), two);
        assert_eq!(names(r#" [{"id":"a"},{"id":"b"}]"#), two);
        assert_eq!(names(r#"{"models":[{"name":"a"},{"name":"b"}]}"#), two);
        assert_eq!(names(r#"{"models":[{"name":"models/a","version":"1"},{"name":"models/b"}]}"#), two);
        assert_eq!(names(r#"{"data":[{"id":7},{"id":""},{"id":"a\u0000"},{}]}"#), Some(vec![]));
        assert_eq!(names(&format!(r#"{{"data":[{{"id":"{}"}}]}}"#, "x".repeat(LONGEST + 1))), Some(vec![]));
        for wrong in ["", "<html>", "{}", r#"{"error":{"message":"no"}}"#, r#"{"data":"a"}"#, r#"["a"]"#] {
            assert_eq!(names(wrong), None, "{wrong}");
        }
        let many = vec![r#"{"id":"m"}"#; MOST + 5].join(",");
        assert_eq!(names(&format!("[{many}]")).map(|names| names.len()), Some(MOST));
    }
}
