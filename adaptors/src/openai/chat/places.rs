//! Where in an answer a thinking stood. Messages of this dialect have no order between what was thought, said and called, and
//! upstreams that think on the way want theirs back where it was: so the signature of a thinking that is not the first of
//! all bears its place on its way to a client and back.

use std::borrow::Cow;

use crate::json::split_once;
use crate::neutral::{Content, Part};

/// Begins a signature that bears a place: `wt-at:BYTES.CALLS:`.
const PLACED: &str = "wt-at:";

/// So much of the answer was before it. What stands first comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) calls: usize,
    /// Of its text.
    pub(super) bytes: usize,
}

impl Spot {
    /// A signature, for a client.
    pub(super) fn on<'s>(self, signature: &'s str) -> Cow<'s, str> {
        if self == Self::default() {
            return signature.into();
        }
        format!("{PLACED}{}.{}:{signature}", self.bytes, self.calls).into()
    }

    /// What a client sends back: the place, and the signature without it.
    pub(super) fn of(signature: Cow<'_, str>) -> (Self, Cow<'_, str>) {
        let placed = signature.strip_prefix(PLACED).and_then(|rest| rest.split_once(':'));
        let spot = placed.and_then(|(spot, _)| {
            let (bytes, calls) = spot.split_once('.')?;
            Some(Self { calls: calls.parse().ok()?, bytes: bytes.parse().ok()? })
        });
        match spot {
            None => (Self::default(), signature),
            Some(spot) => {
                let rest = split_once(signature, ":").and_then(|(_, rest)| split_once(rest, ":"));
                (spot, rest.map(|(_, signature)| signature).unwrap_or_default())
            }
        }
    }
}

/// Puts what was thought into its places among what was said and called.
pub(super) fn put_back<'a>(mut thoughts: Vec<(Spot, Part<'a>)>, said: Vec<Part<'a>>) -> Vec<Part<'a>> {
    thoughts.sort_by_key(|(spot, _)| *spot);
    let mut thoughts = thoughts.into_iter().peekable();
    let (mut all, mut here) = (Vec::with_capacity(thoughts.len() + said.len()), Spot::default());
    for mut part in said {
        match &mut part.content {
            Content::Text(text) => {
                let end = here.bytes + text.len();
                while let Some((spot, thought)) =
                    thoughts.next_if(|(spot, _)| spot.calls == 0 && spot.bytes < end)
                {
                    let before = cut(text, spot.bytes.saturating_sub(here.bytes));
                    here.bytes += before.len();
                    if !before.is_empty() {
                        all.push(Part { content: Content::Text(before), ..part });
                    }
                    all.push(thought);
                }
                here.bytes = end;
            }
            Content::ToolCall { .. } => {
                while let Some((_, thought)) = thoughts.next_if(|(spot, _)| spot.calls <= here.calls) {
                    all.push(thought);
                }
                here.calls += 1;
            }
            _ => {}
        }
        all.push(part);
    }
    all.extend(thoughts.map(|(_, thought)| thought));
    all
}

/// Takes so many bytes off the beginning of a text, or less where a character would be cut.
fn cut<'a>(text: &mut Cow<'a, str>, bytes: usize) -> Cow<'a, str> {
    let at = text.floor_char_boundary(bytes);
    match text {
        Cow::Borrowed(all) => {
            let (before, after) = all.split_at(at);
            *text = after.into();
            before.into()
        }
        Cow::Owned(all) => {
            let after = all.split_off(at);
            std::mem::replace(all, after).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neutral::{Place, Signed};

    #[test]
    fn a_place_comes_back_with_the_signature() {
        for spot in [Spot::default(), Spot { calls: 0, bytes: 12 }, Spot { calls: 3, bytes: 0 }] {
            for signature in ["", "abc=", "responses:gAAA", "a:b.c:d"] {
                let there = spot.on(signature);
                assert_eq!(Spot::of(there.clone()), (spot, signature.into()), "{there}");
                assert_eq!(Spot::of(there.into_owned().into()), (spot, signature.into()));
            }
        }
        for other in ["wt-at:", "wt-at:1:x", "wt-at:1.x:y", "wt-at:-1.0:y", "wt-at:99999999999999999999.0:y"]
        {
            assert_eq!(Spot::of(other.into()), (Spot::default(), other.into()));
        }
    }

    /// `.text`, `!call`, `BYTES.CALLS?thought`.
    fn put(told: &[&'static str]) -> Vec<String> {
        let (mut thoughts, mut said) = (Vec::new(), Vec::new());
        for told in told {
            let part = |content| Part { at: Place::Turns, cache: None, content };
            match (told.split_once('?'), told.split_at(1)) {
                (Some((spot, text)), _) => {
                    let (bytes, calls) = spot.split_once('.').unwrap();
                    let spot = Spot { calls: calls.parse().unwrap(), bytes: bytes.parse().unwrap() };
                    let content = Content::Thinking { text: text.into(), signed: Signed::No };
                    thoughts.push((spot, part(content)));
                }
                (None, (".", text)) => said.push(part(Content::Text(text.into()))),
                (None, (_, id)) => {
                    let (name, input) = ("f".into(), "{}".into());
                    said.push(part(Content::ToolCall { id: id.into(), name, input, signature: None }));
                }
            }
        }
        let all = put_back(thoughts, said);
        let told = all.iter().map(|part| match &part.content {
            Content::Text(text) => format!(".{text}"),
            Content::ToolCall { id, .. } => format!("!{id}"),
            Content::Thinking { text, .. } => format!("?{text}"),
            _ => String::new(),
        });
        told.collect()
    }

    #[test]
    fn what_was_thought_stands_where_it_stood() {
        assert_eq!(put(&["0.0?x", ".abc", "!1"]), ["?x", ".abc", "!1"]);
        assert_eq!(put(&["3.0?x", ".abc", "!1"]), [".abc", "?x", "!1"]);
        assert_eq!(put(&["3.0?x", "3.0?y", ".abc"]), [".abc", "?x", "?y"]);
        assert_eq!(
            put(&["2.1?z", "1.0?x", "2.0?y", ".abc", "!1", "!2"]),
            [".a", "?x", ".b", "?y", ".c", "!1", "?z", "!2"]
        );
        assert_eq!(put(&["3.0?x", ".abc", ".de", "!1"]), [".abc", "?x", ".de", "!1"]);
        assert_eq!(put(&["0.2?x", "0.9?y", "!1", "!2", "!3"]), ["!1", "!2", "?x", "!3", "?y"]);
        assert_eq!(put(&["2.0?x", ".é€"]), [".é", "?x", ".€"]);
        assert_eq!(put(&["3.0?x", ".é€"]), [".é", "?x", ".€"], "no character is cut");
        assert_eq!(put(&["99.0?x", ".abc", "!1"]), [".abc", "?x", "!1"], "a client may have cut the text");
        assert_eq!(put(&["7.0?x"]), ["?x"]);
    }
}
