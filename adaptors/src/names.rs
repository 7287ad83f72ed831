//! Names that only the upstream knows which gave them, and that a later request may go on with.

/// The names in one answer, or in one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// A response that the upstream keeps.
    pub response: Option<String>,
    /// A conversation that it keeps.
    pub conversation: Option<String>,
    /// What else it keeps: files, containers, items.
    pub others: Vec<Other>,
}

/// The name of something else that an upstream keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// What it is the name of.
    pub thing: Thing,
    /// The field that it stands in.
    pub key: &'static str,
    /// As it was given.
    pub name: String,
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    /// A piece of a response.
    Item,
    /// Where code ran, with its files.
    Container,
    /// What was uploaded, or made by a tool.
    File,
    /// Files to be searched.
    VectorStore,
    /// A prompt that stands in the account.
    Prompt,
    /// What was said aloud.
    Sound,
    /// A prompt's beginning, read once.
    Cache,
    /// An answer, in a thread of them.
    Message,
    /// An answer that was cut and can go on.
    Continuation,
}

impl Thing {
    /// The word for clients.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Container => "container",
            Self::File => "file",
            Self::VectorStore => "vector store",
            Self::Prompt => "prompt",
            Self::Sound => "sound",
            Self::Cache => "cached content",
            Self::Message => "message",
            Self::Continuation => "continuation",
        }
    }

    /// The code of the error about one that nobody knows.
    #[must_use]
    pub const fn not_found(self) -> &'static str {
        match self {
            Self::Item => "item_not_found",
            Self::Container => "container_not_found",
            Self::File => "file_not_found",
            Self::VectorStore => "vector_store_not_found",
            Self::Prompt => "prompt_not_found",
            Self::Sound => "sound_not_found",
            Self::Cache => "cached_content_not_found",
            Self::Message => "message_not_found",
            Self::Continuation => "continuation_not_found",
        }
    }
}

impl Names {
    /// Bytes of the longest name that is taken for one.
    pub const LONGEST: usize = 512;
    /// Other names of one text that are taken. No real one comes near it.
    pub const MOST: usize = 1024;

    /// True where nothing is named.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.response.is_none() && self.conversation.is_none() && self.others.is_empty()
    }
}

/// The name within a client's path where it is one of a pattern: `/v1/responses/{id}/cancel`. It is one segment of
/// letters, digits and what names are usually joined with, so that it leads nowhere else in an upstream's address.
#[must_use]
pub fn in_path<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    // Most paths part from it early.
    let mut fixed = pattern.bytes().zip(path.bytes()).take_while(|(wanted, _)| *wanted != b'{');
    if fixed.any(|(wanted, found)| wanted != found) {
        return None;
    }
    let (before, behind) = pattern.split_once(PLACE)?;
    let name = path.strip_prefix(before)?.strip_suffix(behind)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:~".contains(&byte);
    let is_name = name.bytes().all(fits) && name.bytes().any(|byte| byte.is_ascii_alphanumeric());
    (is_name && name.len() <= Names::LONGEST).then_some(name)
}

/// Where the name stands in a pattern.
pub const PLACE: &str = "{id}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_plain_segment() {
        let of = |path| in_path("/v1/responses/{id}/cancel", path);
        assert_eq!(of("/v1/responses/resp_1-a.b:c~/cancel"), Some("resp_1-a.b:c~"));
        for path in [
            "/v1/responses//cancel",
            "/v1/responses/../cancel",
            "/v1/responses/a%2Fb/cancel",
            "/v1/responses/a",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
        assert_eq!(in_path("/v1/responses/{id}", "/v1/responses/a/cancel"), None);
        assert_eq!(in_path("/v1/responses/{id}", "/v1/responses/{id}"), None);
        assert_eq!(in_path("/v1/responses", "/v1/responses"), None);
    }
}
