//! A dialect that nobody speaks, to show what adding one takes: this folder, and its name in a list. It differs where
//! it can: the model and the wish for a stream stand in the path (`/v1/toy/MODEL/ask`, `…/tell`), streams are lines of
//! JSON, and nothing is called as elsewhere.
//!
//! Asked with `{"turns":[{"by":"user","text":"…"}],"limit":9}` it answers `{"text":"…","end":"full","cost":[3,4]}`,
//! or a line `{"text":"…"}` for each piece and `{"end":"full","cost":[3,4]}` at last. Errors are
//! `{"wrong":{"status":503,"message":"…"}}`, an answer or a line.

mod adaptor;
pub(crate) mod lines;
mod translation;

use adaptors::adaptor::{Adaptor, Call, Complaint, Operation, Unsupported, Upload, UpstreamError};
use adaptors::dialect::{Dialect, Offer};
use adaptors::dropped::Dropped;
use adaptors::envelope::{Envelope, EnvelopeError};
use adaptors::framing::Framing;
use adaptors::neutral::{Conversation, Decode, Dialogue, Encode, Losses, Place, Refused, Serves};
use bytes::Bytes;
use serde_json::{Value, json};

pub(crate) const TOY: Dialect = Dialect::new(&Toy);

static OFFERS: [Offer; 2] = [
    Offer { operation: Operation::Chat, inbound: "/v1/toy/{model}/ask", outbound: "/toy/{model}/ask" },
    Offer { operation: Operation::Chat, inbound: "/v1/toy/{model}/tell", outbound: "/toy/{model}/tell" },
];

struct Toy;

/// The model and the verb of a client's path.
fn path_of(path: &str) -> Option<(&str, &str)> {
    let path = path.split('?').next().unwrap_or_default();
    path.strip_prefix("/v1/toy/")?.split_once('/').filter(|(model, _)| !model.is_empty())
}

impl Dialogue for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn offers(&self) -> &'static [Offer] {
        &OFFERS
    }

    fn framing(&self) -> &'static dyn Framing {
        &lines::LINES
    }

    fn find(&self, path: &str) -> Option<&'static Offer> {
        let (_, verb) = path_of(path)?;
        OFFERS.iter().find(|offer| offer.inbound.rsplit('/').next() == Some(verb))
    }

    fn envelope(&self, offer: &Offer, path: &str, body: &Bytes) -> Result<Envelope, EnvelopeError> {
        let bad = |message: &str, param| EnvelopeError { message: message.to_owned(), param };
        let (model, _) = path_of(path).ok_or_else(|| bad("the path names no model", Some("model")))?;
        match serde_json::from_slice(body) {
            Ok(Value::Object(_)) => {
                let stream = offer.inbound.ends_with("/tell");
                Ok(Envelope { model: model.to_owned(), stream, model_at: None })
            }
            _ => Err(bad("the body is no object", None)),
        }
    }

    fn is_spoken(&self, path: &str, has: &dyn Fn(&str) -> bool) -> bool {
        path.starts_with("/v1/toy/") || has("x-toy")
    }

    fn request_id_header(&self) -> Option<&'static str> {
        Some("x-toy-id")
    }

    fn complaint_body(&self, complaint: &Complaint<'_>) -> Bytes {
        let Complaint { status, message, code, param, .. } = complaint;
        let mut wrong = json!({"status": status, "message": message});
        for (key, value) in [("code", code), ("at", param)] {
            if let Some(value) = value {
                wrong[key] = (*value).into();
            }
        }
        json!({"wrong": wrong}).to_string().into()
    }

    fn complaint_frame(&self, body: &[u8]) -> Bytes {
        [body, b"\n"].concat().into()
    }

    fn complaint_details(&self, error: &UpstreamError) -> (Option<String>, Option<String>) {
        (None, error.code.clone())
    }

    fn models_body(&self, names: &[&str], _serves: &Serves<'_>, _more: bool) -> Bytes {
        json!({"toys": names}).to_string().into()
    }

    fn model_body(&self, name: &str, _serves: &Serves<'_>) -> Bytes {
        json!({"toy": name}).to_string().into()
    }

    fn same(&self) -> &'static dyn Adaptor {
        &adaptor::Same
    }

    fn read_request<'a>(
        &self,
        call: &Call<'a>,
        dropped: &mut Dropped,
    ) -> Result<Conversation<'a>, Unsupported> {
        translation::read_request(call, dropped)
    }

    fn place(&self, place: Place) -> String {
        match place {
            Place::Turn(turn) | Place::Part(turn, _) => format!("turns[{turn}]"),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    fn write_request(
        &self,
        call: &Call<'_>,
        conversation: &Conversation<'_>,
        losses: &mut Losses<'_>,
    ) -> Result<Upload, Refused> {
        Ok(upload(call, translation::write_request(conversation, losses)?))
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::<translation::Decoder>::default()
    }

    fn encoder(&self, _call: &Call<'_>, whole: bool) -> Box<dyn Encode> {
        Box::new(translation::Encoder::new(whole))
    }
}

/// The upstream's request: the model and the stream go into the path, with what else a client of it asked there.
fn upload(call: &Call<'_>, body: Bytes) -> Upload {
    let verb = if call.envelope.stream { "tell" } else { "ask" };
    let query =
        call.path.find('?').filter(|_| path_of(call.path).is_some()).map_or("", |at| &call.path[at..]);
    let path = format!("/toy/{}/{verb}{query}", call.upstream_model).into();
    Upload { path, headers: vec![("x-toy", call.id.to_owned())], body, dropped: Dropped::default() }
}
