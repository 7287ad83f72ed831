//! What a request asks for, as far as a good answer depends on it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::upstream::mark::Mark;
use crate::upstream::state::now_ms;

/// The names of the models that are listed.
pub(super) const MODELS: [&str; 3] = ["gpt-5-mini", "claude-sonnet-4-5", "text-embedding-3-small"];
/// When they were made, in seconds since the Unix epoch.
pub(super) const MODELS_CREATED: u64 = 1_754_000_000;

/// The wire dialect of a request, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAi,
    Anthropic,
    Gemini,
    Responses,
}

/// Why an answer is shorter than it might have been, which is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Short {
    /// It is as long as it may be.
    Length,
    Filter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Chat,
    Embeddings,
    CountTokens,
    /// Of responses: a conversation made shorter, and what is asked of one that is kept.
    Compact,
    Delete,
    Cancel,
    InputItems,
}

/// The tool that the answer calls.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    pub(crate) name: String,
    /// The arguments as JSON text.
    pub(crate) arguments: String,
}

impl Tool {
    /// The arguments in the pieces in which they are streamed, cut at odd places.
    pub(crate) fn pieces(&self) -> Vec<&str> {
        let mut rest = self.arguments.as_str();
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let cut = rest.char_indices().nth(5).map_or(rest.len(), |(at, _)| at);
            let (piece, after) = rest.split_at(cut);
            pieces.push(piece);
            rest = after;
        }
        pieces
    }
}

/// A request, understood.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) dialect: Dialect,
    pub(crate) operation: Operation,
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) tokens: u64,
    /// Tokens of the prompt: a quarter of the body's bytes.
    pub(crate) input_tokens: u64,
    /// The time between two tokens.
    pub(crate) pace: Option<Duration>,
    pub(crate) tool: Option<Tool>,
    /// Unique per request of this process: the ids are made from it.
    pub(crate) serial: u64,
    /// Seconds since the Unix epoch.
    pub(crate) created: u64,
    /// Embeddings: what is to be embedded, how long a vector is, whether as base64.
    pub(crate) inputs: usize,
    pub(crate) dimensions: usize,
    pub(crate) base64: bool,
    /// Gemini: a stream is the elements of an array, because no events were asked for.
    pub(crate) array: bool,
    /// Gemini: which reason to stop.
    pub(crate) finish: usize,
    pub(crate) short: Option<Short>,
    /// What the text of a message asks for.
    pub(crate) mark: Option<Mark>,
    /// Responses: the id of the one that is asked for.
    pub(crate) kept: Option<String>,
}

/// The path of OpenAI's responses.
pub(crate) const RESPONSES: &str = "/v1/responses";
/// Where a conversation is compacted.
pub(crate) const COMPACT: &str = "/v1/responses/compact";
/// Where Anthropic's tokens are counted, and where those of responses are.
pub(crate) const COUNTS: [&str; 2] = ["/v1/messages/count_tokens", "/v1/responses/input_tokens"];
/// Tokens of an answer whose request does not say how many.
const TOKENS: u64 = 20;
/// Numbers of an embedding whose request does not say how many.
const DIMENSIONS: u64 = 8;

static SERIAL: AtomicU64 = AtomicU64::new(1);

impl Asked {
    /// Reads a request. Never fails: what is absent or wrong gets its default.
    pub(crate) fn read(path: &str, anthropic_version: &str, body: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let bare = path.split('?').next().unwrap_or_default();
        let anthropic = path.starts_with("/v1/messages") || !anthropic_version.is_empty();
        let number = |key: &str| json[key].as_u64();
        let inputs = match &json["input"] {
            // An array of numbers is one input, already cut into tokens.
            Value::Array(list) if !list.first().is_some_and(Value::is_number) => list.len(),
            _ => 1,
        };
        let dialect = match bare {
            _ if bare.starts_with(RESPONSES) => Dialect::Responses,
            _ if anthropic => Dialect::Anthropic,
            _ => Dialect::OpenAi,
        };
        let limits = ["max_completion_tokens", "max_tokens", "max_output_tokens"];
        Self {
            dialect,
            operation: match bare {
                "/v1/embeddings" => Operation::Embeddings,
                _ if COUNTS.contains(&bare) => Operation::CountTokens,
                COMPACT => Operation::Compact,
                _ => Operation::Chat,
            },
            model: json["model"].as_str().unwrap_or_default().to_owned(),
            stream: json["stream"].as_bool().unwrap_or(false),
            include_usage: json["stream_options"]["include_usage"].as_bool().unwrap_or(false),
            tokens: limits.into_iter().find_map(number).unwrap_or(TOKENS),
            input_tokens: body.len() as u64 / 4 + 1,
            pace: None,
            tool: tool(&json),
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
            created: now_ms() / 1000,
            inputs,
            dimensions: usize::try_from(number("dimensions").unwrap_or(DIMENSIONS)).unwrap_or(8).min(4096),
            base64: json["encoding_format"] == "base64",
            array: false,
            finish: 0,
            short: None,
            mark: Mark::find(body),
            kept: None,
        }
        .of_path(path, &json)
        .marked()
    }

