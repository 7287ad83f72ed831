//! The checks of a routine as each scheduler takes them: units and timers of systemd, lines of a crontab, tasks of Windows.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::routine::Job;

/// systemd's service.
pub(crate) fn unit(job: &Job) -> String {
    let quoted = |word: &String| format!("\"{}\"", in_unit(word));
    let line = job.line.iter().map(quoted).collect::<Vec<_>>().join(" ");
    format!("[Unit]\nDescription={}\n\n[Service]\nType=oneshot\nExecStart={line}\n", described(job))
}

/// A word in a unit. systemd.service(5): `%` and `$` mean something, within double quotes too.
pub(crate) fn in_unit(word: &str) -> String {
    word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$")
}

/// On one line, without specifiers.
fn described(job: &Job) -> String {
    let about: String = job.about.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("watertight rollout routine: {}", about.replace('%', "%%"))
}

/// systemd's timer.
pub(crate) fn timer(job: &Job) -> String {
    let mut text = format!("[Unit]\nDescription={}\n\n[Timer]\n", described(job));
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
        let quoted = |word: &String| format!("'{}'", in_cron(word));
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

/// A word in a line of a crontab, within single quotes.
pub(crate) fn in_cron(word: &str) -> String {
    word.replace('\'', "'\\''").replace('%', "\\%")
}

/// What marks the lines of a routine in a crontab.
fn marks(name: &str) -> [String; 2] {
    [format!("# watertight rollout routine: {name}"), format!("# end of: {name}")]
}

/// The lines in front of a routine's, its own, and those behind it: none of its own where one of its marks is missing.
fn parts<'a>(crontab: &'a str, name: &str) -> [Vec<&'a str>; 3] {
    let [begin, end] = marks(name);
    let mut front: Vec<&str> = crontab.lines().collect();
    let from = front.iter().position(|line| *line == begin);
    let until = from.and_then(|from| front.iter().skip(from).position(|line| *line == end).map(|n| from + n));
    let (Some(from), Some(until)) = (from, until) else { return [front, Vec::new(), Vec::new()] };
    let behind = front.split_off(until + 1);
    let own = front.split_off(from);
    [front, own, behind]
}

/// The lines of a routine in a crontab, with its marks.
pub(crate) fn found<'a>(crontab: &'a str, name: &str) -> Vec<&'a str> {
    let [_, own, _] = parts(crontab, name);
    own
}

/// A crontab without the lines of a routine.
pub(crate) fn unmarked(before: &str, name: &str) -> String {
    let [front, _, behind] = parts(before, name);
    front.into_iter().chain(behind).map(|line| format!("{line}\n")).collect()
}

/// A crontab with these lines in place of those that were put there before, under the same name.
pub(crate) fn marked(before: &str, name: &str, lines: &[String]) -> String {
    let [begin, end] = marks(name);
    let new = [begin.as_str()].into_iter().chain(lines.iter().map(String::as_str)).chain([end.as_str()]);
    let new: String = new.map(|line| format!("{line}\n")).collect();
    unmarked(before, name) + &new
}

/// A task of Windows' scheduler, as `schtasks /Create /XML` takes it: dates in it do not depend on the machine's language.
pub(crate) fn task(job: &Job) -> String {
    let bound = |name: &str, at: Timestamp| format!("<{name}>{}</{name}>", at.strftime("%Y-%m-%dT%H:%M:%SZ"));
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
        in_task(&line),
    )
}

/// A text in a task.
pub(crate) fn in_task(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::routine::tests::all;

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
        assert!(
            unit(&jobs[0])
                .contains("Description=watertight rollout routine: day-1 of /srv/50%%/relay.toml\n")
        );
        let lines = cron_lines(&jobs, &TimeZone::UTC);
        assert_eq!(
            lines[0],
            "7 * * * * [ \"$(date +\\%s)\" -ge 1795950420 ] && [ \"$(date +\\%s)\" -lt 1796036820 ] && \
             '/opt/water tight' 'quick-check' '--samples=5' '--api-url=http://relay:3000' '--danger=4000' \
             '--expect=goroutines<9' >>'/var/50\\%/routine.log' 2>&1"
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
        assert_eq!(found(&twice, "relay")[1..3], ["b", "c"]);
        assert!(found(&twice, "other").is_empty());
        assert_eq!(unmarked(&format!("{twice}3 4 * * * too\n"), "relay"), "1 2 * * * mine\n3 4 * * * too\n");
        let torn = "# watertight rollout routine: relay\nb\n5 6 * * * mine\n";
        assert_eq!(unmarked(torn, "relay"), torn, "where its lines end is not known");
    }
}
