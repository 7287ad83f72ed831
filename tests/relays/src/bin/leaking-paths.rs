//! Leaks on the paths that only some clients take: responses that stream, Gemini's arrays, media and forms that go up, and
//! requests that wait for a token. `leaking-paths ROW` has the drill put a row to it, which must say so.

use std::{process::ExitCode, sync::Arc};

use adaptors::{
    adaptor::Call,
    dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor},
};
use relays::leaking::Leaking;
use server::AdaptorTable;

/// One in so many of these requests leaks: a row sends some dozens of them.
const EVERY: u64 = 5;

fn is_it(call: &Call<'_>) -> bool {
    let path = call.path;
    let array = path.contains(":streamGenerateContent") && !path.contains("alt=sse");
    // The drill's model of a channel that only signs.
    let signed = call.envelope.model == "alone";
    let response = call.envelope.stream && path.starts_with("/v1/responses");
    array || signed || response || call.operation.is_media()
}

fn drilled(row: &str) -> ExitCode {
    drill::main(&drill::Options {
        only: vec![row.to_owned()],
        requests: Some(100),
        concurrency: Some(10),
        format: drill::Format::Json,
        ..drill::Options::default()
    })
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("serve") => {
            let all = [OPENAI, RESPONSES, ANTHROPIC, GEMINI];
            // Whichever channel serves: one that fails is left for another, of another dialect.
            let pairs = all.into_iter().flat_map(|client| all.map(|upstream| (client, upstream)));
            let leaking = |table: AdaptorTable, (client, upstream): (Dialect, Dialect)| {
                let inner = adaptor(client, upstream);
                table.with(client, upstream, Arc::new(Leaking { inner, is_it, every: EVERY }))
            };
            relays::run(&pairs.fold(AdaptorTable::default(), leaking))
        }
        Some(row) => drilled(row),
        None => ExitCode::from(64),
    }
}
