//! The list of the dialect's operations. Routes, the upstreams' addresses and what `GET /` says follow from it.

use std::borrow::Cow;

use bytes::Bytes;

use crate::adaptor::{Operation, Upload};
use crate::dropped::Dropped;
use crate::neutral::Offer;

/// The most frequent ones first.
pub(super) const OFFERS: &[Offer] = &[
    offer(Operation::Chat, "/v1/chat/completions"),
    offer(Operation::Embeddings, "/v1/embeddings"),
    offer(Operation::Completions, "/v1/completions"),
    offer(Operation::Moderations, "/v1/moderations"),
    offer(Operation::Rerank, "/v1/rerank"),
    // Where Cohere's own clients call it.
    offer(Operation::Rerank, "/v2/rerank"),
    offer(Operation::ImageGenerations, "/v1/images/generations"),
    offer(Operation::ImageEdits, "/v1/images/edits"),
    offer(Operation::ImageVariations, "/v1/images/variations"),
    offer(Operation::Transcriptions, "/v1/audio/transcriptions"),
    offer(Operation::Translations, "/v1/audio/translations"),
    offer(Operation::Speech, "/v1/audio/speech"),
];

/// Upstreams have the version in their root.
const fn offer(operation: Operation, inbound: &'static str) -> Offer {
    let (_version, outbound) = inbound.split_at("/v1".len());
    Offer { operation, inbound, outbound }
}

/// A request for an upstream.
pub(super) fn upload(operation: Operation, body: Bytes) -> Upload {
    let offer = OFFERS.iter().find(|offer| offer.operation == operation).unwrap_or(&OFFERS[0]);
    Upload { path: Cow::Borrowed(offer.outbound), headers: Vec::new(), body, dropped: Dropped::default() }
}
