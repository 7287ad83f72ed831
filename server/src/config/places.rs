//! The placeholders of a channel's address: `channels.path`, `channels.query`, and what they are filled with,
//! `channels.values`.

use adaptors::provider::template::{self, OF_REQUESTS};

use http::{HeaderName, HeaderValue};

use super::forms::{quoted, table, text};
use super::reader::{Section, TABLE, Value, Wanted};
use super::settings::Channel;
use super::table::Form;
use crate::spelling::nearest;

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
    missing(section, &[&filled], |_| Open::default()).then_some(filled)
}

/// What is known of a placeholder that nothing fills.
#[derive(Default)]
struct Open<'a> {
    /// Each request fills it.
    is_of_requests: bool,
    /// The channel's own key in which it stands.
    key: Option<&'static str>,
    /// One that it may have been meant for.
    near: Option<&'a str>,
}

/// Notes the placeholders of a channel that nothing fills, and the values that nothing uses.
pub(super) fn check(section: &Section<'_>, channel: &Channel, used: &[&str]) {
    let offers =
        channel.offers().map(|(dialect, offer)| channel.path(dialect, Some(offer.operation), offer.outbound));
    let paths: Vec<String> = offers.collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let names = |template: &String| {
        template::names(template).unwrap_or_default().into_iter().map(str::to_owned).collect()
    };
    let of_path: Vec<String> = channel.path.as_ref().map(names).unwrap_or_default();
    let of_query: Vec<String> =
        channel.query.iter().flat_map(|(_, value)| -> Vec<String> { names(value) }).collect();
    let given = channel.values.iter().map(|(name, _)| name.as_str());
    let fills: Vec<&str> = OF_REQUESTS.into_iter().chain(given).collect();
    if channel.base_url.is_some() {
        missing(section, &paths, |name| {
            let stands = |list: &[String]| list.iter().any(|one| one == name);
            let query = stands(&of_query).then_some("query");
            Open {
                is_of_requests: OF_REQUESTS.contains(&name),
                key: if stands(&of_path) { Some("path") } else { query },
                near: nearest(name, fills.iter().copied()),
            }
        });
        let headers = channel
            .headers
            .iter()
            .filter(|(name, _)| channel.provider.headers.iter().any(|(row, _)| name.as_str() == *row));
        let headers: Vec<&str> = headers.filter_map(|(_, value)| value.to_str().ok()).collect();
        missing(section, &headers, |_| Open::default());
    }
    let own = || of_path.iter().chain(&of_query).map(String::as_str);
    for (name, _) in &channel.values {
        let known = || used.iter().copied().chain(own());
        let text = if OF_REQUESTS.contains(&name.as_str()) {
            format!(": `{name}` is filled by each request: leave it out")
        } else if known().all(|known| known != name) {
            let wanted = known().filter(|known| !OF_REQUESTS.contains(known));
            let near = nearest(name, wanted)
                .map_or_else(String::new, |near| format!("did you mean `{near}`? If not, "));
            format!(": `{name}` is in no part of this channel's address: {near}leave it out")
        } else {
            continue;
        };
        section.note_at("values", Some(name), &text);
    }
}

/// Notes the placeholders that are left. Returns whether there are none.
fn missing<'a>(section: &Section<'_>, templates: &[&str], of: impl Fn(&str) -> Open<'a>) -> bool {
    let mut noted: Vec<&str> = Vec::new();
    for name in templates.iter().flat_map(|template| template::names(template).unwrap_or_default()) {
        let name = if name == adaptors::provider::vertex::HOST { "location" } else { name };
        let Open { is_of_requests, key, near } = of(name);
        if is_of_requests || noted.contains(&name) {
            continue;
        }
        noted.push(name);
        let known = OF_REQUESTS.map(|name| format!("{{{name}}}")).join(", ");
        let near = near.map_or_else(String::new, |near| format!("did you mean `{{{near}}}`? If not, "));
        let text = format!(
            "`{{{name}}}` stands for nothing: {near}give it, such as values = {{ {name} = \"{}\" }}; {known} are filled by each request",
            example(name)
        );
        match key {
            Some(key) => section.note_at(key, None, &format!(": {text}")),
            None => section.note(text),
        }
    }
    noted.is_empty()
}
