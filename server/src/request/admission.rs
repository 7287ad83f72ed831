//! Admission: the places that a request needs, or at once what it is told where there are none.

use std::time::Duration;

use vitals::EndReason;

use crate::access::auth::Caller;
use crate::exchange::Exchange;
use crate::link::Link;
use crate::reply::refusal::Refusal;

/// Takes the places that a request needs, or says at once which are taken.
///
/// # Errors
/// 503 when the relay is full, 429 when the caller is at its own limit.
pub(super) fn admit(exchange: &mut Exchange, link: &Link, caller: Option<&Caller>) -> Result<(), Refusal> {
    let relay = &exchange.relay;
    if link.overflow {
        return Err(Refusal::too_many_connections());
    }
    if heap::live() > exchange.snapshot.live.limits.memory as u64 {
        return Err(Refusal::shed("limits.memory"));
    }
    let place = relay.in_flight.enter().ok_or_else(|| Refusal::shed("limits.in_flight"))?;
    exchange.permits.push(place);
    let Some(caller) = caller else { return Ok(()) };
    let limited =
        |text, wait| Refusal::new(EndReason::Limited, 429, text).kind("rate_limit_error").retry_after(wait);
    let place = caller.gate.enter().ok_or_else(|| {
        let limit = caller.gate.limit();
        limited(format!("this key has {limit} requests in flight already, its limit"), 1)
    })?;
    exchange.permits.push(place);
    if let Some(limiter) = &caller.limiter {
        limiter.take(relay.started.elapsed()).map_err(|wait| {
            let (rate, wait) =
                (caller.key.rate.map(|rate| rate.to_string()).unwrap_or_default(), seconds(wait));
            limited(format!("this key has used up its rate of {rate}: try again in {wait} s"), wait)
        })?;
    }
    Ok(())
}

/// Whole seconds, rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
