
use builtin;
use str;

set edit:completion:arg-completer[watertight] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'watertight'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'watertight'= {
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand serve 'Run the relay'
            cand quick-check 'Ask a relay how it is, and exit with the verdict'
            cand watch 'Poll a relay, print a line per sample and a closing summary, and exit with the verdict'
            cand record 'Record the numbers of one relay or several, a file each'
            cand compare 'Compare two recordings, or a recording and a running relay, and exit with the verdict'
            cand report 'Turn recordings into a page with charts, verdicts and tables'
            cand keys 'Make and hash the keys that callers use'
            cand drill 'Put a relay through every fault of upstreams and clients, and exit with the verdict'
            cand completions 'Print a completion script'
            cand man 'Print the manual page, or write all pages into a folder'
        }
        &'watertight;serve'= {
            cand -c 'The configuration'
            cand --config 'The configuration'
            cand --listen 'Where to listen; wins over the configuration'
            cand --log-format 'The form of the log on standard error: `auto` is text on a terminal and JSON elsewhere'
            cand --log-level 'How much to log'
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand --check 'Check the configuration, print what is in effect with secrets masked, and exit'
            cand --demo 'Answer from the built-in demo provider, whatever is configured'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'watertight;quick-check'= {
            cand --api-url 'The relay: a host, an address with port, or a URL with or without a path'
            cand --url 'The relay: a host, an address with port, or a URL with or without a path'
            cand --timeout 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)'
            cand --token-file 'A file with a bearer token; `-` reads it from standard input'
            cand --warning 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first'
            cand --danger 'Goroutines above which there is danger [default: 5000]'
            cand --fail-on 'What fails: `warning` exits 2 on a warning too, `danger` lets warnings pass with 0, `never` always exits 0; without it the exit code is the verdict'
            cand --unreachable 'What a target without a health answer counts as: exit 3 or exit 2'
            cand --expect 'What must hold besides the thresholds, repeatable: a column of a recording, `latency_ms` or `unexplained`, one of < <= > >= == != and a limit, for example ''goroutines<2000'', ''alloc_bytes<512MiB'' or ''latency_ms<200''. What does not hold is danger; what the target does not report cannot be told'
            cand --samples 'Poll this many times, one second apart, and judge the median of what came: one odd moment decides nothing. If fewer than half of the polls succeed, the target counts as unreachable'
            cand --format 'The form of the answer'
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'watertight;watch'= {
            cand --api-url 'The relay: a host, an address with port, or a URL with or without a path'
            cand --url 'The relay: a host, an address with port, or a URL with or without a path'
            cand --timeout 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)'
            cand --token-file 'A file with a bearer token; `-` reads it from standard input'
            cand -i 'Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)'
            cand --interval 'Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)'
            cand --duration 'Stop after this time, for example 30m or 2h; without it and -n, watch until Ctrl-C'
            cand -n 'Stop after this many polls'
            cand --count 'Stop after this many polls'
            cand --warning 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first'
            cand --danger 'Goroutines above which there is danger [default: 5000]'
            cand --fail-on 'What fails: `warning` exits 2 on a warning too, `danger` lets warnings pass with 0, `never` always exits 0; without it the exit code is the verdict'
            cand --unreachable 'What a target without a health answer counts as: exit 3 or exit 2'
            cand --max-peak 'A gate: fail (exit 2) unless the peak stays below this; without it, a peak of 3000 or more is a warning'
            cand --record 'Also record every poll into this CSV file, as `record` does'
            cand --label 'A note for the recording''s side file, repeatable: what was deployed, which load ran'
            cand --format 'The form of the lines'
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand --append 'Go on with an existing recording'
            cand --force 'Overwrite an existing recording'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'watertight;record'= {
            cand --timeout 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)'
            cand --token-file 'A file with a bearer token; `-` reads it from standard input'
            cand --api-url 'The relay: a host, an address with port, or a URL with or without a path; repeat it to record several, each into a file of its own'
            cand --url 'The relay: a host, an address with port, or a URL with or without a path; repeat it to record several, each into a file of its own'
            cand -o 'Where to write: a file, `-` for standard output, a folder, or a name with `{host}` in it. Folders and `{host}` take the target''s host, and several targets need one of the two'
            cand --csv 'Where to write: a file, `-` for standard output, a folder, or a name with `{host}` in it. Folders and `{host}` take the target''s host, and several targets need one of the two'
            cand --output 'Where to write: a file, `-` for standard output, a folder, or a name with `{host}` in it. Folders and `{host}` take the target''s host, and several targets need one of the two'
            cand --format 'The form of the rows. `openmetrics` records CSV and, at the end, writes NAME.om beside it, for `promtool tsdb create-blocks-from openmetrics`'
            cand -i 'Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)'
            cand --interval 'Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)'
            cand --duration 'Stop after this time, for example 30m or 2h; without it and -n, record until Ctrl-C'
            cand -n 'Stop after this many polls'
            cand --count 'Stop after this many polls'
            cand --rotate 'Begin a new file at each multiple of this time in UTC, for example 1h or 1d: `day.csv` becomes `day.20261118T000000000Z.csv`, by the time of its first row'
            cand --rotate-size 'Begin a new file before one grows beyond this, for example 64MiB'
            cand --keep 'Keep this many files, with the one that is being written, and delete older ones; without it all are kept'
            cand --label 'A note for the side file, repeatable: what was deployed, which load ran'
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand --append 'Go on with an existing recording'
            cand --force 'Overwrite an existing file; with rotation, every file of the recording'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'watertight;compare'= {
            cand --max-growth 'Fail if goroutines grew by more than this and by more than 50: CURRENT''s level (median) above BASELINE''s, or the median of the last fifth of CURRENT''s rows above that of its first fifth. Goroutines that the load explains do not count where both sides report them'
            cand --max-peak 'Fail unless CURRENT''s goroutines, without those that its load explains, always stayed below this'
            cand --warning 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first'
            cand --danger 'Goroutines above which there is danger [default: 5000]'
            cand --fail-on 'What fails: `warning` exits 2 on a warning too, `danger` lets warnings pass with 0, `never` always exits 0; without it the exit code is the verdict'
            cand --unreachable 'What a target without a health answer counts as: exit 3 or exit 2'
            cand --format 'The form of the answer'
            cand -i 'Time between polls'
            cand --interval 'Time between polls'
            cand --duration 'Stop after this time [default: 1m, unless -n is given]; Ctrl-C stops earlier and compares what there is'
            cand -n 'Stop after this many polls'
            cand --count 'Stop after this many polls'
            cand --timeout 'How long one poll may take in all'
            cand --token-file 'A file with a bearer token; `-` reads it from standard input'
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'watertight;report'= {
            cand -o 'Where to write the page; an older one is overwritten, a recording never. `-` is standard output'
            cand --output 'Where to write the page; an older one is overwritten, a recording never. `-` is standard output'
            cand --title 'The heading'
            cand --svg 'Write this chart alone, as an SVG picture'
            cand --warning 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first'
            cand --danger 'Goroutines above which there is danger [default: 5000]'
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'watertight;keys'= {
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand new 'Make a key: the key on standard output, its hash and where to put it on standard error'
            cand hash 'Read a key from standard input and print its hash'
        }
        &'watertight;keys;new'= {
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'watertight;keys;hash'= {
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'watertight;drill'= {
            cand --only 'Run only these rows: numbers, ranges and names, as in `1-7,14,huge-events`'
            cand --skip 'Leave these rows out'
            cand --requests 'Requests of each row [default: 100, with --full 300]'
            cand --concurrency 'How many at once [default: 25, with --full 50]'
            cand --rate 'Start requests when they are due, so many a second or minute (`200/s`, `60/m`), whether or not the ones before are over; latency counts from then. Rows of one kind of request only; the others keep to --concurrency'
            cand --patience 'How long a client waits before a row counts as hanging [default: 30s, with --full 45s]'
            cand --format 'The form of the result'
            cand --target 'Another relay: its URL, for example http://127.0.0.1:4000; it must have been pointed at --upstream-listen'
            cand --model-prefix 'What stands before the names of models in requests to it, for example `openai/`'
            cand --key-file 'A file with the key that it wants to see; `-` is standard input'
            cand --upstream-listen 'Where the drill''s upstream listens for it'
            cand --pid 'Its process on this machine: threads, descriptors and memory are read from /proc'
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand --full '300 requests of each row, 50 at once, three times over, and instead of short deadlines the relay''s defaults, divided by 60: a minute becomes a second'
            cand --list 'List the rows, and exit'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand upstream 'Run an upstream that answers, and misbehaves on request'
        }
        &'watertight;drill;upstream'= {
            cand --listen 'Where to listen'
            cand --format 'The form of the list'
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand --list 'List the faults and how to ask for them, and exit'
            cand --until-stdin-closes 'Leave when standard input is closed, so that it does not outlive what started it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'watertight;completions'= {
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'watertight;man'= {
            cand --color 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}
