//! Results in the forms that people, pipelines and monitors read: pure functions of data, styles and width, written once
//! for everything that has a result to show. Nothing in here asks a terminal, an environment or a clock.

mod case;
mod docker;
pub mod exposition;
mod github;
pub mod html;
pub mod junit;
pub mod layout;
pub mod markdown;
mod nagios;
mod style;
pub mod table;
pub mod text;

pub use case::{Case, Datum, Report, State};
pub use docker::docker;
pub use github::annotations;
pub use nagios::{nagios, usage_error};
pub use style::Styles;

#[cfg(test)]
mod tests;
