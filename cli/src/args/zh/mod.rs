//! The command line in Chinese: one table by command and argument, put over the English tree.
//!
//! What several commands share stands once, in `shared`; what a command has of its own stands in its file and wins.
//! The tests walk the whole tree: an argument without its Chinese fails, and so does Chinese without an argument.

mod administer;
mod channels;
mod compare;
mod diagnose;
mod drill;
mod error;
mod form;
mod page;
mod pages;
mod quick_check;
mod record;
mod report;
mod rollout;
mod screen;
mod serve;
mod shared;
mod tree;
mod watch;
mod words;

pub(super) use error::said;
pub(super) use page::manual;
pub(super) use screen::{help, width};
pub(super) use tree::{Use, speak};
pub(super) use words::page;

use super::help::Dress;

/// Examples and exit codes as `help` breaks them.
pub(super) const SCREEN: Dress = Dress { examples: "示例:", exits: "退出码:", mark: screen::MARK, page };

#[cfg(test)]
mod documents_tests;
#[cfg(test)]
mod tests;
