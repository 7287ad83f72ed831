//! Every fuzz target in one binary: `FUZZ_TARGET` says which one runs. `../run` builds and runs them.
//!
//! Each holds what must be true of ANY input, not only that nothing panics: a stream means the same however it is cut,
//! what is passed on is passed on byte for byte, what we wrote we can read again, and nothing grows beyond a multiple
//! of what came in.
#![no_main]

mod calls;
mod reading;
mod targets {
    pub mod answer;
    pub mod aside;
    pub mod balance;
    pub mod config;
    pub mod demo;
    pub mod envelope;
    pub mod error;
    pub mod form;
    pub mod framer;
    pub mod gather;
    pub mod health;
    pub mod http;
    pub mod metrics;
    pub mod profile;
    pub mod recording;
    pub mod request;
    pub mod stream;
}

use std::sync::LazyLock;

use targets::{
    answer, aside, balance, config, demo, envelope, error, form, framer, gather, health, http, metrics,
    profile, recording, request, stream,
};

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 17] = [
    ("answer", answer::run),
    ("aside", aside::run),
    ("balance", balance::run),
    ("config", config::run),
    ("demo", demo::run),
    ("envelope", envelope::run),
    ("error", error::run),
    ("form", form::run),
    ("framer", framer::run),
    ("gather", gather::run),
    ("health", health::run),
    ("http", http::run),
    ("metrics", metrics::run),
    ("profile", profile::run),
    ("recording", recording::run),
    ("request", request::run),
    ("stream", stream::run),
];

static CHOSEN: LazyLock<Target> = LazyLock::new(|| {
    let wanted = std::env::var("FUZZ_TARGET").unwrap_or_default();
    match TARGETS.iter().find(|(name, _)| *name == wanted) {
        Some((_, target)) => *target,
        None => {
            let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
            eprintln!("`{wanted}` is no fuzz target: set FUZZ_TARGET to one of {}", names.join(", "));
            std::process::exit(64);
        }
    }
});

libfuzzer_sys::fuzz_target!(
    init: {
        LazyLock::force(&CHOSEN);
    },
    |input: &[u8]| CHOSEN(input)
);
