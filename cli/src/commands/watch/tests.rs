use crate::args::{self, Command};

use super::*;

fn parsed(more: &str) -> Result<WatchArgs, clap::error::ErrorKind> {
    let line = format!("watertight watch {more}");
    match args::parse(line.split_whitespace().map(Into::into)) {
        Ok(cli) => match cli.command {
            Command::Watch(args) => Ok(args),
            other => panic!("{other:?}"),
        },
        Err(error) => Err(error.kind()),
    }
}

#[test]
fn the_defaults() {
    let args = parsed("").unwrap();
    assert_eq!((args.interval.as_secs(), args.duration, args.count), (5, None, None));
    assert_eq!((args.format, args.record, args.max_peak), (WatchFormat::Text, None, None));
}

#[test]
fn what_needs_a_recording_and_where_it_cannot_go() {
    use clap::error::ErrorKind::{ArgumentConflict, MissingRequiredArgument, ValueValidation};
    for (more, kind) in [
        ("--append", MissingRequiredArgument),
        ("--force", MissingRequiredArgument),
        ("--label a=b", MissingRequiredArgument),
        ("--record a --append --force", ArgumentConflict),
        ("--record -", ValueValidation),
        ("--max-peak 0", ValueValidation),
        ("-n 0", ValueValidation),
        ("--block 0.5s", ValueValidation),
        ("--block 25h", ValueValidation),
    ] {
        assert_eq!(parsed(more).unwrap_err(), kind, "{more}");
    }
}
