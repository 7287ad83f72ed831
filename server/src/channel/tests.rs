//! Which channel is picked, and which is next when it fails.

use std::sync::Arc;

use adaptors::adaptor::Class;
use adaptors::dialect::{ANTHROPIC, OPENAI};

use super::pick::{Candidates, Pick};
use super::{Attempted, ChannelState, State};
use crate::clock::scripted;
use crate::route::Target;
use crate::scene;

fn target() -> Target {
    Target { dialect: OPENAI, offer: OPENAI.find("/v1/chat/completions").unwrap() }
}

/// A channel of this name for the model `m`, with these lines.
fn channel(name: &str, lines: &str) -> String {
    format!(
        "[[channels]]\nname = \"{name}\"\nprovider = \"openai\"\nbase_url = \"http://127.0.0.1:1\"\nmodels = [\"m\"]\n{lines}\n"
    )
}

fn channels(list: &[(&str, &str)]) -> Vec<Arc<ChannelState>> {
    scripted::stands_at(1_000_000);
    scene::channels(&list.iter().map(|(name, lines)| channel(name, lines)).collect::<String>())
}

fn candidates(channels: &[Arc<ChannelState>]) -> Candidates {
    Candidates::find(channels, target(), "m").ok().unwrap()
}

/// The names in the order in which they are tried, each failing as a whole.
fn order(channels: &[Arc<ChannelState>]) -> Vec<String> {
    let mut candidates = candidates(channels);
    let next = || {
        let mut pick = candidates.next(0)?;
        pick.settle(Attempted::Failed(Class::Broken), None);
        candidates.exclude(&pick, false);
        Some(pick.channel.name.to_string())
    };
    std::iter::from_fn(next).collect()
}

fn fail(pick: &mut Option<Pick>, class: Class) {
    if let Some(pick) = pick {
        pick.settle(Attempted::Failed(class), None);
    }
}

#[test]
fn a_session_keeps_to_its_channel_and_key_and_moves_once_while_they_rest() {
    let list = channels(&[("a", TWO), ("b", TWO), ("c", TWO)]);
    let pick = |session: u64, fails: bool| {
        let mut candidates = candidates(&list);
        assert!(candidates.has_choice());
        candidates.keep_together(Some(session));
        let mut pick = candidates.next(0).unwrap();
        let attempted = if fails { Attempted::Failed(Class::Broken) } else { Attempted::Answered };
        pick.settle(attempted, None);
        (pick.channel.name.to_string(), pick.key())
    };
    let first: Vec<_> = (0..60).map(|session| pick(session, false)).collect();
    for (session, own) in first.iter().enumerate() {
        assert_eq!(pick(session as u64, false), *own);
    }
    for (name, key) in ["a", "b", "c"].into_iter().flat_map(|name| [(name, Some(0)), (name, Some(1))]) {
        assert!(first.iter().any(|(one, its)| (one.as_str(), *its) == (name, key)), "{name} {key:?}");
    }
    // The channel of the first session rests: that session moves, and stays where it went.
    let (own, _) = &first[0];
    assert!((0..10).any(|_| pick(0, true).0 != *own), "it rests after some failures");
    let moved = pick(0, false);
    assert_ne!(moved.0, *own);
    for (session, before) in first.iter().enumerate() {
        let now = pick(session as u64, false);
        assert!(now == pick(session as u64, false) && (before.0 == *own || now == *before), "{session}");
    }
    assert!(!Candidates::find(&channels(&[("a", ONE)]), target(), "m").ok().unwrap().has_choice());
}

const ONE: &str = "keys = [\"env:ONE\"]";
const TWO: &str = "keys = [\"env:ONE\", \"env:TWO\"]";

#[test]
fn priority_goes_before_the_clients_own_dialect_and_that_before_weight() {
    let anthropic = |lines: &str| format!("dialect = \"anthropic\"\nweight = 100\n{ONE}\n{lines}");
    let (translated, first) = (anthropic(""), anthropic("priority = 1"));
    let list = [("translated", translated.as_str()), ("own", ONE), ("first", first.as_str())];
    for _ in 0..20 {
        assert_eq!(order(&channels(&list)), ["first", "own", "translated"]);
    }
    let mut candidates = candidates(&channels(&list));
    assert!(candidates.next(0).is_some_and(|pick| pick.dialect == ANTHROPIC));
}

#[test]
fn of_two_that_are_drawn_the_less_loaded_one_is_picked() {
    let channels = channels(&[("a", ONE), ("b", ONE)]);
    let busy: Vec<_> = (0..50).map(|_| channels[0].gate.enter()).collect();
    let picked = (0..200).filter(|_| candidates(&channels).next(0).is_some_and(|p| &*p.channel.name == "b"));
    // Both draws are of the busy one in a quarter of all cases.
    assert!((110..=190).contains(&picked.count()));
    drop(busy);
    assert_eq!(channels[0].gate.used() + channels[1].gate.used(), 0, "a pick gives its place back");
}

