//! What a good upstream says, in each dialect, in pieces that a fault can cut and join as it likes.

mod anthropic;
mod asked;
mod gemini;
mod kept;
mod openai;
mod responses;
mod said;

pub(crate) use asked::{Asked, COMPACT, COUNTS, Dialect, Operation, RESPONSES, Short, gemini as of_gemini};
pub(crate) use said::{Promise, Said};

/// The pieces of a stream of one dialect. Each piece is a whole event, blank line included.
impl Asked {
    /// The events before the first content.
    pub(crate) fn opening(&self) -> Vec<Vec<u8>> {
        match self.dialect {
            Dialect::OpenAi => openai::opening(self),
            Dialect::Anthropic => anthropic::opening(self),
            Dialect::Gemini => gemini::opening(self),
            Dialect::Responses => responses::opening(self),
        }
    }

    /// The event of token `i`, from 0.
    pub(crate) fn token(&self, i: u64) -> Vec<u8> {
        match (&self.tool, i) {
            (Some(tool), _) => {
                self.piece(tool.pieces().get(usize::try_from(i).unwrap_or(usize::MAX)).unwrap_or(&""), i)
            }
            (None, _) => self.piece(word(i), i),
        }
    }

    /// An event of a text that is no token, in the place of the third one.
    pub(crate) fn content(&self, text: &str) -> Vec<u8> {
        self.piece(text, 2)
    }

    fn piece(&self, text: &str, i: u64) -> Vec<u8> {
        match self.dialect {
            Dialect::OpenAi => openai::content(self, text),
            Dialect::Anthropic => anthropic::content(self, text),
            Dialect::Gemini => gemini::content(self, text),
            Dialect::Responses => responses::content(self, text, i),
        }
    }

    /// The events from the finish reason up to the terminator, without it.
    pub(crate) fn closing(&self) -> Vec<Vec<u8>> {
        match self.dialect {
            Dialect::OpenAi => openai::closing(self),
            Dialect::Anthropic => anthropic::closing(self),
            Dialect::Gemini => gemini::closing(self),
            Dialect::Responses => responses::closing(self),
        }
    }

    pub(crate) fn terminal(&self) -> Vec<u8> {
        match self.dialect {
            Dialect::OpenAi => b"data: [DONE]\n\n".to_vec(),
            Dialect::Anthropic => b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".to_vec(),
            Dialect::Gemini => gemini::terminal(self),
            Dialect::Responses => responses::terminal(self),
        }
    }

    /// How many content events there are: tokens, or the pieces of a tool call's arguments.
    pub(crate) fn events(&self) -> u64 {
        match &self.tool {
            None => self.tokens,
            Some(_) if self.dialect == Dialect::Gemini => 1,
            Some(tool) => tool.pieces().len() as u64,
        }
    }

    pub(crate) fn whole(&self) -> serde_json::Value {
        match (self.operation, self.dialect) {
            (Operation::Embeddings, Dialect::Gemini) => gemini::embeddings(self.inputs),
            (Operation::CountTokens, Dialect::Gemini) => {
                serde_json::json!({"totalTokens": self.input_tokens})
            }
            (Operation::CountTokens, _) => serde_json::json!({"input_tokens": self.input_tokens}),
            (Operation::Embeddings, _) => openai::embeddings(self),
            (Operation::Compact, _) => kept::compacted(self),
            (Operation::Delete, _) => kept::deleted(self),
            (Operation::Cancel, _) => kept::cancelled(self),
            (Operation::InputItems, _) => kept::input_items(self),
            (Operation::Chat, Dialect::OpenAi) => openai::whole(self),
            (Operation::Chat, Dialect::Anthropic) => anthropic::whole(self),
            (Operation::Chat, Dialect::Gemini) => gemini::whole(self),
            (Operation::Chat, Dialect::Responses) => responses::whole(self),
        }
    }

    fn text(&self) -> String {
        (0..self.tokens).map(word).collect()
    }

    pub(crate) fn error(&self, status: u16, message: &str) -> serde_json::Value {
        match self.dialect {
            Dialect::OpenAi | Dialect::Responses => openai::error(status, message),
            Dialect::Anthropic => anthropic::error(self, status, message),
            Dialect::Gemini => gemini::error(status, message),
        }
    }

    /// An error event after so many tokens of a stream, or as its first.
    pub(crate) fn error_event(&self, status: u16, message: &str, after: Option<u64>) -> Vec<u8> {
        let body = self.error(status, message);
        match self.dialect {
            Dialect::OpenAi => format!("data: {body}\n\n").into_bytes(),
            Dialect::Anthropic => format!("event: error\ndata: {body}\n\n").into_bytes(),
            Dialect::Gemini => gemini::error_chunk(self, status, message, after.is_none()),
            Dialect::Responses => responses::error_event(self, status, message, after),
        }
    }

