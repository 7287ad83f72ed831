//! The parts of a client's messages and outputs, read.

use serde_json::value::RawValue;

use super::super::data_url::{detail, source};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, objects, text, within};
use crate::neutral::{Content, Part, Place};

/// Reads a part of one type, for one speaker.
pub(super) type ReadPart = for<'a> fn(&str, &mut Fields<'a>, &mut Dropped) -> Read<Content<'a>>;

/// A string, or a list of parts.
pub(super) fn read_all<'a>(
    raw: &'a RawValue,
    at: Place,
    read: ReadPart,
    dropped: &mut Dropped,
) -> Read<Vec<Part<'a>>> {
    if let Some(text) = text(raw) {
        return Ok(vec![Part { at, cache: None, content: Content::Text(text) }]);
    }
    let parts = objects(raw).ok_or_else(|| Bad::new("", "must be a string or a list of parts"))?;
    let part = |(number, part): (usize, Read<Fields<'a>>)| {
        within(format_args!("[{number}]"), dropped, |dropped| {
            let mut part = part?;
            let kind = part.need("type")?;
            let content = read(&kind, &mut part, dropped)?.apart(kind == "refusal" && number > 0);
            part.end(dropped)?;
            Ok(Part { at: at.part(number), cache: None, content })
        })
    };
    parts.into_iter().enumerate().map(part).collect()
}

pub(super) fn texts<'a>(kind: &str, part: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Content<'a>> {
    match kind {
        "input_text" | "output_text" | "text" => {
            // Where it was found, and how sure it was; what an SDK read in it is nobody's.
            part.shed(&["annotations", "logprobs"], dropped);
            part.ignore(&["parsed"]);
            Ok(Content::Text(part.need("text")?))
        }
        _ => Err(Bad::new("type", format!("is \"{kind}\", and only text can stand here"))),
    }
}

pub(super) fn assistants<'a>(kind: &str, part: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Content<'a>> {
    match kind {
        "refusal" => Ok(Content::Text(part.need("refusal")?)),
        _ => texts(kind, part, dropped),
    }
}

pub(super) fn users<'a>(kind: &str, part: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Content<'a>> {
    match kind {
        "input_image" => {
            elsewhere(part, "image_url")?;
            let detail = detail(part)?;
            let source = source(part.need("image_url")?).map_err(|bad| bad.within("image_url"))?;
            Ok(Content::Image { source, detail })
        }
        "input_file" => {
            elsewhere(part, "file_data")?;
            let title = part.text("filename")?;
            part.leave(&["detail"], dropped);
            let (key, address) = match part.text("file_data")? {
                Some(data) => ("file_data", data),
                None => ("file_url", part.need("file_url")?),
            };
            let source = source(address).map_err(|bad| bad.within(key))?;
            Ok(Content::Document { source, title })
        }
        "input_text" | "output_text" | "text" => texts(kind, part, dropped),
        _ => {
            let what = format!(
                "is \"{kind}\", which cannot be expressed for this model's upstream: send input_text, input_image or \
                 input_file"
            );
            Err(Bad::new("type", what))
        }
    }
}

/// A file that another provider keeps.
fn elsewhere(part: &mut Fields<'_>, instead: &str) -> Read<()> {
    part.refuse(&["file_id"], &format!("names a file at another provider: send {instead}"))
}
