//! Which channel serves a request, and which is next when one fails: of those that know the model, the highest
//! priority first; within it those that speak the client's own dialect; within those by weight, and of two the less
//! loaded one. Channels and keys that rest are passed over, unless nothing else is left for the first attempt.

use std::sync::Arc;

use adaptors::dialect::Dialect;
use adaptors::session::distance;
use vitals::EndReason;

use super::{Attempted, ChannelState, State, Tried};
use crate::access::gates::Permit;
use crate::clock::now;
use crate::reply::refusal::Refusal;
use crate::route::Target;

/// The channels of one request, and which of them have been tried.
pub(crate) struct Candidates {
    all: Vec<Candidate>,
    /// What holds the requests of one conversation together.
    session: Option<u64>,
    picked: u32,
    full: bool,
}

struct Candidate {
    channel: Arc<ChannelState>,
    /// The upstream's.
    dialect: Dialect,
    /// Higher goes first: whoever gave the turn's state, then by priority, then who speaks the client's dialect.
    rank: (bool, i64, bool),
    turn: Turn,
    /// Nothing more is expected of it in this request.
    spent: bool,
    /// The keys that failed in this request.
    keys: Vec<usize>,
}

/// Whether a channel gave the turn state that the client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Another one did, or there is none.
    Foreign,
    /// It did, to this key.
    Own(Option<usize>),
    /// Nobody knows who did.
    Unknown,
}

/// A channel picked for one attempt. It is counted when it is settled, or dropped.
pub(crate) struct Pick {
    pub(crate) channel: Arc<ChannelState>,
    /// The upstream's.
    pub(crate) dialect: Dialect,
    /// The client's turn state may go to it.
    pub(crate) takes_turn: bool,
    tried: Tried,
    place: Option<Permit>,
    at: usize,
    settled: bool,
}

impl Candidates {
    /// The channels that can serve a model for a target.
    ///
    /// # Errors
    /// 404 when there is none.
    pub(crate) fn find(channels: &[Arc<ChannelState>], target: Target, model: &str) -> Result<Self, Refusal> {
        let mut known = false;
        let mut all = Vec::new();
        for channel in channels.iter().filter(|c| c.config.upstream_name(model).is_some()) {
            known = true;
            if let Some(dialect) = channel.dialect_for(target) {
                let rank = (false, channel.config.priority, dialect == target.dialect);
                all.push(Candidate::new(channel, dialect, rank));
            }
        }
        if all.is_empty() {
            let text = if known {
                format!("no channel for the model `{model}` can serve {}", target.offer.inbound)
            } else {
                format!("no channel serves the model `{model}`: GET /v1/models lists what there is")
            };
            return Err(Refusal::new(EndReason::NoChannel, 404, text).code("model_not_found"));
        }
        Ok(Self { all, session: None, picked: 0, full: false })
    }

    /// The channels that can serve an operation by name, whatever their models.
    ///
    /// # Errors
    /// 404 when there is none.
    pub(crate) fn keeping(channels: &[Arc<ChannelState>], target: Target) -> Result<Self, Refusal> {
        let candidate = |channel: &Arc<ChannelState>| {
            Some(Candidate::new(
                channel,
                channel.dialect_for(target)?,
                (false, channel.config.priority, true),
            ))
        };
        let all: Vec<Candidate> = channels.iter().filter_map(candidate).collect();
        if all.is_empty() {
            let text = format!("no channel can serve {}", target.offer.inbound);
            return Err(Refusal::new(EndReason::NoChannel, 404, text));
        }
        Ok(Self { all, session: None, picked: 0, full: false })
    }

    /// Leaves one channel, and one of its keys: only they can serve the request. Tells whether they can.
    pub(crate) fn only(&mut self, channel: &ChannelState, key: Option<usize>) -> bool {
        self.all.retain(|candidate| candidate.channel.name == channel.name);
        for candidate in &mut self.all {
            candidate.keys.extend((0..candidate.channel.keys.len()).filter(|at| Some(*at) != key));
        }
        !self.all.is_empty()
    }

