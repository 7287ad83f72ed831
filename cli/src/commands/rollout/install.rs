//! `rollout routine`: prints the checks that follow a rollout, or puts them into a scheduler of this user.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use vitals::exit;

use super::work;
use crate::args::{RoutineArgs, Scheduler};
use crate::finding::rollout::Refused;
use crate::output::{self, Failure};
use crate::rollout::{Job, Journal, Plan, cron_lines, jobs, marked, task, timer, unit};
use crate::words;

/// A program of the system that has not answered by then hangs.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(10);

pub(super) fn run(args: &RoutineArgs) -> Result<u8, Failure> {
    let plan = Plan::read(&args.plan)?;
    // What is scheduled stands in files, and in the list of processes while it runs.
    if work::target(&plan)? != plan.target && plan.target.contains('@') {
        return Err(Failure::usage(words::rollout_refused(&Refused::SecretInTarget)));
    }
    let last = Journal::last(&plan.state).filter(|last| last.is_over);
    let last = last.ok_or_else(|| Failure::usage(words::rollout_refused(&Refused::NeverRolledOut)))?;
    let took = SignedDuration::try_from(last.rollout.took()).unwrap_or_default();
    let ended = last.rollout.began.saturating_add(took).unwrap_or(last.rollout.began);
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("watertight"));
    let name = args.plan.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let jobs = jobs(&program, &name, ended, &plan.target_flags(), &plan.state);
    let scheduler = scheduler(args.scheduler);
    if args.install {
        let by = install(scheduler, &name, &jobs, &plan)?;
        output::hint(&words::installed(jobs.len(), by));
    } else {
        output::result(&shown(scheduler, &jobs))?;
    }
    Ok(exit::OK)
}

/// systemd where the user's own manager answers.
fn scheduler(asked: Scheduler) -> Scheduler {
    let systemd = || answer("systemctl", &["--user", "show-environment"], None);
    match asked {
        Scheduler::Auto if cfg!(windows) => Scheduler::Tasks,
        Scheduler::Auto if systemd().is_ok_and(|output| output.status.success()) => Scheduler::Systemd,
        Scheduler::Auto => Scheduler::Cron,
        asked => asked,
    }
}

/// What a job is in a file of a scheduler.
type Form = fn(&Job) -> String;

/// Each file under its name, or the lines of a crontab.
fn shown(scheduler: Scheduler, jobs: &[Job]) -> String {
    let files = |forms: &[(&str, Form)]| {
        let each = |job: &Job| {
            forms
                .iter()
                .map(|(end, form)| format!("# {}.{end}\n{}\n", job.name, form(job)))
                .collect::<String>()
        };
        jobs.iter().map(each).collect()
    };
    match scheduler {
        Scheduler::Systemd => files(&[("service", unit), ("timer", timer)]),
        Scheduler::Tasks => files(&[("xml", task)]),
        Scheduler::Cron | Scheduler::Auto => {
            cron_lines(jobs, &TimeZone::system()).into_iter().map(|line| format!("{line}\n")).collect()
        }
    }
}

fn install(scheduler: Scheduler, name: &str, jobs: &[Job], plan: &Plan) -> Result<&'static str, Failure> {
    match scheduler {
        Scheduler::Systemd => {
            let folder = units();
            for job in jobs {
                write(&folder.join(format!("{}.service", job.name)), unit(job).as_bytes())?;
                write(&folder.join(format!("{}.timer", job.name)), timer(job).as_bytes())?;
            }
            call("systemctl", &["--user", "daemon-reload"], None)?;
            let timers: Vec<String> = jobs.iter().map(|job| format!("{}.timer", job.name)).collect();
            let line: Vec<&str> =
                ["--user", "enable", "--now"].into_iter().chain(timers.iter().map(String::as_str)).collect();
            call("systemctl", &line, None)?;
            // One whose times are over stays active, and would not look at its new times.
            let again = ["--user", "restart"].into_iter().chain(timers.iter().map(String::as_str));
            call("systemctl", &again.collect::<Vec<_>>(), None)?;
            Ok("systemd")
        }
        Scheduler::Tasks => {
            for job in jobs {
                let path = plan.state.join(format!("{}.xml", job.name));
                // As the file itself says: UTF-16, with its mark.
                let text = format!("\u{feff}{}", task(job));
                let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                write(&path, &bytes)?;
                let name = format!("watertight\\{}", job.name);
                call("schtasks", &["/Create", "/F", "/TN", &name, "/XML", &path.to_string_lossy()], None)?;
            }
            Ok("schtasks")
        }
        Scheduler::Cron | Scheduler::Auto => {
            let new = marked(&crontab()?, name, &cron_lines(jobs, &TimeZone::system()));
            call("crontab", &["-"], Some(&new))?;
            Ok("cron")
        }
    }
}

/// Where the user's units are.
fn units() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    config.unwrap_or_else(|| PathBuf::from(".")).join("systemd/user")
}

fn write(path: &Path, text: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| Failure::output(words::cannot_write(path, &error)))
}

fn refused(command: &str, what: &str) -> Failure {
    Failure::Said { code: exit::DANGER, text: words::not_installed(command, what) }
}

/// A program of the system.
fn call(program: &str, args: &[&str], input: Option<&str>) -> Result<(), Failure> {
    let line = format!("{program} {}", args.join(" "));
    let output = answer(program, args, input).map_err(|error| refused(&line, &error.to_string()))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(refused(&line, String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// What a program of the system says, in plain English. It answers at once, or is ended.
fn answer(program: &str, args: &[&str], input: Option<&str>) -> io::Result<Output> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C").stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let (Some(mut pipe), Some(text)) = (child.stdin.take(), input) {
        // One that does not read it says why when it ends.
        let _ = pipe.write_all(text.as_bytes());
    }
    let begun = Instant::now();
    while child.try_wait()?.is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        sleep(LOOK);
    }
    child.wait_with_output()
}

/// The user's crontab: every line of it is put back, so that it is read as a whole or not at all.
fn crontab() -> Result<String, Failure> {
    const LIST: &str = "crontab -l";
    let output = answer("crontab", &["-l"], None).map_err(|error| refused(LIST, &error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => String::from_utf8(output.stdout).map_err(|error| refused(LIST, &error.to_string())),
        // A user without one has none to list.
        false if said.contains("no crontab") || said.contains("can't open") => Ok(String::new()),
        false => Err(refused(LIST, said.trim())),
    }
}
