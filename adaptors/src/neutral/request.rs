//! A request as no dialect in particular puts it. Texts are borrowed from the client's body wherever they can be.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// All that is asked for.
#[derive(Debug, Default)]
pub struct Conversation<'a> {
    /// Texts only, in order.
    pub system: Vec<Part<'a>>,
    /// In order; dialects that want turns to alternate merge neighbours.
    pub turns: Vec<Turn<'a>>,
    pub tools: Vec<Tool<'a>>,
    pub choice: Option<Choice<'a>>,
    /// Several tools may be called at once; `None`: the upstream's default, which is yes everywhere.
    pub parallel: Option<bool>,
    /// Tokens of the answer, thinking included.
    pub limit: Option<u64>,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    pub top_k: Option<u64>,
    pub stop: Vec<Cow<'a, str>>,
    pub thinking: Option<Thinking>,
    pub effort: Option<Effort>,
    pub format: Option<Format<'a>>,
    /// Who asks, for the provider's abuse detection.
    pub user: Option<Cow<'a, str>>,
    pub stream: bool,
    /// Anthropic's mark for a cache of all that is said so far.
    pub cache: Option<&'a RawValue>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
    /// Instructions that stand between turns; texts only. Dialects without a place for them take them with
    /// [`Conversation::merged_without_system`].
    System,
}

#[derive(Debug)]
pub struct Turn<'a> {
    pub role: Role,
    pub parts: Vec<Part<'a>>,
}

/// Where in the client's request something stands. How that is called is the client's dialect's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The turns as a whole.
    Turns,
    /// The request as a whole.
    Top,
    Turn(usize),
    /// The turn's number, and the part's in it.
    Part(usize, usize),
    /// The turn's number, and the call's in it, where calls stand beside the parts.
    Call(usize, usize),
    System,
    Tool(usize),
    Choice,
    Temperature,
    TopP,
    TopK,
    Stop,
    Thinking,
    Effort,
    Format,
    User,
}

impl Place {
    /// A part of it. What stands inside a part is not told apart.
    #[must_use]
    pub fn part(self, number: usize) -> Self {
        match self {
            Self::Turn(turn) => Self::Part(turn, number),
            other => other,
        }
    }

    /// A call of it, where calls stand beside the parts.
    #[must_use]
    pub fn call(self, number: usize) -> Self {
        match self {
            Self::Turn(turn) => Self::Call(turn, number),
            other => other,
        }
    }

    /// The turn around it.
    #[must_use]
    pub fn turn(self) -> Self {
        match self {
            Self::Part(turn, _) | Self::Call(turn, _) => Self::Turn(turn),
            other => other,
        }
    }
}

/// Why a conversation cannot be written in an upstream's dialect.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    pub place: Place,
    /// Reads on from the place's name: "must be …", "cannot be expressed …: leave it out".
    pub what: String,
}

impl Refused {
    pub fn new(place: Place, what: impl Into<String>) -> Self {
        Self { place, what: what.into() }
    }
}

#[derive(Debug)]
pub struct Part<'a> {
    pub at: Place,
    pub content: Content<'a>,
    /// Anthropic's `cache_control`, kept for upstreams that know it.
    pub cache: Option<&'a RawValue>,
}

#[derive(Debug)]
pub enum Content<'a> {
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
        /// Gemini's proof that the call is its model's own; it comes back with it.
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
    Redacted(Cow<'a, str>),
    /// Gemini's proof that the text before it is its model's own.
    Proof(Cow<'a, str>),
}

/// Who can tell that a thinking is the model's own.
#[derive(Debug, PartialEq, Eq)]
pub enum Signed<'a> {
    /// Nobody.
    No,
    /// An upstream of the dialect that the request is translated for.
    Here(Cow<'a, str>),
    /// Another one, so that it is of no use here.
    Elsewhere,
}

impl Signed<'_> {
    /// The signature, if an upstream of the dialect gave it that marks its own so: `MARK:…`. Those of the dialect with the
    /// empty mark bear none. A client may have been served by several in one conversation, and none takes another's.
    #[must_use]
    pub fn by(&self, mark: &str) -> Option<&str> {
        let Self::Here(signature) = self else { return None };
        match signature.split_once(':') {
            Some((other, own)) => (other == mark).then_some(own),
            None => mark.is_empty().then_some(signature),
        }
    }
}

