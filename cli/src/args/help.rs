//! Examples and exit codes of each command: shown by `--help` and in the manual pages.

use std::fmt::Write;

/// Help and manual add this to a command's arguments.
#[derive(Debug)]
pub(crate) struct Page {
    /// The command's path below `watertight`, words separated by spaces; empty for the program itself.
    pub(super) path: &'static str,
    /// A command line and what it does.
    pub(crate) examples: &'static [(&'static str, &'static str)],
    /// An exit code and what it means.
    pub(crate) exits: &'static [(u8, &'static str)],
}

const DONE: (u8, &str) = (vitals::exit::OK, "done");
const USAGE: (u8, &str) = (vitals::exit::USAGE, "the command line or a file that it names is wrong");
const OUTPUT: (u8, &str) = (vitals::exit::OUTPUT, "the output could not be written");

const CONFIGURATION: (u8, &str) = (vitals::exit::USAGE, "the command line or the configuration is wrong");

const CHANNELS: &[(u8, &str)] = &[
    (vitals::exit::OK, "done: every channel that was asked answered"),
    (vitals::exit::DANGER, "a channel failed: its provider's own error is shown"),
    (vitals::exit::UNKNOWN, "a channel cannot be reached, and none failed"),
    (
        vitals::exit::USAGE,
        "the command line or the configuration is wrong, or there is no channel of that name",
    ),
    OUTPUT,
];

