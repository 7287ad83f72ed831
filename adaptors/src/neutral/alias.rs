//! Names of tools that an upstream does not take, and what they are called there.
//!
//! Each dialect has rules for a name: letters, length. A client's name that breaks the upstream's goes there under another
//! one, which is made of it, differs from all others in the request, and is the same whenever the request is; a call that
//! comes back under it has the client's name again. Nothing is remembered between the two: both are read from the request.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use memchr::memmem;

use super::dialogue::Dialect;
use super::part::Content;
use super::plain::LONGEST;
use super::request::{Choice, Conversation, Tool};
use crate::adaptor::Call;
use crate::dropped::Dropped;

/// Stands in a name between a space of names and a name in it. No dialect takes it.
pub(crate) const WITHIN: char = '\u{1f}';
/// What it becomes: MCP's clients write it so.
const BETWEEN: &str = "__";

/// The names of one request that are others upstream.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    /// The client's name to the upstream's.
    there: HashMap<String, String>,
}

impl Aliases {
    /// Of the tools that a conversation offers or withholds, and of those that it has called. What stands in a space comes
    /// first, so that its alias is the same whatever else there is; then what is taken as it is.
    pub(super) fn of(conversation: &Conversation<'_>, upstream: Dialect) -> Self {
        let takes = |name: &str| upstream.takes_name(name);
        if names(conversation).all(takes) {
            return Self::default();
        }
        let rank = |name: &str| match (name.contains(WITHIN), takes(name)) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        };
        // In an order of its own, and not in that in which they came.
        let marked = |name: &str| name.starts_with(char::is_control);
        let all: BTreeSet<_> = names(conversation).map(|name| (rank(name), marked(name), name)).collect();
        let (mut taken, mut there) = (HashSet::with_capacity(all.len()), HashMap::new());
        for (rank, _, name) in all {
            if rank == 1 && taken.insert(name.to_owned()) {
                continue;
            }
            let alias = alias(name, &taken);
            taken.insert(alias.clone());
            there.insert(name.to_owned(), alias);
        }
        Self { there }
    }

    /// Gives the conversation the upstream's names.
    pub(super) fn apply(&self, conversation: &mut Conversation<'_>) {
        if self.there.is_empty() {
            return;
        }
        let parts = conversation.turns.iter_mut().flat_map(|turn| &mut turn.parts);
        let called = parts.filter_map(|part| match &mut part.content {
            Content::ToolCall { name, .. } => Some(name),
            _ => None,
        });
        let chosen = match &mut conversation.choice {
            Some(Choice::Tool(name)) => Some(name),
            _ => None,
        };
        let offered = conversation.tools.iter_mut().map(|tool| &mut tool.name);
        for name in offered.chain(called).chain(chosen) {
            if let Some(alias) = self.there.get(name.as_ref()) {
                *name = Cow::Owned(alias.clone());
            }
        }
    }

    /// The client's names by the upstream's, for an answer to this call. Nearly every request has none, and is not read
    /// again for it.
    pub(super) fn back(call: &Call<'_>, client: Dialect, upstream: Dialect) -> HashMap<String, String> {
        if !may_have(call.body, client, upstream) {
            return HashMap::new();
        }
        let conversation = client.read_request(call, &mut Dropped::default());
        let aliases = conversation.map(|read| Self::of(&read, upstream)).unwrap_or_default();
        aliases.there.into_iter().map(|(name, alias)| (alias, name)).collect()
    }
}

fn names<'c>(conversation: &'c Conversation<'_>) -> impl Iterator<Item = &'c str> {
    let called = conversation.parts().filter_map(|part| match &part.content {
        Content::ToolCall { name, .. } => Some(name.as_ref()),
        _ => None,
    });
    let withheld = conversation.withheld.iter().map(AsRef::as_ref);
    conversation.tools.iter().map(|tool| tool.name.as_ref()).chain(withheld).chain(called)
}

/// Leaves out tools that must not be called now, and gives their names: what is called something else upstream is called the
/// same with them and without.
pub(crate) fn withhold<'a>(
    tools: &mut Vec<Tool<'a>>,
    is_offered: impl Fn(&Tool<'a>) -> bool,
) -> Vec<Cow<'a, str>> {
    let (offered, withheld): (Vec<_>, Vec<_>) = std::mem::take(tools).into_iter().partition(is_offered);
    *tools = offered;
    withheld.into_iter().map(|tool| tool.name).collect()
}

