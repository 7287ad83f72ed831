//! What proves a model's thinking its own. Here it is a reasoning item's `encrypted_content`, which only the upstream can
//! read that wrote it; what upstreams of other dialects sign goes through the same place, marked.

use std::borrow::Cow;

use crate::json::split_once;
use crate::neutral::{Content, Signed};

/// Marks what an upstream of this dialect gave ([`Signed::by`]): the dialect's name.
pub(super) const OWN: &str = "responses";

/// Begins the `encrypted_content` that carries another dialect's signature, with its mark.
const SIGNED: &str = "wt:";
/// And another dialect's thinking that nobody may read.
const REDACTED: &str = "wt-redacted:";

/// And the proof of the text or the call before it.
const PROOF: &str = "wt-proof:";

/// For a client.
pub(super) fn signed(signature: &str) -> String {
    format!("{SIGNED}{signature}")
}

/// For a client.
pub(super) fn redacted(data: &str) -> String {
    format!("{REDACTED}{data}")
}

/// For a client.
pub(super) fn proof(proof: &str) -> String {
    format!("{PROOF}{proof}")
}

/// What a client sends back.
pub(super) fn read<'a>(text: Cow<'a, str>, encrypted: Option<Cow<'a, str>>) -> Content<'a> {
    let Some(encrypted) = encrypted.filter(|encrypted| !encrypted.is_empty()) else {
        return Content::Thinking { text, signed: Signed::No };
    };
    let after = |mark: &str| split_once(encrypted.clone(), mark).filter(|(before, _)| before.is_empty());
    if let Some((_, data)) = after(REDACTED) {
        return Content::Redacted(data);
    }
    if let Some((_, proof)) = after(PROOF) {
        return Content::Proof(proof);
    }
    let signed = after(SIGNED).map_or(Signed::Elsewhere, |(_, signature)| Signed::Here(signature));
    Content::Thinking { text, signed }
}
