//! What a turn is made of: texts, media, calls and their results, thinking.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::place::Place;
use super::signed::Signed;

/// What the user says where the model's own turn is the last one, and the upstream would refuse it there or go on with it.
const GO_ON: &str = "Continue.";

#[derive(Debug)]
pub struct Part<'a> {
    pub at: Place,
    pub content: Content<'a>,
    /// Anthropic's `cache_control`, kept for upstreams that know it.
    pub cache: Option<&'a RawValue>,
}

impl Part<'static> {
    /// The user's word that has no place in the client's request.
    #[must_use]
    pub const fn go_on() -> Self {
        Self { at: Place::Turns, content: Content::Text(Cow::Borrowed(GO_ON)), cache: None }
    }
}

#[derive(Debug)]
pub enum Content<'a> {
    Text(Cow<'a, str>),
    Image {
        source: Source<'a>,
        /// How closely to look, in OpenAI's words.
        detail: Option<Cow<'a, str>>,
    },
    Document {
        source: Source<'a>,
        title: Option<Cow<'a, str>>,
    },
    /// `input` is the JSON text of an object.
    ToolCall {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Cow<'a, str>,
        /// The proof that the call is the model's own, with its mark; it comes back with it.
        signature: Option<Cow<'a, str>>,
    },
    /// `parts` are texts, images and documents.
    ToolResult {
        id: Cow<'a, str>,
        parts: Vec<Part<'a>>,
        is_error: bool,
    },
    Thinking {
        text: Cow<'a, str>,
        signed: Signed<'a>,
    },
    /// With its mark, as signatures have one.
    Redacted(Cow<'a, str>),
    /// The proof that the text before it is the model's own, with its mark.
    Proof(Cow<'a, str>),
}

impl Content<'_> {
    /// A text that is not to run into the one before it.
    #[must_use]
    pub fn apart(self, from_another: bool) -> Self {
        match self {
            Self::Text(text) if from_another => Self::Text(format!("\n\n{text}").into()),
            other => other,
        }
    }
}

#[derive(Debug)]
pub enum Source<'a> {
    Base64 { media_type: Cow<'a, str>, data: Cow<'a, str> },
    Url(Cow<'a, str>),
    Text(Cow<'a, str>),
}
