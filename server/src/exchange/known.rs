//! Requests that go on with what only one upstream knows: a response, a conversation. They go to the channel and the key that
//! gave it, for the caller who got it, and nowhere else.

use std::sync::Arc;

use adaptors::adaptor::Operation;
use adaptors::dialect::Dialect;
use adaptors::names::{Names, Other};
use http::HeaderMap;
use vitals::key::KeyHash;

use super::Exchange;
use super::ask::Ask;
use super::call::Outcome;
use crate::channel::ChannelState;
use crate::channel::ids::{Home, Ids, Known, Of};
use crate::channel::pick::{Candidates, Pick};
use crate::reply::refusal::Refusal;

/// The channels that may be asked.
///
/// # Errors
/// 404 where there are none: no channel serves the model, or nobody here knows the name, or another caller got it.
pub(super) fn candidates(exchange: &Exchange, ask: &Ask<'_>) -> Result<Candidates, Refusal> {
    let channels = &exchange.snapshot.channels;
    let is_by_name = ask.target.offer.operation.is_by_name();
    let mut candidates = match is_by_name {
        true => Candidates::keeping(channels, ask.target)?,
        false => Candidates::find(channels, ask.target, ask.model)?,
    };
    for (of, name, key) in all(ask.names) {
        let name = Name { of, name, key, is_by_name };
        let ids = &exchange.relay.ids;
        match ids.find(of, name.name, ask.key()) {
            Known::At(home) => {
                let (channel, key) = ids.at_home(home, channels).ok_or_else(|| name.gone())?;
                if !candidates.only(channel, key) {
                    return Err(name.elsewhere(ask.model));
                }
            }
            Known::MadeUp => return Err(name.made_up()),
            Known::Foreign if matches!(of, Of::Other(_)) => {
                name.stays_here(ask, &mut candidates, |_| false)?;
            }
            Known::Foreign => return Err(name.unknown()),
            Known::Nothing if exchange.snapshot.callers.is_open() => {}
            Known::Nothing if matches!(of, Of::Other(_)) => {
                name.stays_here(ask, &mut candidates, |channel| channel.config.passes_ids)?;
            }
            Known::Nothing => {
                let client = ask.target.dialect;
                if !candidates.retain(|channel, dialect| channel.config.passes_ids && dialect == client) {
                    return Err(name.unknown());
                }
            }
        }
    }
    follow_turn(exchange, ask, &mut candidates);
    Ok(candidates)
}

/// A turn goes on where its state came from, and no other upstream sees that. Where that one fails, the request goes on
/// without it: it is a wish, and no part of what is asked.
fn follow_turn(exchange: &Exchange, ask: &Ask<'_>, candidates: &mut Candidates) {
    let Some(state) = turn(ask.target.dialect, ask.headers) else { return };
    let (ids, is_open) = (&exchange.relay.ids, exchange.snapshot.callers.is_open());
    match ids.find(Of::TurnState, state, ask.key()) {
        Known::At(home) => {
            if let Some((channel, key)) = ids.at_home(home, &exchange.snapshot.channels) {
                candidates.goes_on_at(channel, key);
            }
        }
        Known::Nothing => candidates.may_have_begun_at(|channel, dialect| {
            dialect == ask.target.dialect && (is_open || channel.config.passes_ids)
        }),
        Known::MadeUp | Known::Foreign => {}
    }
}

/// The state of the turn that these headers belong to.
fn turn(dialect: Dialect, headers: &HeaderMap) -> Option<&str> {
    headers.get(dialect.turn_header()?)?.to_str().ok().filter(|state| !state.is_empty())
}

/// Keeps in mind who gave the names in an answer, and forgets what was deleted.
pub(super) fn learn(exchange: &mut Exchange, ask: &Ask<'_>, pick: &Pick, outcome: &Outcome) {
    let relay = Arc::clone(&exchange.relay);
    let ids = &relay.ids;
    let operation = ask.target.offer.operation;
    if operation.is_by_name() {
        // What it tells of may be another caller's, on a channel that passes what nobody is known to have got.
        if operation == Operation::Delete {
            all(ask.names).for_each(|(of, name, _)| ids.forget(of, name));
        }
        return;
    }
    let client = ask.target.dialect;
    let is_same = pick.dialect == client;
    let mut names = match is_same {
        true => told(ask, outcome),
        false if operation == Operation::Chat => client.made_up(&exchange.entry.id),
        false => return,
    };
    let state = turn(client, outcome.headers()).filter(|_| is_same);
    if is_same && ask.caller.is_some() {
        match outcome {
            // It has named some yet; all are taken when it is over.
            Outcome::Stream { .. } => {
                names.others.clear();
                exchange.giver = Giver::of(ask, ids.home(&pick.channel, pick.key()));
            }
            Outcome::Whole { body, .. } => names.others = client.gives(body),
            Outcome::Raw { .. } => {}
        }
        names.others.retain(|other| !ask.names.others.iter().any(|asked| asked.name == other.name));
    }
    // Most answers have neither, and are not to be paid for.
    if state.is_none() && all(&names).next().is_none() {
        return;
    }
    let home = is_same.then(|| ids.home(&pick.channel, pick.key()));
    if let Some(state) = state {
        ids.learn(Of::TurnState, state, ask.key(), home);
    }
    for (of, name, _) in all(&names) {
        // A conversation that the request named is its caller's already, or everybody's.
        if of != Of::Conversation || ask.names.conversation.is_none() {
            ids.learn(of, name, ask.key(), home);
        }
    }
}

