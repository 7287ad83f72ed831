//! `watertight`: reads the command line and hands it to the crate that the command belongs to.

mod options;

use std::process::ExitCode;

use cli::args::{Cli, Command, ConfigCommand, DrillCommand};

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

fn main() -> ExitCode {
    heap::small_pages();
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    run(cli)
}

fn run(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Serve(_) if drill::is_orphan_of_drill() => ExitCode::FAILURE,
        Command::Serve(args) => server::serve(&options::serve(args)),
        Command::Channels(command) => server::channels(&options::channels(command)),
        Command::Config(ConfigCommand::Show(args)) => server::show_config(&options::show(args)),
        Command::Init(args) => server::init(&options::init(args)),
        Command::Drill(args) => match args.command {
            Some(DrillCommand::Upstream(args)) => drill::upstream::main(&options::upstream(args)),
            Some(DrillCommand::Compare(args)) => drill::compare::main(&options::drills(args, cli.color)),
            None => match options::drill(args.run, cli.color) {
                Ok(options) => drill::main(&options),
                Err(why) => drill::refuse(&why),
            },
        },
        _ => cli::run(&cli),
    }
}
