//! Where the dialect's operations are.

use std::borrow::Cow;

use bytes::Bytes;

use crate::adaptor::{Operation, Upload};
use crate::dropped::Dropped;
use crate::neutral::Offer;

pub(super) const MESSAGES: Offer =
    Offer { operation: Operation::Chat, inbound: "/v1/messages", outbound: "/messages" };
pub(super) const COUNT_TOKENS: Offer = Offer {
    operation: Operation::CountTokens,
    inbound: "/v1/messages/count_tokens",
    outbound: "/messages/count_tokens",
};

/// A request for an upstream.
pub(super) fn upload(operation: Operation, body: Bytes) -> Upload {
    let offer = if operation == Operation::CountTokens { COUNT_TOKENS } else { MESSAGES };
    Upload { path: Cow::Borrowed(offer.outbound), headers: Vec::new(), body, dropped: Dropped::default() }
}
