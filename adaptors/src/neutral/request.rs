//! A request as no dialect in particular puts it. Texts are borrowed from the client's body wherever they can be.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::effort::{Effort, Thinking};
use super::hints::Hint;
use super::part::{Content, Part};
use super::place::{Place, Refused};

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