    /// The turn goes on at this channel, with this key, as long as it can.
    pub(crate) fn goes_on_at(&mut self, channel: &ChannelState, key: Option<usize>) {
        for candidate in self.all.iter_mut().filter(|candidate| candidate.channel.name == channel.name) {
            candidate.rank.0 = true;
            candidate.turn = Turn::Own(key);
        }
    }

    /// Nobody knows where the turn began: these channels may see its state.
    pub(crate) fn may_have_begun_at(&mut self, fits: impl Fn(&ChannelState, Dialect) -> bool) {
        for candidate in self.all.iter_mut().filter(|one| fits(&one.channel, one.dialect)) {
            candidate.turn = Turn::Unknown;
        }
    }

    /// Leaves these channels. Tells whether there are any.
    pub(crate) fn retain(&mut self, fits: impl Fn(&ChannelState, Dialect) -> bool) -> bool {
        self.all.retain(|candidate| fits(&candidate.channel, candidate.dialect));
        !self.all.is_empty()
    }

    /// Tells whether there is a choice among channels or keys, which a session could decide.
    pub(crate) fn has_choice(&self) -> bool {
        self.all.len() > 1 || self.all.iter().any(|candidate| candidate.channel.keys.len() > 1)
    }

    /// Of what is equally good, a session has its own: the channel and the key where its prompt is cached.
    pub(crate) fn keep_together(&mut self, session: Option<u64>) {
        self.session = session;
    }

    /// The channel for the next attempt of a request of this `age`, in milliseconds. `None`: none is left.
    pub(crate) fn next(&mut self, age: u64) -> Option<Pick> {
        let now = now();
        loop {
            let fit = self.draw(|c| c.in_time(age) && c.is_fit(now));
            // A request is never refused untried, and never moved onto a channel that is known to be bad.
            let last_resort =
                || if self.picked == 0 { self.draw(|c| c.in_time(age) && c.has_key()) } else { None };
            let (at, fit) = match fit {
                Some(at) => (at, true),
                None => (last_resort()?, false),
            };
            let candidate = &mut self.all[at];
            let channel = &candidate.channel;
            let probe = match channel.breaker.enter(now) {
                Some(probe) => probe,
                // Another request was quicker to probe it.
                None if fit => continue,
                None => false,
            };
            let Some(place) = channel.gate.enter() else {
                if probe {
                    channel.breaker.probe_lost();
                }
                candidate.spent = true;
                self.full = true;
                continue;
            };
            self.picked += 1;
            let failed = |key| candidate.keys.contains(&key);
            let key = candidate.turns_key(now).or_else(|| match self.session {
                None => channel.keys.next(now, failed),
                Some(session) => channel.keys.of_session(session, now, failed),
            });
            let takes_turn = candidate.turn == Turn::Unknown || candidate.turn == Turn::Own(key);
            let (channel, dialect) = (Arc::clone(channel), candidate.dialect);
            let tried = Tried { key, began: now, probe };
            return Some(Pick {
                channel,
                dialect,
                takes_turn,
                tried,
                place: Some(place),
                at,
                settled: false,
            });
        }
    }

    /// The attempt failed: its channel, or only its key, is not tried again for this request.
    pub(crate) fn exclude(&mut self, pick: &Pick, key_only: bool) {
        if let Some(candidate) = self.all.get_mut(pick.at) {
            candidate.keys.extend(pick.key());
            // An upstream without keys has no other to try.
            candidate.spent |= !key_only || pick.key().is_none() || !candidate.has_key();
        }
    }

    /// The request cannot be expressed for this channel: that was no attempt.
    pub(crate) fn cannot(&mut self, mut pick: Pick) {
        self.exclude(&pick, false);
        self.picked -= 1;
        pick.settled = true;
        if pick.tried.probe {
            pick.channel.breaker.probe_lost();
        }
    }

    /// Tells whether a channel was passed over because it is full.
    pub(crate) fn any_full(&self) -> bool {
        self.full
    }

