//! Which adaptor stands between a client's dialect and an upstream's.

use std::sync::Arc;

use adaptors::adaptor::Adaptor;
use adaptors::dialect::{DIALECTS, Dialect, adaptor};

/// The dialects that are served, and the adaptors by pair of them. The binary uses [`AdaptorTable::default`]; tests put
/// others in.
#[derive(Clone)]
pub struct AdaptorTable {
    dialects: Vec<Dialect>,
    pairs: Vec<(Dialect, Dialect, Arc<dyn Adaptor>)>,
}

impl Default for AdaptorTable {
    fn default() -> Self {
        Self::of(&DIALECTS)
    }
}

impl AdaptorTable {
    /// Every pair of these dialects. The first is spoken where nothing tells another; there must be one.
    #[must_use]
    pub fn of(dialects: &[Dialect]) -> Self {
        let clients = dialects.iter();
        let pairs = clients.flat_map(|client| dialects.iter().map(move |upstream| (*client, *upstream)));
        let pairs = pairs.map(|(client, upstream)| (client, upstream, adaptor(client, upstream))).collect();
        Self { dialects: dialects.to_vec(), pairs }
    }

    /// The dialects, in order.
    #[must_use]
    pub fn dialects(&self) -> &[Dialect] {
        &self.dialects
    }

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
