//! The loops: connections that ask until the window is over.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use scope::Scope;

use crate::Ask;
use crate::rate::Due;
use crate::spread::Seen;
use crate::wire::{Target, Wire};

/// After this time a request has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all connections of a window share.
pub(crate) struct Window {
    target: Target,
    request: Vec<u8>,
    /// What a whole answer ends with.
    end: &'static [u8],
    seen: Mutex<Seen>,
}

/// Asks for the window's time.
pub(crate) async fn run(ask: &Ask) -> anyhow::Result<Seen> {
    let window = Arc::new(Window {
        target: Target::new(&ask.url, ask.ca.as_deref())?,
        request: request(ask)?,
        end: match (ask.kind.streams(), ask.url.path().ends_with("/messages")) {
            (false, _) => b"}",
            (true, false) => b"[DONE]",
            (true, true) => b"{\"type\":\"message_stop\"}",
        },
        seen: Mutex::default(),
    });
    let mut wires = Vec::new();
    for _ in 0..ask.connections {
        wires.push(window.target.connect().await?);
    }
    let scope = Scope::new();
    let time = Duration::from_secs_f64(ask.seconds);
    if ask.rate == 0 {
        closed(&window, wires, time, &scope);
    } else {
        open(&window, wires, time, ask.rate, &scope)?;
    }
    scope.idle().await;
    let seen = std::mem::take(&mut *window.seen.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(seen)
}

fn closed(window: &Arc<Window>, wires: Vec<Wire>, time: Duration, scope: &Scope) {
    let end = Instant::now() + time;
    for mut wire in wires {
        let window = Arc::clone(window);
        scope.spawn("connection", async move {
            while Instant::now() < end {
                if !window.once(&mut wire, Instant::now()).await {
                    return;
                }
            }
        });
    }
}

fn open(
    window: &Arc<Window>,
    wires: Vec<Wire>,
    time: Duration,
    rate: u32,
    scope: &Scope,
) -> anyhow::Result<()> {
    let due = Arc::new(Due::default());
    for mut wire in wires {
        let (window, due) = (Arc::clone(window), Arc::clone(&due));
        scope.spawn("connection", async move {
            while let Some(at) = due.next().await {
                if !window.once(&mut wire, at).await {
                    return;
                }
            }
        });
    }
    scope::thread("due", move || due.tick(rate, time)).context("a thread")?;
    Ok(())
}

impl Window {
    /// Asks once. False: the connection is of no use any more.
    async fn once(&self, wire: &mut Wire, due: Instant) -> bool {
        let asked = tokio::time::timeout(PATIENCE, wire.ask(&self.request, due, self.end)).await;
        let asked = asked.unwrap_or_else(|_| Err(anyhow::anyhow!("no whole answer in {PATIENCE:?}")));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let good = asked.is_ok();
        seen.add(asked);
        good
    }
}

fn request(ask: &Ask) -> anyhow::Result<Vec<u8>> {
    let body = ask.kind.body(&ask.model, ask.tokens);
    let (path, host) = (ask.url.path(), ask.url.authority().context("the URL names no host")?);
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: load\r\naccept: */*\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    Ok([head.into_bytes(), body].concat())
}
