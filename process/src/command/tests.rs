use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;

use super::*;

const LONG: Duration = Duration::from_secs(60);
const NEVER: &dyn Fn() -> bool = &|| false;

fn order(command: &str) -> Order<'_> {
    Order { command, env: &[], input: b"", folder: None, most: 1 << 16 }
}

fn ran(order: &Order<'_>, limit: Duration, stop: &dyn Fn() -> bool) -> Ran {
    run(order, limit, stop, |_| {}).unwrap()
}

fn text(ran: &Ran) -> String {
    ran.output.last_lines(10).join("|")
}

fn gone(id: u32) -> bool {
    let named = Named { root: id, began: None };
    let begun = Instant::now();
    while is_there(named) && begun.elapsed() < Duration::from_secs(20) {
        sleep(LOOK);
    }
    !is_there(named)
}

#[test]
fn both_outputs_the_environment_and_the_input_are_there() {
    let env = [("WHO".to_owned(), "me".to_owned())];
    let input = vec![b'x'; 200_000];
    let command = "echo $WHO; wc -c >&2; pwd; exit 7";
    let folder = Path::new("/");
    let told = ran(&Order { env: &env, input: &input, folder: Some(folder), ..order(command) }, LONG, NEVER);
    assert_eq!(text(&told).replace(' ', ""), "me|200000|/");
    assert!(matches!(told.end, End::Exit(status) if status.code() == Some(7)) && !told.end.is_success());
    assert!(ran(&Order { input: &input, ..order("true") }, LONG, NEVER).end.is_success(), "nobody reads");
}

#[test]
fn a_flood_is_bounded_and_heard() {
    let (tell, hear) = mpsc::sync_channel(1);
    let order = Order { most: 100, ..order("yes | head -c 1000000; echo end") };
    let mut heard = 0;
    let count = move |piece: &[u8]| {
        heard += piece.len();
        // The last word is what counts; nobody waits for the earlier ones.
        if heard == 1_000_004 {
            let _ = tell.try_send(heard);
        }
    };
    let told = run(&order, LONG, NEVER, count).unwrap();
    assert_eq!((told.output.lost(), text(&told).ends_with("end")), (1_000_004 - 100, true));
    assert_eq!(hear.recv_timeout(LONG), Ok(1_000_004));
}

#[test]
fn whatever_it_started_ends_at_the_deadline() {
    let command = "sleep 100 & echo $!; trap '' TERM; sleep 100";
    let told = ran(&order(command), Duration::from_millis(300), NEVER);
    assert_eq!(told.end, End::Deadline);
    assert!(gone(text(&told).parse().unwrap()), "{}", text(&told));
}

/// It has left the group and lost its parent before anybody has looked: a daemon, as a start makes one.
#[cfg(target_os = "linux")]
#[test]
fn what_has_left_its_group_and_its_parent_ends_too() {
    let command = "sh -c 'setsid sleep 100 & echo $!'; exec sleep 100";
    let told = ran(&order(command), Duration::from_millis(500), NEVER);
    assert_eq!(told.end, End::Deadline);
    assert!(gone(text(&told).parse().unwrap()), "{}", text(&told));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("output");
    let left = leave(&order(command), File::create(&path).unwrap()).unwrap();
    let daemon = || std::fs::read_to_string(&path).unwrap().trim().parse().ok();
    let begun = Instant::now();
    while daemon().is_none() && begun.elapsed() < LONG {
        sleep(LOOK);
    }
    end(left.named());
    assert!(gone(daemon().unwrap()) && !is_there(left.named()));
}

/// As where a rollout that a watch runs has started a relay: it outlives both.
#[cfg(target_os = "linux")]
#[test]
fn what_was_left_on_purpose_outlives_the_command_around_it() {
    let (folder, around) = (tempfile::tempdir().unwrap(), std::env::var("WATERTIGHT_LEFT_TEST").ok());
    let path = folder.path().join("output");
    // This program again, as the command: within it, it leaves one running.
    if let Some(number) = around {
        let left = leave(&order("exec sleep 100"), File::create(path).unwrap()).unwrap();
        std::fs::write(number, left.named().root.to_string()).unwrap();
        sleep(LONG);
        return;
    }
    let myself = std::env::current_exe().unwrap();
    let name = "command::tests::what_was_left_on_purpose_outlives_the_command_around_it";
    let command = format!("exec {} --exact {name}", myself.display());
    let env = [("WATERTIGHT_LEFT_TEST".to_owned(), path.display().to_string())];
    let number = || std::fs::read_to_string(&path).ok().and_then(|text| text.parse().ok());
    let told = ran(&Order { env: &env, ..order(&command) }, LONG, &|| number().is_some());
    assert_eq!(told.end, End::Stopped, "{}", text(&told));
    let left = Named::of(number().unwrap());
    assert!(is_there(left));
    end(left);
    assert!(!is_there(left));
}

#[test]
fn whoever_runs_it_can_be_asked_to_stop() {
    let asked = AtomicBool::new(false);
    let told = std::thread::scope(|scope| {
        let running = scope.spawn(|| ran(&order("echo $$; exec sleep 100"), LONG, &|| asked.load(Relaxed)));
        asked.store(true, Relaxed);
        running.join().unwrap()
    });
    assert_eq!(told.end, End::Stopped);
    assert!(told.took < Duration::from_secs(30));
}

/// It holds on to the output, and the command has ended nevertheless.
#[test]
fn what_it_leaves_behind_goes_on() {
    let told = ran(&order("sleep 100 & echo $!"), LONG, NEVER);
    let named = Named::of(text(&told).parse().unwrap());
    assert!(told.end.is_success() && told.took < Duration::from_secs(30) && is_there(named));
    // Its group is the command's, and its leader is gone.
    let pid = rustix::process::Pid::from_raw(i32::try_from(named.root).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert!(gone(named.root));
}

#[test]
fn one_that_was_left_running_is_found_and_ended_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("output");
    let mut left = leave(&order("echo ready; exec sleep 100"), File::create(&path).unwrap()).unwrap();
    let named = left.named();
    let begun = Instant::now();
    while std::fs::read_to_string(&path).unwrap() != "ready\n" && begun.elapsed() < LONG {
        sleep(LOOK);
    }
    assert!(is_there(named) && left.ended().is_none());
    let other = Named { began: named.began.map(|began| began + 1), ..named };
    end(other);
    assert!(is_there(named) || named.began.is_none(), "a number that was given anew is somebody else");
    end(named);
    assert!(!is_there(named) && left.ended().is_some());
    // The leader ends at once, and another one does not want to.
    let stubborn = "(trap '' TERM; sleep 100; sleep 100) & echo $!; exec sleep 100";
    let left = leave(&order(stubborn), File::create(&path).unwrap()).unwrap();
    let other = || std::fs::read_to_string(&path).unwrap().trim().parse().ok();
    while other().is_none() && begun.elapsed() < LONG {
        sleep(LOOK);
    }
    end(left.named());
    assert!(!is_there(Named { root: other().unwrap(), began: None }), "nobody is left when that is over");
    let mut short = leave(&order("exit 3"), File::create(&path).unwrap()).unwrap();
    let told = short.wait(LONG, NEVER).unwrap();
    assert!(matches!(told, End::Exit(status) if status.code() == Some(3)));
}
