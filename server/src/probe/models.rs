//! The models that a channel's provider lists.

use bytes::Bytes;
use http::Method;

use super::question::{Look, Over, Terms, masked};
use super::told::{Outcome, Told};
use super::words;
use crate::channel::{Asked, ChannelState};
use crate::clock::now;
use crate::exchange::headers;

/// `channels models`.
pub(super) async fn ask(terms: &Terms<'_>, channel: &ChannelState) -> Told {
    let of = async |look: &mut Look<'_>| {
        look.told.models = Some(if channel.config.is_demo() {
            channel.config.models.iter().map(|rule| rule.pattern.as_str().to_owned()).collect()
        } else {
            listed(look).await?
        });
        Ok(())
    };
    Look::new(terms, channel).run(of).await
}

/// Asks for the list.
pub(super) async fn listed(look: &mut Look<'_>) -> Result<Vec<String>, Over> {
    let channel = look.channel;
    let dialect = channel.config.dialects.first().copied();
    let Some((dialect, path)) = dialect.and_then(|dialect| Some((dialect, dialect.models_path()?))) else {
        return Err(look.fails("models", Outcome::Failed, words::NO_LIST));
    };
    look.heads();
    let lease = look.connect().await?;
    let number = channel.keys.next(now(), |_| false);
    let key = number.and_then(|key| channel.keys.secret(key));
    let Some(address) = channel.address(dialect, path, &Asked::MODELS, key) else {
        return Err(look.fails("models", Outcome::Failed, words::NO_ADDRESS));
    };
    let headers = headers::of_question(&channel.config, dialect, key);
    let answered = look.ask(lease, number, (Method::GET, address, Bytes::new()), headers).await?;
    if !(200..300).contains(&answered.status) {
        let said = adaptors::said(&answered.body);
        let text = words::status(answered.status, &masked(said, &answered.secrets));
        return Err(look.fails("models", Outcome::Failed, text));
    }
    match adaptors::models::read(&answered.body) {
        Some(names) => {
            look.passes("models", &names.len().to_string());
            Ok(names)
        }
        None => Err(look.fails("models", Outcome::Failed, words::NOT_A_LIST)),
    }
}
