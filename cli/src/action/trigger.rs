//! From polls to commands.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vitals::FIELDS;

use super::rules::{Next, Rules};
use super::{Actions, Job};
use crate::args::{OnArgs, OnEvent, WebhookFormat};
use crate::finding::Acted;
use crate::watching::Polled;
use crate::webhook::{Ear, Message, Word};

/// Hears every poll of a target and has the commands run that are for what is news.
#[derive(Debug)]
pub(crate) struct Trigger<'a> {
    actions: Option<&'a Actions>,
    ear: Ear,
    rules: Rules,
}

impl<'a> Trigger<'a> {
    /// Runs commands of `actions`, if there are any.
    pub(crate) fn new(actions: Option<&'a Actions>, args: &OnArgs, target: &str) -> Self {
        let events = args.on.iter().map(|on| on.event);
        let rules = Rules::new(events, args.on_cooldown, args.on_limit);
        // Every change is heard: commands have a cooldown of their own.
        Self { actions, ear: Ear::new(Duration::ZERO, target), rules }
    }

    /// One poll. Never waits.
    pub(crate) fn hear(&mut self, polled: &Polled<'_>) {
        let Some(actions) = self.actions else { return };
        let now = Instant::now();
        let (words, verdict) = self.ear.hear(now, polled);
        for next in self.rules.hear(now, &words, verdict) {
            let (Next::Run(rule, _) | Next::Tell(rule, _)) = next;
            let Some(event) = actions.orders.get(rule).map(|order| order.event) else { continue };
            match next {
                Next::Run(_, word) => actions.add(self.job(rule, event, word, polled)),
                Next::Tell(_, fate) => {
                    actions.say(Acted { event, target: self.ear.target().to_owned(), fate });
                }
            }
        }
    }

    /// With the numbers of this poll.
    fn job(&self, rule: usize, event: OnEvent, word: Word, polled: &Polled<'_>) -> Job {
        let message = self.ear.message(word, polled);
        let metrics = metrics(polled);
        let env = variables(event, &message, &metrics);
        let mut input = WebhookFormat::Json.body(&message);
        input["event"] = json!(event.as_str());
        input["metrics"] = metrics.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        let input = format!("{input}\n").into_bytes();
        Job { rule, event, target: self.ear.target().to_owned(), env, input }
    }
}

/// All numbers that the poll has, by the names of a recording's columns.
fn metrics(polled: &Polled<'_>) -> Vec<(&'static str, u64)> {
    let Ok(reading) = polled.outcome else { return Vec::new() };
    let column = |field: &vitals::Field| Some((field.csv?, (field.get)(&reading.sample)?));
    let beyond = reading.sample.explained.and(reading.sample.unexplained()).map(|beyond| ("beyond", beyond));
    FIELDS.iter().filter_map(column).chain(beyond).collect()
}

/// `WATERTIGHT_…`: what happened, and the numbers.
fn variables(event: OnEvent, message: &Message, metrics: &[(&str, u64)]) -> Vec<(String, String)> {
    let body = WebhookFormat::Json.body(message);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let reasons = body["reasons"].as_array().into_iter().flatten().filter_map(text);
    let said = [
        ("EVENT", event.as_str().to_owned()),
        ("TARGET", message.target.clone()),
        ("VERDICT", message.verdict.as_str().to_owned()),
        ("BEFORE", message.before.map(|before| before.as_str().to_owned()).unwrap_or_default()),
        ("TS", message.ts.clone()),
        ("REASONS", reasons.collect::<Vec<_>>().join("\n")),
    ];
    let said = said.into_iter().map(|(name, value)| (format!("WATERTIGHT_{name}"), value));
    let number =
        |(name, value): &(&str, u64)| (format!("WATERTIGHT_{}", name.to_uppercase()), value.to_string());
    said.chain(metrics.iter().map(number)).collect()
}
