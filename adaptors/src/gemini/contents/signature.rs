//! What `thoughtSignature` carries. Gemini's own is passed on as it is. What other upstreams signed has no place in this
//! dialect, whose clients send back nothing but the signature of a call or a text: so it travels in there, with its mark
//! ([`crate::neutral::Signed::by`]), in base64, as clients take a signature for bytes.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use crate::neutral::by;

/// Marks thinking that an upstream of this dialect signed: the dialect's name.
pub(super) const OWN: &str = "gemini";
/// Marks its signatures of calls and texts.
pub(in crate::gemini) const PROOF: &str = "";

/// What Google documents for a call that another model made, or whose signature a client lost.
pub(super) const STAND_IN: &str = "skip_thought_signature_validator";
/// Another one that is documented.
const OTHER_STAND_IN: &str = "context_engineering_is_the_way_to_go";
/// Begins what was wrapped here.
const MARK: &[u8] = b"wt1";

const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// SDKs send back in either alphabet what they got in one.
const READERS: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING),
    GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING),
];

/// A signed thinking, or a redacted one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Thought {
    #[serde(rename = "t")]
    Signed(String, String),
    #[serde(rename = "r")]
    Redacted(String),
}

/// What one signature carries.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Carried {
    #[serde(rename = "t", default)]
    pub(super) thoughts: Vec<Thought>,
    /// Of the call or the text itself.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(super) own: Option<String>,
}

/// For a client; `None` where there is nothing to carry.
pub(super) fn to_client(thoughts: Vec<Thought>, own: Option<&str>) -> Option<String> {
    if thoughts.is_empty() && own.is_none_or(|own| by(own, PROOF).is_some()) {
        return own.map(str::to_owned);
    }
    let carried = Carried { thoughts, own: own.map(str::to_owned) };
    let mut bytes = MARK.to_vec();
    // Neither memory nor these types can refuse.
    let _ = serde_json::to_writer(&mut bytes, &carried);
    Some(BASE64_STANDARD.encode(bytes))
}

/// Of a client. A stand-in is no signature: it is put there anew where one is needed. Gemini's own goes to upstreams of
/// other dialects in the alphabet in which Google gave it, also from clients that send it back in the other.
pub(super) fn from_client(signature: &str) -> Carried {
    if matches!(signature, "" | STAND_IN | OTHER_STAND_IN) {
        return Carried::default();
    }
    let carried = bytes(signature).and_then(|bytes| serde_json::from_slice(bytes.strip_prefix(MARK)?).ok());
    carried.unwrap_or_else(|| {
        let as_given =
            if signature.contains(['-', '_']) { standard(signature.into()) } else { signature.into() };
        Carried { thoughts: Vec::new(), own: Some(as_given.into_owned()) }
    })
}

/// The bytes that a base64 text of either alphabet stands for.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    READERS.iter().find_map(|reader| reader.decode(text).ok())
}

/// Base64 in the alphabet that other dialects take.
pub(super) fn standard(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_standard = !text.contains(['-', '_']) && text.len().is_multiple_of(4);
    match bytes(&text).filter(|_| !is_standard) {
        Some(bytes) => BASE64_STANDARD.encode(bytes).into(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_comes_back_in_either_alphabet() {
        let thoughts =
            || vec![Thought::Signed("hm?>~".into(), "s+/ig".into()), Thought::Redacted("x\u{3fe}".into())];
        for own in [None, Some("own="), Some("openai:own=")] {
            let there = to_client(thoughts(), own).unwrap();
            let back = Carried { thoughts: thoughts(), own: own.map(str::to_owned) };
            assert_eq!(from_client(&there), back);
            assert_eq!(from_client(&there.replace('+', "-").replace('/', "_")), back);
            assert_eq!(from_client(there.trim_end_matches('=')), back);
        }
        let others = to_client(Vec::new(), Some("openai:a")).unwrap();
        let back = Carried { thoughts: Vec::new(), own: Some("openai:a".to_owned()) };
        assert_eq!((others.contains(':'), from_client(&others)), (false, back));
        assert_eq!(
            (to_client(Vec::new(), Some("a")).as_deref(), to_client(Vec::new(), None)),
            (Some("a"), None)
        );
    }

    #[test]
    fn a_stand_in_is_none_and_googles_own_stays_as_it_is() {
        for none in ["", STAND_IN, OTHER_STAND_IN] {
            assert_eq!(from_client(none), Carried::default());
        }
        for own in ["AbCd==", "wt1", "d3Qx", "not base64!"] {
            assert_eq!(from_client(own), Carried { thoughts: Vec::new(), own: Some(own.to_owned()) });
        }
        assert_eq!(from_client("Qx-q_A==").own.as_deref(), Some("Qx+q/A=="));
        assert_eq!(standard("-_8".into()), "+/8=");
        assert_eq!(standard("+/8=".into()), "+/8=");
    }
}