pub(super) const PAGES: &[Page] = &[
    Page {
        path: "",
        examples: &[
            ("watertight serve", "relay on 127.0.0.1:3000; without any configuration, a demo"),
            ("watertight quick-check", "one verdict about http://localhost:3000"),
            ("watertight watch --duration 30m", "a line per sample, then a summary and the verdict"),
            ("watertight record --csv day1.csv --duration 30m", "record for later comparison"),
        ],
        exits: &[
            (vitals::exit::OK, "healthy, or done"),
            (vitals::exit::WARNING, "warning; serve: stopped with aborted requests"),
            (vitals::exit::DANGER, "danger"),
            (vitals::exit::UNKNOWN, "cannot tell: unreachable, or not a health endpoint"),
            USAGE,
            (vitals::exit::UNAVAILABLE, "serve: the address is in use"),
            OUTPUT,
            (vitals::exit::INTERRUPTED, "interrupted before there was a result"),
        ],
    },
    Page {
        path: "serve",
        examples: &[
            ("watertight serve", "the demo, or the providers whose keys are in the environment"),
            ("watertight serve -c watertight.toml", "with a configuration"),
            ("watertight serve -c watertight.toml --check", "only check it"),
        ],
        exits: &[
            (vitals::exit::OK, "stopped, and every request was answered"),
            (vitals::exit::WARNING, "stopped, but requests had to be aborted"),
            (vitals::exit::USAGE, "the command line or the configuration is wrong"),
            (vitals::exit::UNAVAILABLE, "the address is in use"),
        ],
    },
    Page {
        path: "quick-check",
        examples: &[
            ("watertight quick-check", "the relay on this machine"),
            ("watertight quick-check --api-url https://relay.example.com", "another one"),
            (
                "watertight quick-check --api-url relay-1:3000 --api-url relay-2:3000",
                "several, the gravest counts",
            ),
            ("watertight quick-check --format json | jq .verdict", "for programs"),
            (
                "watertight quick-check; [ $? -eq 2 ] && systemctl restart relay",
                "restart on danger only: 1 is a warning, and 3 says that nothing is known",
            ),
            (
                "watertight quick-check --samples 5 --fail-on danger --expect 'goroutines<500'",
                "for a pipeline",
            ),
            ("watertight quick-check --format nagios --unreachable danger", "for a monitor"),
            ("watertight quick-check --format docker", "for a container's health check"),
        ],
        exits: &[
            (
                vitals::exit::OK,
                "healthy, or nothing that --fail-on names; under --format docker a warning, too",
            ),
            (vitals::exit::WARNING, "warning; under --format docker whatever is not healthy"),
            (vitals::exit::DANGER, "danger, or something is not as --expect says"),
            (
                vitals::exit::UNKNOWN,
                "cannot tell: unreachable, not a health endpoint, or an expected metric is not reported; \
                 under --format nagios also usage errors",
            ),
            USAGE,
            OUTPUT,
        ],
    },
    Page {
        path: "watch",
        examples: &[
            (
                "watertight watch --duration 30m",
                "half an hour, every 5 seconds, then a summary and the verdict",
            ),
            ("watertight watch --api-url https://relay.example.com -i 1m --record day1.csv", "until Ctrl-C"),
            ("watertight watch -n 12 --format ndjson | jq -c .goroutines", "for programs"),
            ("watertight watch --duration 30m --max-peak 3000 || echo the fix does not hold", "as a gate"),
            (
                "watertight watch --warning 5000 --danger 10000 --on danger=./restart.sh",
                "above 10000 goroutines: restart",
            ),
        ],
        exits: &[
            (
                vitals::exit::OK,
                "healthy at the end, and never in danger, or nothing that --fail-on names; a warning that passed, and \
                 growth that levelled off, are only mentioned",
            ),
            (
                vitals::exit::WARNING,
                "the last sample is above a warning threshold, goroutines or live memory grow and nothing is known of \
                 the load, the target restarted twice, or, without --max-peak, the peak reached 3000",
            ),
            (
                vitals::exit::DANGER,
                "some sample was above a danger threshold, the peak reached --max-peak, or goroutines or live memory \
                 grow and the load is not the cause: a leak",
            ),
            (
                vitals::exit::UNKNOWN,
                "cannot tell: no poll succeeded, more than half of them failed, or the last one did; with \
                 --require-trend, also when it cannot be told whether the count grows",
            ),
            USAGE,
            (vitals::exit::OUTPUT, "the output or the recording could not be written"),
            (vitals::exit::INTERRUPTED, "interrupted before the first sample; after it, the verdict's code"),
        ],
    },
    Page {
        path: "record",
        examples: &[
            ("watertight record --csv day1.csv -i 5 --duration 30m", "half an hour, every 5 seconds"),
            ("watertight record --csv day1.csv --append", "go on, also after a crash"),
            ("watertight record --csv - -n 10 -i 1s", "ten rows to standard output"),
            ("watertight record --csv day.csv --rotate 1d --keep 14 --append", "two weeks, a file a day"),
            (
                "watertight record -o '{host}.csv' --api-url relay1:3000 --api-url relay2:3000",
                "two relays, a file each",
            ),
            ("watertight record -o day.om --format openmetrics --duration 1d", "for Prometheus' backfilling"),
        ],
        exits: &[
            (vitals::exit::OK, "recorded"),
            (vitals::exit::UNKNOWN, "no poll of a target succeeded"),
            USAGE,
            (vitals::exit::OUTPUT, "the file could not be written: disk full, read-only, locked"),
            (vitals::exit::INTERRUPTED, "interrupted before the first row"),
        ],
    },
    Page {
        path: "compare",
        examples: &[
            ("watertight compare day1.csv day2.csv", "side by side"),
            ("watertight compare day1.csv day2.csv --max-growth 20% --max-peak 3000", "as a gate"),
            ("watertight compare 'day1-*.csv' http://localhost:3000 --duration 5m", "with what runs now"),
            (
                "watertight compare goroutine_log.txt today.csv",
                "a log of the old scripts is a recording, too",
            ),
            ("watertight compare day1.csv day2.csv --format markdown", "for a pull request"),
            ("watertight compare 'relay.*.csv.gz' --days", "which day changed; rotated files, compressed"),
            ("watertight compare v1.csv v2.csv v3.csv", "which of them changed"),
        ],
        exits: &[
            (vitals::exit::OK, "nothing above a threshold or a gate, or nothing that --fail-on names"),
            (
                vitals::exit::WARNING,
                "CURRENT's level is above the threshold for warnings, or it grows or is higher and nothing is \
                 known of the load",
            ),
            (
                vitals::exit::DANGER,
                "CURRENT leaks, is a regression, is above a threshold for danger, or a gate failed",
            ),
            (
                vitals::exit::UNKNOWN,
                "cannot tell: fewer than 10 good polls on a side, or no goroutine counts; loads that differ by an \
                 unknown cost; without --max-growth and --max-peak also too little for statistics (ten \
                 minutes a side at least, better half an hour); under --format nagios also usage errors",
            ),
            (vitals::exit::USAGE, "the command line is wrong, a file is missing or is no recording"),
            OUTPUT,
            (vitals::exit::INTERRUPTED, "interrupted before the first poll of a URL"),
        ],
    },
    Page {
        path: "report",
        examples: &[
            ("watertight report day1.csv -o day1.html", "one recording"),
            ("watertight report baseline.csv today.csv -o both.html", "two in the same charts"),
            ("watertight report 'day.*.csv' -o day.html", "the files of a rotated recording"),
            ("watertight report goroutine_log.txt > old.html", "a log of the old scripts"),
            ("watertight report day1.csv --svg goroutines -o day1.svg", "one chart as a picture"),
        ],
        exits: &[
            (vitals::exit::OK, "written, whatever the verdict on it"),
            (vitals::exit::USAGE, "the command line is wrong, a file is missing or is no recording"),
            OUTPUT,
        ],
    },
    Page {
        path: "diagnose",
        examples: &[
            ("watertight diagnose", "the relay on this machine: is it there, and what grows in it?"),
            ("watertight diagnose --api-url relay:3000 --pprof-url relay:6060", "profiles on another port"),
            (
                "watertight diagnose --pprof-url http://localhost:6060 --apart 1m --prove",
                "a slow leak, and a proof",
            ),
            ("watertight diagnose --format json | jq .growing", "for programs"),
        ],
        exits: &[
            (vitals::exit::OK, "it can be reached, and nothing grows"),
            (vitals::exit::WARNING, "something grows, or a crowd stays in a place that leaks"),
            (vitals::exit::DANGER, "leaked goroutines are proven, or exchanges outlive their deadline"),
            (vitals::exit::UNKNOWN, "it cannot be reached, or what comes is no answer"),
            USAGE,
            OUTPUT,
            (vitals::exit::INTERRUPTED, "interrupted before the second look"),
        ],
    },
    Page {
        path: "rollout",
        examples: &[
            ("watertight rollout example > rollout.toml", "a plan to begin with"),
            ("watertight rollout --dry-run", "what it would do"),
            ("watertight rollout", "do it; Ctrl-C interrupts it"),
            ("watertight rollout --resume", "go on after that"),
            ("watertight rollout --accept", "from now on, compare with this one"),
            ("watertight rollout routine --install", "the checks of the next days"),
        ],
        exits: &[
            (vitals::exit::OK, "deployed and healthy, or done"),
            (vitals::exit::WARNING, "the verdict is a warning"),
            (
                vitals::exit::DANGER,
                "the verdict is danger, whether it was rolled back or not; or a step has failed",
            ),
            (vitals::exit::UNKNOWN, "deployed, but it cannot be told how the relay is"),
            (
                vitals::exit::USAGE,
                "the command line or the plan is wrong, or there is nothing to go on with or to accept",
            ),
            (
                vitals::exit::OUTPUT,
                "the output could not be written, or another rollout uses the state folder",
            ),
            (vitals::exit::INTERRUPTED, "interrupted: --resume goes on"),
        ],
    },
    Page {
        path: "rollout example",
        examples: &[("watertight rollout example > rollout.toml", "then edit it")],
        exits: &[DONE, OUTPUT],
    },
    Page {
        path: "rollout routine",
        examples: &[
            ("watertight rollout routine", "see what would be installed"),
            ("watertight rollout routine --install", "install it for this user"),
            ("watertight rollout routine --with cron | less", "as lines of a crontab"),
        ],
        exits: &[
            DONE,
            (vitals::exit::DANGER, "a scheduler refused"),
            (vitals::exit::USAGE, "the command line or the plan is wrong, or there was no rollout yet"),
            OUTPUT,
        ],
    },
    Page {
        path: "channels",
        examples: &[
            ("watertight channels list", "what is configured"),
            ("watertight channels test", "one small real request to each channel: it costs a few tokens"),
            ("watertight channels models openai", "what the provider of the channel `openai` has"),
        ],
        exits: CHANNELS,
    },
    Page {
        path: "channels list",
        examples: &[
            ("watertight channels list -c watertight.toml", "a line per channel; no secrets"),
            ("watertight channels list --format json | jq '.channels[].name'", "for programs"),
        ],
        exits: &[DONE, USAGE, OUTPUT],
    },
    Page {
        path: "channels test",
        examples: &[
            ("watertight channels test", "each channel: name, TCP, TLS, first byte, tokens"),
            ("watertight channels test azure --model my-deployment", "one channel, this model"),
            ("watertight channels test --format json", "for programs"),
        ],
        exits: CHANNELS,
    },
    Page {
        path: "channels models",
        examples: &[("watertight channels models openai", "a name per line")],
        exits: CHANNELS,
    },
    Page {
        path: "config",
        examples: &[("watertight config show", "each value, and where it came from")],
        exits: &[DONE, CONFIGURATION, OUTPUT],
    },
    Page {
        path: "config show",
        examples: &[
            ("watertight config show -c watertight.toml", "a line per value, its origin first; no secrets"),
            ("watertight config show | grep -v ^default", "what is not a default"),
            (
                "watertight config show --format json | jq -r '.values[].key'",
                "for programs: the name of every key",
            ),
        ],
        exits: &[DONE, CONFIGURATION, OUTPUT],
    },
    Page {
        path: "init",
        examples: &[
            ("watertight init", "writes watertight.toml"),
            ("watertight init -o /etc/watertight/watertight.toml", "writes it there"),
            ("watertight init -o -", "prints it"),
        ],
        exits: &[
            DONE,
            (
                vitals::exit::USAGE,
                "the command line is wrong, the file exists, or a variable holds what no configuration takes",
            ),
            OUTPUT,
        ],
    },
    Page {
        path: "keys",
        examples: &[
            ("watertight keys new", "make a key for a caller"),
            ("watertight keys hash < key.txt", "the hash for watertight.toml"),
        ],
        exits: &[DONE, USAGE, OUTPUT],
    },
    Page {
        path: "keys new",
        examples: &[("watertight keys new > key.txt", "keep the key, see its hash")],
        exits: &[DONE, OUTPUT],
    },
    Page {
        path: "keys hash",
        examples: &[("watertight keys hash < key.txt", "the hash for watertight.toml")],
        exits: &[DONE, (vitals::exit::USAGE, "standard input holds no key"), OUTPUT],
    },
    Page {
        path: "drill",
        examples: &[
            ("watertight drill", "every row, on this program's own relay"),
            ("watertight drill --only 8-10,huge-events", "some rows"),
            ("watertight drill --full --format junit > drill.xml", "the long run, for a CI server"),
            (
                "watertight drill --target http://127.0.0.1:4000 --key-file key.txt --pid 4711",
                "another relay, whose upstream is http://127.0.0.1:9900",
            ),
        ],
        exits: &[
            (vitals::exit::OK, "every row passed or was skipped"),
            (vitals::exit::DANGER, "in some row the target died, leaked, lied, hung or was wrong"),
            (
                vitals::exit::UNKNOWN,
                "cannot tell: the target does not answer, the relay does not start, or ten minutes were over before all rows were done",
            ),
            USAGE,
            (vitals::exit::UNAVAILABLE, "the upstream's address is in use"),
            OUTPUT,
            (vitals::exit::INTERRUPTED, "interrupted before the verdict"),
        ],
    },
    Page {
        path: "drill compare",
        examples: &[
            ("watertight drill compare one-api.json new-api.json", "two relays side by side"),
            (
                "watertight drill compare a.json b.json c.json --format html > drills.html",
                "several, as a page",
            ),
            ("watertight drill compare main.json branch.json --gate", "fail when a change made a row worse"),
        ],
        exits: &[
            (vitals::exit::OK, "done; with --gate: no row is worse"),
            (vitals::exit::DANGER, "with --gate: a row is worse in the last file than in the one before"),
            (
                vitals::exit::UNKNOWN,
                "with --gate: no row was done in both, or the last drill was interrupted",
            ),
            (vitals::exit::USAGE, "the command line is wrong, or a file is no result of a drill"),
            OUTPUT,
        ],
    },
    Page {
        path: "drill upstream",
        examples: &[
            ("watertight drill upstream", "listen on 127.0.0.1:9900"),
            ("watertight drill upstream --list", "which faults there are, and how to ask for them"),
            (
                "watertight drill upstream --tls-authority ca.pem --connections tls-expired",
                "TLS with a certificate that has expired",
            ),
        ],
        exits: &[DONE, USAGE, (vitals::exit::UNAVAILABLE, "the address is in use")],
    },
    Page {
        path: "completions",
        examples: &[
            ("watertight completions bash > /etc/bash_completion.d/watertight", "for bash"),
            ("watertight completions zsh > ~/.zfunc/_watertight", "for zsh"),
            ("watertight completions fish > ~/.config/fish/completions/watertight.fish", "for fish"),
            (
                "watertight completions powershell | Out-String | Invoke-Expression",
                "for PowerShell, in its profile (`$PROFILE`)",
            ),
        ],
        exits: &[DONE, USAGE, OUTPUT],
    },
    Page {
        path: "man",
        examples: &[
            ("watertight man | man -l -", "read the program's own page"),
            ("watertight man quick-check | man -l -", "that of a command"),
            ("watertight man /usr/local/share/man/man1", "install all pages"),
        ],
        exits: &[
            DONE,
            (vitals::exit::USAGE, "there is neither a command nor a folder of that name"),
            (vitals::exit::OUTPUT, "the pages could not be written"),
        ],
    },
];