    /// The text says how long the answer is: a relay may have changed what the request says.
    fn marked(self) -> Self {
        let tokens = self.mark.as_ref().and_then(|mark| mark.tokens).unwrap_or(self.tokens);
        Self { tokens, ..self }
    }

    /// Gemini's path says what it is about.
    fn of_path(self, path: &str, json: &Value) -> Self {
        let Some((model, rest)) = gemini(path) else { return self };
        let (method, query) = rest.split_once('?').unwrap_or((rest, ""));
        let stream = method == "streamGenerateContent";
        Self {
            dialect: Dialect::Gemini,
            operation: match method {
                "embedContent" | "batchEmbedContents" => Operation::Embeddings,
                "countTokens" => Operation::CountTokens,
                _ => Operation::Chat,
            },
            model: model.to_owned(),
            stream,
            tokens: json["generationConfig"]["maxOutputTokens"].as_u64().unwrap_or(TOKENS),
            inputs: if method == "batchEmbedContents" { 2 } else { 1 },
            array: stream && !query.split('&').any(|pair| pair == "alt=sse"),
            ..self
        }
    }

    /// An id of this request with the prefix that the dialect's ids have.
    pub(crate) fn id(&self, prefix: &str) -> String {
        format!("{prefix}{:024x}", self.serial.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The content type of a good answer.
    pub(crate) fn content_type(&self) -> &'static str {
        if self.stream && !self.array { "text/event-stream; charset=utf-8" } else { "application/json" }
    }

    /// The headers that a provider of the dialect adds to every answer, as lines that end in CRLF.
    pub(crate) fn headers(&self) -> String {
        match self.dialect {
            Dialect::OpenAi => format!(
                "x-request-id: {}\r\nopenai-version: 2020-10-01\r\nopenai-processing-ms: 12\r\n",
                self.id("req_")
            ),
            Dialect::Responses => format!(
                "x-request-id: {}\r\nopenai-version: 2020-10-01\r\nx-codex-turn-state: {}\r\n",
                self.id("req_"),
                self.id("turn_")
            ),
            Dialect::Anthropic => format!("request-id: {}\r\n", self.id("req_")),
            Dialect::Gemini => "server: scaffolding on HTTPServer2\r\n".to_owned(),
        }
    }
}

/// The model of a path of Gemini's, and the rest behind it.
pub(crate) fn gemini(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/v1beta/models/")?.rsplit_once(':')
}

/// The first tool, called with plausible arguments; none when the caller forbids it or has just answered one.
fn tool(json: &Value) -> Option<Tool> {
    let first = json["tools"].get(0)?;
    // Gemini's are one list in a tool.
    let first = first["functionDeclarations"].get(0).unwrap_or(first);
    let forbidden = json["tool_choice"] == "none"
        || json["tool_choice"]["type"] == "none"
        || json["toolConfig"]["functionCallingConfig"]["mode"] == "NONE";
    let said = ["messages", "contents", "input"].into_iter().find_map(|key| json[key].as_array());
    let last = said.and_then(|list| list.last()).unwrap_or(&Value::Null);
    let answered = last["role"] == "tool"
        || last["type"] == "function_call_output"
        || last["content"]
            .as_array()
            .is_some_and(|parts| parts.iter().any(|part| part["type"] == "tool_result"))
        || last["parts"]
            .as_array()
            .is_some_and(|parts| parts.iter().any(|part| part["functionResponse"].is_object()));
    if forbidden || answered {
        return None;
    }
    let (name, schema) = match first.get("function") {
        Some(function) => (&function["name"], &function["parameters"]),
        None => {
            let places = ["input_schema", "parametersJsonSchema", "parameters"];
            let schema = places.iter().map(|place| &first[place]).find(|schema| schema.is_object());
            (&first["name"], schema.unwrap_or(&Value::Null))
        }
    };
    let arguments: Map<String, Value> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.clone(), example(property)))
        .collect();
    Some(Tool { name: name.as_str()?.to_owned(), arguments: Value::Object(arguments).to_string() })
}

fn example(property: &Value) -> Value {
    if let Some(first) = property["enum"].get(0) {
        return first.clone();
    }
    match property["type"].as_str() {
        Some("integer") => json!(3),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("Paris"),
    }
}
