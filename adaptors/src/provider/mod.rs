//! The providers: where each one is, how it wants to be asked, what it speaks. Data in [`table`], one row a provider.

mod clouds;
mod path;
mod row;
mod table;
pub mod template;
pub mod vertex;
pub mod vertex_gemini;

use std::borrow::Cow;

pub use row::{Amend, Auth, Endpoint, Path, Provider, Signer, Site};

/// All providers, in the order of the tables.
pub fn all() -> impl Iterator<Item = &'static Provider> {
    table::PROVIDERS.iter().chain(clouds::PROVIDERS.iter())
}

/// What a placeholder of a channel stands for, encoded for a path: a value of its own, or one that follows from another.
#[must_use]
pub fn value<'v>(values: &'v [(String, String)], name: &str) -> Option<Cow<'v, str>> {
    let given = |name: &str| values.iter().find(|(known, _)| known == name).map(|(_, value)| &**value);
    match derived_from(name) {
        None => given(name).map(template::encoded),
        Some(from) => given(from).map(|location| Cow::Owned(vertex::host(location))),
    }
}

/// The value that another one follows from.
fn derived_from(name: &str) -> Option<&'static str> {
    (name == vertex::HOST).then_some("location")
}

/// The provider of that name or alias, in any case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Provider> {
    let is_it = |known: &str| known.eq_ignore_ascii_case(name);
    all().find(|provider| is_it(provider.name) || provider.aliases.iter().copied().any(is_it))
}
