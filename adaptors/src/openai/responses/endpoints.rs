//! Where the dialect's operations are.

use std::borrow::Cow;

use bytes::Bytes;

use crate::adaptor::{Call, Operation, Unsupported, Upload};
use crate::dropped::Dropped;
use crate::names;
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

/// Operations on a response that the upstream keeps.
pub(super) const BY_NAME: [Offer; 4] = [
    Offer { operation: Operation::Retrieve, inbound: "/v1/responses/{id}", outbound: "/responses/{id}" },
    Offer { operation: Operation::Delete, inbound: "/v1/responses/{id}", outbound: "/responses/{id}" },
    Offer {
        operation: Operation::Cancel,
        inbound: "/v1/responses/{id}/cancel",
        outbound: "/responses/{id}/cancel",
    },
    Offer {
        operation: Operation::InputItems,
        inbound: "/v1/responses/{id}/input_items",
        outbound: "/responses/{id}/input_items",
    },
];

/// A request for an upstream.
pub(super) fn upload(operation: Operation, body: Bytes) -> Upload {
    let offer = match operation {
        Operation::CountTokens => INPUT_TOKENS,
        Operation::Compact => COMPACT,
        _ => CREATE,
    };
    Upload { path: Cow::Borrowed(offer.outbound), headers: Vec::new(), body, dropped: Dropped::default() }
}

/// A request about a response that the upstream keeps: the client's own, but for a key in its query.
pub(super) fn about(call: &Call<'_>) -> Result<Upload, Unsupported> {
    let query = call.path.split_once('?').map_or("", |(_, query)| query);
    let offer = BY_NAME.iter().find(|offer| offer.operation == call.operation).unwrap_or(&BY_NAME[0]);
    let name = offer.name_in(call.path).ok_or_else(|| Unsupported::body("the path names no response"))?;
    let mut path = offer.outbound.replace(names::PLACE, name);
    let pairs = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("key="));
    for (n, pair) in pairs.enumerate() {
        path.push(if n == 0 { '?' } else { '&' });
        // Braces would be placeholders of an address.
        path.push_str(&pair.replace('{', "%7B").replace('}', "%7D"));
    }
    Ok(Upload { path: path.into(), headers: Vec::new(), body: Bytes::new(), dropped: Dropped::default() })
}
