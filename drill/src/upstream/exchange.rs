//! One exchange, whichever version of HTTP carries it: what its request asks for, the fault that it chose, its answer.

use std::io;
use std::time::Duration;

use super::answer::{Asked, Dialect, RESPONSES, of_gemini};
use super::media;
use super::perform::perform;
use super::request::{Request, find};
use super::state::OpenRequest;
use super::table::{self, Chosen};
use super::terms::{Ending, JSON};
use super::wire::Wire;

/// A request and the fault that it chose.
pub(crate) type Understood = (Asked, Result<Option<Chosen>, String>);

/// The fault that the beginning of a body asks for.
pub(crate) fn early(request: &Request, glance: &[u8]) -> Result<Option<Chosen>, String> {
    let model = form_model(glance).or_else(|| glimpse_model(glance));
    choose(request, model.as_deref())
}

/// Reads the request; without its body, what was seen early holds.
pub(crate) fn understood(request: &Request, early: Result<Option<Chosen>, String>) -> Understood {
    let version = request.header("anthropic-version").unwrap_or_default();
    let mut asked = Asked::read(request.path(), version, &request.body);
    let pace = request.header("x-pace-ms").and_then(|ms| ms.parse().ok());
    asked.pace = pace.map(Duration::from_millis);
    if let Some(model) = form_model(&request.body).filter(|_| asked.model.is_empty()) {
        asked.model = model;
    }
    let chosen = if request.body.is_empty() { early } else { choose(request, Some(&asked.model)) };
    (asked, chosen)
}

fn choose(request: &Request, model: Option<&str>) -> Result<Option<Chosen>, String> {
    let name = request.header("x-fault").or_else(|| model.and_then(table::from_model));
    name.map(|name| table::choose(name.trim_start_matches("fault-"))).transpose()
}

/// The model's name in a form, or in the beginning of one.
fn form_model(body: &[u8]) -> Option<String> {
    let model = media::field(body, "model").filter(|_| body.starts_with(b"--"))?;
    Some(String::from_utf8_lossy(model).into_owned())
}

/// The model's name in the beginning of a body, without parsing what is not there yet.
fn glimpse_model(glance: &[u8]) -> Option<String> {
    let after = &glance[find(glance, b"\"model\"")? + 7..];
    let text = String::from_utf8_lossy(after);
    let mut parts = text.splitn(3, '"');
    let colon = parts.next()?.trim() == ":";
    parts.next().filter(|_| colon).map(str::to_owned)
}

/// Carries out what was asked for.
pub(crate) async fn respond(
    wire: &mut Wire<'_>,
    request: &Request,
    asked: &Asked,
    chosen: Result<Option<Chosen>, String>,
    open: &OpenRequest,
) -> io::Result<Ending> {
    let chosen = match chosen {
        Ok(chosen) => chosen,
        Err(unknown) => return refuse(wire, asked, 400, &unknown).await,
    };
    if let Some(chosen) = chosen {
        open.fault(chosen.name);
    }
    match request.target() {
        ("POST", "/v1/chat/completions" | "/v1/embeddings" | "/v1/messages" | RESPONSES) => {
            perform(wire, asked, chosen).await
        }
        ("POST", path) if media::has(path) => media::respond(wire, request, asked, chosen).await,
        ("POST", path) if of_gemini(path).is_some() => perform(wire, asked, chosen).await,
        ("GET", "/v1beta/models") => {
            let asked = Asked { dialect: Dialect::Gemini, ..asked.clone() };
            wire.whole(200, JSON, &asked.headers(), asked.models(None).to_string().as_bytes()).await
        }
        ("GET", path) if path == "/v1/models" || path.starts_with("/v1/models/") => {
            let id = path.strip_prefix("/v1/models/");
            let body = asked.models(id).to_string();
            wire.whole(200, JSON, &asked.headers(), body.as_bytes()).await
        }
        (method, path) => refuse(wire, asked, 404, &format!("drill has no {method} {path}")).await,
    }
}

async fn refuse(wire: &mut Wire<'_>, asked: &Asked, status: u16, message: &str) -> io::Result<Ending> {
    let body = asked.error(status, message).to_string();
    wire.whole(status, JSON, &asked.headers(), body.as_bytes()).await
}
