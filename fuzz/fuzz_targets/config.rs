//! A configuration is taken, and can be printed, or every mistake in it is named.
#![no_main]

use std::io;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use server::config::{Inputs, load};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let read = |path: &Path| match path.to_str() {
        Some("/x/watertight.toml") => Ok(text.to_owned()),
        Some("/x/key") => Ok("sk-file-sentinel".to_owned()),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    let env = |name: &str| (name == "KEY").then(|| "sk-env-sentinel".to_owned());
    let inputs =
        Inputs { file: None, listen: None, demo: false, cwd: "/x".into(), env: &env, read: &read };
    match load(&inputs) {
        Ok(config) => {
            let page = config.render();
            assert!(!page.contains("-sentinel"), "a secret is shown: {page}");
        }
        Err(errors) => {
            assert!(!errors.problems().is_empty());
            assert!(!errors.to_string().contains("-sentinel"), "a secret is shown: {errors}");
        }
    }
});