#[derive(Debug)]
pub enum Source<'a> {
    Base64 { media_type: Cow<'a, str>, data: Cow<'a, str> },
    Url(Cow<'a, str>),
    Text(Cow<'a, str>),
}

#[derive(Debug)]
pub struct Tool<'a> {
    pub name: Cow<'a, str>,
    pub description: Option<Cow<'a, str>>,
    /// The JSON schema of its input; `None`: an object without fields.
    pub schema: Option<Cow<'a, RawValue>>,
    pub strict: Option<bool>,
    pub cache: Option<&'a RawValue>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    Auto,
    None,
    Any,
    Tool(Cow<'a, str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    Off,
    /// As much as the model finds right.
    Adaptive,
    /// Up to so many tokens, inside the limit.
    Budget(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    Highest,
}

#[derive(Debug)]
pub enum Format<'a> {
    /// Any JSON object.
    Json,
    Schema {
        name: Option<Cow<'a, str>>,
        description: Option<Cow<'a, str>>,
        schema: Cow<'a, RawValue>,
        strict: Option<bool>,
    },
}

impl Effort {
    /// The one that fits a budget of thinking tokens.
    #[must_use]
    pub fn of_budget(tokens: u64) -> Self {
        match tokens {
            ..=4096 => Self::Low,
            4097..=12_288 => Self::Medium,
            _ => Self::High,
        }
    }
}

impl Conversation<'_> {
    pub fn parts(&self) -> impl Iterator<Item = &Part<'_>> {
        self.turns.iter().flat_map(|turn| &turn.parts)
    }

    /// Where the client wants a cache to be made.
    pub fn marks(&self) -> impl Iterator<Item = Place> {
        let parts = self.system.iter().chain(self.parts());
        let inner = self.parts().flat_map(|part| match &part.content {
            Content::ToolResult { parts, .. } => parts.as_slice(),
            _ => &[],
        });
        let marked = parts.chain(inner).map(|part| (part.at, part.cache));
        let tools = self.tools.iter().enumerate().map(|(at, tool)| (Place::Tool(at), tool.cache));
        let all = marked.chain(tools).chain([(Place::Top, self.cache)]);
        all.filter(|(_, cache)| cache.is_some()).map(|(place, _)| place)
    }

    /// The turns with what is left of them, neighbours of one role merged, a user's tool results first: answers to calls
    /// must follow them at once, before any instructions that stand between.
    pub fn merged(&self, is_sent: impl Fn(&Content<'_>) -> bool) -> Vec<(Role, Vec<&Part<'_>>)> {
        let mut merged = self.merged_as(|role| role, is_sent);
        let mut at = 1;
        while at + 1 < merged.len() {
            if merged[at].0 == Role::System && merged[at + 1].0 == Role::User {
                let results = merged[at + 1].1.iter().take_while(|part| is_result(part)).count();
                if results > 0 {
                    let results = merged[at + 1].1.drain(..results).collect();
                    merged.insert(at, (Role::User, results));
                    at += 1;
                }
            }
            at += 1;
        }
        merged.retain(|(_, parts)| !parts.is_empty());
        merged
    }

    /// Like [`Self::merged`]; instructions between turns become part of the user's turn that they stand beside.
    pub fn merged_without_system(
        &self,
        is_sent: impl Fn(&Content<'_>) -> bool,
    ) -> Vec<(Role, Vec<&Part<'_>>)> {
        self.merged_as(|role| if role == Role::System { Role::User } else { role }, is_sent)
    }

    fn merged_as(
        &self,
        role_of: impl Fn(Role) -> Role,
        is_sent: impl Fn(&Content<'_>) -> bool,
    ) -> Vec<(Role, Vec<&Part<'_>>)> {
        let mut merged: Vec<(Role, Vec<&Part<'_>>)> = Vec::with_capacity(self.turns.len());
        for turn in &self.turns {
            let role = role_of(turn.role);
            let parts: Vec<_> = turn.parts.iter().filter(|part| is_sent(&part.content)).collect();
            match merged.last_mut() {
                _ if parts.is_empty() => {}
                Some((known, last)) if *known == role => last.extend(parts),
                _ => merged.push((role, parts)),
            }
        }
        for (_, parts) in &mut merged {
            parts.sort_by_key(|part| !is_result(part));
        }
        merged
    }

    /// The names of the tools that the history calls, each once, in order: what is made up where the history has calls
    /// and the request has no tools.
    pub fn called(&self) -> Vec<&str> {
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

fn is_result(part: &Part<'_>) -> bool {
    matches!(part.content, Content::ToolResult { .. })
}
