//! The result in every form: pure functions of the findings.

mod cells;
mod json;
mod junit;
mod list;
mod table;
mod whole;

pub(crate) use list::list;
pub(crate) use whole::Report;

/// The form of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For pull requests and documents.
    Markdown,
    /// For CI servers.
    Junit,
}

impl Report<'_> {
    pub(crate) fn render(&self, format: Format) -> String {
        match format {
            Format::Text => table::text(self),
            Format::Markdown => table::markdown(self),
            Format::Json => json::json(self),
            Format::Junit => junit::junit(self),
        }
    }
}

#[cfg(test)]
mod tests;
