//! What only one upstream knows: ids of responses, conversations and what else it keeps, and Codex's turn states. Each is
//! bound to the channel and the key that gave it, and to the caller who got it: the next request with it goes there, and
//! nobody else's does.
//!
//! Of everything only a keyed hash is kept, so that an entry has one size, whatever an upstream sends. There is room for
//! [`ROOM`] entries of either kind (up to 24 MiB): an answer names many items, and they must not push out what it is called
//! itself. The oldest makes room for a new one, and none is older than [`KEPT`]. They are the relay's and no
//! configuration's: a reload changes nothing here.

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Arc, Mutex};

use adaptors::names::Thing;
use vitals::key::KeyHash;

use super::ChannelState;
use crate::clock::{lock, now};

/// Entries at once.
const ROOM: usize = 65_536;
/// Milliseconds for which an entry is kept: as long as OpenAI keeps a response.
const KEPT: u64 = 30 * 24 * 3600 * 1000;

/// What kind of thing an id is of: one id of each kind may be spelled alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Of {
    Response,
    Conversation,
    TurnState,
    Other(Thing),
}

/// Who gave an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    /// Of the channel's name.
    channel: u64,
    /// Of the key; 0 where the channel has none.
    key: u64,
}

/// What is known of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// This upstream gave it to this caller.
    At(Home),
    /// The relay made it up for this caller: no upstream knows it.
    MadeUp,
    /// Another caller got it.
    Foreign,
    Nothing,
}

#[derive(Clone, Copy)]
struct Entry {
    /// `None`: made up here.
    home: Option<Home>,
    caller: u64,
    since: u64,
}

/// The ids that callers got.
#[derive(Default)]
pub(crate) struct Ids {
    seed: RandomState,
    kept: Mutex<Kept>,
    others: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<u128, Entry>,
    /// In the order in which they came, with those that were forgotten since.
    order: VecDeque<(u128, u64)>,
}

impl Ids {
    /// Binds an id to whoever gave it (`None`: the relay itself) and to the caller who gets it. One that is bound stays as
    /// it is: no answer can take it away from its caller.
    pub(crate) fn learn(&self, of: Of, id: &str, caller: Option<&KeyHash>, home: Option<Home>) {
        let (now, key) = (now(), self.key(of, id, caller));
        let entry = Entry { home, caller: self.hash(&caller), since: now };
        let kept = &mut *lock(self.kept(of));
        kept.forget_old(now);
        match kept.entries.entry(key) {
            Vacant(place) => {
                place.insert(entry);
                kept.order.push_back((key, now));
            }
            // Whoever gave it last is the one to go on with.
            Occupied(mut known) if of == Of::TurnState => known.get_mut().home = home,
            Occupied(_) => {}
        }
    }

    /// What is known of an id, for this caller.
    pub(crate) fn find(&self, of: Of, id: &str, caller: Option<&KeyHash>) -> Known {
        let now = now();
        let found = lock(self.kept(of)).entries.get(&self.key(of, id, caller)).copied();
        match found.filter(|entry| entry.is_kept(now)) {
            None => Known::Nothing,
            Some(entry) if entry.caller != self.hash(&caller) => Known::Foreign,
            Some(Entry { home: Some(home), .. }) => Known::At(home),
            Some(_) => Known::MadeUp,
        }
    }

    /// The upstream keeps it no longer.
    pub(crate) fn forget(&self, of: Of, id: &str) {
        lock(self.kept(of)).entries.remove(&self.key(of, id, None));
    }

    fn kept(&self, of: Of) -> &Mutex<Kept> {
        if let Of::Other(_) = of { &self.others } else { &self.kept }
    }

    /// A channel, and one of its keys, as a home.
    pub(crate) fn home(&self, channel: &ChannelState, key: Option<usize>) -> Home {
        let secret = key.and_then(|key| channel.keys.secret(key));
        Home {
            channel: self.channel(channel),
            key: secret.map_or(0, |secret| self.hash(secret.reveal()).max(1)),
        }
    }

    /// The channel of a home among these, and its key there. `None`: either is gone. A channel without keys has none.
    pub(crate) fn at_home<'c>(
        &self,
        home: Home,
        channels: &'c [Arc<ChannelState>],
    ) -> Option<(&'c Arc<ChannelState>, Option<usize>)> {
        let channel = channels.iter().find(|channel| self.channel(channel) == home.channel)?;
        if channel.keys.is_empty() {
            return (home.key == 0).then_some((channel, None));
        }
        let key = (0..channel.keys.len()).map(Some).find(|key| self.home(channel, *key) == home)?;
        Some((channel, key))
    }

    /// Another address is another upstream, whatever it is called.
    fn channel(&self, channel: &ChannelState) -> u64 {
        let address = channel.config.base_url.as_ref().map(|base| base.authority.as_str());
        self.hash(&(&*channel.name, address))
    }

    /// A turn state is no secret that leads to anything: upstreams may give several callers the same.
    fn key(&self, of: Of, id: &str, caller: Option<&KeyHash>) -> u128 {
        let whose = caller.filter(|_| of == Of::TurnState);
        let halves = [0_u8, 1].map(|half| u128::from(self.seed.hash_one((half, of, id, whose))));
        halves[0] << 64 | halves[1]
    }

    fn hash(&self, what: &(impl Hash + ?Sized)) -> u64 {
        self.seed.hash_one(what)
    }
}

