//! Where the dialect's operation is.

use std::borrow::Cow;

use bytes::Bytes;

use crate::adaptor::{Operation, Upload};
use crate::neutral::Offer;

pub(super) const MESSAGES: Offer =
    Offer { operation: Operation::Chat, inbound: "/v1/messages", outbound: "/messages" };

/// A request for an upstream.
pub(super) fn upload(body: Bytes) -> Upload {
    Upload { path: Cow::Borrowed(MESSAGES.outbound), headers: Vec::new(), body }
}
