//! From what was typed to what the crates ask for: `cli` knows neither `server` nor `drill`.

use std::sync::Arc;

use cli::args::{
    ChannelsArgs, ChannelsCommand, Color, ConfigShowArgs, DrillCompareArgs, DrillCompareFormat, DrillFormat,
    DrillRunArgs, InitArgs, ListFormat, LogFormat, LogLevel, ServeArgs, UpstreamArgs,
};

pub(crate) fn serve(args: ServeArgs) -> server::Options {
    server::Options {
        config: args.config,
        listen: args.listen,
        check: args.check,
        demo: args.demo,
        take_over: args.take_over,
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
        program: program(),
    }
}

fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "watertight".to_owned())
}

pub(crate) fn show(args: ConfigShowArgs) -> server::ShowOptions {
    let ConfigShowArgs { config, listen, demo, format } = args;
    server::ShowOptions { config, listen, demo, json: format == ListFormat::Json }
}

pub(crate) fn init(args: InitArgs) -> server::InitOptions {
    server::InitOptions { output: args.output, program: program() }
}

pub(crate) fn channels(command: ChannelsCommand) -> server::ChannelsOptions {
    let (wish, ChannelsArgs { config, format }) = match command {
        ChannelsCommand::List(common) => (server::Wish::List, common),
        ChannelsCommand::Test(args) => {
            (server::Wish::Test { name: args.name, model: args.model, limit: args.timeout }, args.common)
        }
        ChannelsCommand::Models(args) => {
            (server::Wish::Models { name: args.name, limit: args.timeout }, args.common)
        }
    };
    server::ChannelsOptions { config, wish, json: format == ListFormat::Json }
}

pub(crate) fn upstream(args: UpstreamArgs) -> drill::upstream::Options {
    drill::upstream::Options {
        listen: args.listen,
        list: args.list,
        json: args.format == ListFormat::Json,
        until_stdin_closes: args.until_stdin_closes,
        tls_authority: args.tls_authority,
        connections: args.connections,
    }
}

/// The columns of a table in a file or a pipe.
const COLUMNS: usize = 120;

/// What the observers know of stacks, for the drill.
struct Stacks(cli::Named);

impl drill::Profiles for Stacks {
    fn begin(&self) -> Result<(), String> {
        self.0.begin()
    }

    fn count(&self) -> Result<u64, String> {
        self.0.count()
    }

    fn grown(&self) -> Result<Vec<drill::Stack>, String> {
        let of = |stack: cli::NamedStack| drill::Stack {
            place: stack.place,
            before: stack.before,
            now: stack.now,
            why: stack.meaning.map(str::to_owned),
            cure: stack.cure.map(str::to_owned),
        };
        Ok(self.0.grown()?.into_iter().map(of).collect())
    }
}

fn stacks(url: Option<&str>) -> Result<drill::Stacks, String> {
    let named = url.map(cli::Named::new).transpose()?;
    drill::learn(cli::Named::said());
    Ok(drill::Stacks(named.map(|named| Arc::new(Stacks(named)) as Arc<dyn drill::Profiles>)))
}

/// # Errors
/// What is wrong with an address, in words.
pub(crate) fn drill(args: DrillRunArgs, color: Color) -> Result<drill::Options, String> {
    let stacks = stacks(args.pprof_url.as_deref())?;
    let (color, width) = cli::terminal(color);
    Ok(drill::Options {
        only: args.only,
        skip: args.skip,
        requests: args.requests.map(|count| count as usize),
        concurrency: args.concurrency.map(|count| count as usize),
        rate: args.rate,
        patience: args.patience,
        full: args.full,
        list: args.list,
        resume: args.resume,
        format: match args.format {
            DrillFormat::Text => drill::Format::Text,
            DrillFormat::Json => drill::Format::Json,
            DrillFormat::Markdown => drill::Format::Markdown,
            DrillFormat::Junit => drill::Format::Junit,
        },
        color,
        width: width.unwrap_or(COLUMNS),
        target: args.target.map(|url| drill::Target {
            url,
            model: args.model,
            model_prefix: args.model_prefix,
            key_file: args.key_file,
            upstream_listen: args.upstream_listen,
            pid: args.pid,
            stacks,
            start: args.start.map(|command| drill::Start {
                command,
                each: args.start_each,
                memory: args.start_memory,
                wait: args.start_wait.unwrap_or(std::time::Duration::from_secs(60)),
            }),
        }),
    })
}

pub(crate) fn drills(args: DrillCompareArgs, color: Color) -> drill::compare::Options {
    let (color, width) = cli::terminal(color);
    drill::compare::Options {
        files: args.files,
        format: match args.format {
            DrillCompareFormat::Text => drill::compare::Format::Text,
            DrillCompareFormat::Json => drill::compare::Format::Json,
            DrillCompareFormat::Markdown => drill::compare::Format::Markdown,
            DrillCompareFormat::Html => drill::compare::Format::Html,
        },
        gate: args.gate,
        color,
        width: width.unwrap_or(COLUMNS),
    }
}
