//! How an upstream fails: without an answer, or in the middle of one.

/// A request got no answer.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) why: Why,
    pub(crate) text: String,
}

/// How far a request got that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It was not sent, or the upstream says itself that it did nothing with it.
    Untouched,
    /// The answer is not HTTP.
    NotHttp,
    Broke,
    /// It broke off in its answer's head.
    Begun,
    /// The upstream reset this request's stream alone.
    Reset,
}

/// An answer broke off: its connection did, or what was compressed cannot be unpacked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut;
