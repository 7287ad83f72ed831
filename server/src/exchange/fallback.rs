//! From one model to another, where `failover.fallbacks` says so: once all channels of the first have failed, and only while
//! nothing has been promised to the client. Whoever answers is named in the answer and in the log.

use std::sync::Arc;

use adaptors::adaptor::Class;
use vitals::EndReason;

use super::Exchange;
use super::ask::Ask;
use super::call::Outcome;
use super::failover;
use crate::link::Link;
use crate::reply::refusal::Refusal;
use crate::upstream::feed::Feed;

/// Tries the model that was asked for, and then those that stand in for it.
///
/// # Errors
/// Why the first model does not answer: that is what the client asked for.
pub(crate) async fn run(exchange: &mut Exchange, link: &Link, ask: &Ask<'_>) -> Result<Outcome, Refusal> {
    let refusal = match failover::run(exchange, link, ask).await {
        Ok(outcome) => return Ok(outcome),
        Err(refusal) => refusal,
    };
    let snapshot = Arc::clone(&exchange.snapshot);
    let others = snapshot.live.failover.fallbacks.of(ask.model);
    if others.is_empty() || !is_pending(exchange, ask, &refusal) {
        return Err(refusal);
    }
    // Rare, and as large as the first: not a part of every request's own future.
    Box::pin(stand_in(exchange, link, ask, others, refusal)).await
}

async fn stand_in(
    exchange: &mut Exchange,
    link: &Link,
    ask: &Ask<'_>,
    others: &[String],
    first: Refusal,
) -> Result<Outcome, Refusal> {
    let (error, status) = (exchange.record.error.take(), first.status);
    for model in others {
        if ask.caller.is_some_and(|caller| caller.may_use(model).is_err()) {
            continue;
        }
        tracing::info!(
            id = exchange.entry.id,
            model = ask.model,
            fallback = model,
            status,
            "another model is asked"
        );
        exchange.record.fallback = Some(model.clone());
        let ask = Ask { model, ..*ask };
        match failover::run(exchange, link, &ask).await {
            Ok(outcome) => return Ok(outcome),
            // Its time is over, or the relay stops.
            Err(refusal) if matches!(refusal.reason, EndReason::TotalTimeout | EndReason::Shutdown) => {
                exchange.record.fallback = None;
                return Err(refusal);
            }
            Err(_) => {}
        }
    }
    let record = &mut exchange.record;
    (record.fallback, record.error, record.dropped, record.upstream_model) = (None, error, None, None);
    Err(first)
}

/// Tells whether another model may do better: upstreams failed, or none had a place, or the prompt is too long for this one.
/// What only one upstream knows no other can go on with.
fn is_pending(exchange: &Exchange, ask: &Ask<'_>, refusal: &Refusal) -> bool {
    let nobody_was_asked = exchange.record.attempts == 0 && refusal.status == 503;
    let failed = match refusal.class() {
        Some(class) => class != Class::Caller,
        None => nobody_was_asked && matches!(refusal.reason, EndReason::Shed | EndReason::NoChannel),
    };
    let is_spent = exchange.upload.as_ref().is_some_and(Feed::is_spent);
    failed && !is_spent && ask.names.is_empty() && !ask.target.offer.operation.is_by_name()
}
