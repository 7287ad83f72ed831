//! Where the dialect's operations are.

use std::borrow::Cow;

use bytes::Bytes;

use crate::adaptor::{Operation, Upload};
use crate::dropped::Dropped;
use crate::neutral::Offer;

pub(super) const CHAT: Offer =
    Offer { operation: Operation::Chat, inbound: "/v1/chat/completions", outbound: "/chat/completions" };
pub(super) const EMBEDDINGS: Offer =
    Offer { operation: Operation::Embeddings, inbound: "/v1/embeddings", outbound: "/embeddings" };

/// A request for an upstream.
pub(super) fn upload(operation: Operation, body: Bytes) -> Upload {
    let offer = if operation == Operation::Embeddings { EMBEDDINGS } else { CHAT };
    Upload { path: Cow::Borrowed(offer.outbound), headers: Vec::new(), body, dropped: Dropped::default() }
}
