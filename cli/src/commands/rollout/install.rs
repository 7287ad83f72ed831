//! A routine put into a scheduler of this user, or taken out of it. What fails on the way is undone: files are as they were
//! before, and what was scheduled before still is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::system::{answer, call, refused, unanswered};
use crate::args::Scheduler;
use crate::output::Failure;
use crate::rollout::{
    Job, Name, cron_lines, found, in_cron, in_task, in_unit, marked, task, timer, unit, unmarked,
};
use crate::words;

/// What is put into a scheduler.
pub(super) struct Routine<'a> {
    pub(super) name: &'a Name,
    pub(super) jobs: &'a [Job],
    /// The folder with the recordings: it tells whose an older routine is.
    pub(super) state: &'a Path,
}

pub(super) fn install(scheduler: Scheduler, routine: &Routine<'_>) -> Result<(), Failure> {
    match scheduler {
        Scheduler::Systemd => units(routine),
        Scheduler::Tasks => tasks(routine),
        Scheduler::Cron | Scheduler::Auto => {
            let Routine { name, jobs, state } = routine;
            let before = without_older(&crontab()?, name, state);
            call("crontab", &["-"], Some(&marked(&before, &name.own, &cron_lines(jobs, &TimeZone::system()))))
        }
    }
}

/// How many checks were taken out.
pub(super) fn remove(scheduler: Scheduler, name: &Name, state: &Path) -> Result<usize, Failure> {
    match scheduler {
        Scheduler::Systemd => {
            let mut timers = present(&name.own);
            timers.extend(older_units(name, state));
            take_out(&timers)?;
            Ok(timers.len())
        }
        Scheduler::Tasks => {
            let tasks: Vec<String> = Name::jobs(&name.own)
                .filter(|task| query(task).is_some())
                .chain(older_tasks(name, state))
                .collect();
            for task in &tasks {
                call("schtasks", &["/Delete", "/F", "/TN", &path_of(task)], None)?;
            }
            Ok(tasks.len())
        }
        Scheduler::Cron | Scheduler::Auto => {
            let before = crontab()?;
            let without = without_older(&before, name, state);
            let after = unmarked(&without, &name.own);
            if after != before {
                call("crontab", &["-"], Some(&after))?;
            }
            // Marks are no checks.
            let checks = |name: &str| found(&before, name).len().saturating_sub(2);
            let older = if without == before { 0 } else { checks(&name.older) };
            Ok(checks(&name.own) + older)
        }
    }
}

/// What puts everything back, the last step first, unless it was kept.
struct Undo<'a>(Vec<Box<dyn FnOnce() + 'a>>);

impl<'a> Undo<'a> {
    fn by(&mut self, step: impl FnOnce() + 'a) {
        self.0.push(Box::new(step));
    }

    /// Writes a file, and has what was there before put back.
    fn write(&mut self, path: PathBuf, text: &[u8]) -> Result<(), Failure> {
        let before = fs::read(&path).ok();
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
        let failed = written.map_err(|error| Failure::output(words::cannot_write(&path, &error)));
        self.by(move || put_back(&path, before));
        failed
    }

    /// Removes a file, and has it put back.
    fn remove(&mut self, path: PathBuf) -> Result<(), Failure> {
        let Ok(before) = fs::read(&path) else { return Ok(()) };
        fs::remove_file(&path).map_err(|error| Failure::output(words::cannot_write(&path, &error)))?;
        self.by(move || put_back(&path, Some(before)));
        Ok(())
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        while let Some(step) = self.0.pop() {
            step();
        }
    }
}

/// Nobody is told of what cannot be put back: the failure that led here is.
fn put_back(path: &Path, before: Option<Vec<u8>>) {
    let _ = match before {
        Some(before) => fs::write(path, before),
        None => fs::remove_file(path),
    };
}

/// `systemctl --user`.
fn systemctl(words: &[&str], timers: &[String]) -> Result<(), Failure> {
    let units: Vec<String> = timers.iter().map(|name| format!("{name}.timer")).collect();
    let line = ["--user"].iter().chain(words).copied().chain(units.iter().map(String::as_str));
    call("systemctl", &line.collect::<Vec<_>>(), None)
}

fn units(routine: &Routine<'_>) -> Result<(), Failure> {
    let Routine { name, jobs, state } = routine;
    let folder = folder();
    let (before, older) = (present(&name.own), older_units(name, state));
    let own: Vec<String> = jobs.iter().map(|job| job.name.clone()).collect();
    let mut undo = Undo(Vec::new());
    // The steps of an undo that fail have nobody left to tell.
    undo.by(|| {
        for timers in [&before, &older] {
            if !timers.is_empty() {
                let _ = systemctl(&["enable", "--now"], timers);
            }
        }
    });
    undo.by(|| {
        let _ = systemctl(&["daemon-reload"], &[]);
    });
    for job in *jobs {
        undo.write(folder.join(format!("{}.service", job.name)), unit(job).as_bytes())?;
        undo.write(folder.join(format!("{}.timer", job.name)), timer(job).as_bytes())?;
    }
    systemctl(&["daemon-reload"], &[])?;
    if before.is_empty() {
        undo.by(|| {
            let _ = systemctl(&["disable", "--now"], &own);
        });
    }
    systemctl(&["enable", "--now"], &own)?;
    // One whose times are over stays active, and would not look at its new times.
    systemctl(&["restart"], &own)?;
    if !older.is_empty() {
        systemctl(&["disable", "--now"], &older)?;
        for file in older.iter().flat_map(|name| files(name)) {
            undo.remove(file)?;
        }
        systemctl(&["daemon-reload"], &[])?;
    }
    undo.keep();
    Ok(())
}

