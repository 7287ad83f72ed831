//! What the Anthropic dialect offers.

use bytes::Bytes;
use serde_json::{Value, json};

use super::endpoints::{COUNT_TOKENS, MESSAGES, upload};
use super::messages::ids::OWN;
use super::messages::{decode_request, decode_stream, encode_request, encode_stream};
use super::pass_through::PassThrough;
use super::{error, mentions};
use crate::adaptor::{Adaptor, Call, Complaint, Unsupported, Upload, UpstreamError};
use crate::dropped::Dropped;
use crate::framing::Framing;
use crate::framing::sse::{self, SSE};
use crate::names::Other;
use crate::neutral::{
    Conversation, Decode, Dialect, Dialogue, Encode, Losses, Offer, Place, Refused, Serves,
};

/// Anthropic: messages, and the counting of their tokens.
pub const ANTHROPIC: Dialect = Dialect::new(&Anthropic);

struct Anthropic;

impl Dialogue for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn offers(&self) -> &'static [Offer] {
        &[MESSAGES, COUNT_TOKENS]
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

    fn heartbeat(&self) -> &'static [u8] {
        b"event: ping\ndata: {\"type\": \"ping\"}\n\n"
    }

    fn is_spoken(&self, path: &str, has: &dyn Fn(&str) -> bool) -> bool {
        path.starts_with(MESSAGES.inbound) || has("anthropic-version")
    }

    /// Anthropic's clients are told `https://host`, and call `/v1/messages`.
    fn prefix(&self) -> &'static str {
        "/v1"
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    /// The version is the client's when it sends one; beta features are asked for by header and change the answer.
    fn forwards(&self) -> &'static [&'static str] {
        &["anthropic-version", "anthropic-beta"]
    }

    fn request_id_header(&self) -> Option<&'static str> {
        Some("request-id")
    }

    fn complaint_body(&self, complaint: &Complaint<'_>) -> Bytes {
        error::complaint_body(complaint)
    }

    fn complaint_frame(&self, body: &[u8]) -> Bytes {
        sse::frame(Some("error"), body)
    }

    /// A status has one type, and there are no codes.
    fn complaint_details(&self, _error: &UpstreamError) -> (Option<String>, Option<String>) {
        (None, None)
    }

    fn models_path(&self) -> Option<&'static str> {
        Some("/models?limit=1000")
    }

    fn models_body(&self, names: &[&str], _serves: &Serves<'_>, more: bool) -> Bytes {
        let models: Vec<_> = names.iter().map(|name| model(name)).collect();
        json!({"data": models, "has_more": more, "first_id": names.first(), "last_id": names.last()})
            .to_string()
            .into()
    }

    fn pages_by(&self) -> [&'static str; 3] {
        ["limit", "after_id", "before_id"]
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
        Ok(decode_request::read(call, dropped)?)
    }

    fn signature_name(&self) -> &'static str {
        "signature"
    }

    /// Of all dialects this one has a place for it.
    fn thinking_mark(&self) -> &'static str {
        OWN
    }

    fn place(&self, place: Place) -> String {
        match place {
            Place::Top => String::new(),
            Place::Turns => "messages".to_owned(),
            Place::Turn(turn) => format!("messages[{turn}]"),
            Place::Part(turn, part) | Place::Call(turn, part) => format!("messages[{turn}].content[{part}]"),
            Place::Detail(turn, part) => format!("messages[{turn}].content[{part}].detail"),
            Place::Details => "detail".to_owned(),
            Place::Title(turn, part) => format!("messages[{turn}].content[{part}].title"),
            Place::System => "system".to_owned(),
            Place::Tool(tool) => format!("tools[{tool}]"),
            Place::Choice => "tool_choice".to_owned(),
            Place::Parallel => "tool_choice.disable_parallel_tool_use".to_owned(),
            Place::Temperature => "temperature".to_owned(),
            Place::TopP => "top_p".to_owned(),
            Place::TopK => "top_k".to_owned(),
            Place::Stop => "stop_sequences".to_owned(),
            Place::Thinking => "thinking".to_owned(),
            Place::Effort => "output_config.effort".to_owned(),
            Place::User => "metadata.user_id".to_owned(),
            Place::Hint(_) => "service_tier".to_owned(),
            Place::Format => "output_config.format".to_owned(),
            Place::Schema => "output_config.format.schema".to_owned(),
        }
    }

    fn write_request(
        &self,
        call: &Call<'_>,
        conversation: &Conversation<'_>,
        losses: &mut Losses<'_>,
    ) -> Result<Upload, Refused> {
        Ok(upload(call.operation, encode_request::write(call, conversation, losses)?))
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::<decode_stream::Decoder>::default()
    }

    fn encoder(&self, call: &Call<'_>, whole: bool) -> Box<dyn Encode> {
        Box::new(encode_stream::Encoder::new(call, whole))
    }
}

fn model(name: &str) -> Value {
    json!({"type": "model", "id": name, "display_name": name, "created_at": "1970-01-01T00:00:00Z"})
}
