//! The checks that follow a rollout, as the founding document has them: hourly on day 1, with three watches; every four
//! hours on days 2 and 3, against day 1; daily until the week is over; and weekly from then on. One table, and a form for
//! each scheduler. Every one of them ends by itself.

use std::fmt::Write as _;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What a check does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Check,
    /// Recorded into this file, which it goes on with.
    Watch(&'static str),
    /// With the recording of the rollout.
    Compare,
}

/// Its name, from which hour to which after the rollout, every how many hours.
const TABLE: [(&str, i64, Option<i64>, i64, Act); 5] = [
    ("day-1", 1, Some(25), 1, Act::Check),
    ("day-1-watch", 2, Some(26), 8, Act::Watch("day-1.csv")),
    ("days-2-3", 26, Some(74), 4, Act::Compare),
    ("week-1", 74, Some(170), 24, Act::Watch("week-1.csv")),
    ("after", 170, None, 168, Act::Compare),
];

/// One of the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// Of the relay's plan and the time: `watertight-rollout-day-1`.
    pub(crate) name: String,
    from: Timestamp,
    until: Option<Timestamp>,
    /// In hours.
    every: i64,
    /// The program and its arguments.
    line: Vec<String>,
    /// Where its output goes, where the scheduler keeps none.
    log: String,
}

/// All of them, after a rollout that ended then. `flags` say whom to ask, `state` is the folder with the recordings.
pub(crate) fn jobs(program: &Path, plan: &str, ended: Timestamp, flags: &[String], state: &Path) -> Vec<Job> {
    let file = |name: &str| state.join(name).to_string_lossy().into_owned();
    let after = |hours: i64| ended.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(ended);
    let target = flags.iter().find_map(|flag| flag.strip_prefix("--api-url=")).unwrap_or_default();
    let rest: Vec<String> = flags.iter().filter(|flag| !flag.starts_with("--api-url=")).cloned().collect();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let line = |act: Act| match act {
        Act::Check => [words(&["quick-check", "--samples=5"]), flags.to_vec()].concat(),
        Act::Watch(into) => {
            let record = ["watch", "--plain", "--duration=30m", "--append"];
            [words(&record), vec![format!("--record={}", file(into))], flags.to_vec()].concat()
        }
        Act::Compare => {
            let sides = words(&["compare", &file("current.csv"), target, "--duration=10m"]);
            [sides, rest.clone()].concat()
        }
    };
    let job = |(name, from, until, every, act): (&str, i64, Option<i64>, i64, Act)| Job {
        name: format!("watertight-{plan}-{name}"),
        from: after(from),
        until: until.map(after),
        every,
        line: [vec![program.to_string_lossy().into_owned()], line(act)].concat(),
        log: file("routine.log"),
    };
    TABLE.into_iter().map(job).collect()
}

impl Job {
    fn times(&self) -> Vec<Timestamp> {
        let step = SignedDuration::from_hours(self.every);
        let until = self.until.unwrap_or(self.from);
        let next = |at: &Timestamp| at.checked_add(step).ok().filter(|next| *next < until);
        std::iter::successors(Some(self.from), next).collect()
    }
}

/// systemd's service.
pub(crate) fn unit(job: &Job) -> String {
    // systemd.service(5): `%` and `$` mean something, within double quotes too.
    let quoted = |word: &String| {
        let word = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
        format!("\"{word}\"")
    };
    let line = job.line.iter().map(quoted).collect::<Vec<_>>().join(" ");
    format!("[Unit]\nDescription={}\n\n[Service]\nType=oneshot\nExecStart={line}\n", job.name)
}

/// systemd's timer.
pub(crate) fn timer(job: &Job) -> String {
    let mut text = format!("[Unit]\nDescription={}\n\n[Timer]\n", job.name);
    let utc = |at: Timestamp| at.to_zoned(TimeZone::UTC);
    if job.until.is_none() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "OnCalendar={} UTC", utc(job.from).strftime("%a *-*-* %H:%M:00"));
    } else {
        for at in job.times() {
            let _ = writeln!(text, "OnCalendar={} UTC", utc(at).strftime("%Y-%m-%d %H:%M:00"));
        }
    }
    text.push_str("AccuracySec=1m\n\n[Install]\nWantedBy=timers.target\n");
    text
}

/// Lines of a crontab, whose times are those of `zone`. Cron knows no years, so that each line asks for the time.
pub(crate) fn cron_lines(jobs: &[Job], zone: &TimeZone) -> Vec<String> {
    let line = |job: &Job| {
        let at = job.from.to_zoned(zone.clone());
        let (minute, hour) = (at.minute(), at.hour());
        let when = match job.every {
            1 => format!("{minute} * * * *"),
            hours @ 2..24 => format!("{minute} */{hours} * * *"),
            24 => format!("{minute} {hour} * * *"),
            _ => format!("{minute} {hour} * * {}", at.weekday().to_sunday_zero_offset()),
        };
        let now = "\"$(date +\\%s)\"";
        let until = job.until.map(|until| format!("[ {now} -lt {} ] && ", until.as_second()));
        let quoted = |word: &String| format!("'{}'", word.replace('\'', "'\\''").replace('%', "\\%"));
        let words = job.line.iter().map(quoted).collect::<Vec<_>>().join(" ");
        let log = quoted(&job.log);
        format!(
            "{when} [ {now} -ge {} ] && {}{words} >>{log} 2>&1",
            job.from.as_second(),
            until.unwrap_or_default()
        )
    };
    jobs.iter().map(line).collect()
}

