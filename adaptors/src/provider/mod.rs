//! The providers: where each one is, how it wants to be asked, what it speaks. Data in [`table`], one row a provider.

mod path;
mod row;
mod table;

pub use row::{Auth, Endpoint, Provider};

/// All providers, in the order of the table.
#[must_use]
pub fn all() -> &'static [Provider] {
    &table::PROVIDERS
}

/// The provider of that name or alias, in any case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Provider> {
    let is_it = |known: &str| known.eq_ignore_ascii_case(name);
    all().iter().find(|provider| is_it(provider.name) || provider.aliases.iter().copied().any(is_it))
}
