//! What becomes of a message that a robot does not take.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use vitals::Verdict;

use super::*;
use crate::finding::News;

/// Answers as many messages, and says the verdict of each.
fn robot(listener: &TcpListener, statuses: &[u16], got: &mpsc::SyncSender<String>) {
    for status in statuses {
        let (stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(&stream);
        let (mut line, mut length) = (String::new(), 0);
        while lines.read_line(&mut line).unwrap() > 2 {
            let value = line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned);
            length = value.map_or(length, |value| value.trim().parse().unwrap());
            line.clear();
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        got.send(body["verdict"].as_str().unwrap().to_owned()).unwrap();
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        (&stream).write_all(answer.as_bytes()).unwrap();
    }
}

fn message(verdict: Verdict) -> Message {
    Message {
        news: News::Verdict,
        target: "http://relay".to_owned(),
        ts: String::new(),
        before: None,
        verdict,
        why: Ok(Vec::new()),
        lines: Vec::new(),
        goroutines: None,
        alloc_bytes: None,
    }
}

/// Tells of danger, and then does as it is told. The robot gets as many messages as it has statuses, and no more; what the
/// operator is told.
fn told(
    statuses: &[u16],
    pause: Duration,
    then: impl FnOnce(&Webhook, &mpsc::Receiver<String>),
) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/robot", listener.local_addr().unwrap());
    let mut webhook = Webhook::new(&url, WebhookFormat::Json, None).unwrap();
    webhook.again = [pause; 3];
    let (got, heard) = mpsc::sync_channel(8);
    let said = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let _closing = Closing(Some(&webhook));
        webhook.tell(message(Verdict::Danger));
        scope.spawn(|| robot(&listener, statuses, &got));
        scope.spawn(|| webhook.run(|text| said.lock().unwrap().push(text)));
        then(&webhook, &heard);
    });
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "one more message came");
    said.into_inner().unwrap()
}

/// Waits for so many messages of danger.
fn danger(times: usize) -> impl FnOnce(&Webhook, &mpsc::Receiver<String>) {
    move |_, heard| (0..times).for_each(|_| assert_eq!(heard.recv().unwrap(), "danger"))
}

#[test]
fn what_may_get_through_later_is_sent_again() {
    let soon = Duration::from_millis(1);
    let said = told(&[503, 429, 200], soon, danger(3));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("503") && said[0].contains("it is tried again"), "{said:?}");
    told(&[500; 4], soon, danger(4));
    let said = told(&[403], soon, danger(1));
    assert!(said[0].ends_with("403 Forbidden; the watch goes on"), "{said:?}");
}

#[test]
fn what_is_newer_overtakes_what_waits_to_be_sent_again() {
    told(&[500, 200], Duration::from_secs(600), |webhook, heard| {
        assert_eq!(heard.recv().unwrap(), "danger");
        webhook.tell(message(Verdict::Warning));
        assert_eq!(heard.recv().unwrap(), "warning");
    });
}

#[test]
fn a_watch_that_is_over_waits_for_one_more_try_alone() {
    let mut webhook = Webhook::new("http://127.0.0.1:1/", WebhookFormat::Json, None).unwrap();
    webhook.again = [1, 2, 3].map(Duration::from_millis);
    webhook.close();
    let stands = webhook.again.map(|pause| webhook.stands_after(pause, &message(Verdict::Danger)));
    assert_eq!(stands, [true, false, false]);
}
