//! What the responses dialect offers.

use bytes::Bytes;

use super::super::hints::RESPONSES as HINTS;
use super::super::{OPENAI, error};
use super::endpoints::{BY_NAME, COMPACT, CREATE, INPUT_TOKENS, upload};
use super::event::Events;
use super::outline::Outline;
use super::pass_through::PassThrough;
use super::{decode_request, decode_stream, encode_request, encode_stream, mentions, named, title};
use crate::adaptor::{Adaptor, Call, Complaint, Unsupported, Upload, UpstreamError};
use crate::dropped::Dropped;
use crate::envelope::{Envelope, EnvelopeError};
use crate::framing::Framing;
use crate::framing::sse::SSE;
use crate::names::{Names, Other};
use crate::neutral::{
    Conversation, Decode, Dialect, Dialogue, Encode, Losses, Offer, Place, Refused, Serves, Wish, name_of,
};

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

    fn by_name(&self) -> &'static [Offer] {
        &BY_NAME
    }

    fn envelope(&self, offer: &Offer, path: &str, body: &Bytes) -> Result<Envelope, EnvelopeError> {
        if offer.operation.is_by_name() {
            return Ok(named::envelope(offer, path));
        }
        Envelope::scan(body)
    }

    fn goes_on_with(&self, body: &Bytes) -> Result<Names, EnvelopeError> {
        named::in_request(body)
    }

    fn mentions(&self, body: &[u8]) -> Option<Vec<Other>> {
        mentions::ASKED.in_text(body)
    }

    fn gives(&self, answer: &[u8]) -> Vec<Other> {
        mentions::TOLD.in_text(answer).unwrap_or_default()
    }

    fn named(&self, answer: &[u8]) -> Names {
        named::in_answer(answer)
    }

    fn made_up(&self, id: &str) -> Names {
        Names { response: Some(encode_stream::made_up(id)), ..Names::default() }
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

    fn turn_header(&self) -> Option<&'static str> {
        Some("x-codex-turn-state")
    }

    fn request_id_header(&self) -> Option<&'static str> {
        None
    }

    fn complaint_body(&self, complaint: &Complaint<'_>) -> Bytes {
        error::complaint_body(complaint)
    }

    fn complaint_frame(&self, body: &[u8]) -> Bytes {
        Outline::default().failed(&mut Events::default(), body, |_| {})
    }

    fn complaint_details(&self, error: &UpstreamError) -> (Option<String>, Option<String>) {
        error::details(error)
    }

    fn count_body(&self, tokens: u64) -> Bytes {
        format!(r#"{{"object":"response.input_tokens","{}":{tokens}}}"#, self.count_key()).into()
    }

    fn models_path(&self) -> Option<&'static str> {
        OPENAI.models_path()
    }

    fn models_body(&self, names: &[&str], serves: &Serves<'_>, more: bool) -> Bytes {
        OPENAI.models_body(names, serves, more)
    }

    fn model_body(&self, name: &str, serves: &Serves<'_>) -> Bytes {
        OPENAI.model_body(name, serves)
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

    fn thinking_names(&self) -> [&'static str; 2] {
        ["summary", "encrypted_content"]
    }

    fn has_spaces(&self, body: &[u8]) -> bool {
        title::MARKED.iter().any(|kind| memchr::memmem::find(body, kind).is_some())
    }

    fn place(&self, place: Place) -> String {
        match place {
            Place::Top => String::new(),
            Place::Turns => "input".to_owned(),
            Place::Turn(turn) | Place::Call(turn, _) => format!("input[{turn}]"),
            Place::Part(turn, part) => format!("input[{turn}].content[{part}]"),
            Place::Detail(turn, part) => format!("input[{turn}].content[{part}].detail"),
            Place::Details => "detail".to_owned(),
            Place::Title(turn, part) => format!("input[{turn}].content[{part}].filename"),
            Place::System => "instructions".to_owned(),
            Place::Tool(tool) => format!("tools[{tool}]"),
            Place::Choice => "tool_choice".to_owned(),
            Place::Parallel => "parallel_tool_calls".to_owned(),
            Place::Temperature => "temperature".to_owned(),
            Place::TopP => "top_p".to_owned(),
            Place::TopK => "top_k".to_owned(),
            Place::Stop => "stop".to_owned(),
            Place::Thinking | Place::Effort => "reasoning.effort".to_owned(),
            Place::User => "user".to_owned(),
            Place::Hint(Wish::Verbosity) => "text.verbosity".to_owned(),
            Place::Hint(wish) => name_of(&HINTS, wish).to_owned(),
            Place::Format => "text.format".to_owned(),
            Place::Schema => "text.format.schema".to_owned(),
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
