//! What is read beside a conversation: lists of models, numbers of tokens, names that only one upstream knows, sessions,
//! and streams of images and sound.

use adaptors::adaptor::{Answer, Call, Operation};
use adaptors::dialect::{DIALECTS, Dialect, OPENAI};
use adaptors::names::{Names, Other};
use adaptors::{models, session};
use bytes::Bytes;
use serde_json::Value;

use crate::calls::{asked, call, check_error, pairs};
use crate::reading::{End, read};

pub fn run(input: &[u8]) {
    let body = Bytes::copy_from_slice(input);
    for name in models::read(input).into_iter().flatten() {
        assert!(!name.is_empty() && !name.chars().any(char::is_control), "{name:?}");
    }
    let by_header = session::of(|name| (name == "session-id").then_some(input), b"{}");
    assert_eq!(by_header.is_some(), !input.is_empty());
    let by_body = session::of(|_| None, input);
    assert_eq!(by_body, session::of(|_| None, input));
    for dialect in DIALECTS {
        names(dialect, &body);
    }
    count(&body);
    media(input);
}

/// No more than are kept; each is a text, which stands in what came, unless it is escaped there.
fn names(dialect: Dialect, body: &Bytes) {
    let asked = dialect.goes_on_with(body).map(|names| {
        let named = names.response.into_iter().chain(names.conversation);
        named.chain(names.others.into_iter().map(|other| other.name)).collect()
    });
    let told = dialect.named(body);
    let told = told.response.into_iter().chain(told.conversation).chain(of(told.others)).collect();
    let mentioned: Vec<String> = of(dialect.mentions(body).unwrap_or_default()).collect();
    let given: Vec<String> = of(dialect.gives(body)).collect();
    let text = String::from_utf8_lossy(body);
    for names in [asked.unwrap_or_default(), told, mentioned, given] {
        assert!(names.len() <= 2 * Names::MOST + 2, "{}", names.len());
        for name in names {
            assert!(text.contains('\\') || text.contains(&name), "{dialect:?}: {name:?} out of nothing");
        }
    }
}

fn of(others: Vec<Other>) -> impl Iterator<Item = String> {
    others.into_iter().map(|other| other.name)
}

/// A number of tokens is told as the number that it is.
fn count(body: &Bytes) {
    let (request, envelope) = asked(false);
    for (client, upstream, adaptor) in pairs() {
        let counts = |dialect: Dialect| dialect.offer(Operation::CountTokens);
        let (Some(offer), Some(_)) = (counts(client), counts(upstream)) else { continue };
        let asked = Call {
            operation: Operation::CountTokens,
            path: offer.inbound,
            ..call(client, &request, &envelope, "m")
        };
        match adaptor.answer(&asked, body.clone()) {
            Answer::Error(error) => check_error(&error, client, body.len()),
            Answer::Deliver { body: told, .. } if client == upstream => assert_eq!(told, body),
            Answer::Deliver { body: told, .. } => {
                let number = |dialect: Dialect, body: &Bytes| {
                    serde_json::from_slice::<Value>(body).expect("a number is told in JSON")
                        [dialect.count_key()]
                    .as_u64()
                };
                let told = number(client, &told);
                assert_eq!(told, number(upstream, body));
                assert!(told.is_some());
            }
        }
    }
}

/// Images, speech and transcriptions: as they came, however they are cut, and no success where nothing came.
fn media(input: &[u8]) {
    let (request, envelope) = asked(true);
    for operation in [Operation::ImageGenerations, Operation::Transcriptions, Operation::Speech] {
        let Some(offer) = OPENAI.offer(operation) else { continue };
        let asked = Call { operation, path: offer.inbound, ..call(OPENAI, &request, &envelope, "m") };
        let same = OPENAI.same();
        let whole = read(same.stream(&asked), OPENAI.framing(), input, input.len());
        let cut = read(same.stream(&asked), OPENAI.framing(), input, 5);
        assert_eq!((&cut.end, &cut.usage), (&whole.end, &whole.usage));
        assert!(whole.end != End::Whole || !whole.out.is_empty(), "success out of nothing");
        let sent = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
        let is_same = sent.starts_with(&whole.out) || whole.out.len() <= sent.len() + 16;
        assert!(is_same, "edited on its way: {:?}", String::from_utf8_lossy(&whole.out));
    }
}
