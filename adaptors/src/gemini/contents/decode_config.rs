//! A client's `generationConfig`, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{decode_part, schema};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, text, within};
use crate::neutral::{Conversation, Effort, Format, Thinking};

const NO_WAY: &str = "cannot be translated for this model's upstream, which speaks another API: leave it out";
/// Each would change the answer, or what it is made of.
const REFUSED: [&str; 6] = [
    "responseLogprobs",
    "logprobs",
    "speechConfig",
    "imageConfig",
    "translationConfig",
    "audioTranscriptionConfig",
];
const HINTS: [&str; 2] = ["presencePenalty", "frequencyPenalty"];

/// Puts what it says into the conversation.
pub(super) fn read<'a>(
    mut config: Fields<'a>,
    conversation: &mut Conversation<'a>,
    dropped: &mut Dropped,
) -> Read<()> {
    config.refuse(&REFUSED, NO_WAY)?;
    config.hint(&HINTS, NO_WAY, dropped)?;
    match config.take("seed") {
        Some(_) if dropped.refuses() => return Err(Bad::new("seed", NO_WAY)),
        Some(_) => dropped.note("seed"),
        None => {}
    }
    if config.take("candidateCount").is_some_and(|raw| raw.get() != "1") {
        let what = "must be 1 for this model: send one request for each answer";
        return Err(Bad::new("candidateCount", what));
    }
    if config.take("responseModalities").is_some_and(|raw| !decode_part::is_text_only(raw)) {
        return Err(Bad::new("responseModalities", NO_WAY));
    }
    conversation.limit = config.count("maxOutputTokens")?;
    conversation.temperature = config.number("temperature")?;
    conversation.top_p = config.number("topP")?;
    // A number with a point to Google, a whole one to everybody else; 0 is none.
    conversation.top_k = config.number("topK")?.map(|top_k| top_k.max(0.0) as u64).filter(|top_k| *top_k > 0);
    conversation.stop = stop(&mut config)?;
    conversation.format = format(&mut config)?;
    if let Some(thinking) = config.object("thinkingConfig")? {
        let read = |dropped: &mut Dropped| wish(thinking.camel(), dropped);
        (conversation.effort, conversation.thinking) = within("thinkingConfig", dropped, read)?;
    }
    config.end(dropped)
}

fn stop<'a>(config: &mut Fields<'a>) -> Read<Vec<Cow<'a, str>>> {
    let wrong = || Bad::new("stopSequences", "must be a list of strings");
    let list = config.list("stopSequences")?.unwrap_or_default();
    list.into_iter().map(|raw| text(raw).ok_or_else(wrong)).collect()
}

fn format<'a>(config: &mut Fields<'a>) -> Read<Option<Format<'a>>> {
    let kind = config.text("responseMimeType")?;
    let plain = config.opaque("responseJsonSchema")?.map(Cow::Borrowed);
    let googles = config.take("responseSchema");
    let googles = googles.map(|raw: &RawValue| schema::read(raw).map_err(|bad| bad.within("responseSchema")));
    let schema = match (plain, googles) {
        (Some(plain), _) => Some(plain),
        (None, Some(googles)) => Some(googles?),
        (None, None) => None,
    };
    match (kind.as_deref(), schema) {
        (None | Some("" | "application/json"), Some(schema)) => {
            Ok(Some(Format::Schema { name: None, description: None, schema, strict: None }))
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
    let budget = config.number("thinkingBudget")?;
    let level = config.text("thinkingLevel")?;
    config.end(dropped)?;
    let effort = match level.as_deref().map(str::to_ascii_uppercase).as_deref() {
        None | Some("" | "THINKING_LEVEL_UNSPECIFIED") => None,
        Some("MINIMAL") => Some(Effort::Minimal),
        Some("LOW") => Some(Effort::Low),
        Some("MEDIUM") => Some(Effort::Medium),
        Some("HIGH") => Some(Effort::High),
        Some("XHIGH") => Some(Effort::Highest),
        Some(_) => return Err(Bad::new("thinkingLevel", "must be MINIMAL, LOW, MEDIUM or HIGH")),
    };
    let thinking = match budget {
        Some(budget) if budget > 0.0 => Some(Thinking::Budget(budget as u64)),
        Some(budget) if budget < 0.0 => Some(Thinking::Adaptive),
        Some(_) => Some(Thinking::Off),
        None => (shown && effort.is_none()).then_some(Thinking::Adaptive),
    };
    Ok((effort, thinking))
}
