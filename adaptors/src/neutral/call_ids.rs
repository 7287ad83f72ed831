//! Ids of calls: made where an upstream gives none, no longer than an upstream takes, and no two calls of a history with the
//! same one. All of it is made of the request alone, so that an id is the same in every request, and in a call as in its
//! result.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::part::Content;
use super::request::Conversation;
use super::spelled::split;

/// Characters of an id that chat completions take: the fewest of all.
pub(crate) const SHORTEST: usize = 40;

/// The id of an exchange's call to which its upstream gave none.
pub(crate) fn made_up(exchange: &str, tool: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut id = format!("call_{exchange}_");
    if tool >= DIGITS.len() {
        id.push(DIGITS[tool / DIGITS.len() % DIGITS.len()].into());
    }
    id.push(DIGITS[tool % DIGITS.len()].into());
    match fit(&id, SHORTEST) {
        Cow::Borrowed(_) => id,
        Cow::Owned(short) => short,
    }
}

/// The id, or another one that stands for it where it has too many characters.
pub(crate) fn fit(id: &str, longest: usize) -> Cow<'_, str> {
    if id.len() <= longest || id.chars().count() <= longest {
        return id.into();
    }
    short(id).into()
}

/// The ids that an upstream takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids {
    longest: usize,
    is_googles: bool,
}

impl Ids {
    pub(crate) fn of(model: &str, longest: usize) -> Self {
        Self { longest, is_googles: model.contains("gemini") }
    }

    /// The id, or what stands for it. One that carries its call's signature is another relay's, which wants it back as it
    /// was: where a model of Google's is behind it. Nobody else signs calls, nor knows what to do with that.
    pub(crate) fn fit(self, id: &str) -> Cow<'_, str> {
        if self.is_googles && split(id).is_some() { id.into() } else { fit(id, self.longest) }
    }
}

/// What stands for an id that cannot be told as it is.
pub(crate) fn short(id: &str) -> String {
    // FNV-1a: the same in every run.
    let code = id.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |sum, byte| {
        (sum ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("call_{code:032x}")
}

/// Gives each call of a history an id of its own. A result belongs to the nearest calls before it that have its id: to the
/// first of them that has none yet.
pub(super) fn tell_apart(conversation: &mut Conversation<'_>) {
    let mut taken = HashSet::new();
    let mut is_twin = |id: &str| !taken.insert(id.to_owned());
    let ids = conversation.parts().filter_map(|part| match &part.content {
        Content::ToolCall { id, .. } => Some(id.as_ref()),
        _ => None,
    });
    if ids.filter(|id| is_twin(id)).count() == 0 {
        return;
    }
    let mut known: HashMap<String, Vec<Told>> = HashMap::new();
    let (mut round, mut is_answering) = (0, false);
    for part in conversation.turns.iter_mut().flat_map(|turn| &mut turn.parts) {
        match &mut part.content {
            Content::ToolCall { id, .. } => {
                round += usize::from(std::mem::take(&mut is_answering));
                let calls = known.entry(id.clone().into_owned()).or_default();
                let own =
                    if calls.is_empty() { None } else { Some(another(id, calls.len() + 1, &mut taken)) };
                calls.push(Told { round, own: own.clone(), is_answered: false });
                if let Some(own) = own {
                    *id = own.into();
                }
            }
            Content::ToolResult { id, .. } => {
                is_answering = true;
                if let Some(own) = known.get_mut(id.as_ref()).and_then(|calls| answered(calls)) {
                    *id = own.into();
                }
            }
            _ => {}
        }
    }
}

/// A call of a history, by the id that the client gave it.
#[derive(Debug)]
struct Told {
    /// Calls that no result stands between are of one.
    round: usize,
    /// `None`: it keeps its id.
    own: Option<String>,
    is_answered: bool,
}

/// The id of the call that a result answers, where it is another one now.
fn answered(calls: &mut [Told]) -> Option<String> {
    let round = calls.last()?.round;
    let open = calls.iter().position(|call| call.round == round && !call.is_answered);
    let call = calls.get_mut(open.unwrap_or(calls.len() - 1))?;
    call.is_answered = true;
    call.own.clone()
}

fn another(id: &str, number: usize, taken: &mut HashSet<String>) -> String {
    let mut other = format!("{id}_{number}");
    while !taken.insert(other.clone()) {
        other.push('_');
    }
    other
}

#[cfg(test)]
mod tests {
    use super::super::{Part, Place, Role, Turn};
    use super::*;

    #[test]
    fn an_id_that_is_made_fits_everywhere_and_is_of_one_call() {
        let exchange = "0123456789abcdef0123456789abcdef";
        let made: Vec<String> = (0..1024).map(|tool| made_up(exchange, tool)).collect();
        assert!(made.iter().all(|id| id.len() <= SHORTEST && id.starts_with("call_0123")), "{made:?}");
        assert_eq!(made.iter().collect::<HashSet<_>>().len(), made.len());
        assert_eq!((made[0].ends_with("_0"), made[40].ends_with("_14")), (true, true));
        assert_ne!(made_up(&"x".repeat(128), 0), made_up(&"x".repeat(128), 1));
    }

    #[test]
    fn what_is_too_long_is_the_same_short_id_every_time() {
        let long = "functions.f:0".repeat(9);
        assert_eq!(fit(&long, 64), "call_76b49ed39ca70b8cf651b6f5903fd780");
        assert_eq!((fit("a", 1).as_ref(), fit("éé", 2).as_ref()), ("a", "éé"));
        assert!(fit("ééé", 2).len() <= SHORTEST);
    }

    /// Calls (`c:ID`) and results (`r:ID`), as they are after all.
    fn apart(said: &[&str]) -> Vec<String> {
        let part = |said: &&'static str| {
            let (kind, id) = said.split_once(':').unwrap();
            let id = Cow::Borrowed(id);
            let content = match kind {
                "c" => Content::ToolCall { id, name: "f".into(), input: "{}".into(), signature: None },
                _ => Content::ToolResult { id, parts: Vec::new(), is_error: false },
            };
            Turn { role: Role::User, parts: vec![Part { at: Place::Turns, cache: None, content }] }
        };
        let said: Vec<&'static str> = said.iter().map(|said| &*said.to_string().leak()).collect();
        let mut conversation =
            Conversation { turns: said.iter().map(part).collect(), ..Conversation::default() };
        tell_apart(&mut conversation);
        let told = conversation.parts().map(|part| match &part.content {
            Content::ToolCall { id, .. } => format!("c:{id}"),
            Content::ToolResult { id, .. } => format!("r:{id}"),
            _ => String::new(),
        });
        told.collect()
    }

    #[test]
    fn a_result_belongs_to_the_nearest_call_before_it() {
        let plain = ["c:a", "c:b", "r:b", "r:a", "r:nobody's"];
        assert_eq!(apart(&plain), plain);
        let twice = ["c:a", "r:a", "c:a", "r:a", "c:a", "r:a"];
        assert_eq!(apart(&twice), ["c:a", "r:a", "c:a_2", "r:a_2", "c:a_3", "r:a_3"]);
        assert_eq!(apart(&["c:a", "c:a", "r:a", "r:a", "r:a"]), ["c:a", "c:a_2", "r:a", "r:a_2", "r:a_2"]);
        assert_eq!(apart(&["c:a", "c:a", "r:a", "c:a", "r:a"]), ["c:a", "c:a_2", "r:a", "c:a_3", "r:a_3"]);
        assert_eq!(apart(&["c:a", "r:a", "c:a_2", "c:a"]), ["c:a", "r:a", "c:a_2", "c:a_2_"]);
    }
}
