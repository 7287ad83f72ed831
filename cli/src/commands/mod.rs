//! One module per command: it gathers, judges, prints, and returns the exit code.

mod abreast;
pub(crate) mod compare;
pub(crate) mod diagnose;
pub(crate) mod keys;
pub(crate) mod pages;
pub(crate) mod quick_check;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod rollout;
pub(crate) mod watch;
