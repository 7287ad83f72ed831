//! The form of the table.

use super::super::help::Page;

/// A text of an argument: its id, and what its help says.
pub(super) type Text = (&'static str, &'static str);

/// The values of an argument: its id, and each value with its meaning.
pub(super) type Values = (&'static str, &'static [Text]);

/// A command in Chinese.
pub(super) struct Words {
    /// In one line.
    pub(super) about: &'static str,
    /// At length, if it is told so.
    pub(super) long: Option<&'static str>,
    /// Its own arguments.
    pub(super) args: &'static [Text],
    /// Those of them that `--help` tells more about.
    pub(super) long_args: &'static [Text],
    /// Values with a meaning of their own.
    pub(super) values: &'static [Values],
    /// Examples and exit codes.
    pub(super) page: Page,
}
