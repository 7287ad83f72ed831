//! A first file: channels from the provider keys in the environment, and around them the example of the repository's root
//! with its defaults as comments. A key itself is never in it: `env:NAME`.

use std::fmt::Write as _;

use adaptors::provider::{self, Provider};

use super::forms::{list, quoted};
use super::inputs::Inputs;

/// The example, of which a test says that it shows every key and every default.
const EXAMPLE: &str = include_str!("../../../watertight.example.toml");
/// The first channel of the example, which ends its settings.
const CHANNEL: &str = "[[channels]]";
/// What stands before a line of the example that is not in effect.
const OFF: &str = "#: ";

/// A file to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The file.
    pub text: String,
    /// The variables that hold the keys of its channels. Empty: the demo answers.
    pub variables: Vec<&'static str>,
}

/// A file for what is in the environment; `file` is how its own commands name it.
#[must_use]
pub fn beginning(inputs: &Inputs<'_>, file: &str) -> Beginning {
    let found = |provider: &'static Provider| {
        let variable = provider.env.filter(|name| inputs.var(name).is_some())?;
        // One with placeholders has no address by itself.
        provider.base_url.filter(|url| !url.contains('{')).map(|url| (provider, variable, url))
    };
    let found: Vec<_> = provider::all().filter_map(found).collect();
    let variables: Vec<&str> = found.iter().map(|(_, variable, _)| *variable).collect();
    let mut text = head(file, &variables);
    text.push_str(&settings());
    found.iter().for_each(|(provider, variable, url)| channel(&mut text, provider, variable, url));
    if found.is_empty() {
        text.extend([DEMO, "\n"]);
    }
    text.push_str(&more());
    Beginning { text, variables }
}

const DEMO: &str = "# No provider's key was in the environment: the demo answers, offline. To relay to a provider, take the `#: ` away from\n\
                    # the lines of a channel below, and the lines of this one out.\n\
                    [[channels]]\nname = \"demo\"\nprovider = \"demo\"\n";

fn head(file: &str, variables: &[&str]) -> String {
    let made = match variables {
        [] => "no provider's key was in the environment".to_owned(),
        some => format!("channels from {}", some.join(", ")),
    };
    format!(
        "# The configuration of watertight. Made by `watertight init`: {made}.\n\
         # What stands behind `# ` is the default, what stands behind `#: ` an example: to use a line, take that away. Then:\n\
         #   watertight serve -c {file} --check         every mistake, or what holds\n\
         #   watertight config show -c {file}           every value, and where it came from\n\
         #   watertight channels test -c {file}         one small real request to each channel\n\
         # Durations: 500ms, 10s, 15m, 1h30m. Sizes: 64KiB, 32MiB, 1GiB. All keys: docs/configuration.md.\n\
         # Secrets never stand in this file: \"env:NAME\" or \"file:/path\".\n"
    )
}

/// The example's settings, none in effect: who wants a default says nothing, and gets a later version's.
fn settings() -> String {
    let (settings, _) = EXAMPLE.split_once(&format!("\n{CHANNEL}\n")).unwrap_or((EXAMPLE, ""));
    // Its own head ends with the first empty line.
    let (_, settings) = settings.split_once("\n\n").unwrap_or(("", settings));
    let mut text = "\n".to_owned();
    for line in settings.lines() {
        let sign = if line.is_empty() || line.starts_with(['#', '[']) { "" } else { "# " };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{sign}{line}");
    }
    text.push('\n');
    text
}

fn channel(text: &mut String, provider: &Provider, variable: &str, url: &str) {
    let Provider { name, models, .. } = provider;
    let models = list(models.iter().map(quoted));
    let _ = write!(
        text,
        "[[channels]]\nname = {name}\nprovider = {name}   # {url}\nkeys = [\"env:{variable}\"]\n# models = {models}\n\n",
        name = quoted(name)
    );
}

/// What else channels may say: those of the example, none in effect.
fn more() -> String {
    let (_, channels) = EXAMPLE.split_once(&format!("\n{CHANNEL}\n")).unwrap_or_default();
    let mut text = format!("# Channels, with what each may say:\n{OFF}{CHANNEL}\n");
    for line in channels.lines() {
        let sign = if line.is_empty() || line.starts_with('#') { "" } else { OFF };
        let _ = writeln!(text, "{sign}{line}");
    }
    text
}