/// A crontab with these lines in place of those that were put there before, under the same name.
pub(crate) fn marked(before: &str, name: &str, lines: &[String]) -> String {
    let (begin, end) = (format!("# watertight rollout routine: {name}"), format!("# end of: {name}"));
    let mut ours = false;
    let mut kept: Vec<&str> = Vec::new();
    for line in before.lines() {
        ours |= line == begin;
        if !ours {
            kept.push(line);
        }
        ours &= line != end;
    }
    let new = [begin.as_str()].into_iter().chain(lines.iter().map(String::as_str)).chain([end.as_str()]);
    kept.into_iter().chain(new).map(|line| format!("{line}\n")).collect()
}

/// A task of Windows' scheduler, as `schtasks /Create /XML` takes it: dates in it do not depend on the machine's language.
pub(crate) fn task(job: &Job) -> String {
    let bound = |name: &str, at: Timestamp| format!("<{name}>{}</{name}>", at.strftime("%Y-%m-%dT%H:%M:%SZ"));
    let escaped = |text: &str| {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    };
    let quoted = |word: &String| format!("\"{word}\"");
    let words = job.line.iter().map(quoted).collect::<Vec<_>>().join(" ");
    // `cmd` takes away the outermost quotes.
    let line = format!("/C \"{words} >> \"{}\" 2>&1\"", job.log);
    let until = job.until.map(|until| bound("EndBoundary", until)).unwrap_or_default();
    let every = if job.every < 24 { format!("PT{}H", job.every) } else { format!("P{}D", job.every / 24) };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n\
         <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n  \
         <Triggers><TimeTrigger><Repetition><Interval>{every}</Interval></Repetition>{}{until}</TimeTrigger></Triggers>\n  \
         <Settings><StartWhenAvailable>true</StartWhenAvailable><ExecutionTimeLimit>PT2H</ExecutionTimeLimit></Settings>\n  \
         <Actions><Exec><Command>cmd</Command><Arguments>{}</Arguments></Exec></Actions>\n\
         </Task>\n",
        bound("StartBoundary", job.from),
        escaped(&line),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Job> {
        let flags = ["--api-url=http://relay:3000", "--danger=4000"].map(str::to_owned);
        let ended = "2026-11-29T10:07:00Z".parse().unwrap();
        jobs(Path::new("/opt/water tight"), "relay", ended, &flags, Path::new("/var/50%"))
    }

    #[test]
    fn the_founding_documents_routine() {
        let jobs = all();
        let counts: Vec<usize> = jobs.iter().map(|job| job.times().len()).collect();
        assert_eq!(counts, [24, 3, 12, 4, 1], "hourly, three watches, every 4 h, daily, weekly");
        assert_eq!(jobs[0].name, "watertight-relay-day-1");
        assert!(jobs.windows(2).all(|pair| pair[0].from < pair[1].from));
        let line = jobs[2].line.join(" ");
        assert_eq!(
            line,
            "/opt/water tight compare /var/50%/current.csv http://relay:3000 --duration=10m --danger=4000"
        );
        for job in &jobs {
            let words = job.line.iter().map(Into::into).collect::<Vec<_>>();
            crate::args::parse(words).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[test]
    fn each_scheduler_gets_its_own_form() {
        let jobs = all();
        assert!(timer(&jobs[1]).contains(
            "OnCalendar=2026-11-29 12:07:00 UTC\nOnCalendar=2026-11-29 20:07:00 UTC\nOnCalendar=2026-11-30 04:07:00 UTC\n"
        ));
        assert!(timer(&jobs[4]).contains("OnCalendar=Sun *-*-* 12:07:00 UTC\n"), "{}", timer(&jobs[4]));
        assert!(
            unit(&jobs[2]).contains("ExecStart=\"/opt/water tight\" \"compare\" \"/var/50%%/current.csv\"")
        );
        let lines = cron_lines(&jobs, &TimeZone::UTC);
        assert_eq!(
            lines[0],
            "7 * * * * [ \"$(date +\\%s)\" -ge 1795950420 ] && [ \"$(date +\\%s)\" -lt 1796036820 ] && \
             '/opt/water tight' 'quick-check' '--samples=5' '--api-url=http://relay:3000' '--danger=4000' \
             >>'/var/50\\%/routine.log' 2>&1"
        );
        assert!(lines[2].starts_with("7 */4 * * * ") && lines[3].starts_with("7 12 * * * "), "{lines:?}");
        assert!(lines[4].starts_with("7 12 * * 0 ") && !lines[4].contains("-lt"), "{lines:?}");
        let task = task(&jobs[0]);
        assert!(
            task.contains("<Interval>PT1H</Interval>") && task.contains("<EndBoundary>2026-11-30T11:07:00Z<")
        );
        assert!(task.contains("&quot;/opt/water tight&quot; &quot;quick-check&quot;"), "{task}");
    }

    #[test]
    fn lines_of_an_earlier_rollout_are_replaced_and_others_stay() {
        let once = marked("1 2 * * * mine\n", "relay", &["a".to_owned()]);
        let twice = marked(&once, "relay", &["b".to_owned(), "c".to_owned()]);
        assert_eq!(twice, "1 2 * * * mine\n# watertight rollout routine: relay\nb\nc\n# end of: relay\n");
        assert!(marked(&twice, "other", &[]).starts_with(&twice));
    }
}
