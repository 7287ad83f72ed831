//! What holds the requests of one conversation together, so that they go where their prompt is cached already: what the
//! client calls its session, or else what all turns of a conversation begin with.

use serde_json::value::RawValue;

use crate::scan;

/// Headers by which clients name their session.
const HEADERS: [&str; 3] = ["x-session-id", "session-id", "session_id"];
/// The keys of a body that tell: the first two name the session, the others begin the conversation.
const KEYS: [&str; 8] = [
    "prompt_cache_key",
    "metadata",
    "system",
    "instructions",
    "systemInstruction",
    "messages",
    "input",
    "contents",
];
/// Bytes of a text that are looked at.
const LOOKED_AT: usize = 2 * 1024;
/// What Claude Code puts before the session in its user's id.
const SESSION: &str = "_session_";

/// A number that requests of one session share. `header` looks one up.
#[must_use]
pub fn of<'a>(header: impl Fn(&str) -> Option<&'a [u8]>, body: &[u8]) -> Option<u64> {
    if let Some(named) = HEADERS.iter().find_map(|name| header(name).filter(|value| !value.is_empty())) {
        return Some(hash(0, named));
    }
    let [cache_key, metadata, system, instructions, gemini, messages, input, contents] =
        scan::values(body, KEYS)?;
    let cache_key = cache_key.filter(|key| *key != "\"\"");
    if let Some(named) = cache_key.or(metadata.and_then(session_of)) {
        return Some(hash(0, named.as_bytes()));
    }
    let said = [system, instructions, gemini].into_iter().flatten();
    let begins = said.fold(0, |sum, text| hash(sum, text.as_bytes()));
    let turns = messages.or(input).or(contents)?;
    let Ok(turns) = serde_json::from_str::<Vec<&RawValue>>(turns) else {
        // A prompt that is a text.
        return Some(hash(begins, turns.as_bytes()));
    };
    let mut sum = begins;
    for turn in turns {
        sum = hash(sum, turn.get().as_bytes());
        if scan::values(turn.get().as_bytes(), ["role"]).is_some_and(|[role]| role == Some("\"user\"")) {
            break;
        }
    }
    Some(sum)
}

/// The session in `metadata.user_id`.
fn session_of(metadata: &str) -> Option<&str> {
    let [user] = scan::values(metadata.as_bytes(), ["user_id"])?;
    let (_, session) = user?.split_once(SESSION)?;
    Some(session)
}

/// Mixes a text into a number (FNV-1a, stirred): its beginning and its length, which is enough to tell prompts apart.
fn hash(sum: u64, text: &[u8]) -> u64 {
    let sum = stir(sum ^ text.len() as u64);
    let mixed = text[..text.len().min(LOOKED_AT)].iter().fold(sum ^ 0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    stir(mixed)
}

/// How far a session is from one of several: the nearest is its own, and of many sessions each gets its share by weight
/// (weighted rendezvous hashing).
#[must_use]
pub fn distance(session: u64, name: &[u8], weight: u32) -> f64 {
    let unit = ((hash(session, name) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    -unit.ln() / f64::from(weight.max(1))
}

fn stir(mut sum: u64) -> u64 {
    sum = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    sum = (sum ^ (sum >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    sum ^ (sum >> 31)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn session(header: Option<(&str, &str)>, body: &Value) -> Option<u64> {
        let find = |name: &str| header.filter(|(key, _)| *key == name).map(|(_, value)| value.as_bytes());
        of(find, body.to_string().as_bytes())
    }

    #[test]
    fn the_first_that_names_it_counts_and_later_turns_change_nothing() {
        let turn = |role: &str, text: &str| json!({"role": role, "content": text});
        let begins = json!([turn("system", "s"), turn("user", "u")]);
        let goes_on =
            json!([turn("system", "s"), turn("user", "u"), turn("assistant", "a"), turn("user", "more")]);
        let of = |turns: &Value| session(None, &json!({"model": "m", "messages": turns}));
        assert_eq!(of(&begins), of(&goes_on));
        assert_ne!(of(&begins), of(&json!([turn("system", "s"), turn("user", "other")])));
        assert_ne!(of(&begins), of(&json!([turn("system", "other"), turn("user", "u")])));
        let keyed =
            |key: &str, turns: &Value| session(None, &json!({"prompt_cache_key": key, "input": turns}));
        assert_eq!(keyed("k", &begins), keyed("k", &json!("else")));
        let claude =
            |id: &str, turns: &Value| session(None, &json!({"metadata": {"user_id": id}, "messages": turns}));
        assert_eq!(
            claude("user_1_account__session_x", &begins),
            claude("user_2_account__session_x", &json!([]))
        );
        assert_ne!(claude("user_1", &begins), claude("user_1", &json!([turn("user", "x")])));
        let header = Some(("session_id", "x"));
        assert_eq!(
            session(header, &json!({"messages": begins})),
            session(header, &json!({"prompt_cache_key": "k"}))
        );
        assert_eq!(session(None, &json!({"model": "m"})), None);
    }

    #[test]
    fn weights_hold_over_many_sessions_and_one_less_moves_only_its_own() {
        let best = |session, names: &[(&'static str, u32)]| {
            let distance = |(name, weight): &&(&str, u32)| distance(session, name.as_bytes(), *weight);
            names.iter().min_by(|one, other| distance(one).total_cmp(&distance(other))).unwrap().0
        };
        let all = [("a", 3), ("b", 1), ("c", 1)];
        let (mut of_a, sessions) = (0, 10_000);
        for n in 0..sessions {
            let session = hash(n, b"session");
            let one = best(session, &all);
            of_a += u64::from(one == "a");
            assert!(one == "b" || best(session, &[all[0], all[2]]) == one, "only b's move");
        }
        assert!((5_700..6_300).contains(&of_a), "{of_a} of {sessions}, three fifths");
    }
}
