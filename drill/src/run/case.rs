//! A kind of request, and what must become of it.

use super::amiss::Amiss;
use crate::client::{Outcome, Seen};

/// One kind of request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// As `drill upstream --list` names it; empty for a good answer.
    pub(crate) fault: &'static str,
    /// `None`: with and without a stream, in turn.
    pub(crate) stream: Option<bool>,
    pub(crate) expect: Expect,
}

/// With and without a stream.
pub(crate) const fn both(fault: &'static str, expect: Expect) -> Case {
    Case { fault, stream: None, expect }
}

pub(crate) const fn streamed(fault: &'static str, expect: Expect) -> Case {
    Case { fault, stream: Some(true), expect }
}

pub(crate) const fn whole(fault: &'static str, expect: Expect) -> Case {
    Case { fault, stream: Some(false), expect }
}

/// A client must see this.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expect {
    /// The whole answer.
    Good,
    /// One of these error statuses, the relay's own first; another relay may choose any error status.
    Status(&'static [u16]),
    /// As `Status`, where another relay may as well deliver the whole answer, and all of it.
    Strictly(&'static [u16]),
    /// Tokens were sent: an error event. Another relay may cut the connection, which is no lie.
    Event,
    /// An error of either kind.
    Error,
    /// An error event, as the relay's cap says; another relay may have another cap, or none, and then delivers all.
    Capped,
    /// The whole answer or an error, and an end.
    Any,
}

impl Expect {
    /// Compares with what was seen; `None` where it is as it must be. `strict` is how the drill's own relay is judged.
    pub(crate) fn judge(self, seen: &Seen, strict: bool) -> Option<Amiss> {
        let part = || Some(Amiss::Part(seen.other.clone()));
        match (self, seen.outcome) {
            (_, Outcome::Left) => None,
            (_, Outcome::Hung) => Some(Amiss::Hung(seen.took)),
            (_, Outcome::NoAnswer) => Some(Amiss::NoAnswer),
            (Self::Good | Self::Any, Outcome::Ok) if seen.complete => None,
            // An upstream that ends politely without its last event has said all: who passes that on does not lie.
            (Self::Any, Outcome::Ok) if seen.finished && !strict => None,
            (Self::Capped | Self::Strictly(_), Outcome::Ok) if seen.complete && !strict => None,
            (Self::Good | Self::Any, Outcome::Ok) => part(),
            (Self::Good, other) => Some(Amiss::NotGood(other)),
            (Self::Any, Outcome::Cut) if strict => Some(Amiss::Cut),
            (Self::Any, _) => None,
            (Self::Capped, Outcome::Ok) if seen.complete => Some(Amiss::BeyondCap),
            (Self::Capped | Self::Strictly(_), Outcome::Ok) => part(),
            (Self::Capped | Self::Strictly(_), _) if !strict => None,
            (Self::Strictly(wanted), _) => Self::Status(wanted).judge(seen, strict),
            (Self::Status(_) | Self::Event | Self::Error, Outcome::Ok) => Some(Amiss::LooksComplete),
            (Self::Status(wanted), Outcome::Http(came)) if strict && !wanted.contains(&came) => {
                Some(Amiss::Status { came, wanted: wanted[0] })
            }
            (Self::Status(_) | Self::Error, Outcome::Http(_)) if strict && seen.message.is_none() => {
                Some(Amiss::NoMessage)
            }
            (Self::Status(_) | Self::Error, Outcome::Http(_)) => None,
            (Self::Event | Self::Error | Self::Capped, Outcome::ErrorEvent) => None,
            (_, other) if strict => Some(Amiss::NoError(other)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::run::Kind;

    fn kind(expect: Expect, outcome: Outcome, complete: bool, strict: bool) -> Option<Kind> {
        let seen = Seen {
            complete,
            finished: complete,
            message: Some("why".to_owned()),
            took: Duration::from_secs(3),
            ..Seen::of(outcome)
        };
        expect.judge(&seen, strict).map(|amiss| amiss.kind())
    }

    #[test]
    fn a_lie_is_a_success_that_is_none() {
        for strict in [true, false] {
            assert_eq!(kind(Expect::Good, Outcome::Ok, true, strict), None);
            assert_eq!(kind(Expect::Good, Outcome::Ok, false, strict), Some(Kind::Lie));
            for expect in [Expect::Event, Expect::Error, Expect::Status(&[500])] {
                assert_eq!(kind(expect, Outcome::Ok, true, strict), Some(Kind::Lie));
                assert_eq!(kind(expect, Outcome::Hung, false, strict), Some(Kind::Hang));
            }
        }
    }

    /// Whatever else is allowed: what looks complete must be.
    #[test]
    fn a_part_is_a_lie_wherever_an_answer_may_come() {
        for expect in [Expect::Any, Expect::Capped, Expect::Strictly(&[502])] {
            for strict in [true, false] {
                assert_eq!(kind(expect, Outcome::Ok, false, strict), Some(Kind::Lie), "{expect:?}");
            }
            assert_eq!(kind(expect, Outcome::Ok, true, false), None, "{expect:?}");
            assert_eq!(kind(expect, Outcome::Http(502), false, false), None, "{expect:?}");
        }
        assert_eq!(kind(Expect::Any, Outcome::Ok, true, true), None);
        assert_eq!(kind(Expect::Capped, Outcome::Ok, true, true), Some(Kind::Wrong));
        let seen = Seen { finished: true, ..Seen::of(Outcome::Ok) };
        let lie = |strict| Expect::Any.judge(&seen, strict).map(|amiss| amiss.kind());
        assert_eq!((lie(true), lie(false)), (Some(Kind::Lie), None), "the last event is missing");
        assert_eq!(kind(Expect::Good, Outcome::Ok, false, false), Some(Kind::Lie));
    }

    #[test]
    fn a_stranger_may_choose_its_errors_and_our_own_relay_may_not() {
        let (wanted, other) = (Expect::Status(&[502]), Outcome::Http(500));
        assert_eq!(kind(wanted, Outcome::Http(502), false, true), None);
        assert_eq!(
            (kind(wanted, other, false, true), kind(wanted, other, false, false)),
            (Some(Kind::Wrong), None)
        );
        let cut = |strict| kind(Expect::Event, Outcome::Cut, false, strict);
        assert_eq!((cut(true), cut(false)), (Some(Kind::Wrong), None));
        assert_eq!(kind(Expect::Good, Outcome::Http(503), false, false), Some(Kind::Wrong));
        let silent = Expect::Status(&[502]).judge(&Seen::of(Outcome::Http(502)), true);
        assert_eq!(silent, Some(Amiss::NoMessage));
        let other = Expect::Status(&[502, 503]).judge(&Seen::of(other), true).map(|amiss| amiss.to_string());
        assert_eq!(other.as_deref(), Some("status 500 instead of 502"));
    }
}
