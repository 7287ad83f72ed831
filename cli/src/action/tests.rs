//! Commands as they run.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::*;

const LONG: Duration = Duration::from_secs(60);

fn actions(command: &str, limit: Duration, stop: &Stop) -> Actions {
    let on = vec![On { event: OnEvent::Danger, command: command.to_owned() }];
    let on_limit = crate::args::OnLimit { most: 3, within: LONG };
    let args = OnArgs { on, on_cooldown: LONG, on_timeout: limit, on_limit };
    Actions::of(&args, stop).unwrap()
}

fn job(target: &str) -> Job {
    let env = vec![("WATERTIGHT_GOROUTINES".to_owned(), "6000".to_owned())];
    Job {
        rule: 0,
        event: OnEvent::Danger,
        target: target.to_owned(),
        env,
        input: b"{\"goroutines\":6000}\n".to_vec(),
    }
}

/// What is told of what was asked for before the end.
fn fates(actions: &Actions, ask: impl FnOnce()) -> Vec<Fate> {
    let told = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let _closing = Closing(Some(actions));
        ask();
        scope.spawn(|| actions.run(|acted| told.lock().unwrap().push(acted.fate.clone())));
    });
    told.into_inner().unwrap()
}

#[test]
fn the_numbers_are_in_the_environment_and_on_standard_input_and_the_exit_is_told() {
    let actions = actions("echo $WATERTIGHT_GOROUTINES; cat; exit 3", LONG, &Stop::default());
    let fates = fates(&actions, || actions.add(job("a")));
    let [Fate::Ended { code: Some(3), last, .. }] = &fates[..] else { panic!("{fates:?}") };
    assert_eq!(last, &["6000", "{\"goroutines\":6000}"]);
}

#[test]
fn one_that_hangs_is_ended_and_the_next_one_has_its_turn() {
    let begun = Instant::now();
    let actions = actions(
        "test $WATERTIGHT_GOROUTINES = 1 || exec sleep 600",
        Duration::from_millis(200),
        &Stop::default(),
    );
    let mut short = job("b");
    short.env[0].1 = "1".to_owned();
    let fates = fates(&actions, || [job("a"), short].into_iter().for_each(|job| actions.add(job)));
    assert!(matches!(fates[..], [Fate::Late { .. }, Fate::Ended { code: Some(0), .. }]), "{fates:?}");
    assert!(begun.elapsed() < LONG);
}

#[test]
fn of_a_command_and_a_target_the_newest_waits() {
    let actions = actions("true", LONG, &Stop::default());
    let fates = fates(&actions, || ["a", "a", "b"].into_iter().for_each(|target| actions.add(job(target))));
    let names: Vec<_> = fates.iter().map(Fate::as_str).collect();
    assert_eq!(names, ["replaced", "ended", "ended"]);
}

#[test]
fn a_watch_that_was_stopped_begins_no_command() {
    let stop = Stop::default();
    let actions = actions("true", LONG, &stop);
    stop.set();
    assert_eq!(fates(&actions, || actions.add(job("a"))), [Fate::Dropped]);
}
