//! What is asked for: a few words, a long prompt, or a turn of a coding agent.

use serde_json::{Value, json};

/// A request's kind.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// A short question, answered whole.
    Whole,
    /// A short question, answered by a stream.
    Stream,
    /// A coding agent's turn, 115 KB with 24 tools, answered whole.
    AgentWhole,
    /// The same, answered by a stream.
    AgentStream,
    /// A prompt of 1 MiB, answered whole.
    Large,
}

/// Tools of an agent.
const TOOLS: usize = 24;
/// Bytes of an agent's turn, roughly.
const AGENT: usize = 115 * 1024;
const LARGE: usize = 1 << 20;

impl Kind {
    pub(crate) const fn streams(self) -> bool {
        matches!(self, Self::Stream | Self::AgentStream)
    }

    /// The body, in a form that both OpenAI's chat and Anthropic's messages take, but for the tools, which are OpenAI's.
    pub(crate) fn body(self, model: &str, tokens: u32) -> Vec<u8> {
        let ask = |text: String, tools: Vec<Value>| {
            let messages = json!([{"role": "user", "content": text}]);
            let mut body =
                json!({"model": model, "stream": self.streams(), "max_tokens": tokens, "messages": messages});
            if !tools.is_empty() {
                body["tools"] = tools.into();
            }
            body.to_string().into_bytes()
        };
        match self {
            Self::Whole | Self::Stream => ask("Say something about water.".to_owned(), Vec::new()),
            Self::Large => ask(prose(LARGE), Vec::new()),
            Self::AgentWhole | Self::AgentStream => {
                let tools: Vec<Value> = (0..TOOLS).map(tool).collect();
                let sized: usize = tools.iter().map(|tool| tool.to_string().len()).sum();
                ask(prose(AGENT - sized), tools)
            }
        }
    }
}

/// A tool as agents describe theirs: some 2 KB, most of it prose.
fn tool(n: usize) -> Value {
    json!({"type": "function", "function": {
        "name": format!("tool_{n}"),
        "description": prose(1_500),
        "parameters": {
            "type": "object",
            "properties": {
                "path": {"type": "string", "description": "The absolute path of the \"file\""},
                "offset": {"type": "integer", "description": "The line to start at"},
                "edits": {"type": "array", "items": {"type": "object", "properties": {
                    "old": {"type": "string"}, "new": {"type": "string"}}}},
            },
            "required": ["path"],
        },
    }})
}

/// Prose and code by turns, as prompts of coding agents have them: one escape in some 40 bytes.
fn prose(length: usize) -> String {
    const PROSE: &str = "Read the file before you change it, and say what you found in one sentence. Never guess a path: \
         look for it first, and when there are several, ask which one is meant.\n\n";
    const CODE: &str = "    pub fn level(&self, name: &str) -> Option<u64> {\n        self.seen.get(name).copied()\n    }\n\n    \
         println!(\"{name} stands at {level} \u{6c34}\");\n";
    PROSE.chars().chain(CODE.chars()).cycle().take(length).collect()
}
