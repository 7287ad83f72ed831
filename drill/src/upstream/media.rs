//! The operations that are no conversation, as a good provider answers them: texts that go on, moderations, reranking,
//! images, speech and its text. A transcription says how much it has heard, so that an upload that changed on its way shows.

use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::answer::Asked;
use super::perform::perform;
use super::request::{Request, find};
use super::table::{Chosen, Fault};
use super::terms::{EVENTS, Ending, JSON, Length};
use super::wire::{Wire, silence};

/// Bytes of an image or of speech, where no fault says how many KiB.
const SIZE: usize = 6 * 1024;
const PATHS: [&str; 9] = [
    "/v1/completions",
    "/v1/moderations",
    "/v1/rerank",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/images/variations",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/v1/audio/speech",
];

pub(super) fn has(path: &str) -> bool {
    PATHS.contains(&path)
}

/// A field of a form; of the beginning of one as far as it is there.
pub(super) fn field<'a>(body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let head = format!("name=\"{name}\"");
    let rest = &body[find(body, head.as_bytes())? + head.len()..];
    let rest = &rest[find(rest, b"\r\n\r\n")? + 4..];
    Some(&rest[..find(rest, b"\r\n--")?])
}

/// What a request asks for.
struct Wanted {
    stream: bool,
    text: bool,
    /// What was sent: a checksum and a length.
    heard: (u32, usize),
}

impl Wanted {
    fn of(request: &Request) -> Self {
        let json: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let said = |name: &str| match field(&request.body, name) {
            Some(value) => String::from_utf8_lossy(value).into_owned(),
            None => json[name].as_str().map_or_else(|| json[name].to_string(), str::to_owned),
        };
        let sent = field(&request.body, "file").or_else(|| field(&request.body, "image"));
        let sent = sent.unwrap_or_default();
        let sum = sent.iter().fold(0_u32, |sum, byte| sum.rotate_left(5) ^ u32::from(*byte));
        Self {
            stream: said("stream") == "true" || said("stream_format") == "sse",
            text: ["text", "srt", "vtt"].contains(&said("response_format").as_str()),
            heard: (sum, sent.len()),
        }
    }
}

