//! Sending a request: which connection it goes over, and when it may be sent once more.

use http::{Request, Response};
use tokio::time::Instant;
use vitals::EndReason;

use super::Exchange;
use super::call::Attempt;
use crate::clock::deadline::Moment;
use crate::ledger::Phase;
use crate::reply::refusal::Refusal;
use crate::upstream::body::Body;
use crate::upstream::connect::chain;
use crate::upstream::failed::{Failed, Why};
use crate::upstream::feed::Feed;
use crate::upstream::pool::Lease;
use crate::upstream::upload::Upload;

/// A reused connection that breaks within this time, without a byte of an answer, was closed before it was used. Of the
/// clock that never stands still: after a pause of the process nobody knows when it broke, and whether it was worked on.
const STALE: std::time::Duration = std::time::Duration::from_millis(100);
/// How often a request is sent again that no upstream has looked at: refused, or on a connection that is going away.
const UNTOUCHED: u32 = 8;

impl Attempt<'_> {
    /// Sends the request; a connection that turns out to be stale is replaced once, and one that did not look at the
    /// request a few times.
    pub(super) async fn send(
        &self,
        exchange: &mut Exchange,
        mut request: Request<Upload>,
        first_byte: Moment,
    ) -> Result<(Response<Body>, Lease), Refusal> {
        let pool = &exchange.worker.pool;
        let Some(destination) = &self.channel.destination else {
            return Err(Refusal::upstream("the channel has no base_url"));
        };
        let (mut after, mut stale, mut untouched) = (None, 1, UNTOUCHED);
        loop {
            let mut lease = match pool.reuse(destination, after) {
                Some(lease) => lease,
                None => {
                    exchange.entry.set_phase(Phase::Connect);
                    let limit = self.channel.config.timeouts.connect;
                    // Rarely needed, and large: not a part of every request's own future.
                    let connected = Box::pin(pool.connect(destination, after));
                    let connected = self.total.within(limit, EndReason::ConnectTimeout, connected);
                    match connected.await.map_err(Refusal::deadline)? {
                        Ok(lease) => lease,
                        Err(error) => return Err(self.unreachable(exchange, &error)),
                    }
                }
            };
            exchange.entry.set_phase(Phase::Waiting);
            let may_again = lease.reused || lease.is_shared();
            let sent = Instant::now();
            let answered = match &self.feed {
                None => {
                    let answer = lease.send(&request);
                    let answered = self.total.until(first_byte, EndReason::FirstByteTimeout, answer);
                    answered.await.map_err(Refusal::deadline)?
                }
                Some(feed) => {
                    request.body_mut().begins();
                    Box::pin(self.moving(feed, lease.send(&request))).await?
                }
            };
            let failed = match answered {
                Ok(response) => return Ok((response, lease)),
                Err(failed) => failed,
            };
            if let Some(refusal) = self.feed.as_ref().and_then(Feed::failure) {
                return Err(refusal);
            }
            // Unsent, or met by a close that was already on its way: nobody has begun to answer it. Anything later may
            // have been worked on, and is not sent, and paid for, twice.
            let left = match failed.why {
                Why::Untouched => Some(&mut untouched),
                Why::Broke if lease.reused && sent.elapsed() < STALE => Some(&mut stale),
                Why::Broke | Why::Begun | Why::Reset | Why::NotHttp => None,
            };
            match left.filter(|left| **left > 0 && may_again && !self.is_spent()) {
                Some(left) => {
                    *left -= 1;
                    after = Some(lease.after());
                }
                None => return Err(self.broken(exchange, &failed)),
            }
        }
    }

    /// More of the request has gone than could be sent once more.
    pub(super) fn is_spent(&self) -> bool {
        self.feed.as_ref().is_some_and(Feed::is_spent)
    }

    /// The client learns that the channel cannot be reached; where it is stays in the log.
    fn unreachable(&self, exchange: &mut Exchange, error: &std::io::Error) -> Refusal {
        let text = chain(error);
        tracing::warn!(id = %exchange.entry.id, channel = %self.channel.config.name, error = %text, "upstream unreachable");
        exchange.record.error = Some(text);
        // Out of descriptors or memory: the relay's own lack, and no upstream's fault.
        if crate::socket::is_out_of_room(error) {
            return Refusal::shed("file descriptors");
        }
        if error.kind() == std::io::ErrorKind::TimedOut {
            return Refusal::deadline(EndReason::ConnectTimeout);
        }
        Refusal::upstream("the upstream cannot be reached; the reason is in the relay's log")
    }

    fn broken(&self, exchange: &mut Exchange, failed: &Failed) -> Refusal {
        tracing::warn!(id = %exchange.entry.id, channel = %self.channel.config.name, error = %failed.text, "upstream broke");
        let told = match failed.why {
            Why::NotHttp => "the upstream did not answer in HTTP",
            Why::Untouched => "the upstream refused the request again and again without looking at it",
            Why::Broke | Why::Begun => "the upstream closed the connection without an answer",
            Why::Reset => "the upstream reset the request's stream without an answer",
        };
        exchange.record.error = Some(format!("{told}: {}", failed.text));
        Refusal::upstream(told)
    }
}
