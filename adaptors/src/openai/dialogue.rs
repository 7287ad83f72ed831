//! What the OpenAI dialect offers.

use bytes::Bytes;
use serde_json::{Value, json};

use super::chat::{decode_request, decode_stream, encode_request, encode_stream, encode_whole};
use super::endpoints::{OFFERS, upload};
use super::hints::CHAT;
use super::pass_through::PassThrough;
use super::{error, mentions};
use crate::adaptor::{Adaptor, Call, Complaint, Operation, Unsupported, Upload, UpstreamError};
use crate::dropped::Dropped;
use crate::framing::Framing;
use crate::framing::sse::{self, SSE};
use crate::names::Other;
use crate::neutral::{
    Conversation, Decode, Dialect, Dialogue, Encode, Losses, Offer, Place, Refused, Serves, name_of,
};

/// OpenAI: chat completions, and the operations that have no counterpart elsewhere.
pub const OPENAI: Dialect = Dialect::new(&OpenAi);

struct OpenAi;

impl Dialogue for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn offers(&self) -> &'static [Offer] {
        OFFERS
    }

    fn mentions(&self, body: &[u8]) -> Option<Vec<Other>> {
        mentions::ASKED.in_text(body)
    }

    fn gives(&self, answer: &[u8]) -> Vec<Other> {
        mentions::TOLD.in_text(answer).unwrap_or_default()
    }

    fn framing(&self) -> &'static dyn Framing {
        &SSE
    }

    fn is_spoken(&self, path: &str, _has: &dyn Fn(&str) -> bool) -> bool {
        self.find(path).is_some()
    }

    fn request_id_header(&self) -> Option<&'static str> {
        None
    }

    fn complaint_body(&self, complaint: &Complaint<'_>) -> Bytes {
        error::complaint_body(complaint)
    }

    fn complaint_frame(&self, body: &[u8]) -> Bytes {
        sse::frame(None, body)
    }

    fn complaint_details(&self, error: &UpstreamError) -> (Option<String>, Option<String>) {
        error::details(error)
    }

    fn models_path(&self) -> Option<&'static str> {
        Some("/models")
    }

    fn models_body(&self, names: &[&str], _serves: &Serves<'_>, _more: bool) -> Bytes {
        let models: Vec<_> = names.iter().map(|name| model(name)).collect();
        json!({"object": "list", "data": models}).to_string().into()
    }

    fn model_body(&self, name: &str, _serves: &Serves<'_>) -> Bytes {
        model(name).to_string().into()
    }

    fn same(&self) -> &'static dyn Adaptor {
        &PassThrough
    }

    fn read_request<'a>(
        &self,
        call: &Call<'a>,
        dropped: &mut Dropped,
    ) -> Result<Conversation<'a>, Unsupported> {
        Ok(decode_request::read(call.body, dropped)?)
    }

    fn thinking_names(&self) -> [&'static str; 2] {
        ["reasoning_content", "thinking_blocks"]
    }

    fn place(&self, place: Place) -> String {
        match place {
            Place::Top => String::new(),
            Place::Turns | Place::System => "messages".to_owned(),
            Place::Turn(turn) => format!("messages[{turn}]"),
            Place::Part(turn, part) => format!("messages[{turn}].content[{part}]"),
            Place::Call(turn, call) => format!("messages[{turn}].tool_calls[{call}]"),
            Place::Detail(turn, part) => format!("messages[{turn}].content[{part}].image_url.detail"),
            Place::Details => "detail".to_owned(),
            Place::Title(turn, part) => format!("messages[{turn}].content[{part}].file.filename"),
            Place::Tool(tool) => format!("tools[{tool}]"),
            Place::Choice => "tool_choice".to_owned(),
            Place::Parallel => "parallel_tool_calls".to_owned(),
            Place::Temperature => "temperature".to_owned(),
            Place::TopP => "top_p".to_owned(),
            Place::TopK => "top_k".to_owned(),
            Place::Stop => "stop".to_owned(),
            Place::Thinking | Place::Effort => "reasoning_effort".to_owned(),
            Place::User => "user".to_owned(),
            Place::Hint(wish) => name_of(&CHAT, wish).to_owned(),
            Place::Format => "response_format".to_owned(),
            Place::Schema => "response_format.json_schema.schema".to_owned(),
        }
    }

    fn write_request(
        &self,
        call: &Call<'_>,
        conversation: &Conversation<'_>,
        losses: &mut Losses<'_>,
    ) -> Result<Upload, Refused> {
        let body = encode_request::write(call, conversation, losses)?;
        Ok(upload(Operation::Chat, body))
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::<decode_stream::Decoder>::default()
    }

    fn encoder(&self, call: &Call<'_>, whole: bool) -> Box<dyn Encode> {
        if whole {
            Box::new(encode_whole::Encoder::new(call))
        } else {
            Box::new(encode_stream::Encoder::new(call))
        }
    }
}

fn model(name: &str) -> Value {
    json!({"id": name, "object": "model", "created": 0, "owned_by": "watertight"})
}