#[test]
fn a_full_channel_is_passed_over_and_told_apart_from_none() {
    let channels = channels(&[("full", "in_flight = 1\npriority = 1\nkeys = [\"env:ONE\"]"), ("free", ONE)]);
    let _place = channels[0].gate.enter();
    let mut candidates = candidates(&channels);
    assert!(!candidates.any_full());
    let mut pick = candidates.next(0);
    assert_eq!(pick.as_ref().map(|pick| &*pick.channel.name), Some("free"));
    fail(&mut pick, Class::Broken);
    candidates.exclude(&pick.unwrap(), false);
    assert!(candidates.next(0).is_none() && candidates.any_full());
    let refusal = candidates.refusal(0);
    assert_eq!((refusal.status, refusal.reason.as_str()), (503, "shed"));
}

#[test]
fn a_key_that_failed_is_not_tried_again_and_its_channel_only_with_another() {
    let channels = channels(&[("a", TWO)]);
    let mut candidates = candidates(&channels);
    let mut first = candidates.next(0);
    fail(&mut first, Class::Rate);
    let first = first.unwrap();
    candidates.exclude(&first, true);
    let second = candidates.next(0).unwrap();
    assert_ne!(first.key(), second.key());
    candidates.exclude(&second, true);
    assert!(candidates.next(0).is_none(), "no key is left");
}

#[test]
fn what_cannot_be_expressed_is_no_attempt() {
    let channels = channels(&[("a", ONE)]);
    let mut candidates = candidates(&channels);
    let pick = candidates.next(0).unwrap();
    candidates.cannot(pick);
    assert!(candidates.next(0).is_none());
    assert!(channels[0].attempts().all(|(_, count)| count == 0));
}

#[test]
fn every_attempt_is_counted_once_also_one_that_nobody_settles() {
    let channels = channels(&[("a", ONE)]);
    drop(candidates(&channels).next(0));
    let mut pick = candidates(&channels).next(0);
    pick.iter_mut().for_each(|pick| pick.settle(Attempted::Answered, None));
    drop(pick);
    let counted: Vec<_> = channels[0].attempts().filter(|(_, count)| *count > 0).collect();
    assert_eq!(counted, [(Attempted::Answered, 1), (Attempted::Abandoned, 1)]);
}

#[test]
fn a_channel_that_rests_is_the_last_resort_of_the_first_attempt_only() {
    let channels = channels(&[("bad", "priority = 1\nkeys = [\"env:ONE\"]"), ("good", ONE)]);
    for _ in 0..20 {
        channels[0].broke_off();
    }
    assert_eq!(channels[0].state(1_000_000), State::Open);
    assert_eq!(order(&channels), ["good"], "nobody is moved onto a bad one");
    assert_eq!(order(&channels[..1]), ["bad"], "nobody is refused untried");
}

#[test]
fn a_channel_whose_time_is_over_for_this_request_is_not_begun() {
    let total = "timeouts = { total = \"5s\", idle = \"5s\", first_byte = \"5s\", connect = \"5s\" }";
    let channels = channels(&[("short", &format!("{total}\n{ONE}"))]);
    let mut candidates = candidates(&channels);
    assert!(candidates.next(5_000).is_none());
    assert_eq!(candidates.refusal(5_000).reason.as_str(), "total_timeout");
    assert_eq!(candidates.refusal(4_999).reason.as_str(), "no_channel");
    assert!(candidates.next(4_999).is_some());
}

#[test]
fn a_model_that_nobody_serves_is_not_found() {
    let refusal = Candidates::find(&channels(&[("a", ONE)]), target(), "other").err().unwrap();
    assert_eq!((refusal.status, refusal.code), (404, Some("model_not_found")));
}

#[test]
fn a_turn_goes_on_with_its_key_and_where_that_fails_without_its_state() {
    let list = channels(&[("a", TWO), ("b", TWO)]);
    for _ in 0..8 {
        let mut candidates = candidates(&list);
        candidates.goes_on_at(&list[1], Some(1));
        for (name, key, takes_turn) in [("b", Some(1), true), ("b", Some(0), false)] {
            let mut pick = candidates.next(0).unwrap();
            assert_eq!((&*pick.channel.name, pick.key(), pick.takes_turn), (name, key, takes_turn));
            pick.settle(Attempted::Abandoned, None);
            candidates.exclude(&pick, true);
        }
        let pick = candidates.next(0).unwrap();
        assert_eq!((&*pick.channel.name, pick.takes_turn), ("a", false));
    }
}

#[test]
fn what_only_one_key_knows_is_tried_with_no_other() {
    let list = channels(&[("a", TWO), ("b", TWO)]);
    let mut candidates = candidates(&list);
    assert!(candidates.only(&list[0], Some(1)));
    let mut pick = candidates.next(0).unwrap();
    assert_eq!((&*pick.channel.name, pick.key()), ("a", Some(1)));
    pick.settle(Attempted::Failed(Class::Rate), None);
    candidates.exclude(&pick, true);
    assert!(candidates.next(0).is_none());
    // Resting or not, it is the one to ask.
    let mut again = self::candidates(&list);
    assert!(again.only(&list[0], Some(1)));
    assert_eq!(again.next(0).and_then(|pick| pick.key()), Some(1));
    assert!(!again.only(&list[1], None), "that is not among them");
}
