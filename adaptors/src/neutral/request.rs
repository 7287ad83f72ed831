//! A request as no dialect in particular puts it. Texts are borrowed from the client's body wherever they can be.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

/// All that is asked for.
#[derive(Debug, Default)]
pub(crate) struct Conversation<'a> {
    /// Texts only, in order.
    pub(crate) system: Vec<Part<'a>>,
    /// In order; dialects that want turns to alternate merge neighbours.
    pub(crate) turns: Vec<Turn<'a>>,
    pub(crate) tools: Vec<Tool<'a>>,
    pub(crate) choice: Option<Choice<'a>>,
    /// Whether several tools may be called at once; `None`: the upstream's default, which is yes everywhere.
    pub(crate) parallel: Option<bool>,
    /// Tokens of the answer, thinking included.
    pub(crate) limit: Option<u64>,
    pub(crate) temperature: Option<f64>,
    pub(crate) top_p: Option<f64>,
    pub(crate) top_k: Option<u64>,
    pub(crate) stop: Vec<Cow<'a, str>>,
    pub(crate) thinking: Option<Thinking>,
    pub(crate) effort: Option<Effort>,
    pub(crate) format: Option<Format<'a>>,
    /// Who asks, for the provider's abuse detection.
    pub(crate) user: Option<Cow<'a, str>>,
    pub(crate) stream: bool,
    /// What the client's dialect calls `stop` and `format`.
    pub(crate) stop_name: &'static str,
    pub(crate) format_name: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    User,
    Assistant,
}

#[derive(Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) role: Role,
    pub(crate) parts: Vec<Part<'a>>,
}

/// Where in the client's request something stands, for refusals.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At {
    pub(crate) message: usize,
    pub(crate) part: Option<usize>,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "messages[{}]", self.message)?;
        self.part.map_or(Ok(()), |part| write!(f, ".content[{part}]"))
    }
}

#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) at: At,
    pub(crate) content: Content<'a>,
    /// Anthropic's `cache_control`, kept for upstreams that know it.
    pub(crate) cache: Option<&'a RawValue>,
}

#[derive(Debug)]
pub(crate) enum Content<'a> {
    Text(Cow<'a, str>),
    Image(Source<'a>),
    Document {
        source: Source<'a>,
        title: Option<Cow<'a, str>>,
    },
    /// `input` is the JSON text of an object.
    ToolCall {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Cow<'a, str>,
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
    Redacted(Cow<'a, str>),
}

/// Who can tell that a thinking is the model's own.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Signed<'a> {
    /// Nobody.
    No,
    /// An upstream of the dialect that the request is translated for.
    Here(Cow<'a, str>),
    /// Another one, so that it is of no use here.
    Elsewhere,
}

#[derive(Debug)]
pub(crate) enum Source<'a> {
    Base64 { media_type: Cow<'a, str>, data: Cow<'a, str> },
    Url(Cow<'a, str>),
    Text(Cow<'a, str>),
}

#[derive(Debug)]
pub(crate) struct Tool<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) description: Option<Cow<'a, str>>,
    /// The JSON schema of its input; `None`: an object without fields.
    pub(crate) schema: Option<&'a RawValue>,
    pub(crate) strict: Option<bool>,
    pub(crate) cache: Option<&'a RawValue>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice<'a> {
    Auto,
    None,
    Any,
    Tool(Cow<'a, str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thinking {
    Off,
    /// As much as the model finds right.
    Adaptive,
    /// Up to so many tokens, inside the limit.
    Budget(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    Highest,
}

#[derive(Debug)]
pub(crate) enum Format<'a> {
    /// Some JSON object.
    Json,
    Schema {
        name: Option<Cow<'a, str>>,
        description: Option<Cow<'a, str>>,
        schema: &'a RawValue,
        strict: Option<bool>,
    },
}

impl Conversation<'_> {
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Part<'_>> {
        self.turns.iter().flat_map(|turn| &turn.parts)
    }

    /// The turns with what is left of them, neighbours of one role merged, a user's tool results first: answers to calls
    /// must follow them at once.
    pub(crate) fn merged(&self, is_sent: impl Fn(&Content<'_>) -> bool) -> Vec<(Role, Vec<&Part<'_>>)> {
        let mut merged: Vec<(Role, Vec<&Part<'_>>)> = Vec::with_capacity(self.turns.len());
        for turn in &self.turns {
            let parts: Vec<_> = turn.parts.iter().filter(|part| is_sent(&part.content)).collect();
            match merged.last_mut() {
                _ if parts.is_empty() => {}
                Some((role, last)) if *role == turn.role => last.extend(parts),
                _ => merged.push((turn.role, parts)),
            }
        }
        for (_, parts) in &mut merged {
            parts.sort_by_key(|part| !matches!(part.content, Content::ToolResult { .. }));
        }
        merged
    }

    /// The names of the tools that the history calls, each once, in order: what is made up where the history has calls
    /// and the request has no tools.
    pub(crate) fn called(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for part in self.parts() {
            if let Content::ToolCall { name, .. } = &part.content
                && seen.insert(name.as_ref())
            {
                names.push(name);
            }
        }
        names
    }
}
