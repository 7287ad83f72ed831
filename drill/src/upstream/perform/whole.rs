//! JSON answers: whole, in the wrong place, and with wrong fields.

use std::io;

use serde_json::{Value, json};

use crate::upstream::answer::{Asked, Dialect};
use crate::upstream::terms::{EVENTS, Ending, JSON, Length};
use crate::upstream::wire::{Wire, silence};

pub(super) async fn answer(wire: &mut Wire<'_>, asked: &Asked, content_type: &str) -> io::Result<Ending> {
    wire.whole(200, content_type, &asked.headers(), asked.whole().to_string().as_bytes()).await
}

pub(super) async fn error(wire: &mut Wire<'_>, asked: &Asked, content_type: &str) -> io::Result<Ending> {
    let body = asked.error(429, "drill: an error with status 200").to_string();
    wire.whole(200, content_type, &asked.headers(), body.as_bytes()).await
}

pub(super) async fn failed(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    let body = asked.whole_failed("drill: the answer failed").to_string();
    wire.whole(200, JSON, &asked.headers(), body.as_bytes()).await
}

pub(super) async fn blocked(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    wire.whole(200, JSON, &asked.headers(), asked.whole_blocked().to_string().as_bytes()).await
}

pub(super) async fn half_then_silence(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    let body = asked.whole().to_string();
    wire.head(200, JSON, Length::Bytes(body.len() as u64), &asked.headers()).await?;
    wire.raw(&body.as_bytes()[..body.len() / 2]).await?;
    silence().await
}

/// Half of a compressed body in a right length.
pub(super) async fn half_packed(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    let body = asked.whole().to_string();
    let packed = match wire.packer.as_mut() {
        Some(packer) => packer.pack(body.as_bytes())?,
        None => body.into_bytes(),
    };
    let half = &packed[..packed.len() / 2];
    wire.head(200, JSON, Length::Bytes(half.len() as u64), &asked.headers()).await?;
    wire.raw(half).await?;
    Ok(Ending::KeepAlive)
}

pub(super) async fn big(wire: &mut Wire<'_>, asked: &Asked, mib: u64) -> io::Result<Ending> {
    const PLACE: &str = "DRILL-TEXT";
    let mut body = asked.whole();
    match asked.dialect {
        Dialect::OpenAi => body["choices"][0]["message"]["content"] = PLACE.into(),
        Dialect::Anthropic => body["content"][0]["text"] = PLACE.into(),
        Dialect::Gemini => body["candidates"][0]["content"]["parts"][0]["text"] = PLACE.into(),
        Dialect::Responses => body["output"][0]["content"][0]["text"] = PLACE.into(),
    }
    // Put in last: to look through so much for what has to be escaped takes long.
    let text = "x".repeat(usize::try_from(mib << 20).unwrap_or(usize::MAX));
    let body = body.to_string().replacen(PLACE, &text, 1);
    wire.whole(200, JSON, &asked.headers(), body.as_bytes()).await
}

pub(super) async fn invalid_utf8(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    let mut body = asked.whole().to_string().into_bytes();
    if let Some(at) = body.windows(5).position(|window| window == b"Water") {
        body[at] = 0xff;
    }
    wire.whole(200, JSON, &asked.headers(), &body).await
}

/// Variants: 1 fields absent, 2 nulls, 3 lists as objects, 4 empty lists, 5 text as a number, 6 unknown enum
/// values and negative counts, 7 a JSON string, 8 cut JSON with a right length, 9 not JSON.
pub(super) async fn fields(wire: &mut Wire<'_>, asked: &Asked, variant: u64) -> io::Result<Ending> {
    let mut body = asked.whole();
    let list = match asked.dialect {
        Dialect::OpenAi => "choices",
        Dialect::Anthropic => "content",
        Dialect::Gemini => "candidates",
        Dialect::Responses => "output",
    };
    match variant {
        1 => body = json!({ list: body[list] }),
        2 => {
            for field in body.as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
                *field = Value::Null;
            }
        }
        3 => body[list] = json!({"0": body[list][0]}),
        4 => body[list] = json!([]),
        5 => {
            body["id"] = json!(17);
            body["created"] = json!("yesterday");
            body["usage"] = json!("much");
        }
        6 => {
            body[list][0]["finish_reason"] = json!("tired");
            body["stop_reason"] = json!("tired");
            body["usage"] = json!({"prompt_tokens": -1, "completion_tokens": 1e300, "input_tokens": -1});
        }
        _ => {}
    }
    let text = match variant {
        7 => json!("an answer, but only a string").to_string(),
        8 => body.to_string().split_at(40).0.to_owned(),
        9 => "Service ready.".to_owned(),
        _ => body.to_string(),
    };
    if !asked.stream {
        return wire.whole(200, JSON, &asked.headers(), text.as_bytes()).await;
    }
    wire.head(200, EVENTS, Length::Chunked, &asked.headers()).await?;
    wire.chunk(format!("event: message_start\ndata: {text}\n\n").as_bytes()).await?;
    wire.chunk(&asked.terminal()).await?;
    wire.last_chunk().await
}
