//! A new configuration while the relay runs: checked first, taken over at once, and never half.

use std::fs;
#[cfg(target_os = "linux")]
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use harness::{Answer, Baseline, PATIENCE, Relay, Signal, Upstream, chat, until};
use vitals::key::KeyHash;

use crate::{OPENAI, PROGRAM, is_whole, start};

const ALICE: &str = "sk-alice-sentinel-000000000000000000000000000000000000";

fn file(relay: &Relay) -> PathBuf {
    relay.dir().join("watertight.toml")
}

fn channel(upstream: &Upstream, name: &str, models: &str) -> String {
    format!(
        "[[channels]]\nname = \"{name}\"\nprovider = \"xai\"\nbase_url = \"http://{}\"\n\
         keys = [\"env:TEST_PROVIDER_KEY\"]\nmodels = [{models}]\n",
        upstream.address()
    )
}

fn ask(relay: &Relay, model: &str) -> Answer {
    relay.post(OPENAI, &chat(model, false))
}

fn reload(relay: &Relay) -> (u16, String) {
    let mut client = relay.connect().with_header("connection", "close");
    client.request("POST", "/admin/reload", b"");
    let answer = client.answer();
    (answer.status(), answer.json()["message"].as_str().unwrap().to_owned())
}

#[test]
fn a_signal_changes_what_new_requests_meet_and_nothing_else() {
    let (upstream, relay) = start(|setup| setup);
    let other = Upstream::start(PROGRAM);
    let baseline = Baseline::take(&relay, &upstream);
    let mut under_way = relay.stream("fault-pace-50");
    assert_eq!(under_way.head().status, 200);
    under_way.event().unwrap();
    fs::write(file(&relay), channel(&other, "other", "\"*\"")).unwrap();
    relay.signal(Signal::HUP);
    until(PATIENCE, || {
        assert_eq!(ask(&relay, "m").status(), 200);
        if other.state().requests() > 0 { Ok(()) } else { Err("the old upstream is still asked".to_owned()) }
    });
    let asked = upstream.state().requests();
    assert_eq!(ask(&relay, "m").status(), 200);
    assert_eq!(upstream.state().requests(), asked, "the old upstream is still asked");
    let (rest, whole) = under_way.rest();
    assert!(whole && rest.ends_with(b"data: [DONE]\n\n"), "the stream under way was disturbed");
    assert!(relay.log().contains("configuration reloaded: other (xai); 0 keys"), "{}", relay.log());
    // What the machine leaves of the limits was said at the start, if it leaves less.
    assert!(relay.log().matches("are lowered").count() < 2, "{}", relay.log());
    drop(under_way);
    baseline.quiet(Duration::from_secs(5)).unwrap();
}

#[test]
fn a_wrong_file_changes_nothing_and_says_why() {
    let (_upstream, relay) = start(|setup| setup);
    fs::write(file(&relay), "[limits]\nin_flite = 3\n").unwrap();
    let (status, message) = reload(&relay);
    assert_eq!(status, 400);
    assert!(message.contains(":2:") && message.contains("did you mean `in_flight`?"), "{message}");
    assert_eq!(ask(&relay, "m").status(), 200, "the old configuration goes on");
    fs::remove_file(file(&relay)).unwrap();
    let (status, message) = reload(&relay);
    assert!(status == 400 && message.contains("no such file"), "{message}");
    assert_eq!(ask(&relay, "m").status(), 200);
    assert!(relay.log().contains("the old one goes on"), "{}", relay.log());
}

/// Fault 58: the file is a pipe without a word in it, as a network's file system is that hangs.
#[cfg(target_os = "linux")]
#[test]
fn a_reload_that_hangs_in_the_file_system_holds_up_neither_requests_nor_sigterm() {
    let (_upstream, mut relay) = start(|setup| setup);
    fs::remove_file(file(&relay)).unwrap();
    let made = std::process::Command::new("mkfifo").arg(file(&relay)).status().unwrap();
    assert!(made.success());
    relay.signal(Signal::HUP);
    // It can be opened without waiting once somebody reads from it.
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap();
    let silent = until(PATIENCE, || {
        let mut open = fs::OpenOptions::new();
        open.write(true).custom_flags(nonblocking).open(file(&relay)).map_err(|error| error.to_string())
    });
    assert_eq!(ask(&relay, "m").status(), 200, "the old configuration goes on");
    assert_eq!(relay.connect().get("/readyz").status(), 200);
    relay.signal(Signal::TERM);
    assert_eq!(relay.child.exit_code(), Some(0));
    drop(silent);
}

#[test]
fn a_changed_file_is_noticed_without_being_told() {
    let (upstream, relay) = start(|setup| setup);
    fs::write(file(&relay), channel(&upstream, "only", "\"only-this\"")).unwrap();
    until(PATIENCE, || match ask(&relay, "m").status() {
        404 => Ok(()),
        status => Err(format!("still {status}")),
    });
    assert_eq!(ask(&relay, "only-this").status(), 200);
}

#[test]
fn what_takes_a_restart_is_named_and_goes_on_as_it_was() {
    let (upstream, relay) = start(|setup| setup);
    let changed = "timeouts.client_idle = \"1s\"\ntimeouts.total = \"59s\"\nmonitor.every = \"1s\"\n";
    fs::write(file(&relay), format!("{changed}{}", channel(&upstream, "xai-0", "\"*\""))).unwrap();
    let mut idle = relay.connect();
    idle.post(OPENAI, &chat("m", false));
    assert_eq!(idle.answer().status(), 200);
    let (status, message) = reload(&relay);
    assert_eq!(status, 200);
    assert!(message.ends_with("; a restart is needed for timeouts.client_idle, monitor.every"), "{message}");
    std::thread::sleep(Duration::from_millis(1500));
    idle.post(OPENAI, &chat("m", false));
    assert_eq!(idle.answer().status(), 200, "the old `timeouts.client_idle` goes on");
}

