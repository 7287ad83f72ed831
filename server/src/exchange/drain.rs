//! `on_disconnect = "drain"`: the client has left, the stream is read on, within bounds, so that what it cost is
//! known to the last token.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use vitals::EndReason;

use super::Exchange;
use super::stream::{Progress, Stream};
use crate::clock::deadline::{Moment, until};
use crate::clock::lock;
use crate::config::OnDisconnect;
use crate::ledger::Phase;
use crate::upstream::source::Source;

/// Takes over a stream whose client has left. `false`, and nothing happens, where it is not to be drained.
pub(crate) fn begin(exchange: &mut Option<Box<Exchange>>, stream: &mut Option<Box<Stream>>) -> bool {
    let wanted = exchange.as_ref().is_some_and(|exchange| {
        let relay = &exchange.relay;
        matches!(relay.fixed.on_disconnect, OnDisconnect::Drain { .. })
            && matches!(exchange.entry.ended(), None | Some(EndReason::ClientGone))
            && !relay.is_aborting()
            && !std::thread::panicking()
            && lock(&exchange.entry.source).is_some()
    });
    if !wanted {
        return false;
    }
    let (Some(mut exchange), Some(stream)) = (exchange.take(), stream.take()) else { return false };
    let OnDisconnect::Drain { time, bytes } = exchange.relay.fixed.on_disconnect else {
        return false;
    };
    exchange.entry.end(EndReason::ClientGone);
    exchange.stops_streaming(Phase::Draining);
    let place = exchange.worker.draining.enter();
    let scope = exchange.worker.scope.clone();
    scope.spawn("drain", async move {
        let _place = place;
        run(&mut exchange, stream, time, bytes).await;
        // Its record is written now; the reason stays that the client left.
        drop(exchange);
    });
    true
}

/// Takes a place for what is held of an unfinished event.
fn holds(exchange: &mut Exchange, stream: &Stream) -> bool {
    let held = stream.held();
    let behind = lock(&exchange.entry.source).as_mut().map_or(0, |source| source.behind(held));
    exchange.reservation.hold(held + behind)
}

async fn run(exchange: &mut Exchange, mut stream: Box<Stream>, time: Duration, bytes: u64) {
    let entry = Arc::clone(&exchange.entry);
    let total = entry.limits().map_or(u64::MAX, |limits| limits.total);
    let deadline = (Moment::now() + time).min(entry.ends_within(Duration::from_millis(total)));
    let (mut read, mut is_whole, before) = (0, false, entry.age());
    loop {
        stream.ready.clear();
        let silence = stream.patience().map_or(deadline, |patience| deadline.min(Moment::now() + patience));
        let Some(chunk) = until(silence, poll_fn(|cx| entry.poll_source(cx))).await else { break };
        let progress = match chunk {
            Some(Ok(chunk)) => {
                read += chunk.len() as u64;
                stream.read(chunk).ok()
            }
            Some(Err(_)) => None,
            None => {
                let whole = lock(&entry.source).is_some() && stream.finish().is_ok();
                whole.then_some(Progress::Terminal)
            }
        };
        match progress {
            Some(Progress::Terminal) => {
                let source = lock(&entry.source).take();
                source.filter(|_| stream.framer.buffered() == 0).into_iter().for_each(Source::settle);
                is_whole = true;
                break;
            }
            Some(_) if read <= bytes && holds(exchange, &stream) => {}
            _ => break,
        }
    }
    stream.account(exchange, is_whole);
    let drained_ms = entry.age() - before;
    tracing::debug!(id = %entry.id, bytes = read, drained_ms, "drained");
}