/// How the additions are shown: in which language, and what stands in front of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dress {
    pub(super) examples: &'static str,
    pub(super) exits: &'static str,
    pub(super) mark: &'static str,
    pub(super) page: fn(&str) -> Option<&'static Page>,
}

/// English, which clap breaks into lines by itself.
pub(super) const ENGLISH: Dress = Dress { examples: "Examples:", exits: "EXIT STATUS:", mark: "", page };

/// The additions to a command.
pub(crate) fn page(path: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.path == path)
}

/// The exit codes of a command, given by its path below `watertight`, for example `keys new`.
#[must_use]
pub fn exits(path: &str) -> &'static [(u8, &'static str)] {
    page(path).map_or(&[], |page| page.exits)
}

/// Adds examples and exit codes to the whole tree.
pub(super) fn dress(command: clap::Command, how: Dress) -> clap::Command {
    walk(command.disable_help_subcommand(true), "", how)
}

fn walk(mut command: clap::Command, path: &str, how: Dress) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in names {
        let below = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command = command.mut_subcommand(&name, |sub| walk(sub, &below, how));
    }
    let Some(page) = (how.page)(path) else { return command };
    let template = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";
    command.help_template(template).before_help(examples(page, how)).after_help(exit_status(page, how))
}

fn examples(page: &Page, how: Dress) -> String {
    let mut text = format!("{}\n", how.examples);
    for (line, what) in page.examples {
        let _ = writeln!(text, "  {line}\n      {}{what}", how.mark);
    }
    text.trim_end().to_owned()
}

fn exit_status(page: &Page, how: Dress) -> String {
    let mut text = format!("{}\n", how.exits);
    for (code, what) in page.exits {
        let _ = writeln!(text, "  {code:>3}  {}{what}", how.mark);
    }
    text.trim_end().to_owned()
}