/// Who gives the names that come with a stream, and to whom.
pub(super) struct Giver {
    caller: KeyHash,
    home: Home,
    /// What the request named: its caller's already, or everybody's.
    asked: Vec<String>,
}

impl Giver {
    fn of(ask: &Ask<'_>, home: Home) -> Option<Box<Self>> {
        let asked = ask.names.others.iter().map(|other| other.name.clone()).collect();
        ask.key().map(|key| Box::new(Self { caller: *key, home, asked }))
    }

    /// The caller may go on with these.
    pub(super) fn gives(&self, ids: &Ids, names: &[Other]) {
        for other in names.iter().filter(|other| !self.asked.contains(&other.name)) {
            ids.learn(Of::Other(other.thing), &other.name, Some(&self.caller), Some(self.home));
        }
    }
}

/// The names in an answer.
fn told(ask: &Ask<'_>, outcome: &Outcome) -> Names {
    match outcome {
        Outcome::Stream { stream, .. } => stream.reader.names(),
        Outcome::Whole { body, .. } => ask.target.dialect.named(body),
        Outcome::Raw { first, is_json: true, .. } => ask.target.dialect.named(first),
        Outcome::Raw { .. } => Names::default(),
    }
}

/// The names, and in which field of a request the others stand.
fn all(names: &Names) -> impl Iterator<Item = (Of, &str, &'static str)> {
    let response = names.response.as_deref().map(|name| (Of::Response, name, ""));
    let conversation = names.conversation.as_deref().map(|name| (Of::Conversation, name, ""));
    let others = names.others.iter().map(|other| (Of::Other(other.thing), &*other.name, other.key));
    response.into_iter().chain(conversation).chain(others)
}

/// A name in a request, and why nobody is asked by it.
struct Name<'a> {
    of: Of,
    name: &'a str,
    /// The field of what is neither a response nor a conversation.
    key: &'static str,
    /// It stands in the path.
    is_by_name: bool,
}

impl Name<'_> {
    /// The same whether nobody knows it or another caller got it.
    fn unknown(&self) -> Refusal {
        self.not_found("is not known here: only the key that got it can use it")
    }

    /// Leaves the channels that may see it: it goes to no upstream of another dialect, whatever becomes of it there.
    fn stays_here(
        &self,
        ask: &Ask<'_>,
        candidates: &mut Candidates,
        passes: impl Fn(&ChannelState) -> bool,
    ) -> Result<(), Refusal> {
        let client = ask.target.dialect;
        let is_left = candidates.retain(|channel, dialect| dialect != client || passes(channel));
        is_left.then_some(()).ok_or_else(|| self.unknown())
    }

    fn gone(&self) -> Refusal {
        self.not_found("cannot be reached any more: the channel, or the upstream's key, that gave it is not configured now")
    }

    fn made_up(&self) -> Refusal {
        let text = "was made by the relay out of another API's answer: no upstream keeps it";
        match self.is_by_name {
            true => self.not_found(text),
            // What a request to such an upstream is told whoever made the response.
            false => Refusal {
                status: 400,
                ..self.not_found(&format!("{text}; send the whole conversation as `input`"))
            },
        }
    }

    fn elsewhere(&self, model: &str) -> Refusal {
        let model: String = model.chars().take(200).collect();
        self.not_found(&format!(
            "was given by a channel that does not serve the model `{model}`: go on with one that it serves"
        ))
    }

    fn not_found(&self, why: &str) -> Refusal {
        let (what, key, code) = match (self.of, self.is_by_name) {
            (Of::Response, true) => ("response", "id", "response_not_found"),
            (Of::Response, false) => ("response", "previous_response_id", "previous_response_not_found"),
            (Of::Other(thing), _) => (thing.word(), self.key, thing.not_found()),
            (Of::Conversation | Of::TurnState, _) => {
                ("conversation", "conversation", "conversation_not_found")
            }
        };
        let name: String = self.name.chars().take(200).collect();
        let refusal = Refusal::client(404, format!("the {what} `{name}` {why}")).code(code);
        Refusal { param: Some(key.into()), ..refusal }
    }
}
