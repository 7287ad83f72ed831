//! One connection: requests one after the other, each answered while its peer is watched.

use std::{io, time::Duration};

use socket2::SockRef;
use tokio::net::TcpStream;

use super::{
    answer::{Asked, Dialect},
    perform::perform,
    request::{Reader, Request, find},
    state::{Connection, OpenRequest, State},
    table::{self, Chosen, Fault},
    wire::{Ending, Wire},
};

/// Serves a connection until either side ends it.
pub(crate) async fn serve(mut stream: TcpStream, state: State) {
    let mut connection = state.connected();
    // Small writes must leave at once; where that fails the socket is dead and the next read says so.
    let _ = stream.set_nodelay(true);
    if let Ok(Ending::Reset) = requests(&mut stream, &state, &mut connection).await {
        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    }
}

async fn requests(stream: &mut TcpStream, state: &State, connection: &mut Connection) -> io::Result<Ending> {
    let (read, write) = stream.split();
    let (mut reader, mut wire) = (Reader::new(read), Wire::new(write));
    let mut number = 0;
    while let Some(mut request) = reader.head().await? {
        if request.target().1.starts_with("/drill/") {
            connection.is_control();
            reader.body(&mut request).await?;
            control(&mut wire, state, &request).await?;
            if request.closes() {
                break;
            }
            continue;
        }
        number += 1;
        let open = connection.request(number);
        let understood = understand(&mut reader, &mut wire, &mut request).await;
        state.remember(connection.number, number, &request, understood.is_ok());
        let (asked, chosen) = understood?;
        match answer(&mut reader, &mut wire, &request, &asked, chosen, &open).await? {
            Some(Ending::KeepAlive) => open.answered(),
            Some(ending) => {
                open.answered();
                return Ok(ending);
            }
            None => return Ok(Ending::Close),
        }
        if request.closes() {
            break;
        }
    }
    Ok(Ending::Close)
}

/// Reads the body, unless the fault is to answer before that.
async fn understand(
    reader: &mut Reader<'_>,
    wire: &mut Wire<'_>,
    request: &mut Request,
) -> io::Result<(Asked, Result<Option<Chosen>, String>)> {
    if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        wire.raw(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let glance = reader.glance(request).await?;
    let early = choose(request, glimpse_model(&glance).as_deref());
    if !(request.is_long() && matches!(early, Ok(Some(Chosen { fault: Fault::EarlyError, .. })))) {
        reader.body(request).await?;
    }
    let version = request.header("anthropic-version").unwrap_or_default();
    let mut asked = Asked::read(request.target().1, version, &request.body);
    let pace = request.header("x-pace-ms").and_then(|ms| ms.parse().ok());
    asked.pace = pace.map(Duration::from_millis);
    let chosen = if request.body.is_empty() { early } else { choose(request, Some(&asked.model)) };
    Ok((asked, chosen))
}

fn choose(request: &Request, model: Option<&str>) -> Result<Option<Chosen>, String> {
    let name = request.header("x-fault").or_else(|| model.and_then(table::from_model));
    name.map(|name| table::choose(name.trim_start_matches("fault-"))).transpose()
}

/// The model's name in the beginning of a body, without parsing what is not there yet.
fn glimpse_model(glance: &[u8]) -> Option<String> {
    let after = &glance[find(glance, b"\"model\"")? + 7..];
    let text = String::from_utf8_lossy(after);
    let mut parts = text.splitn(3, '"');
    let colon = parts.next()?.trim() == ":";
    parts.next().filter(|_| colon).map(str::to_owned)
}

/// Answers; `None` when the peer left before the answer was over.
async fn answer(
    reader: &mut Reader<'_>,
    wire: &mut Wire<'_>,
    request: &Request,
    asked: &Asked,
    chosen: Result<Option<Chosen>, String>,
    open: &OpenRequest,
) -> io::Result<Option<Ending>> {
    let chosen = match chosen {
        Ok(chosen) => chosen,
        Err(unknown) => return refuse(wire, asked, 400, &unknown).await.map(Some),
    };
    if let Some(chosen) = chosen {
        open.fault(chosen.name);
        if chosen.fault == Fault::EarlyError && request.body.is_empty() {
            perform(wire, asked, Some(chosen)).await?;
            // Counted as open until the peer has given its upload up.
            reader.gone_while_discarding(|bytes| open.discarded(bytes)).await;
            return Ok(Some(Ending::Close));
        }
    }
    let work = async {
        match request.target() {
            ("POST", "/v1/chat/completions" | "/v1/embeddings" | "/v1/messages") => {
                perform(wire, asked, chosen).await
            }
            ("GET", path) if path == "/v1/models" || path.starts_with("/v1/models/") => {
                let id = path.strip_prefix("/v1/models/");
                let body = asked.models(id).to_string();
                wire.whole(200, "application/json", &asked.headers(), body.as_bytes()).await
            }
            (method, path) => refuse(wire, asked, 404, &format!("drill has no {method} {path}")).await,
        }
    };
    tokio::select! {
        // What was answered is answered, even if the peer left in the same moment.
        biased;
        ending = work => ending.map(Some),
        () = reader.gone() => Ok(None),
    }
}

async fn refuse(wire: &mut Wire<'_>, asked: &Asked, status: u16, message: &str) -> io::Result<Ending> {
    let body = asked.error(status, message).to_string();
    wire.whole(status, "application/json", &asked.headers(), body.as_bytes()).await
}

async fn control(wire: &mut Wire<'_>, state: &State, request: &Request) -> io::Result<()> {
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
    wire.whole(status, "application/json", "", body.to_string().as_bytes()).await.map(drop)
}
