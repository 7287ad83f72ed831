//! `rollout` against a relay whose state is a file: its commands write into it how the relay is, and the endpoint answers by
//! that. What a real relay that leaks does to it stands in `tests/go`.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::endpoint::{answering, health, ok};
use super::{finished, record, watertight};

/// A plan, and what it is about.
struct Bed {
    folder: tempfile::TempDir,
    url: String,
}

impl Bed {
    fn new(url: &str) -> Self {
        Self { folder: folder(), url: url.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The start leaves a relay of this kind behind, or does what `start` says.
    fn plan(&self, start: &str, more: &str) {
        let start = match start.contains(' ') {
            true => start.to_owned(),
            false => format!("echo listening on 3000; echo {start} > {}", up(&self.url).display()),
        };
        let up = up(&self.url);
        let plan = format!(
            "target = \"{}\"\n[build]\ncommand = \"echo built\"\n[stop]\ncommand = \"rm -f {up}\"\n\
             [start]\ncommand = \"{start}\"\n{more}\n[check]\nafter = \"100ms\"\nsamples = 1\n\
             [watch]\nfor = \"2s\"\ninterval = \"100ms\"\n[baseline]\nfor = \"1200ms\"\ninterval = \"100ms\"\n\
             [rollback]\ncommand = \"echo healthy > {up}; echo rolled back on $WATERTIGHT_VERDICT\"\n",
            self.url,
            up = up.display()
        );
        fs::write(self.path("rollout.toml"), plan).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = watertight(&[&["rollout"][..], args].concat());
        command.current_dir(self.folder.path()).env("PATH", std::env::var_os("PATH").unwrap());
        command
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        finished(self.command(args).output().unwrap())
    }

    /// The exit code, and the result as JSON.
    fn json(&self, args: &[&str]) -> (Option<i32>, Value) {
        let (exit, out, err) = self.run(&[args, &["--format", "json"]].concat());
        (exit, serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}: {out}{err}")))
    }
}

mod plans;
mod routine;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The file that says how the relay at this address is.
fn up(url: &str) -> PathBuf {
    std::env::temp_dir().join(format!("watertight-e2e-rollout-{}", url.rsplit(':').next().unwrap()))
}

/// How each step ended.
fn states(result: &Value) -> String {
    let step =
        |step: &Value| format!("{}:{}", step["name"].as_str().unwrap(), step["state"].as_str().unwrap());
    result["steps"].as_array().unwrap().iter().map(step).collect::<Vec<_>>().join(" ")
}

/// All that is said of a step.
fn said(result: &Value, name: &str) -> String {
    let steps = result["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("{name}: {result}"));
    format!("{} {}", step["reasons"], step["output"])
}

/// A relay that is down, healthy, leaking, or dying after its fifth answer.
fn with_relay(test: impl FnOnce(&Bed)) {
    let port = AtomicU64::new(0);
    let answers = AtomicU64::new(0);
    let respond = |target: &str, _: u64| {
        use std::sync::atomic::Ordering::SeqCst;
        let url = format!("http://127.0.0.1:{}", port.load(SeqCst));
        let state = fs::read_to_string(up(&url)).unwrap_or_default();
        let n = answers.fetch_add(u64::from(target.contains("health")), SeqCst);
        match state.trim() {
            "healthy" => ok(health(100).as_bytes()),
            "leaking" => ok(health(1000 + 500 * n).as_bytes()),
            "dying" if n < 5 => ok(health(100).as_bytes()),
            _ => b"HTTP/1.1 503 Down\r\ncontent-length: 0\r\n\r\n".to_vec(),
        }
    };
    answering(respond, |url, _| {
        port.store(url.rsplit(':').next().unwrap().parse().unwrap(), std::sync::atomic::Ordering::SeqCst);
        let bed = Bed::new(url);
        let _ = fs::remove_file(up(url));
        test(&bed);
        let _ = fs::remove_file(up(url));
    });
}

fn until(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_healthy_build_is_deployed_and_the_next_one_is_compared() {
    with_relay(|bed| {
        bed.plan("healthy", "[ready]\nlines = [\"listening on\"]");
        let (exit, first) = bed.json(&[]);
        let steps =
            "build:done baseline:skipped stop:done start:done ready:done check:ok watch:ok compare:skipped";
        assert_eq!((exit, &*states(&first)), (Some(0), steps), "{first}");
        assert_eq!((&first["verdict"], &first["rolled_back"]), (&"ok".into(), &Value::Null));
        assert!(said(&first, "baseline").contains("nothing to record"), "{first}");
        assert_eq!(fs::read_to_string(bed.path("rollout.state/build.log")).unwrap(), "built\n");

        let (exit, second) = bed.json(&[]);
        assert_eq!(exit, Some(0), "{second}");
        assert!(states(&second).starts_with("build:done baseline:done stop:done"), "{second}");
        let compared = second["steps"][7]["state"].as_str().unwrap();
        assert!(
            ["ok", "unknown"].contains(&compared),
            "too short to tell, and that decides nothing: {second}"
        );

        let baseline = || fs::read(bed.path("rollout.state/baseline.csv")).unwrap();
        let recorded = baseline();
        let (exit, _, err) = bed.run(&["--accept"]);
        assert_eq!(exit, Some(0), "{err}");
        assert_eq!(baseline(), fs::read(bed.path("rollout.state/current.csv")).unwrap());
        // Each one before is kept, and what is the baseline already takes nobody's place.
        let kept = |bed: &Bed| {
            let all = fs::read_dir(bed.path("rollout.state")).unwrap().map(|entry| entry.unwrap().path());
            let dated = |path: &PathBuf| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with("baseline.20") && name.ends_with(".csv")
            };
            let mut kept: Vec<PathBuf> = all.filter(dated).collect();
            kept.sort();
            kept
        };
        let [first] = kept(bed).try_into().unwrap();
        assert!(err.contains(first.to_str().unwrap()), "{err}");
        assert_eq!(fs::read(&first).unwrap(), recorded);
        let (exit, told) = bed.json(&["--accept"]);
        assert_eq!((exit, &told["changed"], &told["before"]), (Some(0), &false.into(), &Value::Null));
        let second = [baseline(), b"\n".to_vec()].concat();
        fs::write(bed.path("rollout.state/baseline.csv"), &second).unwrap();
        let (exit, told) = bed.json(&["--accept"]);
        let before = told["before"].as_str().unwrap();
        assert_eq!((exit, fs::read(before).unwrap(), kept(bed).len()), (Some(0), second, 2), "{told}");
        assert_eq!((&told["command"], &told["verdict"]), (&"rollout".into(), &"ok".into()));
        let (exit, _, err) = bed.run(&["--accept", "--format", "junit"]);
        assert_eq!((exit, err.contains("text and json")), (Some(64), true), "{err}");

        routine::installs(bed);
    });
}

#[test]
fn a_leaking_build_is_rolled_back() {
    with_relay(|bed| {
        bed.plan("leaking", "[limits]\nwarning = 2000\ndanger = 4000");
        let (exit, out, err) = bed.run(&["--format", "junit"]);
        assert_eq!(exit, Some(2), "{out}{err}");
        assert!(
            out.contains("classname=\"watertight.rollout\" name=\"watch\"")
                && out.contains("type=\"danger\""),
            "{out}"
        );
        assert_eq!(
            fs::read_to_string(bed.path("rollout.state/rollback.log")).unwrap(),
            "rolled back on danger\n"
        );
        assert_eq!(fs::read_to_string(up(&bed.url)).unwrap(), "healthy\n");
        assert!(err.contains("watch: danger in "), "{err}");
    });
}

#[test]
fn one_that_does_not_start_and_one_that_dies_are_rolled_back() {
    with_relay(|bed| {
        bed.plan("echo cannot bind >&2; exit 3", "");
        let (exit, result) = bed.json(&[]);
        assert_eq!(exit, Some(2), "{result}");
        assert_eq!(states(&result), "build:done baseline:skipped stop:done start:failed rollback:done");
        assert_eq!(said(&result, "start"), r#"["the command ended with status 3"] ["cannot bind"]"#);
        assert_eq!((&result["failed"], &result["rolled_back"]), (&"start".into(), &true.into()));

        // The roll-back's relay runs; this one is ready, passes the check, and is gone then.
        let logs = "[ready]\nlines = [\"since 2\"]\nlogs = \"echo since $WATERTIGHT_SINCE\"";
        bed.plan("dying", logs);
        let dying = fs::read_to_string(bed.path("rollout.toml"))
            .unwrap()
            .replace("[baseline]\nfor", "[baseline]\n#for");
        fs::write(bed.path("rollout.toml"), dying).unwrap();
        fs::write(bed.path("rollout.state/baseline.csv"), "ts,ok,goroutines\n").unwrap();
        let (exit, result) = bed.json(&[]);
        assert_eq!(exit, Some(2), "{result}");
        assert!(states(&result).contains("watch:danger rollback:done"), "{result}");
        assert!(said(&result, "watch").contains("it ended early"), "{result}");

        bed.plan("exec sleep 0.3", "background = true\n[ready]\nlines = [\"never said\"]");
        let (exit, out, err) = bed.run(&[]);
        assert_eq!(exit, Some(2), "{out}{err}");
        assert!(out.contains("the process that the start began has ended, with status 0"), "{out}{err}");
        assert!(out.contains("next: rolled back"), "{out}");

        bed.plan("sleep 0.6; exit 7", "background = true\n[ready]\nlines = [\"never said\"]");
        let (_, died) = bed.json(&[]);
        assert!(said(&died, "ready").contains("has ended, with status 7"), "{died}");

        // A baseline that cannot be read would let everything pass.
        let baseline = bed.path("rollout.state/baseline.csv");
        let kept = fs::read(&baseline).unwrap();
        for broken in ["", "garbage\n"] {
            fs::write(&baseline, broken).unwrap();
            let (exit, out, err) = bed.run(&[]);
            assert_eq!(
                (exit, out.is_empty(), err.contains("baseline.csv")),
                (Some(64), true, true),
                "{out}{err}"
            );
        }
        fs::write(&baseline, kept).unwrap();

        // Another one answers at its address.
        fs::write(up(&bed.url), "healthy").unwrap();
        bed.plan("exec sleep 0.1", "background = true");
        let (exit, out, err) = bed.run(&[]);
        assert_eq!(
            (exit, out.contains("the process that the start began has ended")),
            (Some(2), true),
            "{out}{err}"
        );

        // A roll-back after which nobody answers brought nothing back.
        fs::write(up(&bed.url), "down").unwrap();
        bed.plan("echo cannot bind >&2; exit 3", "[ready]\ntimeout = \"500ms\"");
        let plan = fs::read_to_string(bed.path("rollout.toml")).unwrap();
        fs::write(bed.path("rollout.toml"), plan.replace("echo healthy", "echo down")).unwrap();
        let (exit, result) = bed.json(&[]);
        assert_eq!((exit, &result["rolled_back"]), (Some(2), &false.into()), "{result}");
        assert!(states(&result).ends_with("start:failed rollback:failed"), "{result}");
    });
}

/// A process of this machine, by its number; not one that is over and was not waited for.
fn is_alive(id: u64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_rollout_goes_on_and_its_relay_lives() {
    with_relay(|bed| {
        let state = up(&bed.url);
        let start = format!("echo healthy > {}; echo up; exec sleep 300", state.display());
        bed.plan(&start, "background = true\n[ready]\nlines = [\"up\"]");
        let plan = fs::read_to_string(bed.path("rollout.toml")).unwrap();
        let plan = plan.replace("[stop]\n", "[stop]\n#").replace("for = \"2s\"", "for = \"4s\"");
        fs::write(bed.path("rollout.toml"), plan).unwrap();
        let (exit, _, err) = bed.run(&["--resume"]);
        assert_eq!((exit, err.contains("no rollout to go on with")), (Some(64), true), "{err}");

        let child: Child = bed.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let rows =
            || fs::read_to_string(bed.path("rollout.state/current.csv")).unwrap_or_default().lines().count();
        until(|| rows() > 5);
        record::signal(&child, Signal::INT);
        let (exit, _, err) = finished(child.wait_with_output().unwrap());
        assert_eq!(
            (exit, err.contains("interrupted in the step watch: --resume")),
            (Some(130), true),
            "{err}"
        );
        let journal = || -> Value {
            serde_json::from_slice(&fs::read(bed.path("rollout.state/state.json")).unwrap()).unwrap()
        };
        let relay = || journal()["process"]["root"].as_u64().unwrap();
        let first = relay();
        assert!(is_alive(first), "the relay lives on");
        let (_, out, _) = bed.run(&["--dry-run", "--resume"]);
        assert!(out.starts_with("watch: ") && out.contains("rollback: "), "{out}");

        let before = rows();
        let (exit, result) = bed.json(&["--resume"]);
        assert_eq!(exit, Some(0), "{result}");
        assert!(said(&result, "watch").contains("with what was recorded before"), "{result}");
        assert!((before..=45).contains(&rows()) && rows() >= 30, "{before} rows, and then {}", rows());
        assert_eq!(relay(), first);
        let (exit, _, err) = bed.run(&["--resume"]);
        assert_eq!((exit, err.contains("is over")), (Some(64), true), "{err}");

        // The next one ends it.
        let child: Child = bed.command(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until(|| !is_alive(first) && journal()["process"]["root"].as_u64().is_some_and(|root| root != first));
        until(|| rows() > 2);
        record::signal(&child, Signal::INT);
        assert_eq!(finished(child.wait_with_output().unwrap()).0, Some(130));
        let second = i32::try_from(relay()).unwrap();
        rustix::process::kill_process_group(rustix::process::Pid::from_raw(second).unwrap(), Signal::KILL)
            .unwrap();
    });
}
