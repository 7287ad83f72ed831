//! What a request becomes for its upstream, and its place in the byte budget.

use adaptors::adaptor::{Call, Operation, Terms};
use adaptors::dialect::{ANTHROPIC, OPENAI};
use adaptors::envelope::Envelope;
use adaptors::provider::Amend;
use bytes::Bytes;
use vitals::EndReason;

use crate::exchange::failover::upload;
use crate::scene::{self, Scene};

/// A copy is one by translation, or by another model's name: 413 where both could never fit, 503 where they do not now.
#[test]
fn a_request_has_a_place_for_what_it_becomes() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let content = "x".repeat(20_000);
    let text = format!(
        "{{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{{\"role\":\"user\",\"content\":\"{content}\"}}]}}"
    );
    let body = Bytes::from(text);
    let envelope = Envelope::scan(&body).unwrap();
    for (client, upstream_model) in [(ANTHROPIC, "m"), (OPENAI, "n")] {
        let exchange = scene.exchange(scene::source(""));
        let adaptor = &**scene.relay.adaptors.get(client, OPENAI).unwrap();
        let call = Call {
            operation: Operation::Chat,
            path: "/v1/messages",
            body: &body,
            envelope: &envelope,
            upstream_model,
            id: "one",
            unix_seconds: 0,
            terms: Terms::default(),
        };
        let budget = &exchange.relay.budget;
        budget.set_limit(1 << 20);
        let copy = upload(&exchange, adaptor, &call, Amend::None).unwrap().body;
        let length = copy.len().max(if client == ANTHROPIC { body.len() } else { 0 });
        assert_eq!(budget.used(), copy.len(), "{client:?}");
        drop(copy);
        let mut held = budget.reservation();
        assert!(held.hold(body.len()));
        for (limit, reason, status, retry_after) in [
            (body.len() + length - 1, EndReason::TooLarge, 413, None),
            (body.len() + length, EndReason::Shed, 503, Some(1)),
        ] {
            budget.set_limit(limit);
            let mut others = budget.reservation();
            assert!(others.hold(1));
            let told = upload(&exchange, adaptor, &call, Amend::None).unwrap_err();
            assert_eq!(
                (told.reason, told.status, told.retry_after),
                (reason, status, retry_after),
                "{client:?}"
            );
        }
        assert!(upload(&exchange, adaptor, &call, Amend::None).is_ok());
    }
}
