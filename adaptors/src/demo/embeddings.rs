//! The demo as OpenAI embeddings: small vectors that depend on the input and on nothing else.

use serde_json::{Value, json};

use super::ask::{Ask, Reply};
use super::speech::tokens;
use crate::adaptor::Usage;

const DIMENSIONS: usize = 8;

pub(super) fn answer(ask: &Ask<'_>, body: &Value) -> Result<Reply, String> {
    let input = body.get("input").ok_or("`input` is missing: send a text or a list of texts")?;
    let inputs: Vec<&Value> = match input {
        // A list of numbers is one input, given as tokens.
        Value::Array(items) if items.first().is_some_and(|item| !item.is_number()) => items.iter().collect(),
        Value::String(text) if text.is_empty() => return Err("`input` is empty: send a text".into()),
        Value::Array(items) if items.is_empty() => {
            return Err("`input` is empty: send at least one text".into());
        }
        Value::String(_) | Value::Array(_) => vec![input],
        _ => return Err("`input` must be a text, a list of texts or a list of tokens".into()),
    };
    let count = inputs.iter().map(|input| count(input)).sum::<u64>();
    let embedding = |(index, input): (usize, &&Value)| json!({"object": "embedding", "index": index, "embedding": vector(&input.to_string())});
    let answer = json!({
        "object": "list",
        "data": inputs.iter().enumerate().map(embedding).collect::<Vec<_>>(),
        "model": ask.envelope.model,
        "usage": {"prompt_tokens": count, "total_tokens": count},
    });
    let usage = Usage { input: Some(count), output: None, ..Usage::default() };
    Ok(Reply::Json { body: answer.to_string().into(), usage })
}

fn count(input: &Value) -> u64 {
    match input {
        Value::String(text) => tokens(text),
        Value::Array(items) => items.len() as u64,
        _ => 1,
    }
}

/// A unit vector from a hash of the text (FNV-1a, stirred once a dimension).
fn vector(text: &str) -> Vec<f64> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut raw = [0.0; DIMENSIONS];
    for value in &mut raw {
        hash ^= hash >> 33;
        hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
        *value = f64::from((hash >> 32) as u32) / f64::from(u32::MAX) - 0.5;
    }
    let length = raw.iter().map(|value| value * value).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    raw.iter().map(|value| (value / length * 1e6).round() / 1e6).collect()
}
