//! A call that is signed: anew at each attempt, and once more where a new token, or the upstream's own time, may cure a
//! refusal.

use http::Request;
use vitals::EndReason;

use super::Exchange;
use super::call::{Attempt, Outcome};
use super::signature::Signature;
use crate::ledger::Phase;
use crate::reply::refusal::Refusal;
use crate::signer::{Signed, Signer};
use crate::upstream::upload::{Upload, copy};

const LATE: &str = "the channel got no credential within the connect deadline";

/// Signs the request and runs the call, at most twice.
pub(crate) async fn run<'a>(
    exchange: &mut Exchange,
    attempt: &mut Attempt<'a>,
    (signer, key): (&'a Signer, Option<usize>),
    request: Request<Upload>,
) -> Result<Outcome, Refusal> {
    let mut once_more = true;
    loop {
        let mut copy = copy(&request);
        let signed = sign(exchange, attempt, (signer, key), &mut copy).await?;
        attempt.signature = Some(Signature::new(signer, signed));
        // As large as the whole call: not a part of every request's own future.
        let outcome = Box::pin(attempt.run(exchange, copy)).await;
        let again = attempt.signature.as_ref().is_some_and(Signature::is_wanted_again);
        if outcome.is_ok() || !again || !once_more || attempt.is_spent() {
            return outcome;
        }
        once_more = false;
    }
}

async fn sign(
    exchange: &mut Exchange,
    attempt: &Attempt<'_>,
    (signer, key): (&Signer, Option<usize>),
    request: &mut Request<Upload>,
) -> Result<Signed, Refusal> {
    exchange.entry.set_phase(Phase::Connect);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let body = request.body().clone().into_bytes();
    let pool = &exchange.worker.pool;
    let signing = signer.sign(pool, key, (&method, &uri, &body), request.headers_mut());
    let limit = attempt.channel.config.timeouts.connect;
    let signed = attempt.total.within(limit, EndReason::ConnectTimeout, signing).await;
    let signed = signed.map_err(|reason| match reason {
        EndReason::ConnectTimeout => {
            Refusal { message: LATE.into(), ..Refusal::deadline(EndReason::ConnectTimeout) }
        }
        reason => Refusal::deadline(reason),
    })?;
    signed.map_err(|why| {
        exchange.record.error = Some(format!("the channel's signer has nothing to sign with: {why}"));
        Refusal::upstream("the channel has no credential now; the reason is in the relay's log")
    })
}
