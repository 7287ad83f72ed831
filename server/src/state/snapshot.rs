//! What may change while the relay runs. A request keeps the snapshot that it started with, so nothing is ever served
//! half by one configuration and half by another.

use std::sync::Arc;

use crate::access::auth::Callers;
use crate::channel::ChannelState;
use crate::config::Live;

/// One configuration with what is kept about its channels and callers.
pub(crate) struct Snapshot {
    pub(crate) live: Live,
    pub(crate) channels: Vec<Arc<ChannelState>>,
    pub(crate) callers: Callers,
}

impl Snapshot {
    /// Takes over from `before` what is counted and what rests: limits hold over a change, counters go on.
    pub(crate) fn new(live: Live, before: Option<&Self>) -> Arc<Self> {
        let known = |name: &str| before?.channels.iter().find(|channel| *channel.name == *name);
        let channels = live.channels.iter().map(|one| ChannelState::new(one.clone(), known(&one.name)));
        Arc::new(Self {
            channels: channels.collect(),
            callers: Callers::new(
                &live.keys,
                live.cors.origins.clone(),
                before.map(|before| &before.callers),
            ),
            live,
        })
    }
}
