//! Where the dialect's operations are.

use std::borrow::Cow;

use bytes::Bytes;

use crate::adaptor::{Call, Operation, Upload};
use crate::dropped::Dropped;
use crate::neutral::Offer;

pub(super) const MESSAGES: Offer =
    Offer { operation: Operation::Chat, inbound: "/v1/messages", outbound: "/messages" };
pub(super) const COUNT_TOKENS: Offer = Offer {
    operation: Operation::CountTokens,
    inbound: "/v1/messages/count_tokens",
    outbound: "/messages/count_tokens",
};

/// What Anthropic's clients put behind a path where they ask for features that are tried out.
const BETA: &str = "beta=true";

/// A client's request for an upstream of its own dialect.
pub(super) fn passed(call: &Call<'_>) -> Upload {
    let mut upload = upload(call.operation, call.envelope.with_model(call.body, call.upstream_model));
    let query = call.path.split_once('?').map_or("", |(_, query)| query);
    if query.split('&').any(|pair| pair == BETA) {
        upload.path = format!("{}?{BETA}", upload.path).into();
    }
    upload
}

/// A request for an upstream.
pub(super) fn upload(operation: Operation, body: Bytes) -> Upload {
    let offer = if operation == Operation::CountTokens { COUNT_TOKENS } else { MESSAGES };
    Upload { path: Cow::Borrowed(offer.outbound), headers: Vec::new(), body, dropped: Dropped::default() }
}