    /// Why there was no attempt at all, for a request of this `age` in milliseconds.
    pub(crate) fn refusal(&self, age: u64) -> Refusal {
        if !self.all.iter().any(|candidate| candidate.in_time(age)) {
            Refusal::deadline(EndReason::TotalTimeout)
        } else if self.full {
            Refusal::shed("the channel's in_flight limit")
        } else {
            Refusal::new(EndReason::NoChannel, 503, "no channel can take the request now").retry_after(1)
        }
    }

    /// The place of one of the best of those that qualify.
    fn draw(&self, qualifies: impl Fn(&Candidate) -> bool) -> Option<usize> {
        let qualified = |at: &usize| !self.all[*at].spent && qualifies(&self.all[*at]);
        let places: Vec<usize> = (0..self.all.len()).filter(qualified).collect();
        let best = places.iter().map(|at| self.all[*at].rank).max()?;
        let places: Vec<usize> = places.into_iter().filter(|at| self.all[*at].rank == best).collect();
        if let Some(session) = self.session {
            let distance = |at: &usize| {
                let channel = &self.all[*at].channel;
                distance(session, channel.name.as_bytes(), channel.config.weight)
            };
            return places.into_iter().min_by(|one, other| distance(one).total_cmp(&distance(other)));
        }
        let (one, other) = (self.by_weight(&places)?, self.by_weight(&places)?);
        Some(if self.load(other) < self.load(one) { other } else { one })
    }

    fn by_weight(&self, places: &[usize]) -> Option<usize> {
        let weight = |at: &usize| u64::from(self.all[*at].channel.config.weight);
        let mut point = fastrand::u64(..places.iter().map(weight).sum::<u64>().max(1));
        let drawn = places.iter().find(|at| match point.checked_sub(weight(at)) {
            Some(rest) => {
                point = rest;
                false
            }
            None => true,
        });
        drawn.or(places.first()).copied()
    }

    /// Exchanges by weight, in thousandths.
    fn load(&self, at: usize) -> u64 {
        let channel = &self.all[at].channel;
        channel.gate.used() as u64 * 1000 / u64::from(channel.config.weight.max(1))
    }
}

impl Candidate {
    fn new(channel: &Arc<ChannelState>, dialect: Dialect, rank: (bool, i64, bool)) -> Self {
        let (channel, turn) = (Arc::clone(channel), Turn::Foreign);
        Self { channel, dialect, rank, turn, spent: false, keys: Vec::new() }
    }

    /// The key that the turn began with, if it is fit.
    fn turns_key(&self, now: u64) -> Option<usize> {
        let Turn::Own(Some(key)) = self.turn else { return None };
        let others = |at| at != key || self.keys.contains(&at);
        self.channel.keys.has_fit(now, others).then_some(key)
    }

    /// Its breaker and one of its keys are ready.
    fn is_fit(&self, now: u64) -> bool {
        self.channel.state(now) != State::Open
            && self.channel.keys.has_fit(now, |key| self.keys.contains(&key))
    }

    fn has_key(&self) -> bool {
        self.channel.keys.has_fit(u64::MAX, |key| self.keys.contains(&key))
    }

    /// Its total deadline has not passed for this exchange.
    fn in_time(&self, age: u64) -> bool {
        age < self.channel.limits.total
    }
}

impl Pick {
    /// Which of the channel's keys it uses.
    pub(crate) fn key(&self) -> Option<usize> {
        self.tried.key
    }

    /// Counts the attempt. `asked`: how long the upstream wants to be left alone, in milliseconds.
    pub(crate) fn settle(&mut self, attempted: Attempted, asked: Option<u64>) {
        self.settled = true;
        self.channel.settle(self.tried, attempted, asked);
    }

    /// Its place in the channel's limit, for the exchange that goes on with it.
    pub(crate) fn place(&mut self) -> Option<Permit> {
        self.place.take()
    }
}

impl Drop for Pick {
    fn drop(&mut self) {
        if !self.settled {
            self.channel.settle(self.tried, Attempted::Abandoned, None);
        }
    }
}
