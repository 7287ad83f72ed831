//! Turns as dialects want them that let the speakers alternate: neighbours of one role are one.

use super::part::{Content, Part};
use super::request::{Conversation, Role};

impl Conversation<'_> {
    /// The turns with what is left of them, neighbours of one role merged, a user's tool results first: answers to calls
    /// must follow them at once, before any instructions that stand between.
    pub fn merged(&self, is_sent: impl Fn(&Content<'_>) -> bool) -> Vec<(Role, Vec<&Part<'_>>)> {
        let mut merged = self.merged_as(|role| role, is_sent);
        let mut at = 1;
        while at + 1 < merged.len() {
            if merged[at].0 == Role::System && merged[at + 1].0 == Role::User {
                let results = merged[at + 1].1.iter().take_while(|part| is_result(part)).count();
                if results > 0 {
                    let results = merged[at + 1].1.drain(..results).collect();
                    merged.insert(at, (Role::User, results));
                    at += 1;
                }
            }
            at += 1;
        }
        merged.retain(|(_, parts)| !parts.is_empty());
        merged
    }

    /// Like [`Self::merged`]; instructions between turns become part of the user's turn that they stand beside.
    pub fn merged_without_system(
        &self,
        is_sent: impl Fn(&Content<'_>) -> bool,
    ) -> Vec<(Role, Vec<&Part<'_>>)> {
        self.merged_as(|role| if role == Role::System { Role::User } else { role }, is_sent)
    }

    /// Whether these turns of it end with an answer that another one follows.
    #[must_use]
    pub fn ends_answered(&self, turns: &[(Role, Vec<&Part<'_>>)]) -> bool {
        self.answered && matches!(turns.last(), Some((Role::Assistant, _)))
    }

    fn merged_as(
        &self,
        role_of: impl Fn(Role) -> Role,
        is_sent: impl Fn(&Content<'_>) -> bool,
    ) -> Vec<(Role, Vec<&Part<'_>>)> {
        let mut merged: Vec<(Role, Vec<&Part<'_>>)> = Vec::with_capacity(self.turns.len());
        for turn in &self.turns {
            let role = role_of(turn.role);
            let parts: Vec<_> = turn.parts.iter().filter(|part| is_sent(&part.content)).collect();
            match merged.last_mut() {
                _ if parts.is_empty() => {}
                Some((known, last)) if *known == role => last.extend(parts),
                _ => merged.push((role, parts)),
            }
        }
        for (_, parts) in &mut merged {
            parts.sort_by_key(|part| !is_result(part));
        }
        merged
    }
}

fn is_result(part: &Part<'_>) -> bool {
    matches!(part.content, Content::ToolResult { .. })
}
