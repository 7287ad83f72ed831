//! Relays for tests: the real one around adaptors that leak or panic on purpose, and with a dialect more. A package of their own and not
//! a feature of the relay, so that no build of the workspace can put them into the shipped binary.

pub mod leaking;

use std::{process::ExitCode, sync::Arc};

use adaptors::{
    adaptor::Adaptor,
    dialect::{ANTHROPIC, OPENAI},
};
use server::{AdaptorTable, LogFormat, Options};

/// Runs a relay around these adaptors for the two dialects.
#[must_use]
pub fn main(openai: impl Adaptor + 'static, anthropic: impl Adaptor + 'static) -> ExitCode {
    run(&AdaptorTable::default().with(OPENAI, OPENAI, Arc::new(openai)).with(
        ANTHROPIC,
        ANTHROPIC,
        Arc::new(anthropic),
    ))
}

/// Runs `PROGRAM serve -c FILE --listen ADDRESS` with these adaptors, or `PROGRAM drill upstream …` as it is.
#[must_use]
pub fn run(table: &AdaptorTable) -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).cloned();
    if args.get(1).is_some_and(|command| command == "drill") {
        return drill::upstream::main(&drill::upstream::Options {
            listen: value("--listen").unwrap_or_default(),
            until_stdin_closes: true,
            ..Default::default()
        });
    }
    let options = Options {
        config: value("-c").map(Into::into),
        listen: value("--listen"),
        check: false,
        demo: false,
        take_over: false,
        log_format: LogFormat::Json,
        log_level: "info".to_owned(),
        program: args.first().cloned().unwrap_or_default(),
    };
    server::run(&options, table)
}
