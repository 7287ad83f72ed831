//! The names of responses and conversations in requests and answers: what only the upstream knows that gave them. Like the
//! model's name they decide where a request goes, so that a body which gives one twice is refused.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::adaptor::Operation;
use crate::envelope::{Envelope, EnvelopeError};
use crate::json::type_name;
use crate::names::Names;
use crate::neutral::Offer;
use crate::scan;

const KEYS: [&str; 2] = ["previous_response_id", "conversation"];

/// What routing needs of a request that names a response in its path.
pub(super) fn envelope(offer: &Offer, path: &str) -> Envelope {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let streams = query.split('&').any(|pair| pair == "stream=true");
    let stream = streams && offer.operation == Operation::Retrieve;
    Envelope { model: String::new(), stream, model_at: None }
}

/// What a request goes on with. Its body is one JSON object.
///
/// # Errors
/// When a name is given twice, in any escaping and case, or is none.
pub(super) fn in_request(body: &Bytes) -> Result<Names, EnvelopeError> {
    let quick = scan::text(body).and_then(quickly);
    let [response, conversation] = match quick {
        Some(found) => found,
        None => surely(body)?,
    };
    Ok(Names {
        response: response.map(|text| name(KEYS[0], text)).transpose()?,
        conversation: conversation.map(|text| name(KEYS[1], inner(text))).transpose()?,
        ..Names::default()
    })
}

/// The values as they stand. `None`: the body is looked at once more.
fn quickly(text: &str) -> Option<[Option<&str>; 2]> {
    let mut found: [Option<Range<usize>>; 2] = [None, None];
    scan::each(text, |key, value| {
        let Some(n) = KEYS.iter().position(|wanted| wanted.eq_ignore_ascii_case(key)) else {
            return Some(());
        };
        (key == KEYS[n] && found[n].replace(value).is_none()).then_some(())
    })?;
    Some(found.map(|at| at.and_then(|at| text.get(at)).filter(|text| *text != "null")))
}

fn surely(body: &[u8]) -> Result<[Option<&str>; 2], EnvelopeError> {
    struct Found<'a>([Option<&'a RawValue>; 2], Option<String>);
    struct Object;
    impl<'de> Visitor<'de> for Object {
        type Value = Found<'de>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = Found([None; 2], None);
            while let Some(key) = map.next_key::<String>()? {
                let Some(n) = KEYS.iter().position(|wanted| wanted.eq_ignore_ascii_case(&key)) else {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                };
                let twice = found.0[n].replace(map.next_value()?).is_some();
                if key != KEYS[n] {
                    let cure = format!(
                        "a key differs from `{0}` only in upper and lower case: write it as `{0}`, once",
                        KEYS[n]
                    );
                    found.1 = Some(cure);
                } else if twice {
                    found.1 = Some(format!("`{key}` is given twice: send it once"));
                }
            }
            Ok(found)
        }
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let refuse = |message| EnvelopeError { message, param: None };
    let Found(found, wrong) = json
        .deserialize_map(Object)
        .map_err(|error| refuse(format!("the request body cannot be read: {error}")))?;
    match wrong {
        Some(message) => Err(refuse(message)),
        None => Ok(found.map(|raw| raw.map(RawValue::get).filter(|text| *text != "null"))),
    }
}

/// A conversation's name: it stands for itself, or in an object.
fn inner(text: &str) -> &str {
    let inner = scan::values(text.as_bytes(), ["id"]);
    inner.and_then(|[id]| id).unwrap_or(text)
}

fn name(key: &'static str, text: &str) -> Result<String, EnvelopeError> {
    match serde_json::from_str::<String>(text) {
        Ok(name) if (1..=Names::LONGEST).contains(&name.len()) => Ok(name),
        Ok(_) => {
            let message = format!("`{key}` must have 1 to {} bytes", Names::LONGEST);
            Err(EnvelopeError { message, param: Some(key) })
        }
        Err(_) => {
            let message = match serde_json::from_str::<&RawValue>(text) {
                Ok(raw) => format!("`{key}` must be a string, not {}", type_name(raw)),
                Err(_) => format!("`{key}` must be a string"),
            };
            Err(EnvelopeError { message, param: Some(key) })
        }
    }
}

