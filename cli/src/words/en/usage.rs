//! A command line, or a file that it names, that cannot be meant so: lowercase fragments with the flag and the cure.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::time::Duration;

use vitals::units::format_duration;

use crate::finding::{Contents, NoAddresses, NoStream};

pub(crate) const fn auto_alone() -> &'static str {
    "--source: `auto` stands alone: leave it out, or name the sources"
}

pub(crate) const fn insecure() -> &'static str {
    "note: certificates are not checked (--insecure): anybody in between can answer"
}

pub(crate) const fn keep_without_rotation() -> &'static str {
    "--keep bounds the files of --rotate or --rotate-size: give one of them"
}

pub(crate) const fn no_target() -> &'static str {
    "--api-url: there is no target"
}

pub(crate) const fn only_observes() -> &'static str {
    "this build only observes"
}

/// A flag's file with a flaw.
pub(crate) fn file(flag: &str, path: &Path, flaw: &str) -> String {
    format!("{flag} {}: {flaw}", path.display())
}

pub(crate) fn unreadable(error: &io::Error) -> String {
    format!("cannot read it: {error}")
}

pub(crate) const fn no_text() -> &'static str {
    "it is no text"
}

pub(crate) const fn no_certificate() -> &'static str {
    "there is no certificate in it: it wants PEM, with BEGIN CERTIFICATE"
}

pub(crate) const fn no_login() -> &'static str {
    "write it like user:password, on one line"
}

/// The contents of secret files.
const fn secret(contents: Contents) -> &'static str {
    match contents {
        Contents::Token => "token",
        Contents::Login => "user name and password",
        Contents::Signing => "secret of the robot",
    }
}

/// A variable in place of a file with a secret.
pub(crate) fn variable(name: &str, flaw: &str) -> String {
    format!("{name}: {flaw}")
}

pub(crate) fn empty_secret(of: Contents) -> String {
    format!("it is empty: put the {} into it, on one line", secret(of))
}

pub(crate) fn more_than_a_secret(of: Contents) -> String {
    format!("it holds more than a {0}: put only the {0} into it, on one line", secret(of))
}

pub(crate) fn no_pem(error: &dyn Display) -> String {
    format!("it is no PEM: {error}")
}

pub(crate) fn warning_alone(warning: u64, danger: u64) -> String {
    format!(
        "--warning {warning} is above --danger, which is {danger} unless given: give --danger as well, {warning} or more"
    )
}

pub(crate) fn thresholds(warning: u64, danger: u64, why: &str) -> String {
    format!("--warning {warning} and --danger {danger}: {why}")
}

pub(crate) fn short_block(block: Duration, polls: u32, interval: Duration, least: Duration) -> String {
    let [block, interval, least] = [block, interval, least].map(format_duration);
    format!(
        "--block {block} has fewer than {polls} polls of -i {interval}: give --block {least} or a shorter interval"
    )
}

pub(crate) fn too_many_polls(polls: u64, most: u64) -> String {
    format!(
        "--duration and --interval come to {polls} polls, and {most} are kept: use `watertight record`, and compare its \
         file"
    )
}

/// A flag that leads to one target, where several are given.
pub(crate) fn of_one_target(flag: &str, targets: usize) -> String {
    format!(
        "{flag} belongs to one target, and {targets} are given: observe that one with a command of its own"
    )
}

pub(crate) fn no_addresses(why: NoAddresses) -> String {
    let why = match why {
        NoAddresses::Process => "a process has none: leave out --pid",
        NoAddresses::File => "a file has none: give --api-url a name",
        NoAddresses::Socket => "a socket has none: give --api-url a name",
        NoAddresses::OtherHost => {
            "--metrics-url or --pprof-url is on another host: give them the name of --api-url"
        }
    };
    format!("--each-address polls each address of a name: {why}")
}

pub(crate) fn no_stream(why: NoStream) -> String {
    let why = match why {
        NoStream::Several => "several targets need a file each",
        NoStream::Rotated => "rotation needs files",
        NoStream::OpenMetrics => "openmetrics is written when the recording ends",
    };
    format!("--csv -: {why}: name a file or a folder")
}

pub(crate) fn one_file(flag: &str, file: &str, targets: usize, host: &str) -> String {
    format!(
        "{flag} {file}: {targets} targets need a file each: name a folder that exists, or put {host} into the name"
    )
}

pub(crate) fn same_file(file: &Path) -> String {
    format!(
        "two targets would be recorded into {}: record one of them with a command of its own",
        file.display()
    )
}

/// Behind the number of rows; nothing where they are in sight.
pub(crate) fn recorded_into(file: &Path, rotates: bool, open_metrics: bool) -> String {
    match file.as_os_str() == "-" {
        true => String::new(),
        false if rotates => format!(" into the files of {}", file.display()),
        false if open_metrics => {
            format!(" into {} and, for Prometheus, {}", file.display(), file.with_extension("om").display())
        }
        false => format!(" into {}", file.display()),
    }
}

pub(crate) const fn paste_key() -> &'static str {
    "paste the key, then press Enter and Ctrl-D"
}

pub(crate) const fn no_random() -> &'static str {
    "the system has no random numbers"
}

pub(crate) const fn no_key() -> &'static str {
    "standard input holds no key: pipe it in, like `watertight keys hash < key.txt`"
}

pub(crate) const fn several_words() -> &'static str {
    "standard input holds more than one word: give only the key"
}

pub(crate) fn unreadable_input(error: &io::Error) -> String {
    format!("cannot read standard input: {error}")
}

pub(crate) fn fresh_key(hash: &dyn Display) -> String {
    format!(
        "give the key to the caller: it is not kept anywhere. For watertight.toml:\n\n[[keys]]\nname = \"a-name\"\n\
         hash = \"{hash}\""
    )
}

pub(crate) fn pages_written(n: usize, folder: &Path) -> String {
    let path = folder.display();
    format!(
        "{n} pages written into {path}: watertight.1 and one for each command; man -l {path}/watertight.1 shows one"
    )
}

pub(crate) fn neither_command_nor_folder(word: &Path) -> String {
    format!(
        "man {0}: there is neither a command nor a folder `{0}`: `watertight --help` lists the commands; to write all \
         pages into a new folder, give ./{0}",
        word.display()
    )
}

pub(crate) fn no_command(words: &str) -> String {
    format!("man {words}: there is no such command: `watertight --help` lists them")
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

pub(crate) fn unwritable_output(error: &io::Error) -> String {
    format!("cannot write to standard output: {error}")
}

pub(crate) fn no_signals(error: &dyn Display) -> String {
    format!("no signal handler: {error}")
}
