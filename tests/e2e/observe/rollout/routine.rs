//! The checks of the next days, by schedulers that only write down what they are told.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Bed;

/// Programs named `systemctl` and `crontab`, and what they were told.
struct Tools {
    folder: tempfile::TempDir,
    path: std::ffi::OsString,
}

impl Tools {
    fn new() -> Self {
        let folder = super::folder();
        let path = std::env::join_paths([folder.path(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
        let tools = Self { folder, path };
        let at = tools.folder.path().display();
        // It fails where its arguments hold what the file `fail` says.
        let fail =
            format!("[ -e {at}/fail ] && case \"$*\" in *\"$(cat {at}/fail)\"*) echo no >&2; exit 1;; esac");
        tools.write("systemctl", &format!("echo systemctl \"$@\" >> {at}/told\n{fail}\nexit 0"));
        let crontab = format!(
            "echo crontab \"$@\" >> {at}/told\n{fail}\n[ \"$1\" = - ] && {{ cat > {at}/tab; exit 0; }}\n\
             [ -e {at}/tab ] || {{ echo no crontab for you >&2; exit 1; }}\ncat {at}/tab"
        );
        tools.write("crontab", &crontab);
        tools
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, tool: &str, script: &str) {
        fs::write(self.path(tool), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(self.path(tool), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn told(&self) -> String {
        fs::read_to_string(self.path("told")).unwrap_or_default()
    }

    fn tab(&self) -> String {
        fs::read_to_string(self.path("tab")).unwrap_or_default()
    }

    /// The exit code of `rollout routine`, and what it says.
    fn run(&self, bed: &Bed, folder: &Path, args: &[&str]) -> (Option<i32>, String) {
        let mut command = bed.command(&[&["routine"], args].concat());
        command.current_dir(folder).env("PATH", &self.path).env("XDG_CONFIG_HOME", self.path("config"));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// The files of units, sorted.
    fn units(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("config/systemd/user")) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn unit(&self, name: &str) -> PathBuf {
        self.path("config/systemd/user").join(name)
    }
}

/// After a rollout in the bed's folder.
pub(super) fn installs(bed: &Bed) {
    let (exit, out, _) = bed.run(&["routine", "--with", "cron"]);
    assert_eq!((exit, out.lines().count()), (Some(0), 5), "{out}");
    two_plans_of_one_name(bed);
    what_fails_is_undone(bed);
    unreadable_crontabs_stay(bed);
    let plan = fs::read_to_string(bed.path("rollout.toml")).unwrap();
    fs::write(bed.path("rollout.toml"), plan.replace("http://", "http://user:hidden@")).unwrap();
    let (_, out, err) = bed.run(&["--dry-run"]);
    assert!(out.contains("check http://") && !format!("{out}{err}").contains("hidden"), "{out}{err}");
    let (exit, out, err) = bed.run(&["routine"]);
    assert_eq!((exit, format!("{out}{err}").contains("hidden")), (Some(64), false), "{out}{err}");
}

/// The same plan and state in another folder.
fn twin(bed: &Bed) -> tempfile::TempDir {
    let twin = super::folder();
    fs::copy(bed.path("rollout.toml"), twin.path().join("rollout.toml")).unwrap();
    fs::create_dir(twin.path().join("rollout.state")).unwrap();
    fs::copy(bed.path("rollout.state/state.json"), twin.path().join("rollout.state/state.json")).unwrap();
    twin
}

fn two_plans_of_one_name(bed: &Bed) {
    let (tools, other) = (Tools::new(), twin(bed));
    let own = bed.folder.path();
    let install = |folder: &Path, scheduler: &str| {
        let (exit, err) = tools.run(bed, folder, &["--install", "--with", scheduler]);
        assert_eq!(exit, Some(0), "{err}");
    };
    // As an earlier version installed it, for this plan.
    fs::create_dir_all(tools.path("config/systemd/user")).unwrap();
    for end in ["service", "timer"] {
        let line = format!("ExecStart=\"w\" \"compare\" \"{}/rollout.state/current.csv\"", own.display());
        fs::write(tools.unit(&format!("watertight-rollout-days-2-3.{end}")), line).unwrap();
    }
    let marked = |folder: &Path| {
        let folder = folder.display();
        format!("# watertight rollout routine: rollout\nw '{folder}/rollout.state'\n# end of: rollout\n")
    };
    fs::write(tools.path("tab"), format!("1 2 * * * mine\n{}", marked(own))).unwrap();
    for folder in [other.path(), own] {
        install(folder, "systemd");
        install(folder, "cron");
    }
    let units = tools.units();
    assert_eq!(units.len(), 20, "five timers and services each, and none of the older name: {units:?}");
    assert!(tools.told().contains("systemctl --user disable --now watertight-rollout-days-2-3.timer\n"));
    let tab = tools.tab();
    assert!(tab.starts_with("1 2 * * * mine\n") && tab.lines().count() == 1 + 2 * 7, "{tab}");
    for folder in [own, other.path()] {
        assert!(tab.contains(&format!("'{}/rollout.state/current.csv'", folder.display())), "{tab}");
    }
    let compared = units.iter().filter(|name| name.ends_with("days-2-3.service")).map(|name| {
        let text = fs::read_to_string(tools.unit(name)).unwrap();
        text.contains(&format!("\"compare\" \"{}", own.display()))
    });
    assert_eq!(compared.filter(|mine| *mine).count(), 1, "each compares with its own recording");
    // Again: nothing is there twice. And one of the older name that is another plan's stays.
    fs::write(tools.path("tab"), format!("{}{}", tab, marked(Path::new("/srv/third")))).unwrap();
    install(own, "systemd");
    install(own, "cron");
    assert_eq!((tools.units(), tools.tab().contains("/srv/third")), (units, true));
    // Taken out, of one of them.
    for (scheduler, told) in
        [("systemd", "5 checks removed from systemd"), ("cron", "5 checks removed from cron")]
    {
        let (exit, err) = tools.run(bed, own, &["--remove", "--with", scheduler]);
        assert_eq!((exit, err.contains(told)), (Some(0), true), "{err}");
        let (exit, err) = tools.run(bed, own, &["--remove", "--with", scheduler]);
        assert_eq!((exit, err.contains("no checks of this plan")), (Some(0), true), "{err}");
    }
    assert_eq!((tools.units().len(), tools.tab().lines().count()), (10, 1 + 7 + 3), "{}", tools.tab());
}

fn what_fails_is_undone(bed: &Bed) {
    let tools = Tools::new();
    let install = || tools.run(bed, bed.folder.path(), &["--install", "--with", "systemd"]);
    for step in ["daemon-reload", "enable", "restart"] {
        fs::write(tools.path("fail"), step).unwrap();
        let (exit, err) = install();
        assert_eq!((exit, err.contains("is as it was before")), (Some(2), true), "{err}");
        assert_eq!(tools.units(), [""; 0], "{step}");
    }
    fs::remove_file(tools.path("fail")).unwrap();
    assert_eq!(install().0, Some(0));
    let timer = tools.units().into_iter().find(|name| name.ends_with("after.timer")).unwrap();
    fs::write(tools.unit(&timer), "of an earlier rollout").unwrap();
    fs::write(tools.path("fail"), "restart").unwrap();
    assert_eq!(install().0, Some(2));
    assert_eq!(fs::read_to_string(tools.unit(&timer)).unwrap(), "of an earlier rollout");
    assert!(tools.told().trim_end().ends_with(&timer), "what was there runs again: {}", tools.told());
}

/// The user's own lines are in it.
fn unreadable_crontabs_stay(bed: &Bed) {
    let tools = Tools::new();
    for unreadable in ["echo 'you may not' >&2; exit 1", "printf '\\377 * * * * true\\n'"] {
        let told = format!("echo crontab \"$@\" >> {}\n{unreadable}", tools.path("told").display());
        tools.write("crontab", &told);
        let (exit, err) = tools.run(bed, bed.folder.path(), &["--install", "--with", "cron"]);
        assert_eq!(exit, Some(2), "{err}");
    }
    assert!(!tools.told().contains("crontab -\n"), "{}", tools.told());
    let mut command = bed.command(&["routine", "--install", "--with", "cron"]);
    let output = command.env("PATH", tools.path("none")).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), err.contains("there is no `crontab` here")), (Some(2), true), "{err}");
}
