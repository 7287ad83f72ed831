//! What is known of each kind of request in the row that is under way. What hung once is not asked again, in no round; and
//! once something has hung, the row has its verdict: a kind that was not asked before is not asked any more, because it
//! would be waited for as long. Kinds that had an end go on, because they show what else the row does.

use std::collections::BTreeSet;

/// A fault, an endpoint, and whether a stream is asked for.
pub(super) type Kind = (&'static str, &'static str, bool);

/// By kind.
#[derive(Debug, Default)]
pub(super) struct Known {
    hung: BTreeSet<Kind>,
    ended: BTreeSet<Kind>,
}

impl Known {
    /// Tells whether it is to be asked.
    pub(super) fn asks(&self, kind: Kind) -> bool {
        !self.hung.contains(&kind) && (self.hung.is_empty() || self.ended.contains(&kind))
    }

    pub(super) fn saw(&mut self, kind: Kind, hung: bool) {
        if hung { &mut self.hung } else { &mut self.ended }.insert(kind);
    }

    /// A good request has hung.
    pub(super) fn good_hung(&self) -> bool {
        self.hung.iter().any(|(fault, ..)| fault.is_empty())
    }

    /// One that hung, in words.
    pub(super) fn hung(&self) -> Option<String> {
        self.hung.first().copied().map(told)
    }
}

/// `stall-3, streamed, /v1/messages`
pub(super) fn told((fault, path, stream): Kind) -> String {
    let form = if stream { "streamed" } else { "whole" };
    let fault = if fault.is_empty() { "good" } else { fault };
    format!("{fault}, {form}, {path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hung_is_not_asked_again_nor_what_was_never_asked() {
        let [streamed, whole, other]: [Kind; 3] =
            [("stall", "/a", true), ("stall", "/a", false), ("", "/b", true)];
        let mut known = Known::default();
        assert!([streamed, whole, other].into_iter().all(|kind| known.asks(kind)));
        known.saw(whole, false);
        known.saw(streamed, true);
        assert_eq!([streamed, whole, other].map(|kind| known.asks(kind)), [false, true, false]);
        assert_eq!(known.hung().as_deref(), Some("stall, streamed, /a"));
        known.saw(whole, true);
        assert!(!known.asks(whole) && !known.good_hung(), "it had an end before");
        known.saw(other, true);
        assert!(known.good_hung());
    }
}
