//! `channels`: what is configured, whether it answers, and what its providers have; and addresses and signers on the wire.

use std::io::{Read as _, Write as _};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, mpsc};

use harness::{Relay, Upstream, chat};
use serde_json::Value;

use crate::{OPENAI, PROGRAM, servers};

/// Where connections are refused.
const NOBODY: &str = "127.0.0.1:1";

/// A configuration in a folder of its own.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(toml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("watertight.toml"), toml).unwrap();
        Self(folder)
    }

    fn channels(&self, args: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        command.current_dir(self.0.path()).env_clear().env("KEY", "sk-sentinel").arg("channels").args(args);
        command.output().unwrap()
    }

    fn json(&self, args: &[&str]) -> (Option<i32>, Value) {
        let output = self.channels(&[args, &["--format", "json"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("sentinel"), "{text}");
        (output.status.code(), serde_json::from_str(&text).unwrap())
    }
}

fn steps(channel: &Value) -> Vec<&str> {
    channel["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect()
}

#[test]
fn each_channel_is_tested_step_by_step_and_the_exit_says_the_worst() {
    let upstream = Upstream::start(PROGRAM);
    let channel = |name: &str, at: &str, model: &str| {
        format!(
            "[[channels]]\nname = \"{name}\"\nprovider = \"openai\"\nbase_url = \"http://{at}\"\nkeys = [\"env:KEY\"]\n\
             models = [\"{model}\"]\n"
        )
    };
    let at = upstream.address().to_string();
    let toml = [
        channel("good", &at, "drill"),
        channel("bad", &at, "fault-status-401"),
        channel("gone", NOBODY, "drill"),
    ];
    let folder = Folder::new(&toml.concat());
    let (code, all) = folder.json(&["test"]);
    let all = all["channels"].as_array().unwrap().clone();
    let outcomes: Vec<&str> = all.iter().map(|channel| channel["outcome"].as_str().unwrap()).collect();
    assert_eq!((code, &outcomes[..]), (Some(2), &["passed", "failed", "unreachable"][..]), "{all:?}");
    assert_eq!(steps(&all[0]), ["name", "TCP", "HTTP", "first byte", "tokens"]);
    assert_eq!(steps(&all[1]), ["name", "TCP", "HTTP", "first byte", "tokens"]);
    assert!(all[1]["steps"][4]["detail"].as_str().unwrap().starts_with("HTTP 401: "), "{all:?}");
    assert_eq!(steps(&all[2]), ["name", "TCP"]);
    assert_eq!(folder.json(&["test", "good"]).0, Some(0));
    assert_eq!(folder.json(&["test", "gone"]).0, Some(3));
    let unknown = folder.channels(&["test", "goof"]);
    assert_eq!(unknown.status.code(), Some(64));
    assert!(
        String::from_utf8(unknown.stderr)
            .unwrap()
            .contains("there is no channel `goof`, did you mean `good`?")
    );
}

#[test]
fn channels_are_listed_and_their_providers_asked_for_models() {
    let upstream = Upstream::start(PROGRAM);
    let toml = format!(
        "[[channels]]\nname = \"one\"\nprovider = \"custom\"\nbase_url = \"http://{}\"\nauth = \"query:key\"\nkeys = [\"env:KEY\"]\n",
        upstream.address()
    );
    let folder = Folder::new(&toml);
    let (code, list) = folder.json(&["list"]);
    assert_eq!(
        (code, &list["channels"][0]["auth"], &list["channels"][0]["keys"]),
        (Some(0), &"query:key".into(), &1.into())
    );
    let asked = folder.channels(&["models", "one"]);
    let text = String::from_utf8(asked.stdout).unwrap();
    assert!(asked.status.success() && text.lines().count() > 0, "{text}");
    assert_eq!(folder.json(&["models", "one"]).1["outcome"], "passed");
}

/// A provider that takes requests and says nothing, which tells of each, and one that is not there.
fn hung_and_gone() -> (Folder, mpsc::Receiver<()>) {
    let channel = |name: &str, at: String| {
        format!(
            "[[channels]]\nname = \"{name}\"\nprovider = \"custom\"\nbase_url = \"http://{at}\"\nauth = \"none\"\nmodels = [\"m\"]\n"
        )
    };
    let (tell, asked) = mpsc::sync_channel(8);
    let hung = servers::listen(move |mut client| {
        if client.read(&mut [0; 16]).is_ok_and(|read| read > 0) {
            let _ = tell.send(());
            let _ = std::io::copy(&mut client, &mut std::io::sink());
        }
    });
    let toml = [channel("hung", hung.to_string()), channel("gone", NOBODY.to_owned())].concat();
    (Folder::new(&toml), asked)
}

#[test]
fn a_hung_provider_takes_no_longer_than_was_said_and_keeps_nobody_waiting() {
    let (folder, _asked) = hung_and_gone();
    let output = folder.channels(&["test", "--timeout", "700ms"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    let at = |line: &str| text.find(line).unwrap_or_else(|| panic!("{line} is missing in {text}"));
    assert!(at("gone  unreachable") < at("nothing within 700ms (--timeout)"), "{text}");
    assert!(text.ends_with("2 channels: 1 failed, 1 unreachable\n"), "{text}");
}

/// What was found is told at once; Ctrl-C ends the rest.
#[cfg(unix)]
#[test]
fn each_step_is_told_as_it_ends_and_an_interrupt_ends_with_what_was_found() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;

    use rustix::process::{Pid, Signal};
    for json in [false, true] {
        let (folder, asked) = hung_and_gone();
        let mut command = Command::new(PROGRAM);
        command.current_dir(folder.0.path()).env_clear().args(["channels", "test", "--timeout", "1h"]);
        let format = if json { "json" } else { "text" };
        let mut child = command.args(["--format", format]).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        let has = |text: &str| text.contains("gone  unreachable") && text.contains("hung  HTTP");
        while !json && !has(&text) {
            assert_ne!(out.read_line(&mut text).unwrap(), 0, "{text}");
        }
        asked.recv().unwrap();
        rustix::process::kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        out.read_to_string(&mut text).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{text}");
        assert!(!json || serde_json::from_str::<Value>(&text).is_ok(), "{text}");
        let last =
            if json { "\"outcome\": \"interrupted\"" } else { "2 channels: 1 unreachable, 1 interrupted\n" };
        assert!(text.contains(last), "{text}");
    }
}

/// A metadata server: each token has the number of its question.
fn metadata() -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let at = servers::listen(move |mut client| {
        let mut head = [0; 2048];
        let read = client.read(&mut head).unwrap();
        assert!(String::from_utf8_lossy(&head[..read]).contains("metadata-flavor: Google"));
        let number = count.fetch_add(1, Relaxed) + 1;
        let body = format!(r#"{{"access_token":"token-{number}-sentinel","expires_in":3600}}"#);
        write!(client, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    });
    (at.to_string(), asked)
}

/// A path of the channel's own, a deployment's name in it, and a token of Google's that is asked for once; a 401 asks
/// for one more, and the request is sent again.
#[test]
fn a_signed_request_goes_where_the_templates_say_and_is_signed_anew_when_refused() {
    let (at, asked) = metadata();
    let upstream = Upstream::start(PROGRAM);
    let relay = Relay::of(PROGRAM)
        .env("GCE_METADATA_HOST", &at)
        .toml(&format!(
            "[[channels]]\nname = \"signed\"\nprovider = \"custom\"\nbase_url = \"http://{}\"\nauth = \"google-oauth\"\n\
             path = \"/v1/{{operation}}\"\nquery = \"d={{model}}\"\nproxy = \"none\"\n\
             models = [{{ name = \"m\", upstream = \"drill\" }}, {{ name = \"refused\", upstream = \"fault-status-401\" }}]\n",
            upstream.address()
        ))
        .start();
    for _ in 0..3 {
        assert_eq!(relay.post(OPENAI, &chat("m", false)).status(), 200);
    }
    let refused = relay.post(OPENAI, &chat("refused", false));
    assert_eq!(refused.status(), 502, "{refused:?}");
    assert_eq!(upstream.state().requests(), 5, "the refused one was sent twice");
    assert_eq!(asked.load(Relaxed), 2, "one token, and one more for the refusal");
    let log = relay.log();
    assert!(log.contains("\"model\":\"m\"") && log.contains("\"upstream_model\":\"drill\""), "{log}");
    assert!(!log.contains("sentinel"), "{log}");
}
