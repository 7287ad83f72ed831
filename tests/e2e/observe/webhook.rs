//! `watch --webhook`: a change of verdict reaches a chat, once, and no chat delays the watch.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::endpoint::health;
use super::watch::{counts, ok, script};
use super::watertight;
use crate::servers;

/// A chat that gives this answer; the bodies that it got.
fn chat(answer: &'static str) -> (String, Arc<Mutex<Vec<Value>>>) {
    let got = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&got);
    let address = servers::listen(move |mut stream| {
        let (mut request, mut piece) = (String::new(), [0; 4096]);
        while let Ok(n @ 1..) = stream.read(&mut piece) {
            request.push_str(&String::from_utf8_lossy(&piece[..n]));
            let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_some_and(|length| length.parse::<usize>().unwrap() == body.len()) {
                into.lock().unwrap().push(serde_json::from_str(body).unwrap());
                request.clear();
                let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
                if stream.write_all(response.as_bytes()).is_err() {
                    return;
                }
            }
        }
    });
    (format!("http://{address}/robot?key=sentinel"), got)
}

/// Watches a relay with these counts; what the chat got, the exit code, stderr.
fn watched(polls: &[u64], answer: &'static str, more: &[&str]) -> (Vec<Value>, Option<i32>, String) {
    told(&counts(polls), polls.len(), answer, more)
}

fn told(relay: &str, polls: usize, answer: &'static str, more: &[&str]) -> (Vec<Value>, Option<i32>, String) {
    let ((url, got), n) = (chat(answer), polls.to_string());
    let args = ["watch", "--api-url", relay, "-i", "100ms", "-n", &n];
    let output = watertight(&[&args[..], more].concat()).env("WATERTIGHT_WEBHOOK", url).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains("sentinel") && !String::from_utf8_lossy(&output.stdout).contains("sentinel"));
    let got = got.lock().unwrap().clone();
    (got, output.status.code(), text)
}

#[test]
fn changes_are_told_and_flapping_is_not() {
    // Polls are 100 ms apart; each message is answered before the next change.
    let polls = [300, 300, 6000, 6000, 6000, 300, 300, 6000, 6000, 6000];
    let (got, code, said) = watched(&polls, "{}", &[]);
    assert_eq!(code, Some(2), "{said}");
    assert_eq!(got.len(), 1, "{got:?}");
    assert_eq!((&got[0]["verdict"], &got[0]["before"]), (&"danger".into(), &"ok".into()));
    assert_eq!(got[0]["reasons"][0], "6000 goroutines, above 5000");
    assert_eq!(got[0]["metrics"]["goroutines"], 6000);
}

/// A chat that says no with a 200 is heard, and the watch goes on to its own verdict.
#[test]
fn a_refusal_with_a_200_is_said() {
    let refusal = r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#;
    let (got, code, said) = watched(&[2500, 2500], refusal, &["--webhook-format", "wecom"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(got[0]["text"]["content"].as_str().unwrap().starts_with("watertight: WARNING http"), "{got:?}");
    assert!(said.contains("93000: invalid webhook url") && said.contains("the watch goes on"), "{said}");
}

/// A signature needs a robot that asks for one, and a secret that is one.
#[test]
fn a_secret_that_cannot_sign_is_refused_by_name() {
    for (url, secret, why) in [
        ("https://oapi.dingtalk.com/robot/send?access_token=t", "", "it is empty"),
        ("https://oapi.dingtalk.com/robot/send?access_token=t", "sentinel\nb", "more than a secret"),
        ("https://hooks.slack.com/services/x", "sentinel", "only robots of DingTalk and Feishu are signed"),
    ] {
        let mut watch = watertight(&["watch", "-n", "1", "--webhook", url]);
        let output = watch.env("WATERTIGHT_WEBHOOK_SECRET", secret).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{text}");
        assert!(text.contains("WATERTIGHT_WEBHOOK_SECRET") && text.contains(why), "{text}");
        assert!(!text.contains("sentinel"), "{text}");
    }
}

/// An outage and its end are told.
#[test]
fn an_outage_and_its_end_reach_the_chat() {
    let (good, bad) = (ok(&health(300)), "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_owned());
    let answers = [&good, &bad, &bad, &bad, &good].map(Clone::clone);
    let (got, _, said) = told(&script(answers.into()), 12, "{}", &["--source", "health"]);
    let events: Vec<&Value> = got.iter().map(|body| &body["event"]).collect();
    // The end may overtake an outage that still waits, and says all that it said.
    assert_eq!(events.last().copied(), Some(&Value::from("back")), "{got:?} {said}");
    let back = &got[got.len() - 1];
    assert_eq!((&back["verdict"], &back["outage"]["failed_polls"]), (&"ok".into(), &3.into()), "{back}");
}

#[test]
fn what_is_no_url_is_refused_without_repeating_it() {
    for url in ["sentinel", "ftp://sentinel/x"] {
        let output = watertight(&["watch", "-n", "1"]).env("WATERTIGHT_WEBHOOK", url).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{text}");
        assert!(text.contains("--webhook") && !text.contains("sentinel"), "{text}");
    }
}
