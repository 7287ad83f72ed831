//! One exchange, whichever version of HTTP carries it: what its request asks for, the fault that it chose, its answer.

use std::io;
use std::time::Duration;

use super::answer::{Asked, COMPACT, COUNTS, Dialect, RESPONSES, of_gemini};
use super::mark::Mark;
use super::media;
use super::perform::perform;
use super::request::{Request, find};
use super::state::{OpenRequest, State};
use super::table::{self, Chosen};
use super::terms::{Ending, JSON};
use super::wire::Wire;

/// Where Gemini's models are listed.
const GEMINI_MODELS: &str = "/v1beta/models";

/// A request and the fault that it chose.
pub(crate) type Understood = (Asked, Result<Option<Chosen>, String>);

/// The fault that the beginning of a body asks for.
pub(crate) fn early(request: &Request, glance: &[u8]) -> Result<Option<Chosen>, String> {
    let model = form_model(glance).or_else(|| glimpse_model(glance));
    choose(request, model.as_deref(), Mark::find(glance).as_ref())
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
    let chosen = if request.body.is_empty() {
        early
    } else {
        choose(request, Some(&asked.model), asked.mark.as_ref())
    };
    (asked, chosen)
}

fn choose(request: &Request, model: Option<&str>, mark: Option<&Mark>) -> Result<Option<Chosen>, String> {
    let name = request.header("x-fault").or_else(|| table::asked_for(model.unwrap_or_default(), mark));
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
    if asked.mark.is_some() {
        open.marked();
    }
    let chosen = match chosen {
        Ok(chosen) => chosen,
        Err(unknown) => return refuse(wire, asked, 400, &unknown).await,
    };
    if let Some(chosen) = chosen {
        open.fault(chosen.name);
    }
    let (method, path) = request.target();
    if let Some(asked) = asked.by_id(method, request.path()) {
        return perform(wire, &asked, chosen).await;
    }
    match (method, path) {
        ("POST", "/v1/chat/completions" | "/v1/embeddings" | "/v1/messages" | RESPONSES | COMPACT) => {
            perform(wire, asked, chosen).await
        }
        ("POST", path) if media::has(path) => media::respond(wire, request, asked, chosen).await,
        ("POST", path) if COUNTS.contains(&path) || of_gemini(path).is_some() => {
            perform(wire, asked, chosen).await
        }
        ("GET", path) if path == GEMINI_MODELS || path.starts_with("/v1beta/models/") => {
            let asked = Asked { dialect: Dialect::Gemini, ..asked.clone() };
            let id = path.strip_prefix(GEMINI_MODELS).and_then(|rest| rest.strip_prefix('/'));
            wire.whole(200, JSON, &asked.headers(), asked.models(id).to_string().as_bytes()).await
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

/// What the upstream tells of itself.
pub(crate) async fn control(wire: &mut Wire<'_>, state: &State, request: &Request) -> io::Result<()> {
    let (status, body) = match request.target() {
        ("GET", "/drill/state") => (200, state.to_json()),
        ("GET", "/drill/requests") => (200, state.requests_to_json()),
        ("POST", "/drill/reset") => {
            state.reset();
            (200, state.to_json())
        }
        _ => {
            let asked = Asked { dialect: Dialect::OpenAi, ..Asked::read("", "", b"") };
            (404, asked.error(404, "try GET /drill/state, GET /drill/requests or POST /drill/reset"))
        }
    };
    wire.whole(status, JSON, "", body.to_string().as_bytes()).await.map(drop)
}
