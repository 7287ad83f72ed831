//! `failover.fallbacks`: the models that stand in for one whose channels all fail.

use super::document::Document;
use super::forms::{list, quoted, table};
use super::reader::{self, Section, TABLE, Value, Wanted};
use super::table::Form;

const MODELS: Wanted = Wanted::new("a list of models", "[\"claude-sonnet-5\"]");
/// Models that may stand in for one.
const MOST: usize = 8;

/// For each model, by the name that clients ask for, those that stand in for it, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fallbacks(Vec<(String, Vec<String>)>);

impl Fallbacks {
    /// Those for one model. Theirs count for nothing: whoever stands in has nobody who does.
    #[must_use]
    pub fn of(&self, model: &str) -> &[String] {
        self.0.iter().find(|(name, _)| name == model).map_or(&[], |(_, others)| others)
    }

    /// The models among them that nobody serves.
    pub(super) fn unserved(&self, is_served: impl Fn(&str) -> bool) -> Vec<&str> {
        let all = self.0.iter().flat_map(|(model, others)| std::iter::once(model).chain(others));
        let mut unknown: Vec<&str> = all.map(String::as_str).filter(|model| !is_served(model)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }
}

/// What is wrong with a model that nobody serves. `near`: one that somebody does.
pub(super) fn mistake(model: &str, near: Option<&str>) -> String {
    let cure = near.map_or_else(String::new, |near| format!("did you mean `{near}`? If not, "));
    format!(
        "`failover.fallbacks` names the model `{model}`, which no channel serves: {cure}add it to a channel's models"
    )
}

/// Where each model is named, by lines of the file.
pub(super) fn lines(document: &Document<'_>) -> Vec<(String, usize)> {
    let mut lines = Vec::new();
    let mut of = |section: &mut Section<'_>| {
        for (model, value) in section.each() {
            lines.push((model.to_owned(), value.line()));
            let others = value.texts(MODELS).unwrap_or_default();
            lines.extend(others.iter().filter_map(|one| Some((one.text(MODELS)?.to_owned(), one.line()))));
        }
    };
    reader::read(document, |top| top.section("failover", |failover| failover.section("fallbacks", &mut of)));
    lines
}

pub(super) fn fallbacks() -> impl Form<Fallbacks> {
    let read = |value: &Value<'_>| {
        value.table(TABLE, |inner| {
            let read = |(model, value): (&str, Value<'_>)| Some((model.to_owned(), others(model, &value)?));
            Fallbacks(inner.each().filter_map(read).collect())
        })
    };
    let show = |(model, others): &(String, Vec<String>)| {
        format!("{} = {}", quoted(model), list(others.iter().map(quoted)))
    };
    (read, move |all: &Fallbacks| table(all.0.iter().map(show)))
}

fn others(model: &str, value: &Value<'_>) -> Option<Vec<String>> {
    let texts = value.texts(MODELS)?;
    let mut others: Vec<String> = Vec::new();
    for text in &texts {
        let read = |name: &str| match name {
            "" => Err("is one model's name".to_owned()),
            name if name.contains('*') => Err(format!("`{name}` is a pattern: name one model")),
            name if name == model => Err(format!("`{name}` stands in for itself: that is a loop")),
            name if others.iter().any(|other| other == name) => Err(format!("`{name}` is named twice")),
            name => Ok(name.to_owned()),
        };
        let name = text.parsed(MODELS, read)?;
        others.push(name);
    }
    if model.contains('*') {
        value.note(": name one model, without wildcards");
        return None;
    }
    if others.is_empty() || others.len() > MOST {
        value.note(format_args!(" names 1 to {MOST} models"));
        return None;
    }
    Some(others)
}
