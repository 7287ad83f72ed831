//! What stays, by kind: descriptors and threads as the system shows them, tasks by the stacks that hold them.

use process::Change;

use crate::stacks::Stack;

/// So many kinds, and so many stacks, are told.
const TOLD: usize = 3;

/// What there is more of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stays {
    pub(crate) descriptors: Vec<Change>,
    pub(crate) threads: Vec<Change>,
    pub(crate) stacks: Vec<Stack>,
}

impl Stays {
    pub(super) fn sentences(&self, descriptors: bool, tasks: bool) -> Vec<String> {
        let mut texts = Vec::new();
        if descriptors && !self.descriptors.is_empty() {
            texts.push(format!("descriptors by kind: {}", process::told(&self.descriptors, TOLD)));
        }
        texts.extend(self.stacks.iter().take(TOLD).filter(|_| tasks).map(|stack| {
            let why = stack.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let cure = stack.cure.as_ref().map(|cure| format!(" -> {cure}")).unwrap_or_default();
            let stand = if stack.now == 1 { "task stands" } else { "tasks stand" };
            format!("{} {stand} at {} ({} before){why}{cure}", stack.now, stack.place, stack.before)
        }));
        // Threads of a program whose tasks are no threads say little of them.
        if tasks && self.stacks.is_empty() && !self.threads.is_empty() {
            texts.push(format!("by name: {}", process::told(&self.threads, TOLD)));
        }
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: &str, before: u64, now: u64) -> Change {
        Change { kind: process::Kind::Named(kind.to_owned()), before, now }
    }

    #[test]
    fn what_stays_is_told_by_kind_and_by_stack() {
        let stays = Stays {
            descriptors: vec![change("logs/oneapi-….log", 12, 452)],
            threads: vec![change("threads worker-…", 4, 9)],
            stacks: Vec::new(),
        };
        let told = stays.sentences(true, true);
        assert_eq!(told[0], "descriptors by kind: 452 x logs/oneapi-….log (12 before)");
        assert_eq!(told[1], "by name: 9 x threads worker-… (4 before)");
        assert_eq!(stays.sentences(true, false).len(), 1);
        let stack = Stack {
            place: "StreamHandler.func2 (relay/main.go:62)".to_owned(),
            before: 0,
            now: 25,
            why: Some("it sends, and the receiver has returned".to_owned()),
            cure: Some("select on the request's context".to_owned()),
        };
        let told = Stays { stacks: vec![stack], ..stays }.sentences(false, true);
        let wanted = "25 tasks stand at StreamHandler.func2 (relay/main.go:62) (0 before): it sends, and the receiver has returned -> select on the request's context";
        assert_eq!(told, [wanted]);
    }
}
