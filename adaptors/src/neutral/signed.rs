//! Who can tell that a thinking, a call or a text is the model's own: only upstreams of the dialect whose upstream signed
//! it. A client may have been served by several in one conversation, and most refuse another's signature. So a signature
//! bears the mark of its dialect (`MARK:…`) on its way to a client and back. The dialect that has its own place for one
//! bears none: Anthropic for thinking, Gemini for calls and texts.

use std::borrow::Cow;

use super::stream::Event;

/// Who can tell that a thinking is the model's own.
#[derive(Debug, PartialEq, Eq)]
pub enum Signed<'a> {
    /// Nobody.
    No,
    /// Upstreams of the dialect whose mark it bears.
    Here(Cow<'a, str>),
    /// Upstreams that the client reaches without a translation.
    Elsewhere,
}

impl Signed<'_> {
    /// The signature, if an upstream of the dialect with this mark gave it.
    #[must_use]
    pub fn by(&self, mark: &str) -> Option<&str> {
        match self {
            Self::Here(signature) => by(signature, mark),
            Self::No | Self::Elsewhere => None,
        }
    }
}

/// The signature without its mark, if it is this one.
#[must_use]
pub fn by<'s>(signature: &'s str, mark: &str) -> Option<&'s str> {
    match signature.split_once(':') {
        Some((other, own)) => (other == mark).then_some(own),
        None => mark.is_empty().then_some(signature),
    }
}

/// Marks what an upstream signs, event by event.
#[derive(Debug)]
pub(super) struct Marks {
    pub(super) thinking: &'static str,
    pub(super) proof: &'static str,
    /// A signature's beginning came: the rest bears no mark.
    pub(super) is_signing: bool,
}

impl Marks {
    pub(super) fn mark<'e>(&mut self, event: Event<'e>) -> Event<'e> {
        let goes_on = std::mem::replace(&mut self.is_signing, matches!(event, Event::Signature(_)));
        match event {
            Event::Signature(signature) if !goes_on => Event::Signature(marked(self.thinking, signature)),
            Event::Redacted(data) => Event::Redacted(marked(self.thinking, data)),
            Event::Proof { tool, signature } => {
                Event::Proof { tool, signature: marked(self.proof, signature) }
            }
            Event::Tool { tool, id, name, signature: Some(signature) } => {
                Event::Tool { tool, id, name, signature: Some(marked(self.proof, signature)) }
            }
            other => other,
        }
    }
}

/// No mark needs to be said where nothing could be taken for one.
fn marked<'s>(mark: &str, signature: Cow<'s, str>) -> Cow<'s, str> {
    if mark.is_empty() && !signature.contains(':') {
        return signature;
    }
    format!("{mark}:{signature}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_its_dialects_only() {
        for signature in ["abc=", "a:b", ":", "toy:a"] {
            for mark in ["", "toy"] {
                let there = marked(mark, signature.into());
                assert_eq!(by(&there, mark), Some(signature), "{there}");
                assert_eq!(by(&there, "other"), None, "{there}");
            }
        }
        assert_eq!((by("abc", ""), by("abc", "toy")), (Some("abc"), None));
    }

    #[test]
    fn a_signature_in_pieces_bears_one_mark() {
        let mut marks = Marks { thinking: "toy", proof: "", is_signing: false };
        let said = ["a", "b", "", "c"].map(|piece| match piece {
            "" => marks.mark(Event::Close(None)),
            piece => marks.mark(Event::Signature(piece.into())),
        });
        let signature = |text: &'static str| Event::Signature(text.into());
        assert_eq!(said, [signature("toy:a"), signature("b"), Event::Close(None), signature("toy:c")]);
        let proof = Event::Proof { tool: None, signature: "p".into() };
        assert_eq!(marks.mark(proof), Event::Proof { tool: None, signature: "p".into() });
    }
}
