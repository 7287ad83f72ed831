//! Where the dialect's operations are.

use std::borrow::Cow;

use bytes::Bytes;

use crate::adaptor::{Operation, Upload};
use crate::dropped::Dropped;
use crate::neutral::Offer;

pub(super) const CREATE: Offer =
    Offer { operation: Operation::Chat, inbound: "/v1/responses", outbound: "/responses" };
pub(super) const INPUT_TOKENS: Offer = Offer {
    operation: Operation::CountTokens,
    inbound: "/v1/responses/input_tokens",
    outbound: "/responses/input_tokens",
};
pub(super) const COMPACT: Offer =
    Offer { operation: Operation::Compact, inbound: "/v1/responses/compact", outbound: "/responses/compact" };

/// A request for an upstream.
pub(super) fn upload(operation: Operation, body: Bytes) -> Upload {
    let offer = match operation {
        Operation::CountTokens => INPUT_TOKENS,
        Operation::Compact => COMPACT,
        _ => CREATE,
    };
    Upload { path: Cow::Borrowed(offer.outbound), headers: Vec::new(), body, dropped: Dropped::default() }
}