    /// The last event of an answer that failed after so many tokens; an error event where there is nothing else.
    pub(crate) fn failed(&self, message: &str, after: u64) -> Vec<u8> {
        match self.dialect {
            Dialect::Responses => responses::failed(self, message, after),
            _ => self.error_event(500, message, Some(after)),
        }
    }

    pub(crate) fn whole_failed(&self, message: &str) -> serde_json::Value {
        match self.dialect {
            Dialect::Responses => responses::whole_failed(self, message),
            _ => self.error(500, message),
        }
    }

    /// What stands for the content of an answer to a prompt that was refused.
    pub(crate) fn blocked(&self) -> Vec<Vec<u8>> {
        if self.dialect == Dialect::Gemini { vec![gemini::blocked(self)] } else { self.closing() }
    }

    pub(crate) fn whole_blocked(&self) -> serde_json::Value {
        if self.dialect == Dialect::Gemini { gemini::whole_blocked(self) } else { self.nothing().whole() }
    }

    /// The same with nothing to say.
    pub(crate) fn nothing(&self) -> Self {
        Self { tokens: 0, tool: None, ..self.clone() }
    }

    /// What a filter found, and no content; comments of a kind in dialects that say nothing of filters.
    pub(crate) fn filtered(&self) -> Vec<u8> {
        match self.dialect {
            Dialect::OpenAi => {
                b"data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n".to_vec()
            }
            Dialect::Anthropic => b"event: ping\ndata: {\"type\": \"ping\"}\n\n".to_vec(),
            Dialect::Gemini => gemini::filtered(self),
            Dialect::Responses => b"event: keepalive\ndata: {\"type\":\"keepalive\"}\n\n".to_vec(),
        }
    }

    /// The models that the upstream offers, or one of them.
    pub(crate) fn models(&self, id: Option<&str>) -> serde_json::Value {
        match self.dialect {
            Dialect::OpenAi | Dialect::Responses => openai::models(id),
            Dialect::Anthropic => anthropic::models(id),
            Dialect::Gemini => gemini::models(id),
        }
    }
}

/// Words with bytes of every width of UTF-8, and the line separator that is not a line end in an event stream.
const WORDS: [&str; 8] =
    ["Water", " runs", " downhill", " naïvely", ", 水は", " tight\u{2028}", " as", " 🦀."];

fn word(i: u64) -> &'static str {
    WORDS[usize::try_from(i % WORDS.len() as u64).unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn data(event: &[u8]) -> Value {
        let text = std::str::from_utf8(event).unwrap();
        assert!(text.ends_with("\n\n"), "{text}");
        serde_json::from_str(text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap()).unwrap()
    }

    #[test]
    fn the_stream_and_the_whole_answer_say_the_same() {
        for path in ["/v1/chat/completions", "/v1/messages", "/v1/responses"] {
            let body = json!({"model": "m", "max_tokens": 9, "messages": []});
            let asked = Asked::read(path, "", body.to_string().as_bytes());
            let streamed: String = (0..asked.events())
                .map(|i| {
                    let event = data(&asked.token(i));
                    let text = match asked.dialect {
                        Dialect::OpenAi => &event["choices"][0]["delta"]["content"],
                        Dialect::Anthropic => &event["delta"]["text"],
                        Dialect::Gemini => &event["candidates"][0]["content"]["parts"][0]["text"],
                        Dialect::Responses => &event["delta"],
                    };
                    text.as_str().unwrap().to_owned()
                })
                .collect();
            assert_eq!(streamed, asked.text());
            assert!(asked.whole().to_string().contains("downhill"));
        }
    }

    #[test]
    fn a_tool_call_has_arguments_of_the_types_asked_for() {
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}});
        let openai = json!({"model": "m", "tools": [{"type": "function", "function": {"name": "weather", "parameters": schema}}]});
        let anthropic = json!({"model": "m", "tools": [{"name": "weather", "input_schema": schema}]});
        let responses =
            json!({"model": "m", "tools": [{"type": "function", "name": "weather", "parameters": schema}]});
        let asked =
            [("/v1/chat/completions", openai), ("/v1/messages", anthropic), ("/v1/responses", responses)];
        for (path, body) in asked {
            let asked = Asked::read(path, "", body.to_string().as_bytes());
            let pieces: String = (0..asked.events())
                .map(|i| {
                    let event = data(&asked.token(i));
                    let text = match asked.dialect {
                        Dialect::OpenAi => {
                            &event["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
                        }
                        Dialect::Anthropic => &event["delta"]["partial_json"],
                        Dialect::Gemini => &event["candidates"][0]["content"]["parts"][0]["functionCall"],
                        Dialect::Responses => &event["delta"],
                    };
                    text.as_str().unwrap().to_owned()
                })
                .collect();
            let arguments: Value = serde_json::from_str(&pieces).unwrap();
            assert_eq!(arguments, json!({"city": "Paris", "days": 3}));
            assert!(asked.whole().to_string().contains("weather"));
        }
    }
}
