//! `on_disconnect = "drain"`: the client has left, the stream is read on, within bounds, so that what it cost is
//! known to the last token.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use vitals::EndReason;

use super::Exchange;
use super::stream::{Progress, Stream};
use crate::clock::{lock, millis};
use crate::config::OnDisconnect;
use crate::ledger::{Entry, Phase};
use crate::upstream::{Cut, Source};

/// A place in the count of exchanges that drain.
struct Draining(Arc<AtomicUsize>);

impl Draining {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Draining {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Takes over a stream whose client has left. `false`, and nothing happens, where it is not to be drained.
pub(crate) fn begin(exchange: &mut Option<Box<Exchange>>, stream: &mut Option<Box<Stream>>) -> bool {
    let wanted = exchange.as_ref().is_some_and(|exchange| {
        let relay = &exchange.worker.relay;
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
    let OnDisconnect::Drain { time, bytes } = exchange.worker.relay.fixed.on_disconnect else {
        return false;
    };
    exchange.entry.end(EndReason::ClientGone);
    exchange.stops_streaming(Phase::Draining);
    let total = exchange.entry.limits().map_or(u64::MAX, |limits| limits.total);
    let time = time.min(Duration::from_millis(total.saturating_sub(exchange.entry.age())));
    let place = Draining::new(&exchange.worker.draining);
    let scope = exchange.worker.scope.clone();
    scope.spawn("drain", async move {
        let _place = place;
        run(&mut exchange, stream, time, bytes).await;
        // Its record is written now; the reason stays that the client left.
        drop(exchange);
    });
    true
}

async fn run(exchange: &mut Exchange, mut stream: Box<Stream>, time: Duration, bytes: u64) {
    let entry = Arc::clone(&exchange.entry);
    let deadline = Instant::now() + time;
    let mut read = 0;
    loop {
        stream.ready.clear();
        let Ok(chunk) = timeout_at(deadline, next(&entry)).await else { break };
        let progress = match chunk {
            Some(Ok(chunk)) => {
                read += chunk.len() as u64;
                stream.read(chunk).ok()
            }
            Some(Err(_)) => None,
            None => {
                let whole = entry.source_left() && stream.finish().is_ok();
                whole.then_some(Progress::Terminal)
            }
        };
        match progress {
            Some(Progress::Terminal) => {
                let source = lock(&entry.source).take();
                source.filter(|_| stream.framer.buffered() == 0).into_iter().for_each(Source::settle);
                break;
            }
            Some(_) if read <= bytes && exchange.reservation.hold(stream.framer.buffered()) => {}
            _ => break,
        }
    }
    exchange.record.usage = stream.reader.usage();
    let drained_ms = millis(time.saturating_sub(deadline.saturating_duration_since(Instant::now())));
    tracing::debug!(id = %entry.id, bytes = read, drained_ms, "drained");
}

/// The upstream's next bytes; `None` at its end, or when the revoker took it away.
async fn next(entry: &Entry) -> Option<Result<bytes::Bytes, Cut>> {
    std::future::poll_fn(|cx| {
        let mut source = lock(&entry.source);
        let Some(open) = source.as_mut() else { return Poll::Ready(None) };
        let polled = open.poll_chunk(cx);
        if polled.is_pending() {
            entry.waker.register(cx.waker());
        }
        polled
    })
    .await
}

impl Entry {
    /// Whether the upstream's side is still there: nobody took it away.
    fn source_left(&self) -> bool {
        lock(&self.source).is_some()
    }
}
