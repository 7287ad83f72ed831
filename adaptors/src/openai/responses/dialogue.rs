//! What the responses dialect offers.

use bytes::Bytes;

use super::super::{OPENAI, error};
use super::endpoints::{COMPACT, CREATE, INPUT_TOKENS, upload};
use super::event::Events;
use super::outline::Outline;
use super::pass_through::PassThrough;
use super::{decode_request, decode_stream, encode_request, encode_stream};
use crate::adaptor::{Adaptor, Call, Complaint, Operation, Unsupported, Upload, UpstreamError};
use crate::dropped::Dropped;
use crate::framing::Framing;
use crate::framing::sse::SSE;
use crate::neutral::{Conversation, Decode, Dialect, Dialogue, Encode, Losses, Offer, Place, Refused};

/// OpenAI's responses: create, count the tokens of the input, compact.
pub const RESPONSES: Dialect = Dialect::new(&Responses);

struct Responses;

impl Dialogue for Responses {
    fn name(&self) -> &'static str {
        "responses"
    }

    fn offers(&self) -> &'static [Offer] {
        &[CREATE, INPUT_TOKENS, COMPACT]
    }

    fn maker(&self) -> &'static str {
        OPENAI.maker()
    }

    fn framing(&self) -> &'static dyn Framing {
        &SSE
    }

    fn is_spoken(&self, path: &str, _has: &dyn Fn(&str) -> bool) -> bool {
        path.starts_with(CREATE.inbound)
    }

    fn forwards(&self) -> &'static [&'static str] {
        &["openai-beta"]
    }

    fn request_id_header(&self) -> Option<&'static str> {
        None
    }

    fn complaint_body(&self, complaint: &Complaint<'_>) -> Bytes {
        error::complaint_body(complaint)
    }

    fn complaint_frame(&self, body: &[u8]) -> Bytes {
        Outline::default().failed(&mut Events::default(), body)
    }

    fn complaint_details(&self, error: &UpstreamError) -> (Option<String>, Option<String>) {
        error::details(error)
    }

    fn models_path(&self) -> Option<&'static str> {
        OPENAI.models_path()
    }

    fn models_body(&self, names: &[&str]) -> Bytes {
        OPENAI.models_body(names)
    }

    fn model_body(&self, name: &str) -> Bytes {
        OPENAI.model_body(name)
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

    fn signature_name(&self) -> &'static str {
        "encrypted_content"
    }

    fn place(&self, place: Place) -> String {
        match place {
            Place::Top => String::new(),
            Place::Turns => "input".to_owned(),
            Place::Turn(turn) | Place::Call(turn, _) => format!("input[{turn}]"),
            Place::Part(turn, part) => format!("input[{turn}].content[{part}]"),
            Place::System => "instructions".to_owned(),
            Place::Tool(tool) => format!("tools[{tool}]"),
            Place::Choice => "tool_choice".to_owned(),
            Place::Temperature => "temperature".to_owned(),
            Place::TopP => "top_p".to_owned(),
            Place::TopK => "top_k".to_owned(),
            Place::Stop => "stop".to_owned(),
            Place::Thinking => "reasoning".to_owned(),
            Place::Effort => "reasoning.effort".to_owned(),
            Place::User => "user".to_owned(),
            Place::Format => "text.format".to_owned(),
        }
    }

    fn write_request(
        &self,
        call: &Call<'_>,
        conversation: &Conversation<'_>,
        losses: &mut Losses<'_>,
    ) -> Result<Upload, Refused> {
        Ok(upload(Operation::Chat, encode_request::write(call, conversation, losses)?))
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::<decode_stream::Decoder>::default()
    }

    fn encoder(&self, call: &Call<'_>, _whole: bool) -> Box<dyn Encode> {
        Box::new(encode_stream::Encoder::new(call))
    }
}
