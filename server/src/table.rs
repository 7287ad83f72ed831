//! Which adaptor stands between a client's dialect and an upstream's.

use std::sync::Arc;

use adaptors::adaptor::{Adaptor, Dialect};

/// The adaptors by dialect pair. The binary uses [`AdaptorTable::default`]; tests put others in.
#[derive(Clone)]
pub struct AdaptorTable {
    pairs: Vec<(Dialect, Dialect, Arc<dyn Adaptor>)>,
}

impl Default for AdaptorTable {
    fn default() -> Self {
        let pairs = adaptors::dialect::PAIRS.iter();
        Self {
            pairs: pairs
                .map(|(client, upstream, adaptor)| (*client, *upstream, Arc::new(*adaptor) as _))
                .collect(),
        }
    }
}

impl AdaptorTable {
    /// The same table with another adaptor for one pair of dialects (the client's, the upstream's).
    #[must_use]
    pub fn with(mut self, client: Dialect, upstream: Dialect, adaptor: Arc<dyn Adaptor>) -> Self {
        self.pairs.retain(|(c, u, _)| (*c, *u) != (client, upstream));
        self.pairs.push((client, upstream, adaptor));
        self
    }

    /// The adaptor for a pair of dialects.
    #[must_use]
    pub fn get(&self, client: Dialect, upstream: Dialect) -> Option<&Arc<dyn Adaptor>> {
        self.pairs.iter().find(|(c, u, _)| (*c, *u) == (client, upstream)).map(|(_, _, adaptor)| adaptor)
    }
}
