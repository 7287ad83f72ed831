//! What two drills must have in common, so that one can go on behind the other: all options that a verdict may hang on.
//! Where the key and the upstream are may change, which process it is, and the form of the result.
//!
//! Every option is taken apart here: a new one does not compile before somebody has said whether a verdict hangs on it.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Options, Start, Target};
use crate::run::Size;

/// By the names of the flags; `size` has the defaults of what was not given.
pub(super) fn asked(options: &Options, size: Size) -> Value {
    let Options { only, skip, patience, full, target, .. } = options;
    // In `size`, or of the result's form.
    let Options {
        requests: _,
        concurrency: _,
        rate: _,
        list: _,
        format: _,
        color: _,
        width: _,
        resume: _,
        ..
    } = options;
    let mut asked = json!({
        "only": only,
        "skip": skip,
        "requests": size.requests,
        "concurrency": size.at_once,
        "rate": size.rate,
        "patience": patience.map(|patience| patience.as_secs_f64()),
        "full": full,
    });
    if let (Some(asked), Some(target)) = (asked.as_object_mut(), target) {
        of_target(asked, target);
    }
    asked
}

fn of_target(asked: &mut Map<String, Value>, target: &Target) {
    let Target { url, model, model_prefix, key_file: _, upstream_listen: _, pid, stacks, start } = target;
    let mut put = |name: &str, value: Value| asked.insert(name.to_owned(), value);
    put("target", json!(url));
    put("model", json!(model));
    put("model-prefix", json!(model_prefix));
    put("pid", json!(pid.is_some()));
    put("pprof-url", json!(stacks.0.is_some()));
    if let Some(Start { command, each, memory, wait }) = start {
        put("start", json!(digest(command)));
        put("start-each", json!(each));
        put("start-memory", json!(memory));
        put("start-wait", json!(wait.as_secs_f64()));
    }
}

/// A command may hold a key, and results are shown around: the beginning of its SHA-256, the same in every build.
fn digest(command: &str) -> String {
    let digest = Sha256::digest(command.as_bytes());
    let digits: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("a command with the digest {digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_same_in_every_build() {
        // printf './relay --port 4000' | sha256sum
        assert_eq!(digest("./relay --port 4000"), "a command with the digest 9aae85511df31fe7");
    }
}
