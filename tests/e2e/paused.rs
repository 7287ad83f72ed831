//! Fault 57: the process stands still for longer than its deadlines (SIGSTOP, a suspended machine) while the others go
//! on. What came meanwhile is read before anybody is judged.

use std::time::Duration;

use harness::{Baseline, Client, Signal, chat};

use crate::{ANTHROPIC, OPENAI, is_whole, start};

/// Of each kind.
const EACH: usize = 8;
/// Of the relay, in which everybody else has long said what they had to say. Deadlines are shorter, and leave a busy
/// machine its time.
const PAUSE: Duration = Duration::from_secs(6);

#[test]
fn a_pause_of_the_process_is_nobodys_fault() {
    let deadlines = ["first_byte", "idle", "request_header", "request_body", "client_write"];
    let (upstream, relay) =
        start(|setup| deadlines.into_iter().fold(setup, |setup, key| setup.timeout(key, "4s")));
    let baseline = Baseline::take(&relay, &upstream);
    let path = |i: usize| [OPENAI, ANTHROPIC][i % 2];
    let ask = |i: usize, model: &str, stream: bool| {
        let mut client = relay.connect();
        client.post(path(i), &chat(model, stream));
        client
    };
    let mut streams: Vec<Client> = (0..EACH).map(|i| ask(i, "fault-pace-100", true)).collect();
    let mut whole: Vec<Client> = (0..EACH).map(|i| ask(i, "fault-pace-700", false)).collect();
    let mut http2 = relay.http2();
    let http2_streams: Vec<u32> =
        (0..EACH).map(|i| http2.post(path(i), &chat("fault-pace-100", true))).collect();
    let body = chat("gpt-late", false).to_string();
    let head = format!("POST {OPENAI} HTTP/1.1\r\nhost: relay\r\ncontent-length: {}\r\n", body.len());
    let (mut half_head, mut half_body) = (relay.connect(), relay.connect());
    half_head.send(head.as_bytes()).unwrap();
    half_body.send(format!("{head}\r\n{}", &body[..9]).as_bytes()).unwrap();
    upstream.wait("all are there", |state| state.open_requests() == 3 * EACH as u64);

    relay.suspend();
    half_head.send(format!("\r\n{body}").as_bytes()).unwrap();
    half_body.send(&body.as_bytes()[9..]).unwrap();
    std::thread::sleep(PAUSE);
    relay.signal(Signal::CONT);

    for (i, client) in streams.iter_mut().enumerate() {
        let answer = client.answer();
        assert!(is_whole(path(i), &answer), "stream {i}: {}", answer.text());
    }
    for (i, client) in whole.iter_mut().chain([&mut half_head, &mut half_body]).enumerate() {
        let answer = client.answer();
        assert!(answer.status() == 200 && answer.whole, "answer {i}: {answer:?} {}", answer.text());
    }
    for (i, stream) in http2_streams.into_iter().enumerate() {
        let answer = http2.answer(stream);
        assert!(is_whole(path(i), &answer), "HTTP/2 {i}: {}", answer.text());
    }
    drop((streams, whole, http2, half_head, half_body));
    baseline.assert_quiet(&[("done", 3 * EACH as u64 + 2)]);
}
