//! A wrong value that came from the environment is looked for on the command line in vain: the error names its variable.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command};
use vitals::Language;

/// Adds to an error the variable that its value came from, if it did.
pub(super) fn named(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (Some(flag), Some(value)) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue))
    else {
        return error;
    };
    let mut command = super::command();
    command.build();
    let Some(arg) = find(&command, &flag).filter(|arg| !is_given(arg, args)) else { return error };
    let Some(name) = arg.get_env().and_then(|name| name.to_str()) else { return error };
    if std::env::var_os(name).is_some_and(|set| set.to_string_lossy().contains(&value)) {
        error.insert(
            ContextKind::InvalidArg,
            ContextValue::String(
                Language::current()
                    .pick(format!("{flag} (from {name})"), format!("{flag}（来自环境变量 {name}）")),
            ),
        );
    }
    error
}

/// The flag that errors call so, of any command: those of one name have one variable.
fn find<'a>(command: &'a Command, flag: &str) -> Option<&'a Arg> {
    let own = command.get_arguments().find(|arg| arg.get_env().is_some() && arg.to_string() == flag);
    own.or_else(|| command.get_subcommands().find_map(|sub| find(sub, flag)))
}

/// It stands on the command line itself.
fn is_given(arg: &Arg, args: &[OsString]) -> bool {
    let longs: Vec<String> =
        arg.get_long_and_visible_aliases().into_iter().flatten().map(|long| format!("--{long}")).collect();
    let short = arg.get_short().map(|short| format!("-{short}"));
    args.iter().any(|given| {
        let given = given.to_string_lossy();
        let is_long = |long: &String| {
            given.strip_prefix(long.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        longs.iter().any(is_long)
            || short
                .as_ref()
                .is_some_and(|short| given.starts_with(short.as_str()) && !given.starts_with("--"))
    })
}
