//! What a plan may not say, value by value: each mistake has its line.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use vitals::units::parse_duration;

use super::keys::{CHECK, Form, Given, RECORD, TARGET, Values, WATCH};
use crate::args;
use crate::finding::rollout::Flaw;
use crate::source::Target;

/// What the parser says, without its label, on one line; without its hints.
pub(super) fn first(error: &clap::Error) -> String {
    if let Some(source) = error.source() {
        return source.to_string();
    }
    let text = error.render().to_string();
    let lines = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
    lines.collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned()
}

/// Each flag's value alone, so that a mistake has its line.
pub(super) fn check_flags(values: &mut Values<'_>) {
    let command = |of: u8| match of {
        of if of & CHECK != 0 => &["quick-check"][..],
        of if of & WATCH != 0 => &["watch"],
        of if of & RECORD != 0 => &["record", "--csv=x"],
        _ => &["compare", "a", "b"],
    };
    let wrong = |given: &Given| {
        let flags = given.flags(Path::new("."));
        let line = ["watertight"].iter().chain(command(given.key.of)).map(|word| (*word).to_owned());
        args::parse(line.chain(flags).map(Into::into)).err().map(|error| {
            (given.line, given.key.full(), first(&error).replace(given.key.flag, given.key.name))
        })
    };
    let flagged = values.all.iter().filter(|given| given.key.of != 0);
    let flaws: Vec<_> = flagged.filter_map(wrong).collect();
    for (line, name, why) in flaws {
        values.note(line, &Flaw::Value { name: &name, why: &why });
    }
}

/// The times that stand for themselves.
pub(super) fn times(values: &mut Values<'_>) -> Vec<(&'static str, &'static str, Duration)> {
    let mut times = Vec::new();
    let mut flaws = Vec::new();
    for given in values.all.iter().filter(|given| given.key.form == Form::Time) {
        match parse_duration(given.text()) {
            Ok(Duration::ZERO) if given.key.name == "timeout" => {
                flaws.push((given.line, given.key.full(), None));
            }
            Ok(time) => times.push((given.key.section, given.key.name, time)),
            Err(why) => flaws.push((given.line, given.key.full(), Some(why))),
        }
    }
    for (line, name, why) in flaws {
        match why {
            Some(why) => values.note(line, &Flaw::Value { name: &name, why: &why }),
            None => values.note(line, &Flaw::AtOnce(&name)),
        }
    }
    times
}

/// Addresses that lead nowhere: found here, and not once the old relay has been stopped.
pub(super) fn addresses(values: &mut Values<'_>) {
    let mut flaws = Vec::new();
    for given in &values.all {
        let (text, name) = (given.text(), given.key.full());
        let parsed = match (given.key.form, given.key.name) {
            (Form::Address, "metrics_url") => Target::parse_metrics(text),
            // A recording is a target, too.
            (Form::Address, TARGET) if Path::new(text).is_file() => continue,
            (Form::Address, _) => Target::parse(text),
            (_, "url") if !text.starts_with("http://") && !text.starts_with("https://") => {
                flaws.push((given.line, name, None));
                continue;
            }
            (_, "url") => Target::parse(text),
            _ => continue,
        };
        flaws.extend(parsed.err().map(|wrong| (given.line, name, Some(wrong))));
    }
    for (line, name, wrong) in flaws {
        match wrong {
            Some(wrong) => values.note(line, &Flaw::Address { name: &name, wrong }),
            None => values.note(line, &Flaw::NoUrl(&name)),
        }
    }
}

/// What is polled for a time is polled at least twice in it.
pub(super) fn polled_twice(
    values: &mut Values<'_>,
    section: &str,
    length: Option<Duration>,
    interval: Duration,
) {
    let Some(length) = length.filter(|length| *length < interval) else { return };
    let names = ["for", "interval"];
    let line = names.iter().filter_map(|name| values.given(section, name)).map(|given| given.line).min();
    let names = names.map(|name| format!("{section}.{name}"));
    let names = names.each_ref().map(String::as_str);
    values.note(line.unwrap_or(0), &Flaw::Shorter { names, times: [length, interval] });
}
