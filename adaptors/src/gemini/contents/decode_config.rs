//! A client's `generationConfig`, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::hints::CONFIG;
use super::{decode_part, schema};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, number_text, text, within};
use crate::neutral::{Conversation, Effort, Format, Strict, Thinking, take_hints};

const NO_WAY: &str = "cannot be translated for this model's upstream, which speaks another API: leave it out";
const LEVELS: &str = "must be MINIMAL, LOW, MEDIUM or HIGH";
/// Each would change the answer, or what it is made of.
const REFUSED: [&str; 7] = [
    "responseLogprobs",
    "logprobs",
    "speechConfig",
    "imageConfig",
    "translationConfig",
    "audioTranscriptionConfig",
    // A newer way to say what `responseMimeType` and `responseJsonSchema` say, and more.
    "responseFormat",
];

/// Puts what it says into the conversation.
pub(super) fn read<'a>(
    mut config: Fields<'a>,
    conversation: &mut Conversation<'a>,
    dropped: &mut Dropped,
) -> Read<()> {
    config.refuse(&REFUSED, NO_WAY)?;
    take_hints(&mut config, &CONFIG, &mut conversation.hints);
    conversation.hints.iter_mut().for_each(|hint| hint.json = plain(hint.json));
    if config.proto_count("candidateCount")?.is_some_and(|count| count != 1) {
        let what = "must be 1 for this model: send one request for each answer";
        return Err(Bad::new("candidateCount", what));
    }
    if config.take("responseModalities").is_some_and(|raw| !decode_part::is_text_only(raw)) {
        return Err(Bad::new("responseModalities", NO_WAY));
    }
    conversation.limit = config.proto_count("maxOutputTokens")?;
    conversation.temperature = config.proto_number("temperature")?;
    conversation.top_p = config.proto_number("topP")?;
    // A number with a point to Google, a whole one to everybody else; 0 is none.
    conversation.top_k =
        config.proto_number("topK")?.map(|top_k| top_k.max(0.0) as u64).filter(|top_k| *top_k > 0);
    conversation.stop = stop(&mut config)?;
    conversation.format = format(&mut config, dropped)?;
    if let Some(thinking) = config.object("thinkingConfig")? {
        let read = |dropped: &mut Dropped| wish(thinking.camel()?, dropped);
        (conversation.effort, conversation.thinking) = within("thinkingConfig", dropped, read)?;
    }
    look(&mut config, conversation, dropped)?;
    config.end(dropped)
}

/// How closely to look at all images. OpenAI has two words for that.
fn look(config: &mut Fields<'_>, conversation: &mut Conversation<'_>, dropped: &mut Dropped) -> Read<()> {
    let level = config.text("mediaResolution")?;
    let Some(level) = level.filter(|level| *level != "MEDIA_RESOLUTION_UNSPECIFIED") else { return Ok(()) };
    let word = decode_part::detail_of(&level);
    match word {
        Some(word) => conversation.look(word),
        None => dropped.note("mediaResolution"),
    }
    Ok(())
}

/// A number as everybody else writes it: without quotes, and a whole one without a point.
fn plain(json: &str) -> &str {
    let raw = serde_json::from_str::<&RawValue>(json);
    let Some(number) = raw.ok().and_then(number_text) else { return json };
    match number.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|digit| digit == b'0') => whole,
        _ => number,
    }
}

fn stop<'a>(config: &mut Fields<'a>) -> Read<Vec<Cow<'a, str>>> {
    let wrong = || Bad::new("stopSequences", "must be a list of strings");
    let list = config.list("stopSequences")?.unwrap_or_default();
    list.into_iter().map(|raw| text(raw).ok_or_else(wrong)).collect()
}

fn format<'a>(config: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Option<Format<'a>>> {
    let kind = config.text("responseMimeType")?;
    let plain = config.opaque("responseJsonSchema")?.map(Cow::Borrowed);
    let googles = config.take("responseSchema");
    if plain.is_some() && googles.is_some() {
        dropped.note("responseSchema");
    }
    let googles = googles.map(|raw: &RawValue| schema::read(raw).map_err(|bad| bad.within("responseSchema")));
    let schema = match (plain, googles) {
        (Some(plain), _) => Some(plain),
        (None, Some(googles)) => Some(googles?),
        (None, None) => None,
    };
    match (kind.as_deref(), schema) {
        (None | Some("" | "application/json"), Some(schema)) => {
            Ok(Some(Format::Schema { name: None, description: None, schema, strict: Some(Strict::IfItFits) }))
        }
        (Some("application/json"), None) => Ok(Some(Format::Json)),
        (None | Some("" | "text/plain"), _) => Ok(None),
        (Some(kind), _) => {
            let what = format!("is \"{kind}\": this model's upstream has text/plain and application/json");
            Err(Bad::new("responseMimeType", what))
        }
    }
}

/// Whether thoughts are to be shown is left out: they are always told where there are any.
fn wish(mut config: Fields<'_>, dropped: &mut Dropped) -> Read<(Option<Effort>, Option<Thinking>)> {
    let shown = config.flag("includeThoughts")?.unwrap_or(false);
    let budget = config.proto_number("thinkingBudget")?;
    let level = config.text("thinkingLevel")?;
    config.end(dropped)?;
    let level = level.map(|level| level.to_ascii_lowercase());
    let effort = match level.as_deref() {
        None | Some("" | "thinking_level_unspecified") => None,
        Some(level) => Some(Effort::of_word(level).ok_or_else(|| Bad::new("thinkingLevel", LEVELS))?),
    };
    let thinking = match budget {
        Some(budget) if budget > 0.0 => Some(Thinking::Budget(budget as u64)),
        Some(budget) if budget < 0.0 => Some(Thinking::Adaptive),
        Some(_) => Some(Thinking::Off),
        None => (shown && effort.is_none()).then_some(Thinking::Adaptive),
    };
    Ok((effort, thinking))
}
