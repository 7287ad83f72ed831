//! Chunks of one stream that differ in their content and in nothing else: what is known of one holds for the next.

use std::sync::LazyLock;

use memchr::memchr2;
use memchr::memmem::Finder;

use crate::scan;

/// The key that a text stands under.
pub(super) static CONTENT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"content\""));

/// The last chunk that was kept, but for its content.
#[derive(Debug, Default)]
pub(super) struct Like {
    /// What stood before the content, up to its quote, and from its other quote on.
    around: Vec<u8>,
    /// Where the one ends and the other begins.
    split: usize,
    /// Chunks since the last that was like the one before.
    unlike: u8,
}

impl Like {
    /// A chunk that was none like another is not kept when it is longer than this, or when so many were not.
    const LONGEST: usize = 512;
    const TRIES: u8 = 8;

    /// The content of a chunk that is like the one that was kept. It has no escapes.
    pub(super) fn content<'r>(&mut self, raw: &'r [u8]) -> Option<&'r [u8]> {
        let (before, behind) = self.around.split_at(self.split);
        if before.is_empty()
            || raw.len() < self.around.len()
            || !raw.ends_with(behind)
            || !raw.starts_with(before)
        {
            return None;
        }
        // Nothing that ends a string or is an escape: all of it is the one.
        let content = &raw[before.len()..raw.len() - behind.len()];
        if scan::plain(content) < content.len() {
            return None;
        }
        self.unlike = 0;
        Some(content)
    }

    /// Keeps a chunk.
    pub(super) fn learn(&mut self, raw: &[u8]) {
        if self.unlike == Self::TRIES {
            return;
        }
        self.unlike += 1;
        self.around.clear();
        self.split = 0;
        let found =
            CONTENT.find(raw).and_then(|at| after(&raw[at + CONTENT.needle().len()..], &[b":", b"\""]));
        let Some(content) = found else { return };
        let Some(end) = memchr2(b'"', b'\\', content).filter(|end| content[*end] == b'"') else { return };
        let (before, behind) = (&raw[..raw.len() - content.len()], &content[end..]);
        if before.len() + behind.len() <= Self::LONGEST {
            self.around.extend_from_slice(before);
            self.around.extend_from_slice(behind);
            self.split = before.len();
        }
    }
}

/// The bytes behind the tokens, with any space between them.
pub(super) fn after<'a>(mut bytes: &'a [u8], tokens: &[&[u8]]) -> Option<&'a [u8]> {
    for token in tokens {
        bytes = bytes.trim_ascii_start().strip_prefix(*token)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::Like;

    #[test]
    fn only_what_differs_in_its_content_is_like_the_chunk_before() {
        let chunk = |content: &str, finish: &str| {
            format!(
                "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\": \"{content}\"}},\"finish_reason\":{finish}}}]}}\n\n"
            )
        };
        let mut like = Like::default();
        assert_eq!((like.content(b""), like.content(chunk("a", "null").as_bytes())), (None, None));
        like.learn(chunk("a", "null").as_bytes());
        for content in ["a", "b c", "", "\u{e9}", "finish_reason", "error"] {
            assert_eq!(like.content(chunk(content, "null").as_bytes()), Some(content.as_bytes()));
        }
        for (content, finish) in [
            ("b", "\"stop\""),
            ("b\\", "null"),
            ("b\ndata: c", "null"),
            ("b\",\"error\":\"c", "null"),
            ("\"},\"finish_reason\":\"stop\"},{\"delta\":{\"content\":\"", "null"),
        ] {
            assert_eq!(like.content(chunk(content, finish).as_bytes()), None, "{content}");
        }
        let whole = chunk("", "null");
        for cut in 0..whole.len() {
            assert_eq!(like.content(&whole.as_bytes()[..cut]), None, "{cut}");
        }
        for raw in
            [chunk("\\n", "null"), "data: {\"choices\":[{\"delta\":{}}]}".into(), chunk("", &" ".repeat(600))]
        {
            like.learn(raw.as_bytes());
            assert_eq!((like.content(raw.as_bytes()), like.content(b"")), (None, None), "{raw}");
        }
        like.unlike = Like::TRIES;
        like.learn(whole.as_bytes());
        assert_eq!(like.content(whole.as_bytes()), None, "those of this stream are never alike");
    }
}