/// Whether a body may name tools that are called something else upstream.
fn may_have(body: &[u8], client: Dialect, upstream: Dialect) -> bool {
    if memmem::find(body, b"\"tools\"").is_none() {
        return false;
    }
    client.has_spaces(body)
        || memmem::find_iter(body, b"\"name\"").any(|at| {
            let value = body[at + b"\"name\"".len()..].trim_ascii_start();
            let text = value.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
            let Some(text) = text.and_then(|value| value.strip_prefix(b"\"")) else { return false };
            // What is longer, or has escapes, is looked at.
            let text = &text[..text.len().min(LONGEST + 1)];
            let name = memchr::memchr(b'"', text).and_then(|end| std::str::from_utf8(&text[..end]).ok());
            !name.is_some_and(|name| upstream.takes_name(name))
        })
}

/// Another name for one, as like it as can be.
fn alias(name: &str, taken: &HashSet<String>) -> String {
    let mut like = String::with_capacity(LONGEST);
    for letter in name.chars() {
        match letter {
            WITHIN => like.push_str(&BETWEEN[BETWEEN.len().min(trailing(&like))..]),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => like.push(letter),
            mark if mark.is_control() => {}
            _ => like.push('_'),
        }
    }
    if !like.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        like.insert(0, '_');
    }
    if like.len() <= LONGEST && !is_vague(name) && !taken.contains(&like) {
        return like;
    }
    // The end of a long name says more than its beginning, which it shares with its neighbours.
    let mut code = hash(name);
    loop {
        let mut other = format!("t{code:08x}_");
        let from = like.len().saturating_sub(LONGEST - other.len());
        other.push_str(&like[from..]);
        if !taken.contains(&other) {
            return other;
        }
        // However many names have one code, each finds another at once.
        code = code.wrapping_add(1 | taken.len() as u32);
    }
}

/// True where another space with another name in it would look the same: `a` and `b__c`, `a__b` and `c`.
fn is_vague(name: &str) -> bool {
    name.split_once(WITHIN).is_some_and(|(_, name)| name.starts_with('_') || name.contains(BETWEEN))
}

/// Underscores at the end, two at most: a space that ends with them needs no others.
fn trailing(like: &str) -> usize {
    like.bytes().rev().take(BETWEEN.len()).take_while(|byte| *byte == b'_').count()
}

/// FNV-1a: it must be the same for a name in every run, or no prompt would be found in a cache again.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::super::plain::is_plain;
    use super::*;

    fn aliases(names: &[&str]) -> Vec<String> {
        let mut taken = HashSet::new();
        names
            .iter()
            .map(|name| {
                let alias = alias(name, &taken);
                taken.insert(alias.clone());
                alias
            })
            .collect()
    }

    #[test]
    fn an_alias_is_like_the_name_and_plain() {
        let long = "a".repeat(90) + "_the_end";
        let names =
            ["mcp__town\u{1f}ring", "mcp__town__\u{1f}ring", "\u{1e}exec", "a.b:c d", "7", "größe", &long];
        let found = aliases(&names);
        assert_eq!(found[0], "mcp__town__ring");
        assert_ne!(found[1], found[0], "no two are called the same");
        assert!(found[1].ends_with("_mcp__town__ring"), "{found:?}");
        assert_eq!(found[2..6], ["exec", "a_b_c_d", "_7", "gr__e"]);
        assert!(found[6].ends_with("_the_end") && found[6].len() == LONGEST, "{found:?}");
        assert!(found.iter().all(|alias| is_plain(alias)), "{found:?}");
        assert_eq!(found, aliases(&names), "the same every time");
    }

    #[test]
    fn what_stands_in_a_space_is_called_the_same_whatever_else_there_is() {
        let of = |names: &[&'static str], withheld: &[&'static str]| {
            let tool = |name: &&'static str| Tool {
                name: (*name).into(),
                description: None,
                schema: None,
                strict: None,
                cache: None,
            };
            let withheld = withheld.iter().map(|name| (*name).into()).collect();
            let tools = names.iter().map(tool).collect();
            Aliases::of(&Conversation { tools, withheld, ..Conversation::default() }, crate::dialect::OPENAI)
                .there
        };
        let (town, vague) = ("a__b\u{1f}c", "a\u{1f}b__c");
        let alone = of(&[town], &[]);
        assert_eq!(alone[town], "a__b__c");
        for (offered, withheld) in [
            (&[vague, town, "a__b__c"][..], &[][..]),
            (&["a__b__c", town], &[vague]),
            (&[town], &["a__b__c", vague, "\u{1e}a__b\u{1f}c"]),
        ] {
            let found = of(offered, withheld);
            assert_eq!(found[town], alone[town]);
            assert!(found["a__b__c"].ends_with("_a__b__c"), "{found:?}");
            assert_eq!(found[vague], of(&[vague], &[])[vague]);
        }
    }
}
