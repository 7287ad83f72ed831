//! Looks at what stays: before a row, and again only where the row left something.

use process::Look;

use super::bench::Bench;
use super::grade::Kind;
use super::stays::Stays;
use super::tally::Tally;
use crate::gauge::Left;

/// What there was before a row.
pub(crate) struct Before {
    look: Option<Look>,
    /// Why its stacks cannot be told.
    unprofiled: Option<String>,
}

impl Bench {
    /// Looks before a row.
    pub(super) fn look(&self) -> Before {
        let profiled = self.stacks.0.as_ref().map(|stacks| tokio::task::block_in_place(|| stacks.begin()));
        Before { look: self.gauge.process().map(process::look), unprofiled: profiled.and_then(Result::err) }
    }

    /// Looks again, where something is left, and says what it is.
    pub(super) fn stays(&self, before: &Before, left: &[Left], tally: &mut Tally) -> Stays {
        let is_left = |name: &str| left.iter().any(|left| left.name == name);
        let mut stays = Stays::default();
        if !is_left("descriptors") && !is_left("tasks") {
            return stays;
        }
        if let Some((before, pid)) = before.look.as_ref().zip(self.gauge.process()) {
            let now = process::look(pid);
            stays.descriptors = now.descriptors.grown(&before.descriptors);
            stays.threads = now.threads.grown(&before.threads);
        }
        if let Some(stacks) = self.stacks.0.as_ref().filter(|_| is_left("tasks")) {
            let grown = match &before.unprofiled {
                Some(why) => Err(why.clone()),
                None => tokio::task::block_in_place(|| stacks.grown()),
            };
            match grown {
                Ok(grown) => stays.stacks = grown,
                Err(why) => tally.note(format!("no stack can be named: {why}")),
            }
        }
        for text in stays.sentences(is_left("descriptors"), is_left("tasks")) {
            tally.complain(Kind::Leak, text);
        }
        stays
    }
}