/// Ends timers, and removes their files.
fn take_out(timers: &[String]) -> Result<(), Failure> {
    if timers.is_empty() {
        return Ok(());
    }
    systemctl(&["disable", "--now"], timers)?;
    for file in timers.iter().flat_map(|name| files(name)) {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::output(words::cannot_write(&file, &error)));
            }
            _ => {}
        }
    }
    systemctl(&["daemon-reload"], &[])
}

/// Where the user's units are.
fn folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    config.unwrap_or_else(|| PathBuf::from(".")).join("systemd/user")
}

fn files(job: &str) -> [PathBuf; 2] {
    ["service", "timer"].map(|end| folder().join(format!("{job}.{end}")))
}

/// The checks of this name that are installed.
fn present(name: &str) -> Vec<String> {
    Name::jobs(name).filter(|job| files(job).iter().any(|file| file.exists())).collect()
}

/// Those of the name that told no plans apart, where they are of this one: one of them names its recordings.
fn older_units(name: &Name, state: &Path) -> Vec<String> {
    let there = present(&name.older);
    let state = in_unit(&state.to_string_lossy());
    let mine = |job: &String| {
        files(job).iter().any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains(&state)))
    };
    if there.iter().any(mine) { there } else { Vec::new() }
}

/// The crontab without the lines of the name that told no plans apart, where they are of this one.
fn without_older(crontab: &str, name: &Name, state: &Path) -> String {
    let state = in_cron(&state.to_string_lossy());
    let mine = found(crontab, &name.older).iter().any(|line| line.contains(&state));
    if mine { unmarked(crontab, &name.older) } else { crontab.to_owned() }
}

/// Where a task is, in the scheduler's folders.
fn path_of(task: &str) -> String {
    format!("watertight\\{task}")
}

/// A task as the scheduler has it.
fn query(task: &str) -> Option<String> {
    let output = answer("schtasks", &["/Query", "/XML", "/TN", &path_of(task)], None).ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn create(task: &str, file: &Path) -> Result<(), Failure> {
    call("schtasks", &["/Create", "/F", "/TN", &path_of(task), "/XML", &file.to_string_lossy()], None)
}

fn tasks(routine: &Routine<'_>) -> Result<(), Failure> {
    let Routine { name, jobs, state } = routine;
    let mut undo = Undo(Vec::new());
    for job in *jobs {
        let path = state.join(format!("{}.xml", job.name));
        let (before, file, task_name) = (path.exists(), path.clone(), job.name.clone());
        // Its file is put back first.
        undo.by(move || {
            let _ = match before {
                true => create(&task_name, &file),
                false => call("schtasks", &["/Delete", "/F", "/TN", &path_of(&task_name)], None),
            };
        });
        // As the file itself says: UTF-16, with its mark.
        let text = format!("\u{feff}{}", task(job));
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        undo.write(path.clone(), &bytes)?;
        create(&job.name, &path)?;
    }
    for task in older_tasks(name, state) {
        call("schtasks", &["/Delete", "/F", "/TN", &path_of(&task)], None)?;
        // Nothing is undone any more: the new ones are all there.
        let _ = fs::remove_file(state.join(format!("{task}.xml")));
    }
    undo.keep();
    Ok(())
}

/// Those of the name that told no plans apart, where they are of this one.
fn older_tasks(name: &Name, state: &Path) -> Vec<String> {
    let state = in_task(&state.to_string_lossy());
    let there: Vec<(String, String)> =
        Name::jobs(&name.older).filter_map(|task| query(&task).map(|text| (task, text))).collect();
    if !there.iter().any(|(_, text)| text.contains(&state)) {
        return Vec::new();
    }
    there.into_iter().map(|(task, _)| task).collect()
}

/// The user's crontab: every line of it is put back, so that it is read as a whole or not at all.
fn crontab() -> Result<String, Failure> {
    const LIST: &str = "crontab -l";
    let output = answer("crontab", &["-l"], None).map_err(|error| unanswered("crontab", LIST, &error))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => String::from_utf8(output.stdout).map_err(|error| refused(LIST, &error.to_string())),
        // A user without one has none to list.
        false if said.contains("no crontab") || said.contains("can't open") => Ok(String::new()),
        false => Err(refused(LIST, said.trim())),
    }
}
