//! The placeholders of a channel's address: `channels.path`, `channels.query`, and what they are filled with,
//! `channels.values`.

use adaptors::provider::template::{self, OF_REQUESTS};

use http::{HeaderName, HeaderValue};

use super::forms::{quoted, table, text};
use super::reader::{Section, TABLE, Value, Wanted};
use super::settings::Channel;
use super::table::Form;

/// Names and what belongs to them, in the order of the file.
pub(super) type Values = Vec<(String, String)>;

/// Where values come from that the file does not give, as the clouds' own tools have it.
const VARIABLES: [(&str, &[&str]); 6] = [
    ("region", &["AWS_REGION", "AWS_DEFAULT_REGION"]),
    ("project", &["GOOGLE_CLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID"]),
    ("location", &["GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION"]),
    ("workspace", &["ANTHROPIC_WORKSPACE_ID"]),
    ("resource", &["AZURE_RESOURCE_NAME"]),
    ("account", &["CLOUDFLARE_ACCOUNT_ID"]),
];

/// What a value that is missing looks like.
fn example(name: &str) -> &'static str {
    match name {
        "region" => "us-east-1",
        "project" => "my-project",
        "location" => "global",
        "resource" => "my-resource",
        _ => "…",
    }
}

const PATH: Wanted = Wanted::new("a path", "\"/deployments/{model}/{operation}\"");
const QUERY: Wanted = Wanted::new("a query", "\"api-version=2024-10-21\"");
const VALUE: Wanted = Wanted::new("a text", "{ region = \"us-east-1\" }");

pub(super) fn path() -> impl Form<String> {
    let read = |path: &str| {
        template::names(path)?;
        if !path.starts_with('/') || path.contains(['?', '#']) {
            return Err("a path begins with `/`; what follows a `?` belongs into `query`".to_owned());
        }
        visible(path)
    };
    text(PATH, read, String::clone)
}

/// `"a=1&b=2"`, or a table.
pub(super) fn query() -> impl Form<Values> {
    let read = |value: &Value<'_>| {
        let pairs = match value.is_table() {
            true => value.table(TABLE, |inner| pairs(inner, QUERY, parameter))?,
            false => value.parsed(QUERY, |query| {
                let pair = |pair: &str| {
                    let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
                    Ok((name.to_owned(), parameter(name, text)?))
                };
                query.trim_start_matches('?').split('&').map(pair).collect()
            })?,
        };
        Some(pairs)
    };
    (read, show)
}

pub(super) fn values() -> impl Form<Values> {
    let read = |value: &Value<'_>| value.table(TABLE, |inner| pairs(inner, VALUE, |_, text| one(text)));
    (read, show)
}

fn pairs(
    section: &Section<'_>,
    wanted: Wanted,
    read: impl Fn(&str, &str) -> Result<String, String>,
) -> Values {
    let entry = |(name, value): (&str, Value<'_>)| {
        Some((name.to_owned(), value.parsed(wanted, |text| read(name, text))?))
    };
    section.entries(wanted).into_iter().filter_map(entry).collect()
}

fn show(pairs: &Values) -> Option<String> {
    table(pairs.iter().map(|(name, value)| format!("{} = {}", quoted(name), quoted(value))))
}

/// The value of a parameter, with placeholders.
fn parameter(name: &str, text: &str) -> Result<String, String> {
    template::names(text)?;
    let stray = |text: &str| text.contains(['&', '#', '?', '=']);
    if name.is_empty() || stray(name) || stray(text) || name.contains(['{', '}', '%']) {
        return Err(format!("`{name}={text}` is not one parameter of a query: \"api-version=2024-10-21\""));
    }
    visible(name)?;
    visible(text)
}

/// What stands in a URL as it is.
fn visible(text: &str) -> Result<String, String> {
    match text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`|".contains(&byte)) {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` has a character that no URL has: percent-encode it")),
    }
}

/// A value: one name of something, within a host or a path.
fn one(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    if !text.is_empty() && text.len() <= 128 && text.bytes().all(fits) {
        return Ok(text.to_owned());
    }
    Err("a value is 1 to 128 letters, digits, `-`, `.`, `_` and `:`".to_owned())
}

