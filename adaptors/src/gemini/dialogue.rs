//! What the Gemini dialect offers.

use bytes::Bytes;
use serde_json::{Value, json};

use super::contents::hints::CONFIG;
use super::contents::signature::PROOF;
use super::contents::{decode_request, decode_stream, encode_request, encode_stream};
use super::form::{Form, bare};
use super::pass_through::PassThrough;
use super::{endpoints, error, mentions};
use crate::adaptor::{Adaptor, Call, Complaint, Operation, Unsupported, Upload, UpstreamError};
use crate::dropped::Dropped;
use crate::envelope::{Envelope, EnvelopeError};
use crate::framing::Framing;
use crate::framing::either::EITHER;
use crate::names::Other;
use crate::neutral::{
    Conversation, Decode, Dialect, Dialogue, Encode, Losses, Offer, Place, Refused, Serves, Wish, name_of,
};

/// Gemini: generateContent, streamed too, embeddings, the counting of tokens, models.
pub const GEMINI: Dialect = Dialect::new(&Gemini);

struct Gemini;

impl Dialogue for Gemini {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn offers(&self) -> &'static [Offer] {
        &endpoints::OFFERS
    }

    fn framing(&self) -> &'static dyn Framing {
        &EITHER
    }

    fn streams_as(&self, path: &str) -> &'static str {
        Form::of(path).content_type()
    }

    fn find(&self, path: &str) -> Option<&'static Offer> {
        endpoints::find(path)
    }

    fn envelope(&self, offer: &Offer, path: &str, body: &Bytes) -> Result<Envelope, EnvelopeError> {
        endpoints::envelope(offer, path, body)
    }

    fn mentions(&self, body: &[u8]) -> Option<Vec<Other>> {
        mentions::ASKED.in_text(body)
    }

    fn is_spoken(&self, path: &str, has: &dyn Fn(&str) -> bool) -> bool {
        path.starts_with("/v1beta/") || has("x-goog-api-key") || has("x-goog-api-client")
    }

    fn root(&self) -> &'static str {
        "/v1beta"
    }

    fn request_id_header(&self) -> Option<&'static str> {
        None
    }

    fn complaint_body(&self, complaint: &Complaint<'_>) -> Bytes {
        error::complaint_body(complaint)
    }

    /// For clients of events; a stream's reader knows which form it has.
    fn complaint_frame(&self, body: &[u8]) -> Bytes {
        bare(body)
    }

    /// A status has one word.
    fn complaint_details(&self, error: &UpstreamError) -> (Option<String>, Option<String>) {
        (None, error.code.clone())
    }

    fn count_key(&self) -> &'static str {
        "totalTokens"
    }

    fn models_inbound(&self) -> Option<&'static str> {
        Some("/v1beta/models")
    }

    fn models_path(&self) -> Option<&'static str> {
        Some("/models?pageSize=1000")
    }

    fn models_body(&self, names: &[&str], serves: &Serves<'_>, more: bool) -> Bytes {
        let models: Vec<_> = names.iter().map(|name| model(name, serves)).collect();
        let mut list = json!({ "models": models });
        if let Some(last) = names.last().filter(|_| more) {
            list["nextPageToken"] = json!(last);
        }
        list.to_string().into()
    }

    fn pages_by(&self) -> [&'static str; 3] {
        ["pageSize", "pageToken", ""]
    }

    fn model_body(&self, name: &str, serves: &Serves<'_>) -> Bytes {
        model(name, serves).to_string().into()
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

    fn takes_name(&self, name: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        begins && name.len() <= 64 && name.bytes().all(fits)
    }

    fn place(&self, place: Place) -> String {
        match place {
            Place::Top => String::new(),
            Place::Turns => "contents".to_owned(),
            Place::Turn(turn) => format!("contents[{turn}]"),
            Place::Part(turn, part) | Place::Call(turn, part) => format!("contents[{turn}].parts[{part}]"),
            Place::Detail(turn, part) => format!("contents[{turn}].parts[{part}].mediaResolution"),
            Place::Details => "generationConfig.mediaResolution".to_owned(),
            Place::Title(turn, part) => format!("contents[{turn}].parts[{part}].displayName"),
            Place::System => "systemInstruction".to_owned(),
            Place::Tool(tool) => format!("tools[0].functionDeclarations[{tool}]"),
            Place::Choice => "toolConfig".to_owned(),
            Place::Parallel => "toolConfig.functionCallingConfig".to_owned(),
            Place::Temperature => "generationConfig.temperature".to_owned(),
            Place::TopP => "generationConfig.topP".to_owned(),
            Place::TopK => "generationConfig.topK".to_owned(),
            Place::Stop => "generationConfig.stopSequences".to_owned(),
            Place::Thinking | Place::Effort => "generationConfig.thinkingConfig".to_owned(),
            Place::Format => "generationConfig.responseMimeType".to_owned(),
            Place::Schema => "generationConfig.responseSchema".to_owned(),
            Place::Hint(Wish::Tier) => "serviceTier".to_owned(),
            Place::Hint(Wish::Store) => "store".to_owned(),
            Place::Hint(wish) => format!("generationConfig.{}", name_of(&CONFIG, wish)),
            Place::User => "user".to_owned(),
        }
    }

    fn signature_name(&self) -> &'static str {
        "thoughtSignature"
    }

    fn thinking_names(&self) -> [&'static str; 2] {
        ["thought", "thoughtSignature"]
    }

    /// Of all dialects this one has a place for it.
    fn proof_mark(&self) -> &'static str {
        PROOF
    }

    fn write_request(
        &self,
        call: &Call<'_>,
        conversation: &Conversation<'_>,
        losses: &mut Losses<'_>,
    ) -> Result<Upload, Refused> {
        Ok(endpoints::translated(call, encode_request::write(call, conversation, losses)?))
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::<decode_stream::Decoder>::default()
    }

    fn encoder(&self, call: &Call<'_>, whole: bool) -> Box<dyn Encode> {
        Box::new(encode_stream::Encoder::new(call, whole))
    }
}

/// What a model is for, by its name: no list of models tells it in all dialects.
fn converses(name: &str) -> bool {
    const OTHERS: [&str; 9] =
        ["embed", "rerank", "moderation", "whisper", "transcribe", "dall-e", "gpt-image", "imagen", "veo-"];
    let speaks_only = name.starts_with("tts-") || (name.starts_with("gpt-") && name.contains("-tts"));
    !speaks_only && !OTHERS.iter().any(|word| name.contains(word))
}

fn model(name: &str, serves: &Serves<'_>) -> Value {
    let is_for = |operation| match operation {
        Operation::Embeddings => name.contains("embed"),
        _ => converses(name),
    };
    let methods: Vec<&str> = [
        (Operation::Chat, "generateContent"),
        (Operation::CountTokens, "countTokens"),
        (Operation::Embeddings, "embedContent"),
    ]
    .into_iter()
    .filter(|(operation, _)| is_for(*operation) && serves(name, *operation))
    .map(|(_, method)| method)
    .collect();
    let whole = if name.starts_with("tunedModels/") { name.to_owned() } else { format!("models/{name}") };
    json!({
        "name": whole,
        "version": "001",
        "displayName": name,
        "supportedGenerationMethods": methods,
    })
}
