//! `watertight`: reads the command line and hands it to the crate that the command belongs to.

use std::process::ExitCode;

use cli::args::{Cli, Command, DrillCommand, ListFormat, LogFormat, LogLevel, ServeArgs, UpstreamArgs};

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    run(cli)
}

fn run(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Serve(args) => server::serve(&serve(args)),
        Command::Drill(DrillCommand::Upstream(args)) => drill::upstream::main(&upstream(args)),
        _ => cli::run(&cli),
    }
}

fn serve(args: ServeArgs) -> server::Options {
    server::Options {
        config: args.config,
        listen: args.listen,
        check: args.check,
        demo: args.demo,
        log_format: match args.log_format {
            LogFormat::Auto => server::LogFormat::Auto,
            LogFormat::Text => server::LogFormat::Text,
            LogFormat::Json => server::LogFormat::Json,
        },
        log_level: match args.log_level {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
        .to_owned(),
        program: std::env::args().next().unwrap_or_else(|| "watertight".to_owned()),
    }
}

fn upstream(args: UpstreamArgs) -> drill::upstream::Options {
    drill::upstream::Options {
        listen: args.listen,
        list: args.list,
        json: args.format == ListFormat::Json,
        until_stdin_closes: args.until_stdin_closes,
    }
}