/// The channel's values, with those that its row wants and the file does not give from the environment.
pub(super) fn complete(section: &Section<'_>, name: &str, wanted: &[&str], mut values: Values) -> Values {
    let from = section.resolver();
    for (value, variables) in VARIABLES.iter().filter(|(value, _)| wanted.contains(value)) {
        if values.iter().any(|(given, _)| given == value) {
            continue;
        }
        let found = variables.iter().find_map(|variable| Some((variable, from.inputs.var(variable)?)));
        let Some((variable, text)) = found else { continue };
        match one(&text) {
            Ok(text) => {
                from.came(format!("channels.{name}.values"), format!("env:{variable}"));
                values.push(((*value).to_owned(), text));
            }
            Err(why) => section.note(format!("the environment variable {variable}: {why}")),
        }
    }
    values
}

/// A row's parameters, with the channel's own in the place of those of the same name.
pub(super) fn parameters(row: &[(&str, &str)], own: Option<Values>) -> Values {
    let own = own.unwrap_or_default();
    let of_row = row.iter().filter(|(name, _)| own.iter().all(|(given, _)| given != name));
    let mut all: Values = of_row.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    all.extend(own);
    all
}

/// The channel with its row's headers, where it does not set them itself. One whose value is missing is noted later.
pub(super) fn with_headers(mut channel: Channel) -> Channel {
    for (name, template) in channel.provider.headers {
        let name = HeaderName::from_static(name);
        let text = template::fill(template, |name| adaptors::provider::value(&channel.values, name));
        if channel.headers.iter().all(|(given, _)| *given != name)
            && let Ok(value) = HeaderValue::from_str(&text)
        {
            channel.headers.push((name, value));
        }
    }
    channel
}

/// A row's base URL with its placeholders filled; what is missing is noted.
pub(super) fn base(section: &Section<'_>, template: &str, values: &Values) -> Option<String> {
    let filled = template::fill(template, |name| adaptors::provider::value(values, name));
    missing(section, &[&filled], &[]).then_some(filled)
}

/// Notes the placeholders of a channel that nothing fills, and the values that nothing uses.
pub(super) fn check(section: &Section<'_>, channel: &Channel, used: &[&str]) {
    let offers =
        channel.offers().map(|(dialect, offer)| channel.path(dialect, Some(offer.operation), offer.outbound));
    let paths: Vec<String> = offers.collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    if channel.base_url.is_some() {
        missing(section, &paths, &OF_REQUESTS);
        let headers = channel
            .headers
            .iter()
            .filter(|(name, _)| channel.provider.headers.iter().any(|(row, _)| name.as_str() == *row));
        let headers: Vec<&str> = headers.filter_map(|(_, value)| value.to_str().ok()).collect();
        missing(section, &headers, &[]);
    }
    let own = channel.path.iter().chain(channel.query.iter().map(|(_, value)| value));
    let own: Vec<&str> = own.flat_map(|template| template::names(template).unwrap_or_default()).collect();
    for (name, _) in &channel.values {
        if OF_REQUESTS.contains(&name.as_str()) {
            section.note(format!("`values.{name}` is filled by each request: leave it out"));
        } else if !used.contains(&name.as_str()) && !own.contains(&name.as_str()) {
            section.note(format!("`values.{name}` is in no part of this channel's address: leave it out"));
        }
    }
}

/// Notes the placeholders that are left. Returns whether there are none.
fn missing(section: &Section<'_>, templates: &[&str], open: &[&str]) -> bool {
    let mut noted: Vec<&str> = Vec::new();
    for name in templates.iter().flat_map(|template| template::names(template).unwrap_or_default()) {
        let name = if name == adaptors::provider::vertex::HOST { "location" } else { name };
        if open.contains(&name) || noted.contains(&name) {
            continue;
        }
        noted.push(name);
        let known = OF_REQUESTS.map(|name| format!("{{{name}}}")).join(", ");
        section.note(format!(
            "`{{{name}}}` stands for nothing: give it, such as values = {{ {name} = \"{}\" }}; {known} are filled by each request",
            example(name)
        ));
    }
    noted.is_empty()
}