/// What an answer is called, and its conversation, as far as that stands in its beginning.
pub(super) fn in_answer(answer: &[u8]) -> Names {
    let text = |raw: &str| serde_json::from_str::<String>(raw).ok().filter(|name| is_name(name));
    let answer = match first_event(answer) {
        Some(event) => {
            scan::values(event, ["response"]).and_then(|[response]| response).unwrap_or_default().as_bytes()
        }
        None => answer,
    };
    if let Some([id, conversation]) = scan::values(answer, ["id", "conversation"]) {
        return Names {
            response: id.and_then(text),
            conversation: conversation.and_then(|object| text(inner(object))),
            ..Names::default()
        };
    }
    let mut names = Names::default();
    // Where it breaks off is no matter.
    let _ = serde_json::Deserializer::from_slice(answer).deserialize_map(Beginning(&mut names));
    names
}

/// The data of its first event, where an answer is told as a stream.
fn first_event(answer: &[u8]) -> Option<&[u8]> {
    let rest = answer.strip_prefix(b"event: ")?;
    let (_, data) = rest.split_at(memchr::memmem::find(rest, b"\ndata: ")? + b"\ndata: ".len());
    Some(&data[..memchr::memchr(b'\n', data)?])
}

fn is_name(name: &str) -> bool {
    (1..=Names::LONGEST).contains(&name.len())
}

/// Reads an answer's name out of as much of it as there is.
struct Beginning<'n>(&'n mut Names);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Id,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for Beginning<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Id => self.0.response = Some(map.next_value::<String>()?).filter(|name| is_name(name)),
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &str) -> Result<(Option<String>, Option<String>), String> {
        let names = in_request(&Bytes::copy_from_slice(body.as_bytes())).map_err(|error| error.message)?;
        Ok((names.response, names.conversation))
    }

    #[test]
    fn what_a_request_goes_on_with_is_read_in_any_writing() {
        let named = |response: &str| Ok((Some(response.to_owned()), None));
        assert_eq!(request(r#"{"model":"m","input":"x"}"#), Ok((None, None)));
        assert_eq!(request(r#"{"previous_response_id":null,"conversation":null}"#), Ok((None, None)));
        assert_eq!(request(r#"{"previous_response_id":"resp_1"}"#), named("resp_1"));
        assert_eq!(request(r#"{"previous\u005fresponse_id":"resp_\u0031"}"#), named("resp_1"));
        let conversation = Ok((None, Some("conv_1".to_owned())));
        assert_eq!(request(r#"{"conversation":"conv_1"}"#), conversation);
        assert_eq!(request(r#"{"conversation":{"id":"conv_1"}}"#), conversation);
        assert_eq!(request(r#"{"metadata":{"previous_response_id":"resp_1"}}"#), Ok((None, None)));
    }

    #[test]
    fn a_name_that_is_not_clear_is_refused() {
        for (body, said) in [
            (r#"{"previous_response_id":"a","previous_response_id":"b"}"#, "twice"),
            (r#"{"previous_response_id":null,"previous\u005fresponse_id":"b"}"#, "twice"),
            (r#"{"Previous_Response_ID":"a"}"#, "upper and lower case"),
            (r#"{"previous_response_id":7}"#, "must be a string, not a number"),
            (r#"{"previous_response_id":""}"#, "1 to 512 bytes"),
            (r#"{"conversation":{"di":"a"}}"#, "must be a string, not an object"),
        ] {
            let refused = request(body).unwrap_err();
            assert!(refused.contains(said), "{body}: {refused}");
        }
    }

    #[test]
    fn an_answer_is_named_also_by_its_beginning() {
        let response = |text: &str| in_answer(text.as_bytes()).response;
        assert_eq!(response(r#"{"id":"resp_1","output":[]}"#), Some("resp_1".into()));
        assert_eq!(
            response(r#"{"object":"response","id":"resp_1","output":[{"id":"msg_1","#),
            Some("resp_1".into())
        );
        assert_eq!(response(r#"{"output":[{"id":"msg_1"}]}"#), None);
        assert_eq!(response("no JSON"), None);
        let told = "event: response.created\ndata: {\"type\":\"x\",\"response\":{\"id\":\"resp_1\"}}\n\n";
        assert_eq!(response(told), Some("resp_1".into()));
        let told = "event: response.created\ndata: {\"type\":\"x\",\"response\":{\"id\":\"resp_1\"}}\n\n";
        assert_eq!(response(told), Some("resp_1".into()));
        let named = in_answer(br#"{"id":"resp_1","conversation":{"id":"conv_1"}}"#);
        assert_eq!(named.conversation.as_deref(), Some("conv_1"));
    }
}
