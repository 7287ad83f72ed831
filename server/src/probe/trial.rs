//! `channels test`: one small real request.

use adaptors::adaptor::{Adaptor, Answer, Call, Ending, Kind, Operation, Upload, Usage};
use adaptors::dialect::{ANTHROPIC, Dialect};
use adaptors::envelope::Envelope;
use adaptors::framing::Nature;
use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::question::{Look, Over, Terms, masked};
use super::told::{Outcome, Told};
use super::{models, words};
use crate::channel::{Asked, ChannelState};
use crate::clock::now;
use crate::exchange::headers;
use crate::table::AdaptorTable;

/// The most that the answer may cost.
const TOKENS: u32 = 32;
/// Parts of the names of models that hold no conversation.
const OTHERS: [&str; 11] = [
    "embed",
    "whisper",
    "tts",
    "image",
    "dall-e",
    "moderation",
    "audio",
    "rerank",
    "transcribe",
    "realtime",
    "sora",
];

pub(super) async fn run(
    terms: &Terms<'_>,
    table: &AdaptorTable,
    channel: &ChannelState,
    model: Option<&str>,
) -> Told {
    Look::new(terms, channel).run(async |look| talk(look, table, model).await).await
}

async fn talk(look: &mut Look<'_>, table: &AdaptorTable, model: Option<&str>) -> Result<(), Over> {
    if look.channel.config.is_demo() {
        look.passes("answer", words::BUILT_IN);
        return Ok(());
    }
    let name = model_of(look, model).await?;
    let upstream = look.channel.config.upstream_name(&name).map(str::to_owned);
    let Some(upstream) = upstream else {
        return Err(look.fails("model", Outcome::Failed, words::not_served(&name)));
    };
    look.told.model = Some(upstream.clone());
    let mut speaks = look.channel.config.dialects.iter();
    let spoken = speaks.find(|dialect| dialect.offer(Operation::Chat).is_some()).copied();
    let adaptor = spoken.and_then(|dialect| Some((dialect, table.get(ANTHROPIC, dialect)?)));
    let Some((dialect, adaptor)) = adaptor else {
        return Err(look.fails("model", Outcome::Failed, words::NO_CHAT));
    };
    look.heads();
    let lease = look.connect().await?;
    // Anthropic's own form says the least that has to be said; each dialect is written from it.
    let body = Bytes::from(
        json!({
            "model": name,
            "max_tokens": TOKENS,
            "messages": [{"role": "user", "content": "Reply with the single word: ok"}],
        })
        .to_string(),
    );
    let envelope = match Envelope::scan(&body) {
        Ok(envelope) => envelope,
        Err(error) => return Err(look.fails("request", Outcome::Failed, error.message)),
    };
    let call = Call {
        operation: Operation::Chat,
        path: "/v1/messages",
        body: &body,
        envelope: &envelope,
        upstream_model: &upstream,
        id: "channels-test",
        unix_seconds: 0,
        terms: look.channel.config.terms,
    };
    let upload = match adaptor.request(&call) {
        Ok(upload) => upload,
        Err(refused) => return Err(look.fails("request", Outcome::Failed, refused.message)),
    };
    ask(look, lease, (dialect, &**adaptor), &call, upload).await
}

async fn ask(
    look: &mut Look<'_>,
    lease: crate::upstream::pool::Lease,
    (dialect, adaptor): (Dialect, &dyn Adaptor),
    call: &Call<'_>,
    mut upload: Upload,
) -> Result<(), Over> {
    let channel = look.channel;
    upload.body = channel.config.provider.amend.body(call.operation, upload.body);
    let number = channel.keys.next(now(), |_| false);
    let key = number.and_then(|key| channel.keys.secret(key));
    let asked = Asked { operation: Some(call.operation), model: call.upstream_model, stream: false };
    let Some(address) = channel.address(dialect, &upload.path, &asked, key) else {
        return Err(look.fails("request", Outcome::Failed, words::NO_ADDRESS));
    };
    let headers =
        headers::to_upstream(&channel.config, dialect, key, &http::HeaderMap::new(), &upload, false);
    let answered = look.ask(lease, number, (Method::POST, address, upload.body), headers).await?;
    let said = if (200..300).contains(&answered.status) {
        match read(dialect, adaptor, call, answered.body) {
            Ok(usage) => {
                look.passes("tokens", &words::tokens(usage.input, usage.output));
                return Ok(());
            }
            Err(why) => why,
        }
    } else {
        adaptors::said(&answered.body)
    };
    let text = words::status(answered.status, &masked(said, &answered.secrets));
    Err(look.fails("tokens", Outcome::Failed, text))
}

/// Reads an answer as the relay does: some send events although none were asked for.
fn read(dialect: Dialect, adaptor: &dyn Adaptor, call: &Call<'_>, body: Bytes) -> Result<Usage, String> {
    if dialect.framing().nature(&body) != Nature::Stream {
        return match adaptor.answer(call, body) {
            Answer::Deliver { usage, .. } => Ok(usage),
            Answer::Error(error) => Err(error.message),
        };
    }
    let (mut reader, mut framer) = (adaptor.gather(call), dialect.framing().framer(usize::MAX));
    framer.push(body);
    let frames = std::iter::from_fn(|| framer.next().ok().flatten()).collect::<Vec<_>>();
    for frame in frames.into_iter().chain(framer.finish()) {
        match reader.frame(&frame).kind {
            Kind::Error(error) => return Err(error.message),
            Kind::Terminal => return Ok(reader.usage()),
            Kind::Life | Kind::Opening | Kind::Content => {}
        }
    }
    match reader.end() {
        Ending::Complete(_) => Ok(reader.usage()),
        Ending::Truncated | Ending::Empty => Err(words::BROKE_OFF.to_owned()),
    }
}

/// The model that is asked for: the one that is named, the first that the configuration names, or the first of the
/// provider's own that holds conversations.
async fn model_of(look: &mut Look<'_>, named: Option<&str>) -> Result<String, Over> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let mut rules = look.channel.config.models.iter();
    if let Some(name) = rules.find_map(|rule| rule.pattern.exact()) {
        return Ok(name.to_owned());
    }
    let names = match models::listed(look).await {
        Ok(names) => names,
        Err(over) if look.told.outcome == Outcome::Unreachable => return Err(over),
        Err(_) => return Err(look.fails("model", Outcome::Failed, words::NO_MODEL)),
    };
    // Its steps are those of another question.
    look.told.steps.clear();
    let config = &look.channel.config;
    let talks = |name: &String| {
        let lower = name.to_lowercase();
        config.upstream_name(name).is_some() && OTHERS.iter().all(|other| !lower.contains(other))
    };
    match names.into_iter().find(talks) {
        Some(name) => Ok(name),
        None => Err(look.fails("model", Outcome::Failed, words::NO_MODEL)),
    }
}
