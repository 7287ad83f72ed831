//! From what was typed to what the crates ask for: `cli` knows neither `server` nor `drill`.

use cli::args::{
    ChannelsArgs, ChannelsCommand, Color, DrillFormat, DrillRunArgs, ListFormat, LogFormat, LogLevel,
    ServeArgs, UpstreamArgs,
};

pub(crate) fn serve(args: ServeArgs) -> server::Options {
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

pub(crate) fn channels(command: ChannelsCommand) -> server::ChannelsOptions {
    let (wish, ChannelsArgs { config, format }) = match command {
        ChannelsCommand::List(common) => (server::Wish::List, common),
        ChannelsCommand::Test(args) => {
            (server::Wish::Test { name: args.name, model: args.model }, args.common)
        }
        ChannelsCommand::Models(args) => (server::Wish::Models { name: args.name }, args.common),
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

pub(crate) fn drill(args: DrillRunArgs, color: Color) -> drill::Options {
    let (color, width) = cli::terminal(color);
    drill::Options {
        only: args.only,
        skip: args.skip,
        requests: args.requests.map(|count| count as usize),
        concurrency: args.concurrency.map(|count| count as usize),
        rate: args.rate,
        patience: args.patience,
        full: args.full,
        list: args.list,
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
            model_prefix: args.model_prefix,
            key_file: args.key_file,
            upstream_listen: args.upstream_listen,
            pid: args.pid,
        }),
    }
}