/// A good answer, whole.
enum Good {
    Bytes(&'static str, Vec<u8>),
    Events(Vec<Vec<u8>>),
}

/// Answers; what a fault has to do with the form of an answer is done here.
pub(super) async fn respond(
    wire: &mut Wire<'_>,
    request: &Request,
    asked: &Asked,
    chosen: Option<Chosen>,
) -> io::Result<Ending> {
    let size = match &chosen {
        Some(Chosen { fault: Fault::Tokens, arg, .. }) => usize::try_from(arg << 10).unwrap_or(SIZE),
        _ => SIZE,
    };
    let ending = match chosen.as_ref().map(|chosen| chosen.fault) {
        None | Some(Fault::Tokens) => None,
        Some(Fault::Stall) => Some(None),
        Some(Fault::Cut | Fault::LengthShort) => Some(Some(Ending::Close)),
        Some(Fault::ResetInChunk) => Some(Some(Ending::Reset)),
        Some(_) => return perform(wire, asked, chosen).await,
    };
    let good = good(request.target().1, &Wanted::of(request), asked, size);
    let (kind, length, pieces) = match good {
        Good::Bytes(kind, bytes) => (kind, Length::Bytes(bytes.len() as u64), vec![bytes]),
        Good::Events(events) => (EVENTS, Length::Chunked, events),
    };
    wire.head(200, kind, length, &asked.headers()).await?;
    let all: Vec<u8> = pieces.concat();
    let sent = if ending.is_some() { &all[..all.len() / 2] } else { &all[..] };
    match length {
        Length::Bytes(_) => wire.raw(sent).await?,
        Length::Chunked => wire.chunk(sent).await?,
    }
    match (ending, length) {
        (Some(None), _) => silence().await,
        (Some(Some(ending)), _) => Ok(ending),
        (None, Length::Chunked) => wire.last_chunk().await,
        (None, Length::Bytes(_)) => {
            wire.stream().map(super::out::Out::end).transpose()?;
            Ok(Ending::KeepAlive)
        }
    }
}

fn good(path: &str, wanted: &Wanted, asked: &Asked, size: usize) -> Good {
    let json = |value: Value| Good::Bytes(JSON, value.to_string().into_bytes());
    let events = |events: Vec<Value>| Good::Events(events.iter().map(event).collect());
    let usage = json!({"input_tokens": 7, "output_tokens": 9, "total_tokens": 16});
    let image = || BASE64_STANDARD.encode(vec![7; size]);
    let (sum, length) = wanted.heard;
    let text = format!("heard {length} bytes, {sum:08x}");
    let (operation, streamed) = (path.rsplit('/').next().unwrap_or_default(), wanted.stream);
    match operation {
        "completions" => completion(asked, streamed),
        "moderations" => json(json!({"id": asked.id("modr-"), "model": asked.model, "results": [{
            "flagged": false, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}]})),
        "rerank" => json(json!({"model": asked.model, "usage": {"total_tokens": 7, "prompt_tokens": 7},
            "results": [{"index": 1, "relevance_score": 0.75}, {"index": 0, "relevance_score": 0.25}]})),
        "transcriptions" | "translations" if streamed => events(vec![
            json!({"type": "transcript.text.delta", "delta": text}),
            json!({"type": "transcript.text.done", "text": text, "usage": {"type": "tokens",
                "input_tokens": 7, "output_tokens": 9, "total_tokens": 16}}),
        ]),
        "transcriptions" | "translations" if wanted.text => {
            Good::Bytes("text/plain; charset=utf-8", format!("{text}\n").into_bytes())
        }
        "transcriptions" | "translations" => json(json!({"text": text})),
        "speech" if streamed => events(vec![
            json!({"type": "speech.audio.delta", "audio": BASE64_STANDARD.encode("sound")}),
            json!({"type": "speech.audio.done", "usage": usage}),
        ]),
        "speech" => Good::Bytes("audio/mpeg", [b"ID3".to_vec(), vec![0xff; size]].concat()),
        edits if streamed => {
            let name = if edits == "edits" { "image_edit" } else { "image_generation" };
            let one = |kind: &str| {
                json!({"type": format!("{name}.{kind}"), "b64_json": image(), "created_at": asked.created,
                    "size": "1024x1024", "quality": "low", "background": "opaque", "output_format": "png"})
            };
            let (mut first, mut last) = (one("partial_image"), one("completed"));
            first["partial_image_index"] = json!(0);
            last["usage"] = usage;
            events(vec![first, last])
        }
        _ => json(json!({"created": asked.created, "data": [{"b64_json": image()}], "usage": usage})),
    }
}

fn completion(asked: &Asked, streamed: bool) -> Good {
    let chunk = |text: &str, finish: Option<&str>| {
        json!({"id": asked.id("cmpl-"), "object": "text_completion", "created": asked.created, "model": asked.model,
            "choices": [{"text": text, "index": 0, "logprobs": null, "finish_reason": finish}]})
    };
    if streamed {
        let chunks = [chunk("Water", None), chunk(" runs", None), chunk("", Some("stop"))];
        let done = b"data: [DONE]\n\n".to_vec();
        return Good::Events(chunks.iter().map(data).chain([done]).collect());
    }
    let mut whole = chunk("Water runs", Some("stop"));
    whole["usage"] = json!({"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9});
    Good::Bytes(JSON, whole.to_string().into_bytes())
}

fn event(value: &Value) -> Vec<u8> {
    let name = value["type"].as_str().unwrap_or_default();
    [format!("event: {name}\n").into_bytes(), data(value)].concat()
}

fn data(value: &Value) -> Vec<u8> {
    format!("data: {value}\n\n").into_bytes()
}
