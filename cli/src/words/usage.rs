//! The words about a command line, or a file that it names, that cannot be meant so, by language.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::en::usage as en;
use super::zh::usage as zh;
use crate::finding::{Contents, NoAddresses, NoStream};

vitals::speak! {
    auto_alone() -> &'static str;
    insecure() -> &'static str;
    keep_without_rotation() -> &'static str;
    no_target() -> &'static str;
    only_observes() -> &'static str;
    /// A flag's file with a flaw.
    file(flag: &str, path: &Path, flaw: &str) -> String;
    unreadable(error: &io::Error) -> String;
    no_text() -> &'static str;
    no_certificate() -> &'static str;
    no_login() -> &'static str;
    /// A variable in place of a file with a secret.
    variable(name: &str, flaw: &str) -> String;
    empty_secret(of: Contents) -> String;
    more_than_a_secret(of: Contents) -> String;
    no_pem(error: &dyn Display) -> String;
    warning_alone(warning: u64, danger: u64) -> String;
    thresholds(warning: u64, danger: u64, why: &str) -> String;
    short_block(block: Duration, polls: u32, interval: Duration, least: Duration) -> String;
    too_many_polls(polls: u64, most: u64) -> String;
    /// A flag that leads to one target, where several are given.
    of_one_target(flag: &str, targets: usize) -> String;
    no_addresses(why: NoAddresses) -> String;
    no_stream(why: NoStream) -> String;
    one_file(flag: &str, file: &str, targets: usize, host: &str) -> String;
    same_file(file: &Path) -> String;
    /// Behind the number of rows; nothing where they are in sight.
    recorded_into(file: &Path, rotates: bool, open_metrics: bool) -> String;
    paste_key() -> &'static str;
    no_random() -> &'static str;
    no_key() -> &'static str;
    several_words() -> &'static str;
    unreadable_input(error: &io::Error) -> String;
    fresh_key(hash: &dyn Display) -> String;
    pages_written(n: usize, folder: &Path) -> String;
    neither_command_nor_folder(word: &Path) -> String;
    no_command(words: &str) -> String;
    unwritable(path: &Path, error: &io::Error) -> String;
    unwritable_output(error: &io::Error) -> String;
    no_signals(error: &dyn Display) -> String;
}
