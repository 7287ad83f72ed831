//! A request as no dialect in particular puts it. Texts are borrowed from the client's body wherever they can be.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::effort::{Effort, Thinking};
use super::hints::{Hint, Wish};
use super::signed::Signed;

/// All that is asked for.
#[derive(Debug, Default)]
pub struct Conversation<'a> {
    /// Texts only, in order.
    pub system: Vec<Part<'a>>,
    /// In order; dialects that want turns to alternate merge neighbours.
    pub turns: Vec<Turn<'a>>,
    /// Where the model's own turn is the last one, it is an answer that another one follows, and not the beginning of the
    /// one to come.
    pub answered: bool,
    pub tools: Vec<Tool<'a>>,
    /// The names of tools that the client has, and that must not be called now.
    pub withheld: Vec<Cow<'a, str>>,
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
    /// What else is wished, each once.
    pub hints: Vec<Hint<'a>>,
    pub stream: bool,
    /// Anthropic's mark for a cache of all that is said so far.
    pub cache: Option<&'a RawValue>,
    /// How closely to look is said once for all images, and not beside each.
    pub looks_alike: bool,
}

/// What the user says where the model's own turn is the last one, and the upstream would refuse it there or go on with it.
const GO_ON: &str = "Continue.";

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
    /// How closely to look at an image: the turn's number, and the part's.
    Detail(usize, usize),
    /// How closely to look at all images.
    Details,
    /// What a file is called: the turn's number, and the part's.
    Title(usize, usize),
    System,
    Tool(usize),
    Choice,
    Parallel,
    Temperature,
    TopP,
    TopK,
    Stop,
    Thinking,
    Effort,
    Format,
    /// The schema of the format.
    Schema,
    User,
    Hint(Wish),
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

    /// How closely to look at this part.
    #[must_use]
    pub fn detail(self) -> Self {
        match self {
            Self::Part(turn, part) => Self::Detail(turn, part),
            other => other,
        }
    }

    /// What this part is called.
    #[must_use]
    pub fn title(self) -> Self {
        match self {
            Self::Part(turn, part) => Self::Title(turn, part),
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

#[derive(Debug)]
pub struct Tool<'a> {
    pub name: Cow<'a, str>,
    pub description: Option<Cow<'a, str>>,
    /// The JSON schema of its input; `None`: an object without fields.
    pub schema: Option<Cow<'a, RawValue>>,
    pub strict: Option<Strict>,
    pub cache: Option<&'a RawValue>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    Auto,
    None,
    Any,
    Tool(Cow<'a, str>),
}

/// Whether what is said is held to its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strict {
    No,
    /// Yes, and the schema keeps OpenAI's rules: so says a client of theirs.
    Yes,
    /// Yes, where the upstream takes such a schema: what holds in the client's dialect has other rules.
    IfItFits,
}

impl Strict {
    #[must_use]
    pub const fn of(is_strict: bool) -> Self {
        if is_strict { Self::Yes } else { Self::No }
    }
}

#[derive(Debug)]
pub enum Format<'a> {
    /// Any JSON object.
    Json,
    Schema {
        name: Option<Cow<'a, str>>,
        description: Option<Cow<'a, str>>,
        schema: Cow<'a, RawValue>,
        strict: Option<Strict>,
    },
}

impl Conversation<'_> {
    /// Without what no number of tokens depends on, and what no upstream takes in a request for one.
    #[must_use]
    pub fn as_prompt(self) -> Self {
        Self {
            limit: None,
            temperature: None,
            top_p: None,
            top_k: None,
            stop: Vec::new(),
            user: None,
            hints: Vec::new(),
            stream: false,
            ..self
        }
    }

    /// The sequences that end an answer; an empty one ends none.
    #[must_use]
    pub fn stops(&self) -> Vec<&str> {
        self.stop.iter().map(AsRef::as_ref).filter(|stop| !stop.is_empty()).collect()
    }

    /// Tells whether there are tools.
    ///
    /// # Errors
    /// Where one is demanded, and there are none.
    pub fn has_tools(&self) -> Result<bool, Refused> {
        match self.choice {
            Some(Choice::Any | Choice::Tool(_)) if self.tools.is_empty() => {
                Err(Refused::new(Place::Choice, "asks for a tool, and there are none: send tools"))
            }
            _ => Ok(!self.tools.is_empty()),
        }
    }

    /// How closely to look at each image that nothing else is said of, in OpenAI's words.
    pub(crate) fn look(&mut self, word: &'static str) {
        self.looks_alike = true;
        for part in self.turns.iter_mut().flat_map(|turn| &mut turn.parts) {
            let inner = match &mut part.content {
                Content::ToolResult { parts, .. } => parts.as_mut_slice(),
                _ => std::slice::from_mut(part),
            };
            for part in inner {
                if let Content::Image { detail: detail @ None, .. } = &mut part.content {
                    *detail = Some(word.into());
                }
            }
        }
    }

    pub fn parts(&self) -> impl Iterator<Item = &Part<'_>> {
        self.turns.iter().flat_map(|turn| &turn.parts)
    }

    /// All parts of the turns, with those of results.
    pub fn all_parts(&self) -> impl Iterator<Item = &Part<'_>> {
        self.parts().flat_map(|part| {
            let inner = match &part.content {
                Content::ToolResult { parts, .. } => parts.as_slice(),
                _ => &[],
            };
            std::iter::once(part).chain(inner)
        })
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

    /// Whether these turns of it end with an answer that another one follows.
    #[must_use]
    pub fn ends_answered(&self, turns: &[(Role, Vec<&Part<'_>>)]) -> bool {
        self.answered && matches!(turns.last(), Some((Role::Assistant, _)))
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
