//! Ids of tool calls. Anthropic takes `[a-zA-Z0-9_-]+` only, others give what they like (`functions.f:0`): such an id
//! is spelled out in that alphabet and read back when it returns.

use std::borrow::Cow;

use crate::neutral::spelled::{is_plain, join, read_back, spell, split};
use crate::neutral::{Ids, short};

/// Begins an id that is spelled out.
const MARK: &str = "wt-";

/// Characters of an id for an upstream: some clouds take no more.
pub(super) const LONGEST: usize = 64;

/// Marks the thinking that an upstream of this dialect signed ([`crate::neutral::Signed::by`]).
pub(in crate::anthropic) const OWN: &str = "";

/// Begins a signature (or redacted thinking) that another upstream gave: only such a one is shown to one again.
pub(super) const SIGNED: &str = "wt:";

/// Begins a signature of a thinking that is none: the proof of the text or the call before it.
pub(super) const PROOF: &str = "wt-proof:";

/// For a client of Anthropic's dialect.
pub(super) fn to_client<'a>(id: Cow<'a, str>, signature: &str) -> Cow<'a, str> {
    if !signature.is_empty() {
        return join(&id, signature).into();
    }
    if !id.is_empty() && !id.starts_with(MARK) && id.bytes().all(|byte| is_plain(byte) || byte == b'-') {
        return id;
    }
    let mut spelled = String::from(MARK);
    spell(&id, &mut spelled);
    spelled.into()
}

/// For an upstream of Anthropic's dialect.
pub(super) fn to_upstream(id: &str, ids: Ids) -> Cow<'_, str> {
    if split(id).is_some() {
        return ids.fit(id);
    }
    let there = to_client(id.into(), "");
    if there.len() > LONGEST { short(id).into() } else { there }
}

/// Of a client of Anthropic's dialect: the id, and the signature that it carries.
pub(super) fn from_client(id: Cow<'_, str>) -> (Cow<'_, str>, Option<Cow<'_, str>>) {
    match split(&id) {
        Some((id, signature)) => (id.into(), Some(signature.into())),
        None => (from_upstream(id), None),
    }
}

/// Of an upstream of Anthropic's dialect.
pub(super) fn from_upstream(id: Cow<'_, str>) -> Cow<'_, str> {
    match id.strip_prefix(MARK).and_then(read_back) {
        Some(original) => original.into(),
        None => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn good_ids_stay_as_they_are() {
        for id in ["toolu_01A", "call-x_9"] {
            assert_eq!(to_client(id.into(), ""), id);
            assert_eq!(from_client(id.into()), (id.into(), None));
        }
        assert_eq!(to_client("functions.f:0".into(), ""), "wt-functions-2ef-3a0");
        assert_eq!(to_client("f-1".into(), "a+b="), "wt--f-2d1--a-2bb-3d");
        assert_eq!(to_upstream("wt--f-2d1--a-2bb-3d", claude()), "wt--f-2d1--a-2bb-3d");
        for other in ["wt-", "wt-a-", "wt-a-zz", "wt--é", "wt--", "wt----", "wt--a--é", "wt--a-z--b"] {
            let _ = from_client(other.into());
        }
    }

    fn claude() -> Ids {
        Ids::of("claude-opus-4-8", LONGEST)
    }

    #[test]
    fn an_id_with_a_signature_is_as_long_as_it_is_only_where_somebody_reads_it() {
        let long = join("call_1", &"s".repeat(400));
        assert_eq!(to_upstream(&long, Ids::of("gemini-3-pro", LONGEST)), long);
        let there = to_upstream(&long, claude());
        assert!(there.len() <= LONGEST && there == to_upstream(&long, claude()), "{there}");
        assert_ne!(there, to_upstream(&join("call_2", &"s".repeat(400)), claude()));
    }

    proptest! {
        #[test]
        fn any_id_comes_back(id in "\\PC{0,20}|wt-[a-z0-9-]{0,9}", signature in "|[a-zA-Z0-9+/=]{1,40}|\\PC{1,9}") {
            let there = to_client(id.as_str().into(), &signature).into_owned();
            prop_assert!(there.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)));
            let signature = Some(signature).filter(|signature| !signature.is_empty());
            prop_assert_eq!(from_client(there.into()), (id.into(), signature.map(Into::into)));
        }

        #[test]
        fn any_id_comes_back_from_an_upstream(id in "\\PC{0,20}|wt-[a-z0-9-]{0,9}") {
            let there = to_upstream(&id, claude()).into_owned();
            prop_assert!(there.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)));
            prop_assert!(there.len() <= LONGEST);
            let is_short = to_client(id.as_str().into(), "").len() > LONGEST;
            prop_assert!(is_short || from_upstream(there.into()) == id);
        }
    }
}
