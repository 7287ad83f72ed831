//! From inputs to a configuration: flag, `WATERTIGHT_*`, file, default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};
use vitals::Language;

use super::address::listen_address;
use super::document::Document;
use super::errors::{Errors, Problem};
use super::forms::{DEADLINE, to_usize};
use super::inputs::{Inputs, why};
use super::secrets::Resolver;
use super::settings::{Config, Source, Timeouts};
use super::{discover, fallbacks, file, first_key, reader};
use crate::spelling::nearest;

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "watertight.toml";

/// Names the file where no flag does.
const FILE_VARIABLE: &str = "WATERTIGHT_CONFIG";

/// What is missing where a file configures much, but nobody to relay to.
pub(crate) const NO_CHANNEL: &str = "there is no channel: add [[channels]], set a provider's key such as OPENAI_API_KEY, or start with --demo";

/// Reads, resolves and checks the configuration.
///
/// Channels come from the file; without any there, from provider keys in the environment; without those and without
/// a file that says more than where to listen, the demo provider answers, on 127.0.0.1:3000 by default. A key made at an earlier start on a public address is loaded
/// when it is needed.
///
/// # Errors
/// Every mistake that was found, in English; nothing was changed anywhere.
pub fn load(inputs: &Inputs<'_>) -> Result<Config, Errors> {
    // Callers and programs read them, too.
    Language::En.during(|| load_in_english(inputs))
}

fn load_in_english(inputs: &Inputs<'_>) -> Result<Config, Errors> {
    let (found, named) = find_file(inputs)?;
    let dir = found
        .as_ref()
        .and_then(|(path, _)| path.parent())
        .map_or_else(|| inputs.cwd.clone(), |dir| inputs.cwd.join(dir));
    let from = Resolver::new(inputs, dir.clone());
    let path = found.as_ref().map(|(path, _)| path.clone());
    let mut config = defaults(from.memory, Source { file: path, named, dir, ..Source::default() });
    let mut problems = Vec::new();
    old_names(inputs, &mut config, &mut problems);
    if let Some((path, text)) = &found {
        problems.extend(read_file(&from, &mut config, path, text));
        config.source.bare = is_bare(text);
    }
    let limits = &mut config.live.limits;
    // Little of it is held.
    limits.upload.get_or_insert(limits.request_body);
    limits.request_body = limits.request_body.min(limits.buffered);
    limits.sse_event = limits.sse_event.min(limits.buffered);
    listen(inputs, &mut config, &mut problems);
    channels(&from, &mut config, &mut problems);
    fallbacks(&from, &config, found.as_ref(), &mut problems);
    if config.needs_first_key() {
        match first_key::stored(&from) {
            Ok(keys) => config.live.keys = keys,
            Err(errors) => problems.extend(errors.problems().iter().cloned()),
        }
    }
    config.source.origins.append(&mut from.origins.into_inner());
    config.source.places = from.places.into_inner();
    let line = |section, key| found.as_ref().and_then(|(_, text)| line_of(text, section, key));
    pages(&config, line("cors", "origins"), &mut problems);
    apart(&config, line("monitor", "listen"), &mut problems);
    if problems.is_empty() { Ok(config) } else { Err(Errors::new(problems)) }
}

/// Without keys a page acts in the name of whoever has it open: not any page may.
fn pages(config: &Config, line: Option<usize>, problems: &mut Vec<Problem>) {
    if config.live.cors.origins.list_any() && config.live.keys.is_empty() && !config.needs_first_key() {
        let text = "`cors.origins` lists \"*\" while there are no [[keys]]: any page could spend your money; \
                    add [[keys]], or list the pages' origins";
        problems.push(Problem { place: place(config), line, text: text.to_owned() });
    }
}

/// Models that stand in for others are served by somebody, as are those.
fn fallbacks(
    from: &Resolver<'_>,
    config: &Config,
    file: Option<&(PathBuf, String)>,
    problems: &mut Vec<Problem>,
) {
    let channels = &config.live.channels;
    let is_served = |model: &str| channels.iter().any(|one| one.upstream_name(model).is_some());
    let unserved = config.live.failover.fallbacks.unserved(is_served);
    let Some((_, text)) = file.filter(|_| !unserved.is_empty() && problems.is_empty()) else { return };
    let place = place(config);
    let lines = fallbacks::lines(&Document::new(&place, text, from, file::home_of));
    let known: Vec<&str> =
        channels.iter().flat_map(|one| one.models.iter().filter_map(|rule| rule.pattern.exact())).collect();
    problems.extend(unserved.into_iter().map(|model| Problem {
        place: place.clone(),
        line: lines.iter().find(|(named, _)| named == model).map(|(_, line)| *line),
        text: fallbacks::mistake(model, nearest(model, known.iter().copied())),
    }));
}

/// Both addresses are listened on: they differ. Others than these are found to be taken at the start.
fn apart(config: &Config, line: Option<usize>, problems: &mut Vec<Problem>) {
    let (main, Some(monitor)) = (config.fixed.listen, config.fixed.monitor_listen) else { return };
    let (one, other) = (main.ip(), monitor.ip());
    let is_for_all = (one.is_unspecified() || other.is_unspecified()) && one.is_ipv4() == other.is_ipv4();
    if main.port() == monitor.port() && main.port() > 0 && (one == other || is_for_all) {
        let text = format!("`monitor.listen` ({monitor}) is taken by `listen` ({main}): choose another port");
        problems.push(Problem { place: place(config), line, text });
    }
}