impl Entry {
    fn is_kept(&self, now: u64) -> bool {
        now.saturating_sub(self.since) < KEPT
    }
}

impl Kept {
    /// Makes room for one more.
    fn forget_old(&mut self, now: u64) {
        while let Some((key, since)) = self.order.front().copied() {
            if self.order.len() < ROOM && now.saturating_sub(since) < KEPT {
                return;
            }
            self.order.pop_front();
            // It may have been forgotten, and learned anew since.
            if self.entries.get(&key).is_some_and(|entry| entry.since == since) {
                self.entries.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::scripted;
    use crate::scene;

    const KEYED: &str = "[[channels]]\nname = \"a\"\nprovider = \"openai\"\nbase_url = \"http://127.0.0.1:1\"\n\
                         keys = [\"env:ONE\", \"env:TWO\"]\n";
    const OPEN: &str =
        "[[channels]]\nname = \"b\"\nprovider = \"custom\"\nbase_url = \"http://127.0.0.1:1\"\n";

    fn callers() -> [KeyHash; 2] {
        ["sk-1", "sk-2"].map(KeyHash::of)
    }

    #[test]
    fn an_id_is_its_callers_and_leads_to_the_key_that_gave_it() {
        scripted::stands_at(1);
        let (ids, [one, other]) = (Ids::default(), callers());
        let channels = scene::channels(&format!("{KEYED}{OPEN}"));
        let homes = [(0, Some(0)), (0, Some(1)), (1, None)];
        for (n, (at, key)) in homes.into_iter().enumerate() {
            let (id, home) = (format!("resp_{n}"), ids.home(&channels[at], key));
            ids.learn(Of::Response, &id, Some(&one), Some(home));
            assert_eq!(ids.find(Of::Response, &id, Some(&one)), Known::At(home));
            let (channel, found) = ids.at_home(home, &channels).unwrap();
            assert_eq!((&*channel.name, found), (&*channels[at].name, key));
            for stranger in [Some(&other), None] {
                assert_eq!(ids.find(Of::Response, &id, stranger), Known::Foreign);
                // What it is told of does not become its own.
                ids.learn(Of::Response, &id, stranger, Some(home));
                assert_eq!(ids.find(Of::Response, &id, Some(&one)), Known::At(home));
            }
            assert_eq!(ids.find(Of::Conversation, &id, Some(&one)), Known::Nothing);
        }
        ids.learn(Of::Response, "made", Some(&one), None);
        assert_eq!(ids.find(Of::Response, "made", Some(&one)), Known::MadeUp);
        assert_eq!(ids.find(Of::Response, "made", None), Known::Foreign);
        ids.forget(Of::Response, "resp_0");
        assert_eq!(ids.find(Of::Response, "resp_0", Some(&one)), Known::Nothing);
    }

    #[test]
    fn a_home_is_found_by_its_key_wherever_that_stands_now_and_else_is_gone() {
        scripted::stands_at(1);
        let ids = Ids::default();
        let channels = scene::channels(&format!("{KEYED}{OPEN}"));
        let second = ids.home(&channels[0], Some(1));
        let turned = scene::channels(&format!(
            "{OPEN}{}",
            KEYED.replace("\"env:ONE\", \"env:TWO\"", "\"env:TWO\", \"env:ONE\"")
        ));
        assert_eq!(ids.at_home(second, &turned).map(|(_, key)| key), Some(Some(0)));
        let without = scene::channels(&KEYED.replace(", \"env:TWO\"", ""));
        assert!(ids.at_home(second, &without).is_none());
        assert!(ids.at_home(second, &scene::channels(OPEN)).is_none());
        let open = ids.home(&channels[1], None);
        let keyed = scene::channels(&KEYED.replace("\"a\"", "\"b\""));
        assert!(ids.at_home(open, &keyed).is_none(), "it has keys now");
    }

    #[test]
    fn there_is_an_end_to_how_many_and_how_old() {
        let ids = Ids::default();
        scripted::stands_at(1);
        for n in 0..ROOM + 10 {
            ids.learn(Of::Response, &n.to_string(), None, None);
            // As many are forgotten as come.
            ids.forget(Of::Response, &(n.wrapping_sub(ROOM / 2)).to_string());
        }
        assert!(lock(&ids.kept).order.len() <= ROOM);
        assert_eq!(ids.find(Of::Response, "3", None), Known::Nothing);
        let last = (ROOM + 9).to_string();
        assert_eq!(ids.find(Of::Response, &last, None), Known::MadeUp);
        scripted::stands_at(KEPT);
        assert_eq!(ids.find(Of::Response, &last, None), Known::MadeUp);
        scripted::stands_at(KEPT + 1);
        assert_eq!(ids.find(Of::Response, &last, None), Known::Nothing);
        ids.learn(Of::Response, "new", None, None);
        assert_eq!(lock(&ids.kept).entries.len(), 1);
        assert_eq!(lock(&ids.kept).order.len(), 1);
    }
}