/// Limits are of the key and the channel, not of the configuration: who is inside stays counted.
#[test]
fn limits_and_counters_outlive_a_reload() {
    let alice = KeyHash::of(ALICE);
    let (upstream, relay) = start(|setup| setup.top("# first"));
    let with = |in_flight: usize| {
        let keys = format!(
            "[[keys]]\nname = \"alice\"\nhash = \"{alice}\"\nin_flight = {in_flight}\nrate = \"3/h\"\n"
        );
        fs::write(file(&relay), keys + &channel(&upstream, "xai-0", "\"*\"")).unwrap();
        assert_eq!(reload(&relay).0, 200);
    };
    let alice = || relay.connect().with_header("x-api-key", ALICE);
    assert_eq!(ask(&relay, "m").status(), 200, "no keys yet");
    with(2);
    assert_eq!(ask(&relay, "m").status(), 401, "keys from now on");
    let mut held = alice();
    held.post(OPENAI, &chat("fault-stall-3", true));
    assert_eq!(held.head().status, 200);
    with(1);
    let mut second = alice();
    second.post(OPENAI, &chat("m", false));
    let answer = second.answer();
    assert_eq!(answer.status(), 429, "one is in flight since before the reload: {answer:?}");
    with(3);
    let statuses: Vec<u16> = (0..4)
        .map(|_| {
            let mut client = alice();
            client.post(OPENAI, &chat("m", false));
            client.answer().status()
        })
        .collect();
    assert_eq!(statuses, [200, 200, 429, 429], "the rate was not forgotten");
    let metrics = relay.get("/metrics").text();
    let answered = metrics.lines().find_map(|line| {
        line.strip_prefix("watertight_attempts_total{channel=\"xai-0\",outcome=\"answered\"} ")
    });
    assert_eq!(answered, Some("4"), "{metrics}");
}

#[test]
fn reloading_needs_the_admin_token_where_there_is_one() {
    let upstream = Upstream::start(PROGRAM);
    let relay = Relay::of(PROGRAM)
        .env("ADMIN", "admin-sentinel-token")
        .upstream(&upstream)
        .toml("[admin]\ntoken = \"env:ADMIN\"\n")
        .start();
    let mut client = relay.connect();
    client.request("POST", "/admin/reload", b"");
    let answer = client.answer();
    assert_eq!(answer.status(), 401, "{answer:?}");
    let mut client = relay.connect().with_header("authorization", "Bearer admin-sentinel-token");
    client.request("POST", "/admin/reload", b"");
    let answer = client.answer();
    assert_eq!(answer.status(), 200, "{answer:?}\n{}", answer.text());
    let answer = relay.get("/admin/reload");
    assert_eq!(answer.status(), 405, "{answer:?}");
}

/// Fault 30: ten reloads a second, right and wrong ones, under load: nothing is dropped, nothing is served by half of
/// each. In one configuration only `one` exists and may be used, in the other only `two`.
#[test]
fn reloads_under_load_disturb_nobody() {
    let upstream = Upstream::start(PROGRAM);
    let alice = KeyHash::of(ALICE);
    let config = |model: &str| {
        format!("[[keys]]\nname = \"alice\"\nhash = \"{alice}\"\nmodels = [\"{model}\", \"both\"]\n")
            + &channel(&upstream, model, &format!("\"{model}\", \"both\", \"warm-up\", \"gpt-*\""))
    };
    let open =
        format!("[[keys]]\nname = \"alice\"\nhash = \"{alice}\"\n") + &channel(&upstream, "one", "\"*\"");
    let relay = Relay::of(PROGRAM).toml(&open).start();
    let (over, served, refused) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (relay, over, served, refused) = (&relay, &over, &served, &refused);
            scope.spawn(move || {
                let mut client = relay.connect().with_header("x-api-key", ALICE);
                let mut turn = n;
                while !over.load(Relaxed) {
                    turn += 1;
                    let (model, stream) = (["one", "both", "two", "both"][turn % 4], turn % 3 == 0);
                    client.post(OPENAI, &chat(model, stream));
                    let answer = client.answer();
                    match answer.status() {
                        200 if stream => assert!(is_whole(OPENAI, &answer), "{answer:?}"),
                        200 => assert!(answer.whole, "{answer:?}"),
                        // Forbidden by the key's list, never unknown to the channels: they change together.
                        403 if model != "both" => {
                            refused.fetch_add(1, Relaxed);
                            continue;
                        }
                        status => panic!("{model}: {status}: {}", answer.text()),
                    }
                    served.fetch_add(1, Relaxed);
                }
            });
        }
        for n in 0..30 {
            let text = match n % 3 {
                0 => config("one"),
                1 => "nonsense = [".to_owned(),
                _ => config("two"),
            };
            fs::write(file(&relay), text).unwrap();
            if n % 2 == 0 {
                relay.signal(Signal::HUP);
            } else {
                assert_eq!(reload(&relay).0, if n % 3 == 1 { 400 } else { 200 });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        over.store(true, Relaxed);
    });
    let (served, refused) = (served.into_inner() as u64, refused.into_inner() as u64);
    assert!(served > 100 && refused > 0, "{served} served, {refused} refused");
    until(PATIENCE, || {
        let health = relay.health();
        let ended = health.ended();
        let count = |reason: &str| ended.get(reason).copied().unwrap_or(0);
        if (count("done"), count("client_error"), health.relay("in_flight")) == (served, refused, 0) {
            Ok(())
        } else {
            Err(format!("{served} served, {refused} refused, counted {ended:?}"))
        }
    });
}