/// The line of a key of a section, from 1.
fn line_of(text: &str, section: &str, key: &str) -> Option<usize> {
    let (table, _) = DeTable::parse_recoverable(text);
    let DeValue::Table(section) = table.get_ref().get(section)?.get_ref() else { return None };
    let at = section.get(key)?.span().start;
    Some(1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count())
}

/// The file of what no line of it is to blame for alone.
fn place(config: &Config) -> String {
    config.source.file.as_ref().map_or_else(|| DEFAULT_FILE.to_owned(), |file| file.display().to_string())
}

/// Shares of the memory in place of what holds where nothing is known of the machine.
fn defaults(memory: u64, source: Source) -> Config {
    let mut config = Config { source, ..Config::default() };
    config.live.limits.buffered = to_usize(memory / 4);
    config.live.limits.memory = to_usize(memory / 5 * 4);
    config
}

/// Tells whether a file says nothing but where to listen: as good as none.
fn is_bare(text: &str) -> bool {
    toml::from_str::<toml::Table>(text).is_ok_and(|top| top.keys().all(|key| key == "listen"))
}

/// Where the file names no channel: those of the environment, or, where it says nothing else either, the demo. `--demo`
/// stands above all.
fn channels(from: &Resolver<'_>, config: &mut Config, problems: &mut Vec<Problem>) {
    if from.inputs.demo {
        let demo = discover::demo(config);
        from.forgets("channels");
        from.came(format!("channels.{}.provider", demo.name), "--demo");
        config.live.channels = vec![demo];
    }
    if !config.live.channels.is_empty() || !problems.is_empty() {
        return;
    }
    config.live.channels = discover::from_environment(from, config, problems);
    if !config.live.channels.is_empty() || !problems.is_empty() {
        return;
    }
    match &config.source.file {
        Some(_) if !config.source.bare => {
            problems.push(Problem { place: place(config), line: None, text: NO_CHANNEL.to_owned() });
        }
        _ => config.live.channels.push(discover::demo(config)),
    }
}

/// A file that is there and its text, and what named it.
type Found = (Option<(PathBuf, String)>, Option<&'static str>);

/// The file and its text: `-c`, then `WATERTIGHT_CONFIG`, both of which must exist, then the default one, which need
/// not.
fn find_file(inputs: &Inputs<'_>) -> Result<Found, Errors> {
    let flag = inputs.file.clone().map(|path| (path, "-c"));
    let variable = || inputs.var(FILE_VARIABLE).map(|path| (PathBuf::from(path), FILE_VARIABLE));
    let (path, named) = match (flag.or_else(variable), inputs.demo) {
        (Some((path, named)), _) => (path, Some(named)),
        (None, true) => return Ok((None, None)),
        (None, false) => (PathBuf::from(DEFAULT_FILE), None),
    };
    match (inputs.read)(&inputs.cwd.join(&path)) {
        Ok(text) => Ok((Some((path, text)), named)),
        Err(e) if named.is_none() && e.kind() == std::io::ErrorKind::NotFound => Ok((None, None)),
        Err(e) => {
            let cure = "; write one with `watertight init`, or leave out -c";
            let cure = if e.kind() == std::io::ErrorKind::NotFound { cure } else { "" };
            Err(Errors::one(path.display(), format!("cannot read the configuration: {}{cure}", why(&e))))
        }
    }
}

fn read_file(from: &Resolver<'_>, config: &mut Config, path: &Path, text: &str) -> Vec<Problem> {
    let name = path.display().to_string();
    let document = Document::new(&name, text, from, file::home_of);
    reader::read(&document, |top| file::read(top, config));
    document.into_problems()
}

/// `PORT`, `RELAY_TIMEOUT` and `STREAMING_TIMEOUT` of older relays take the place of defaults: below the file.
fn old_names(inputs: &Inputs<'_>, config: &mut Config, problems: &mut Vec<Problem>) {
    let mut note = |name: &str, value: &str, wanted: &str| {
        let text = format!("`{value}` is not {wanted}: correct it or unset it");
        problems.push(Problem { place: name.to_owned(), line: None, text });
    };
    if let Some(value) = inputs.var("PORT") {
        match value.parse() {
            Ok(port) => {
                config.fixed.listen.set_port(port);
                config.source.origins.insert("listen".to_owned(), "PORT".to_owned());
            }
            Err(_) => note("PORT", &value, "a port between 0 and 65535"),
        }
    }
    let Timeouts { total, idle, .. } = &mut config.live.timeouts;
    for (name, key, timeout) in
        [("RELAY_TIMEOUT", "timeouts.total", total), ("STREAMING_TIMEOUT", "timeouts.idle", idle)]
    {
        let Some(value) = inputs.var(name) else { continue };
        match value.parse().map(Duration::from_secs) {
            Ok(Duration::ZERO) => {}
            Ok(seconds) if DEADLINE.contains(&seconds) => {
                *timeout = seconds;
                config.source.origins.insert(key.to_owned(), name.to_owned());
            }
            _ => note(name, &value, "a whole number of seconds up to 86400 (0: the default)"),
        }
    }
}

/// `--listen`, then `WATERTIGHT_LISTEN`, over what the file says.
fn listen(inputs: &Inputs<'_>, config: &mut Config, problems: &mut Vec<Problem>) {
    let variable = || inputs.var("WATERTIGHT_LISTEN").map(|text| ("WATERTIGHT_LISTEN", text));
    let Some((place, text)) = inputs.listen.clone().map(|text| ("--listen", text)).or_else(variable) else {
        return;
    };
    match listen_address(&text) {
        Ok(address) => {
            config.fixed.listen = address;
            config.source.origins.insert("listen".to_owned(), place.to_owned());
        }
        Err(text) => problems.push(Problem { place: place.to_owned(), line: None, text }),
    }
}
