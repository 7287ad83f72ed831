//! Admission: the places that a request needs, or at once what it is told where there are none.

use std::time::Duration;

use vitals::EndReason;

use crate::access::auth::Caller;
use crate::exchange::Exchange;
use crate::ledger::Phase;
use crate::link::{Door, Link};
use crate::reply::refusal::Refusal;

/// Takes the places that a request needs, or says at once which are taken.
///
/// # Errors
/// 503 when the relay is full or drains, 429 when the caller is at its own limit.
pub(super) fn admit(exchange: &mut Exchange, link: &Link, caller: Option<&Caller>) -> Result<(), Refusal> {
    let relay = &exchange.relay;
    if link.door == Door::Overflow {
        return Err(Refusal::too_many_connections());
    }
    // A relay that drains has no places, so that one that does not need not ask.
    let place = relay.in_flight.enter().ok_or_else(|| full(exchange, link))?;
    if heap::live() > exchange.snapshot.live.limits.memory as u64 {
        return Err(Refusal::shed("limits.memory"));
    }
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

/// Why there is no place: the relay is full, or it drains.
fn full(exchange: &Exchange, link: &Link) -> Refusal {
    if !exchange.relay.is_draining() {
        return Refusal::shed("limits.in_flight");
    }
    exchange.entry.set_phase(Phase::Refused);
    link.ask_to_close();
    Refusal::draining()
}

/// Whole seconds, rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{HeaderMap, HeaderValue};
    use vitals::key::KeyHash;

    use super::*;
    use crate::scene::{self, Scene};

    /// Asks for an exchange of this caller. Gives the status and the wait that it is told, and the exchange.
    fn asks(
        scene: &Scene,
        link: &Link,
        caller: Option<&Caller>,
    ) -> (Option<(u16, Option<u64>)>, Box<Exchange>) {
        let mut exchange = scene.exchange(scene::source(""));
        let refusal = admit(&mut exchange, link, caller).err();
        (refusal.map(|refusal| (refusal.status, refusal.retry_after)), exchange)
    }

    fn caller(scene: &Scene) -> Arc<Caller> {
        let headers =
            HeaderMap::from_iter([("x-api-key".parse().unwrap(), HeaderValue::from_static("sk-1"))]);
        scene.relay.snapshot().callers.identify(&headers, None).ok().flatten().unwrap()
    }

    fn key(with: &str) -> String {
        format!("[[keys]]\nname = \"a\"\nhash = \"{}\"\n{with}\n", KeyHash::of("sk-1"))
    }

    #[test]
    fn a_full_relay_sheds_and_has_room_again() {
        let scene = Scene::new("[limits]\nin_flight = 1\n");
        let _runtime = scene.runtime.enter();
        let (told, one) = asks(&scene, &scene.link, None);
        assert_eq!((told, one.permits.len()), (None, 1));
        let (told, other) = asks(&scene, &scene.link, None);
        assert_eq!((told, other.permits.len()), (Some((503, Some(1))), 0));
        drop(one);
        assert_eq!(asks(&scene, &scene.link, None).0, None);
    }

    #[test]
    fn a_relay_that_drains_takes_nothing_and_counts_it_apart() {
        let scene = Scene::new("");
        let _runtime = scene.runtime.enter();
        let (_, under_way) = asks(&scene, &scene.link, None);
        scene.relay.drain();
        let mut exchange = scene.exchange(scene::source(""));
        let refusal = admit(&mut exchange, &scene.link, None).err().unwrap();
        assert_eq!((refusal.status, refusal.retry_after, refusal.closes), (503, Some(1), true));
        assert_eq!((refusal.reason, refusal.code), (EndReason::Shutdown, Some("draining")));
        let phases = [&under_way, &exchange].map(|exchange| exchange.entry.phase());
        assert_eq!(phases, [Phase::Intake, Phase::Refused]);
    }

    #[test]
    fn a_connection_beyond_the_limit_is_told_so_and_closed() {
        let scene = Scene::new("");
        let _runtime = scene.runtime.enter();
        let beyond = scene.worker.links.connected(scene.link.peer, scene.socket.watch(), Door::Overflow);
        let mut exchange = scene.exchange(scene::source(""));
        let refusal = admit(&mut exchange, &beyond, None).err().unwrap();
        assert_eq!((refusal.status, refusal.retry_after, refusal.closes), (503, Some(1), true));
        assert_eq!(scene.relay.in_flight.used(), 0);
    }

    #[test]
    fn a_caller_is_held_to_its_own_places_and_rate() {
        let scene = Scene::new(&key("in_flight = 1\nrate = \"2/h\""));
        let _runtime = scene.runtime.enter();
        let caller = caller(&scene);
        let (told, one) = asks(&scene, &scene.link, Some(&caller));
        assert_eq!((told, one.permits.len()), (None, 2));
        let (told, other) = asks(&scene, &scene.link, Some(&caller));
        assert_eq!(told, Some((429, Some(1))));
        drop(other);
        assert_eq!(
            (scene.relay.in_flight.used(), caller.gate.used()),
            (1, 1),
            "what is refused keeps no place"
        );
        drop(one);
        assert_eq!(asks(&scene, &scene.link, Some(&caller)).0, None);
        let (told, _) = asks(&scene, &scene.link, Some(&caller));
        assert!(matches!(told, Some((429, Some(1_790..=1_800)))), "a half of an hour: {told:?}");
        assert_eq!(caller.gate.used(), 0);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_rounded_up() {
        assert_eq!([0, 1, 1_000, 1_001].map(|ms| seconds(Duration::from_millis(ms))), [0, 1, 1, 2]);
    }
}
