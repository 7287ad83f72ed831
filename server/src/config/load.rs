//! From inputs to a configuration: flag, `WATERTIGHT_*`, file, default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::address::listen_address;
use super::document::Document;
use super::errors::{Errors, Problem};
use super::forms::{DEADLINE, to_usize};
use super::inputs::{Inputs, why};
use super::secrets::Resolver;
use super::settings::{Config, Source, Timeouts};
use super::{discover, file, first_key, reader};

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "watertight.toml";

/// What is missing where a file configures much, but nobody to relay to.
pub(crate) const NO_CHANNEL: &str = "there is no channel: add [[channels]], set a provider's key such as OPENAI_API_KEY, or start with --demo";

/// Reads, resolves and checks the configuration.
///
/// Channels come from the file; without any there, from provider keys in the environment; without those and without
/// a file that says more than where to listen, the demo provider answers, on 127.0.0.1:3000 by default. A key made at an earlier start on a public address is loaded
/// when it is needed.
///
/// # Errors
/// Every mistake that was found; nothing was changed anywhere.
pub fn load(inputs: &Inputs<'_>) -> Result<Config, Errors> {
    let found = find_file(inputs)?;
    let dir = found
        .as_ref()
        .and_then(|(path, _)| path.parent())
        .map_or_else(|| inputs.cwd.clone(), |dir| inputs.cwd.join(dir));
    let from = Resolver::new(inputs, dir.clone());
    let path = found.as_ref().map(|(path, _)| path.clone());
    let mut config = defaults(from.memory, Source { file: path, dir, ..Source::default() });
    let mut problems = Vec::new();
    old_names(inputs, &mut config, &mut problems);
    if let Some((path, text)) = &found {
        problems.extend(read_file(&from, &mut config, path, text));
        config.source.bare = is_bare(text);
    }
    let limits = &mut config.live.limits;
    limits.request_body = limits.request_body.min(limits.buffered);
    limits.sse_event = limits.sse_event.min(limits.buffered);
    listen(inputs, &mut config, &mut problems);
    channels(&from, &mut config, &mut problems);
    config.source.origins.append(&mut from.origins.into_inner());
    if config.needs_first_key() {
        match first_key::stored(&config.source.dir, inputs) {
            Ok(keys) => config.live.keys = keys,
            Err(errors) => problems.extend(errors.problems().iter().cloned()),
        }
    }
    pages(&config, &mut problems);
    apart(&config, &mut problems);
    if problems.is_empty() { Ok(config) } else { Err(Errors::new(problems)) }
}

/// Without keys a page acts in the name of whoever has it open: not any page may.
fn pages(config: &Config, problems: &mut Vec<Problem>) {
    if config.live.cors.origins.list_any() && config.live.keys.is_empty() && !config.needs_first_key() {
        let text = "`cors.origins` lists \"*\" while there are no [[keys]]: any page could spend your money; \
                    add [[keys]], or list the pages' origins";
        problems.push(Problem { place: place(config), line: None, text: text.to_owned() });
    }
}

/// Both addresses are listened on: they differ. Others than these are found to be taken at the start.
fn apart(config: &Config, problems: &mut Vec<Problem>) {
    let (main, Some(monitor)) = (config.fixed.listen, config.fixed.monitor_listen) else { return };
    let (one, other) = (main.ip(), monitor.ip());
    let is_for_all = (one.is_unspecified() || other.is_unspecified()) && one.is_ipv4() == other.is_ipv4();
    if main.port() == monitor.port() && main.port() > 0 && (one == other || is_for_all) {
        let text = format!("`monitor.listen` ({monitor}) is taken by `listen` ({main}): choose another port");
        problems.push(Problem { place: place(config), line: None, text });
    }
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
        config.live.channels = vec![discover::demo(config)];
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

/// The file and its text: `-c`, then `WATERTIGHT_CONFIG`, both of which must exist, then the default one, which need
/// not.
fn find_file(inputs: &Inputs<'_>) -> Result<Option<(PathBuf, String)>, Errors> {
    let named = inputs.file.clone().or_else(|| inputs.var("WATERTIGHT_CONFIG").map(PathBuf::from));
    let path = match (&named, inputs.demo) {
        (Some(path), _) => path.clone(),
        (None, true) => return Ok(None),
        (None, false) => PathBuf::from(DEFAULT_FILE),
    };
    match (inputs.read)(&inputs.cwd.join(&path)) {
        Ok(text) => Ok(Some((path, text))),
        Err(e) if named.is_none() && e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => {
            let cure = "; see watertight.example.toml for one to start from, or leave out -c";
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
