//! The dialects, and what stands between any two of them.

use std::sync::Arc;

use crate::adaptor::Adaptor;
pub use crate::anthropic::ANTHROPIC;
pub use crate::gemini::GEMINI;
use crate::neutral::Translation;
pub use crate::neutral::{Dialect, Offer};
pub use crate::openai::{OPENAI, RESPONSES};

/// Every dialect that is served, the one that is spoken where nothing tells first.
pub static DIALECTS: [Dialect; 4] = [OPENAI, RESPONSES, ANTHROPIC, GEMINI];

/// The adaptor for clients of one dialect in front of upstreams of another.
#[must_use]
pub fn adaptor(client: Dialect, upstream: Dialect) -> Arc<dyn Adaptor> {
    if client == upstream { Arc::new(client.same()) } else { Arc::new(Translation { client, upstream }) }
}
