//! What a console is told in English.

use std::io;
use std::path::Path;

use super::{argument, ask, command};

/// Hints after a start on the demo provider, in the words of the system's shell.
pub(super) fn demo_hints(program: &str, url: &str, open: bool) -> String {
    let program = command(program, cfg!(windows));
    format!(
        "\nNo provider is configured, so the built-in demo provider answers, offline. Try, in another terminal:\n\n\
         {}\
         \x20 {program} quick-check --api-url {url}\n\
         \x20 {program} record --csv baseline.csv -i 1 --duration 30s --api-url {url}\n\n\
         To relay to a real provider, set OPENAI_API_KEY, ANTHROPIC_API_KEY or XAI_API_KEY and start again,\n\
         or write a watertight.toml with `{program} init` (`{program} config show` shows what is in effect). Ctrl-C stops.\n\n",
        ask(url, open, cfg!(windows))
    )
}

/// The key that was made at the first start on a public address; never shown again.
pub(super) fn first_key(key: &str, file: &Path) -> String {
    format!(
        "\nThe address is public and no keys are configured, so a key was made. It is shown this once:\n\n  {key}\n\n\
         Its hash is kept in {}. Send it as `Authorization: Bearer …`.\n\n",
        file.display()
    )
}

/// A result that standard output does not take.
pub(super) fn unwritten(error: &io::Error) -> String {
    format!("the result cannot be written to standard output: {error}")
}

/// Which file a configuration is from, and what named it.
pub(super) fn file(file: Option<&str>, named: Option<&str>) -> String {
    match (file, named) {
        (None, _) => "no configuration file".to_owned(),
        (Some(file), None) => format!("from {file}, found in this folder"),
        (Some(file), Some(named)) => format!("from {file}, named by {named}"),
    }
}

/// A file that `init` would have to overwrite.
pub(super) fn exists(file: &str) -> String {
    format!(
        "{file} exists, and is not overwritten: name another with -o FILE, print with -o -, or move it away"
    )
}

/// A file that `init` cannot write.
pub(super) fn unwritable(file: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("{file} cannot be written: make its folder first"),
        _ => format!(
            "{file} cannot be written: {}; name another with -o FILE, or print with -o -",
            crate::config::inputs::why(error)
        ),
    }
}

/// What is in the environment makes no valid configuration.
pub(super) fn not_begun(mistakes: &str) -> String {
    format!("{mistakes}\nnothing was written: correct this in the environment, then run init again")
}

/// What `init` wrote, and what comes next.
pub(super) fn begun(program: &str, file: &str, variables: &[&str]) -> String {
    let program = command(program, cfg!(windows));
    let what = match variables {
        [] => "No provider's key is in the environment: with this configuration the demo answers, offline.\n\
               To relay to a provider, edit [[channels]] in it; or set a key such as OPENAI_API_KEY, remove the file, and \
               run init again."
            .to_owned(),
        [one] => format!("1 channel, whose key is read from {one} at each start."),
        some => format!("{} channels, whose keys are read at each start from {}.", some.len(), some.join(", ")),
    };
    let file = argument(file);
    format!(
        "{file} is written. {what} Next:\n\n  {program} serve -c {file} --check\n  {program} serve -c {file}\n"
    )
}
