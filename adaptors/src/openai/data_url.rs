//! Where an image or a file is: in the request, or somewhere to be fetched from.

use std::borrow::Cow;

use crate::json::{Bad, Fields, Read, Writer, split_once};
use crate::neutral::Source;

/// A data URL or one to fetch.
pub(super) fn source(url: Cow<'_, str>) -> Read<Source<'_>> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(Source::Url(url));
    }
    let wrong = || Bad::new("", "must be an http(s) URL or data:MEDIA/TYPE;base64,…");
    let (head, data) = split_once(url, ",").ok_or_else(wrong)?;
    let (scheme, rest) = split_once(head, ":").ok_or_else(wrong)?;
    let (media_type, parameters) = split_once(rest, ";").ok_or_else(wrong)?;
    if scheme != "data" || media_type.is_empty() || data.is_empty() || !parameters.ends_with("base64") {
        return Err(wrong());
    }
    Ok(Source::Base64 { media_type, data })
}

/// How closely an image is to be looked at; what holds without a word is none.
pub(super) fn detail<'a>(image: &mut Fields<'a>) -> Read<Option<Cow<'a, str>>> {
    Ok(image.text("detail")?.filter(|detail| detail != "auto"))
}

/// Writes what [`source`] reads.
pub(super) fn address(w: &mut Writer, key: &str, source: &Source<'_>) {
    match source {
        Source::Base64 { media_type, data } => w.field(key, &format_args!("data:{media_type};base64,{data}")),
        Source::Url(url) | Source::Text(url) => w.field(key, url),
    }
}
