use std::time::Duration;

use clap::error::ErrorKind;

use super::*;

fn parsed(line: &str) -> Result<Command, ErrorKind> {
    parse(line.split_whitespace().map(Into::into)).map(|cli| cli.command).map_err(|error| error.kind())
}

#[test]
fn the_tree_is_sound() {
    command().debug_assert();
}

#[test]
fn every_command_has_examples_and_exit_codes_and_every_page_a_command() {
    fn walk(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        assert!(
            help::page(path).is_some_and(|p| !p.examples.is_empty() && !p.exits.is_empty()),
            "no page for `{path}`"
        );
        found.push(path.to_owned());
        for sub in command.get_subcommands() {
            walk(sub, format!("{path} {}", sub.get_name()).trim(), found);
        }
    }
    let mut found = Vec::new();
    walk(&command(), "", &mut found);
    assert_eq!(found.len(), help::PAGES.len(), "a page without a command");
}

#[test]
fn examples_parse() {
    for page in help::PAGES {
        for (line, _) in page.examples {
            let command =
                [" | ", " < ", " > ", " || ", "; "].iter().fold(*line, |l, s| l.split(s).next().unwrap());
            assert!(parsed(&command.replace('\'', "")).is_ok(), "{line}");
        }
    }
}

#[test]
fn durations_have_units_and_bounds() {
    let Ok(Command::Record(args)) = parsed("watertight record --csv a -i 250ms --duration 1h30m --timeout 2")
    else {
        panic!("not parsed")
    };
    assert_eq!(
        (args.interval, args.targets.shared.timeout),
        (Duration::from_millis(250), Duration::from_secs(2))
    );
    assert_eq!(args.duration, Some(Duration::from_secs(5400)));
    for wrong in
        ["-i 0", "-i 99ms", "-i 5x", "--timeout 0", "--timeout 2h", "--duration 0", "-n 0", "--label x"]
    {
        assert_eq!(
            parsed(&format!("watertight record --csv a {wrong}")).unwrap_err(),
            ErrorKind::ValueValidation,
            "{wrong}"
        );
    }
}

#[test]
fn a_wrong_count_says_what_is_right() {
    let said = |line: &str| parse(line.split_whitespace().map(Into::into)).unwrap_err().to_string();
    for (line, why) in [
        ("compare a b --max-peak 3k", "write a whole number of 1 or more, such as 3000"),
        ("compare a b --max-peak -5", "write a whole number of 1 or more, such as 3000"),
        ("compare a b --max-growth -5", "write a percentage of 0 or more, like 20%"),
        ("compare a b --max-growth -5%", "write a percentage of 0 or more, like 20%"),
        ("compare a http://h -n 100001", "up to 100000 polls are kept"),
        ("watch --max-peak 0", "write a whole number of 1 or more, such as 3000"),
        ("quick-check --danger abc", "write a whole number, such as 3000"),
        ("quick-check --danger -1", "write a whole number, such as 3000"),
    ] {
        let error = said(&format!("watertight {line}"));
        assert!(error.contains(why) && !error.contains("WATERTIGHT_"), "{line}: {error}");
    }
}

#[test]
fn flags_that_contradict_each_other() {
    assert_eq!(
        parsed("watertight record --csv a --append --force").unwrap_err(),
        ErrorKind::ArgumentConflict
    );
    for flags in ["--token-file a --basic-file b", "--ca-file a --insecure"] {
        let line = format!("watertight quick-check {flags}");
        assert_eq!(parsed(&line).unwrap_err(), ErrorKind::ArgumentConflict, "{flags}");
    }
    assert_eq!(
        parsed("watertight drill upstream --format json").unwrap_err(),
        ErrorKind::MissingRequiredArgument
    );
}

#[test]
fn the_old_name_of_the_address_works() {
    let Ok(Command::QuickCheck(args)) = parsed("watertight quick-check --url http://h") else {
        panic!("not parsed")
    };
    assert_eq!(args.target.api_url.as_deref(), Some("http://h"));
}

#[test]
fn sources_are_the_same_everywhere() {
    let flags = "--source metrics,pprof --metrics-url http://m --pprof-url http://p --pid 7 --unix-socket /s \
                 --token-file t --new-api-user 3 --ca-file c";
    for command in ["quick-check", "watch", "record --csv a", "compare a http://h"] {
        let source = match parsed(&format!("watertight {command} {flags}")).unwrap() {
            Command::QuickCheck(args) => args.target.shared.source,
            Command::Watch(args) => args.target.shared.source,
            Command::Record(args) => args.targets.shared.source,
            Command::Compare(args) => args.polling.source,
            other => panic!("{other:?}"),
        };
        assert_eq!(source.sources, [SourceArg::Metrics, SourceArg::Pprof], "{command}");
        assert_eq!((source.pid, source.new_api_user), (Some(7), 3), "{command}");
    }
}
