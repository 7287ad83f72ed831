# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_watertight_global_optspecs
    string join \n color= lang= h/help V/version
end

function __fish_watertight_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_watertight_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_watertight_using_subcommand
    set -l cmd (__fish_watertight_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c watertight -n "__fish_watertight_needs_command" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_needs_command" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_needs_command" -s V -l version -d 'Print version'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "serve" -d 'Run the relay'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "quick-check" -d 'Ask a relay how it is, and exit with the verdict'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "watch" -d 'Poll a relay, print a line per sample and a closing summary, and exit with the verdict'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "record" -d 'Record the numbers of one relay or several, a file each'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "compare" -d 'Compare two recordings, or a recording and a running relay, and exit with the verdict'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "report" -d 'Turn recordings into a page with charts, verdicts and tables'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "diagnose" -d 'Find out why a relay cannot be reached, and which stack or channel grows in it'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "rollout" -d 'Deploy a relay and observe it, by a plan, and exit with the verdict'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "channels" -d 'Look at the channels of a configuration: list them, test them, ask for their models'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "config" -d 'Look at the relay\'s configuration'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "init" -d 'Write a first configuration, from the provider keys in the environment'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "keys" -d 'Make and hash the keys that callers use'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "drill" -d 'Put a relay through every fault of upstreams and clients, and exit with the verdict'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "completions" -d 'Print a completion script'
complete -c watertight -n "__fish_watertight_needs_command" -f -a "man" -d 'Print a manual page, or write all pages into a folder'
complete -c watertight -n "__fish_watertight_using_subcommand serve" -s c -l config -d 'The configuration' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand serve" -l listen -d 'Where to listen; wins over the configuration' -r
complete -c watertight -n "__fish_watertight_using_subcommand serve" -l log-format -d 'The form of the log on standard error: `auto` is text on a terminal and JSON elsewhere' -r -f -a "auto\t'Text on a terminal, JSON elsewhere'
text\t'For people'
json\t'For programs: one object per line'"
complete -c watertight -n "__fish_watertight_using_subcommand serve" -l log-level -d 'How much to log' -r -f -a "error\t'What failed'
warn\t'What may fail soon'
info\t'One line per request'
debug\t'Why the relay did what it did'
trace\t'Everything'"
complete -c watertight -n "__fish_watertight_using_subcommand serve" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand serve" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand serve" -l check -d 'Check the configuration, print what is in effect with secrets masked, and exit'
complete -c watertight -n "__fish_watertight_using_subcommand serve" -l demo -d 'Answer from the built-in demo provider, whatever is configured'
complete -c watertight -n "__fish_watertight_using_subcommand serve" -l take-over -d 'Follow the relay that serves this address now, without a gap: it hands its listeners over and finishes what it has under way; where none of this user serves, start as usual (not on Windows)'
complete -c watertight -n "__fish_watertight_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l timeout -d 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l source -d 'What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health JSON, new-api\'s statistics, metrics, expvar and the goroutine profile in this order, until one knows the count' -r -f -a "auto\t'Whichever answers'
health\t'The health JSON'
new-api\t'The statistics of new-api, for its root user'
metrics\t'Prometheus or OpenMetrics text'
expvar\t'Go\'s expvar: memory, no count'
pprof\t'The first line of Go\'s goroutine profile: the count alone'
pid\t'The process that --pid names'
csv\t'The newest row of the recording that --api-url names'"
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l metrics-url -d 'Where metrics are, if not at /metrics of the relay: they complete what the relay itself says' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l pprof-url -d 'Where Go\'s net/http/pprof and expvar are, if not below /debug of the relay' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l pid -d 'Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l unix-socket -d 'Reach the relay through this Unix socket; short for --api-url unix:///path' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l token-file -d 'A file with a bearer token; `-` reads it from standard input. It is sent to the relay\'s host only' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l basic-file -d 'A file with `user:password`; `-` reads it from standard input. It is sent to the relay\'s host only' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l new-api-user -d 'The number of the user whose token it is, for new-api' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l ca-file -d 'Trust only the certificate authorities in this PEM file' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l api-url -l url -d 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l warning -d 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l danger -d 'Goroutines above which there is danger [default: 5000]' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l memory-limit -d 'The memory that the target may use, for example 512MiB or 4GiB: resident memory above 90 % of it is a warning, and growth is told with the time until then [default: what the target, or with --pid its control group, says]' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l max-error-rate -d 'The share of requests that end badly above which to warn [default: 5%]: of those that end while it is looked at. Not bad are clients that leave, and answers of 4xx; fewer than 20 requests are not judged' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l max-latency -d 'How long an answer to a poll may take, in the median of three or more, before it is a warning [default: 2s]' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l fail-on -d 'What fails: `warning` exits 2 on a warning too, `danger` lets warnings pass with 0, `never` always exits 0; without it the exit code is the verdict' -r -f -a "warning\t'A warning already fails, with 2'
danger\t'Only danger fails'
never\t'Nothing fails'"
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l unreachable -d 'What a target without a health answer counts as: exit 3 or exit 2' -r -f -a "unknown\t'Cannot tell'
danger\t'An outage'"
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l expect -d 'What must hold besides the thresholds, repeatable: a column of a recording, a number of the health JSON, `latency_ms` or `unexplained`, one of < <= > >= == != and a limit, for example \'goroutines<2000\', \'memory.alloc_mb<1024\', \'alloc_bytes<512MiB\' or \'latency_ms<200\'. What does not hold is danger; what the target does not report cannot be told' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l samples -d 'Poll this many times, one second apart, and judge the median of what came: one odd moment decides nothing. If fewer than half of the polls succeed, the target counts as unreachable' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l max-restarts -d 'Fail (exit 2) if the target restarts more often than this between the polls of --samples; 0 forbids the first restart, too. Without it, the first one is told, more are a warning, and a crash loop is danger' -r
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l format -d 'The form of the answer' -r -f -a "text\t'For people'
json\t'For programs: one object on one line'
nagios\t'One line with performance data, and Nagios\' exit codes also for usage errors'
docker\t'One line for a container\'s health check, and its exit codes: 0 is healthy, which a warning is; 1 is not'
junit\t'A test suite in XML'
github\t'Annotations, and a summary where GITHUB_STEP_SUMMARY says'
prometheus\t'For node_exporter\'s textfile collector'"
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l insecure -d 'Accept every certificate: anybody in between can read the token, and answer in the relay\'s place'
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -l each-address -d 'Poll every address that the name of --api-url resolves to, each as an instance of its own, past any proxy. Names are looked up once, at the start'
complete -c watertight -n "__fish_watertight_using_subcommand quick-check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l timeout -d 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l source -d 'What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health JSON, new-api\'s statistics, metrics, expvar and the goroutine profile in this order, until one knows the count' -r -f -a "auto\t'Whichever answers'
health\t'The health JSON'
new-api\t'The statistics of new-api, for its root user'
metrics\t'Prometheus or OpenMetrics text'
expvar\t'Go\'s expvar: memory, no count'
pprof\t'The first line of Go\'s goroutine profile: the count alone'
pid\t'The process that --pid names'
csv\t'The newest row of the recording that --api-url names'"
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l metrics-url -d 'Where metrics are, if not at /metrics of the relay: they complete what the relay itself says' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l pprof-url -d 'Where Go\'s net/http/pprof and expvar are, if not below /debug of the relay' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l pid -d 'Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l unix-socket -d 'Reach the relay through this Unix socket; short for --api-url unix:///path' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l token-file -d 'A file with a bearer token; `-` reads it from standard input. It is sent to the relay\'s host only' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l basic-file -d 'A file with `user:password`; `-` reads it from standard input. It is sent to the relay\'s host only' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l new-api-user -d 'The number of the user whose token it is, for new-api' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l ca-file -d 'Trust only the certificate authorities in this PEM file' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l api-url -l url -d 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -s i -l interval -d 'Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l duration -d 'Stop after this time, for example 30m or 2h; without it and -n, watch until Ctrl-C' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -s n -l count -d 'Stop after this many polls' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l warning -d 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l danger -d 'Goroutines above which there is danger [default: 5000]' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l memory-limit -d 'The memory that the target may use, for example 512MiB or 4GiB: resident memory above 90 % of it is a warning, and growth is told with the time until then [default: what the target, or with --pid its control group, says]' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l max-error-rate -d 'The share of requests that end badly above which to warn [default: 5%]: of those that end while it is looked at. Not bad are clients that leave, and answers of 4xx; fewer than 20 requests are not judged' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l max-latency -d 'How long an answer to a poll may take, in the median of three or more, before it is a warning [default: 2s]' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l fail-on -d 'What fails: `warning` exits 2 on a warning too, `danger` lets warnings pass with 0, `never` always exits 0; without it the exit code is the verdict' -r -f -a "warning\t'A warning already fails, with 2'
danger\t'Only danger fails'
never\t'Nothing fails'"
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l unreachable -d 'What a target without a health answer counts as: exit 3 or exit 2' -r -f -a "unknown\t'Cannot tell'
danger\t'An outage'"
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l max-peak -d 'A gate: fail (exit 2) unless the peak stays below this; without it, a peak of 3000 or more is a warning' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l max-restarts -d 'A gate: fail (exit 2) if the target restarts more often than this; 0 forbids the first restart, too. Without it, the first one is told, more are a warning, and a crash loop is danger' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l block -d 'Judge whether the count grows in blocks of at least this time, after a warm-up of as much: for load tests. Less than a minute needs a shorter interval, of 12 polls a block or more' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l record -d 'Also record every poll into this CSV file, as `record` does. Several targets need `{host}` in its name, and have a file each' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l label -d 'A note for the recording\'s side file, repeatable: what was deployed, which load ran' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l webhook -d 'Tell a chat when the verdict changes, when the target restarts, when it does not answer and when it does again: the URL of a WeCom, DingTalk, Feishu or Slack robot, or of anything that takes JSON. It is a secret: rather than here, put it into the environment' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l webhook-format -d 'The form of its messages' -r -f -a "auto\t'By the URL\'s host; plain JSON where that is not known'
wecom\t'WeCom, group robot'
dingtalk\t'DingTalk, custom robot'
feishu\t'Feishu and Lark, custom bot'
slack\t'Slack and what takes its incoming webhooks'
json\t'One object with verdict, reasons and metrics'"
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l webhook-secret-file -d 'Sign the messages with the secret in this file ("-": standard input), as robots of DingTalk and Feishu ask. Or put the secret into the variable WATERTIGHT_WEBHOOK_SECRET' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l webhook-cooldown -d 'What gets worse is told at once; what gets better not before this time has passed since the last message' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l on -d 'Run a command once a change, repeatable: when the verdict becomes `danger` or rises to a `warning`, is ok again (`recovered`), or the target was restarted (`restart`). By `sh -c`, on Windows by `cmd /C`; the numbers are in its environment (WATERTIGHT_EVENT, WATERTIGHT_VERDICT, WATERTIGHT_GOROUTINES, …) and as JSON on its standard input. The watch does not wait for it' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l on-cooldown -d 'How long after a run the same command waits; then it is run if what it is for still holds' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l on-timeout -d 'How long a command may take: then it is ended with all that it has started' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l on-limit -d 'How often a command is run at most within a time, for each target; what is over it is only told' -r
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l format -d 'The form of the lines' -r -f -a "text\t'For people'
ndjson\t'For programs: one object per line, the last one is the summary'"
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l insecure -d 'Accept every certificate: anybody in between can read the token, and answer in the relay\'s place'
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l each-address -d 'Poll every address that the name of --api-url resolves to, each as an instance of its own, past any proxy. Names are looked up once, at the start'
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l steady-load -d 'The load is steady, take my word for it: growth is then danger also where nothing is known of the load'
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l require-trend -d 'A watch that cannot tell whether the count grows is unknown (exit 3): one of less than 9 minutes, but not one of 5 that is so level that no leak fits into it which would be danger within a day'
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l append -d 'Go on with an existing recording'
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l force -d 'Overwrite an existing recording'
complete -c watertight -n "__fish_watertight_using_subcommand watch" -l plain -d 'A line a poll, also at a terminal, instead of the live view'
complete -c watertight -n "__fish_watertight_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand record" -l timeout -d 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l source -d 'What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health JSON, new-api\'s statistics, metrics, expvar and the goroutine profile in this order, until one knows the count' -r -f -a "auto\t'Whichever answers'
health\t'The health JSON'
new-api\t'The statistics of new-api, for its root user'
metrics\t'Prometheus or OpenMetrics text'
expvar\t'Go\'s expvar: memory, no count'
pprof\t'The first line of Go\'s goroutine profile: the count alone'
pid\t'The process that --pid names'
csv\t'The newest row of the recording that --api-url names'"
complete -c watertight -n "__fish_watertight_using_subcommand record" -l metrics-url -d 'Where metrics are, if not at /metrics of the relay: they complete what the relay itself says' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l pprof-url -d 'Where Go\'s net/http/pprof and expvar are, if not below /debug of the relay' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l pid -d 'Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l unix-socket -d 'Reach the relay through this Unix socket; short for --api-url unix:///path' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand record" -l token-file -d 'A file with a bearer token; `-` reads it from standard input. It is sent to the relay\'s host only' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand record" -l basic-file -d 'A file with `user:password`; `-` reads it from standard input. It is sent to the relay\'s host only' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand record" -l new-api-user -d 'The number of the user whose token it is, for new-api' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l ca-file -d 'Trust only the certificate authorities in this PEM file' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand record" -l api-url -l url -d 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -s o -l csv -l output -d 'Where to write: a file, `-` for standard output, a folder, or a name with `{host}` in it. Folders and `{host}` take the target\'s host, and several targets need one of the two' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand record" -l format -d 'The form of the rows. `openmetrics` records CSV and, at the end, writes NAME.om beside it, for `promtool tsdb create-blocks-from openmetrics`' -r -f -a "csv\t'One row a poll'
ndjson\t'One object a poll, and a summary as the last one'
openmetrics\t'CSV, and from it a file for Prometheus'"
complete -c watertight -n "__fish_watertight_using_subcommand record" -s i -l interval -d 'Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l duration -d 'Stop after this time, for example 30m or 2h; without it and -n, record until Ctrl-C' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -s n -l count -d 'Stop after this many polls' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l rotate -d 'Begin a new file at each multiple of this time in UTC, for example 1h or 1d: `day.csv` becomes `day.20261118T000000000Z.csv`, by the time of its first row' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l rotate-size -d 'Begin a new file before one grows beyond this, for example 64MiB' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l keep -d 'Keep this many files, with the one that is being written, and delete older ones; without it all are kept' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l label -d 'A note for the side file, repeatable: what was deployed, which load ran' -r
complete -c watertight -n "__fish_watertight_using_subcommand record" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand record" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand record" -l insecure -d 'Accept every certificate: anybody in between can read the token, and answer in the relay\'s place'
complete -c watertight -n "__fish_watertight_using_subcommand record" -l each-address -d 'Poll every address that the name of --api-url resolves to, each as an instance of its own, past any proxy. Names are looked up once, at the start'
complete -c watertight -n "__fish_watertight_using_subcommand record" -l append -d 'Go on with an existing recording'
complete -c watertight -n "__fish_watertight_using_subcommand record" -l force -d 'Overwrite an existing file; with rotation, every file of the recording'
complete -c watertight -n "__fish_watertight_using_subcommand record" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l max-growth -d 'Fail if goroutines grew by more than this and by more than 50: CURRENT\'s level (median) above BASELINE\'s, or the median of the last fifth of CURRENT\'s rows above that of its first fifth. Goroutines that the load explains do not count where both sides report them' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l max-peak -d 'Fail unless CURRENT\'s goroutines, without those that its load explains, always stayed below this' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l max-restarts -d 'Fail if CURRENT\'s target (with --days and --each: that of any column) restarted more often than this; 0 forbids the first restart, too. Without it, the first one is told, more an hour than BASELINE\'s (than those of earlier columns) are a warning, and a crash loop is danger' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l alpha -d 'How sure a difference of levels must be: a regression is one that chance gives less often than this. It must also matter: over 10 % and 50 goroutines, or over 10 % and 16 MiB' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l warning -d 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l danger -d 'Goroutines above which there is danger [default: 5000]' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l memory-limit -d 'The memory that the target may use, for example 512MiB or 4GiB: resident memory above 90 % of it is a warning, and growth is told with the time until then [default: what the target, or with --pid its control group, says]' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l max-error-rate -d 'The share of requests that end badly above which to warn [default: 5%]: of those that end while it is looked at. Not bad are clients that leave, and answers of 4xx; fewer than 20 requests are not judged' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l max-latency -d 'How long an answer to a poll may take, in the median of three or more, before it is a warning [default: 2s]' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l fail-on -d 'What fails: `warning` exits 2 on a warning too, `danger` lets warnings pass with 0, `never` always exits 0; without it the exit code is the verdict' -r -f -a "warning\t'A warning already fails, with 2'
danger\t'Only danger fails'
never\t'Nothing fails'"
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l unreachable -d 'What a target without a health answer counts as: exit 3 or exit 2' -r -f -a "unknown\t'Cannot tell'
danger\t'An outage'"
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l format -d 'The form of the answer' -r -f -a "text\t'For people'
json\t'For programs: one object on one line'
markdown\t'For pull requests and chats'
junit\t'A test suite in XML'
github\t'Annotations, and a summary where GITHUB_STEP_SUMMARY says'
nagios\t'One line with performance data, and Nagios\' exit codes also for usage errors'"
complete -c watertight -n "__fish_watertight_using_subcommand compare" -s i -l interval -d 'Time between polls' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l duration -d 'Stop after this time [default: 1m, unless -n is given]; Ctrl-C stops earlier and compares what there is' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -s n -l count -d 'Stop after this many polls' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l timeout -d 'How long one poll may take in all' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l source -d 'What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health JSON, new-api\'s statistics, metrics, expvar and the goroutine profile in this order, until one knows the count' -r -f -a "auto\t'Whichever answers'
health\t'The health JSON'
new-api\t'The statistics of new-api, for its root user'
metrics\t'Prometheus or OpenMetrics text'
expvar\t'Go\'s expvar: memory, no count'
pprof\t'The first line of Go\'s goroutine profile: the count alone'
pid\t'The process that --pid names'
csv\t'The newest row of the recording that --api-url names'"
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l metrics-url -d 'Where metrics are, if not at /metrics of the relay: they complete what the relay itself says' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l pprof-url -d 'Where Go\'s net/http/pprof and expvar are, if not below /debug of the relay' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l pid -d 'Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l unix-socket -d 'Reach the relay through this Unix socket; short for --api-url unix:///path' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l token-file -d 'A file with a bearer token; `-` reads it from standard input. It is sent to the relay\'s host only' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l basic-file -d 'A file with `user:password`; `-` reads it from standard input. It is sent to the relay\'s host only' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l new-api-user -d 'The number of the user whose token it is, for new-api' -r
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l ca-file -d 'Trust only the certificate authorities in this PEM file' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l days -d 'Cut all recordings at midnight (UTC; old logs at that of their own clock), and say which day changed: each is compared with all earlier ones since the level last changed'
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l each -d 'The same with a column for every file that the arguments and their globs name, in order of time'
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l allow-idle -d 'Let a CURRENT pass that idles: without this, one whose median load (requests in flight, else requests or bytes allocated a second) is under a tenth of BASELINE\'s cannot be told, whatever the gates say; with --days and --each, any column beside most of those that it is compared with'
complete -c watertight -n "__fish_watertight_using_subcommand compare" -l insecure -d 'Accept every certificate: anybody in between can read the token, and answer in the relay\'s place'
complete -c watertight -n "__fish_watertight_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand report" -s o -l output -d 'Where to write the page; an older one is overwritten, a recording never. `-` is standard output' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand report" -l title -d 'The heading' -r
complete -c watertight -n "__fish_watertight_using_subcommand report" -l svg -d 'Write this chart alone, as an SVG picture' -r -f -a "goroutines\t''
unexplained\t''
alloc_bytes\t''
rss_bytes\t''
open_fds\t''
threads\t''
in_flight\t''
latency_ms\t''
upstream_open\t''"
complete -c watertight -n "__fish_watertight_using_subcommand report" -l warning -d 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first' -r
complete -c watertight -n "__fish_watertight_using_subcommand report" -l danger -d 'Goroutines above which there is danger [default: 5000]' -r
complete -c watertight -n "__fish_watertight_using_subcommand report" -l memory-limit -d 'The memory that the target may use, for example 512MiB or 4GiB: resident memory above 90 % of it is a warning, and growth is told with the time until then [default: what the target, or with --pid its control group, says]' -r
complete -c watertight -n "__fish_watertight_using_subcommand report" -l max-error-rate -d 'The share of requests that end badly above which to warn [default: 5%]: of those that end while it is looked at. Not bad are clients that leave, and answers of 4xx; fewer than 20 requests are not judged' -r
complete -c watertight -n "__fish_watertight_using_subcommand report" -l max-latency -d 'How long an answer to a poll may take, in the median of three or more, before it is a warning [default: 2s]' -r
complete -c watertight -n "__fish_watertight_using_subcommand report" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand report" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l timeout -d 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)' -r
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l source -d 'What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health JSON, new-api\'s statistics, metrics, expvar and the goroutine profile in this order, until one knows the count' -r -f -a "auto\t'Whichever answers'
health\t'The health JSON'
new-api\t'The statistics of new-api, for its root user'
metrics\t'Prometheus or OpenMetrics text'
expvar\t'Go\'s expvar: memory, no count'
pprof\t'The first line of Go\'s goroutine profile: the count alone'
pid\t'The process that --pid names'
csv\t'The newest row of the recording that --api-url names'"
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l metrics-url -d 'Where metrics are, if not at /metrics of the relay: they complete what the relay itself says' -r
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l pprof-url -d 'Where Go\'s net/http/pprof and expvar are, if not below /debug of the relay' -r
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l pid -d 'Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)' -r
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l unix-socket -d 'Reach the relay through this Unix socket; short for --api-url unix:///path' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l token-file -d 'A file with a bearer token; `-` reads it from standard input. It is sent to the relay\'s host only' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l basic-file -d 'A file with `user:password`; `-` reads it from standard input. It is sent to the relay\'s host only' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l new-api-user -d 'The number of the user whose token it is, for new-api' -r
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l ca-file -d 'Trust only the certificate authorities in this PEM file' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l api-url -l url -d 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]' -r
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l apart -d 'The time between two looks at what grows' -r
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l recording -d 'Look only at this recording: how much of its swing the load explains' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l format -d 'The form of the answer' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l insecure -d 'Accept every certificate: anybody in between can read the token, and answer in the relay\'s place'
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l each-address -d 'Poll every address that the name of --api-url resolves to, each as an instance of its own, past any proxy. Names are looked up once, at the start'
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l prove -d 'Also ask Go 1.27 for a proof: goroutines that nothing can ever wake. It collects garbage once for that'
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -l deep -d 'Also list every goroutine with its waiting time and who started it, once. The program stands still meanwhile'
complete -c watertight -n "__fish_watertight_using_subcommand diagnose" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -l plan -d 'The plan: `watertight rollout example` prints one' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -l format -d 'The form of the result' -r -f -a "text\t'For people'
json\t'For programs: one object on one line'
junit\t'A test suite in XML, a test a step'
github\t'Annotations, and a summary where GITHUB_STEP_SUMMARY says'"
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -l webhook -d 'Tell a chat how it ended: the URL of a WeCom, DingTalk, Feishu or Slack robot, or of anything that takes JSON. It is a secret: rather than here, put it into the environment' -r
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -l webhook-format -d 'The form of its message' -r -f -a "auto\t'By the URL\'s host; plain JSON where that is not known'
wecom\t'WeCom, group robot'
dingtalk\t'DingTalk, custom robot'
feishu\t'Feishu and Lark, custom bot'
slack\t'Slack and what takes its incoming webhooks'
json\t'One object with verdict, reasons and metrics'"
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -l webhook-secret-file -d 'Sign the message with the secret in this file ("-": standard input), as robots of DingTalk and Feishu ask. Or put the secret into the variable WATERTIGHT_WEBHOOK_SECRET' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -l dry-run -d 'Print what would be done, and do nothing'
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -l resume -d 'Go on with the rollout that was interrupted'
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -l accept -d 'Make the recording of the last rollout the baseline of those that follow, and do nothing else'
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -f -a "example" -d 'Print a plan with every key, commented'
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and not __fish_seen_subcommand_from example routine" -f -a "routine" -d 'Print the checks that follow a rollout, or install them: day 1, days 2 and 3, the first week, and after'
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and __fish_seen_subcommand_from example" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and __fish_seen_subcommand_from example" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and __fish_seen_subcommand_from example" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and __fish_seen_subcommand_from routine" -l plan -d 'The plan of the rollout' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and __fish_seen_subcommand_from routine" -l with -d 'By what they are run' -r -f -a "auto\t'Tasks on Windows, the user\'s systemd where it runs, otherwise cron'
systemd\t'Timers of the user\'s systemd'
cron\t'Lines of the user\'s crontab'
tasks\t'Windows\' task scheduler'"
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and __fish_seen_subcommand_from routine" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and __fish_seen_subcommand_from routine" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and __fish_seen_subcommand_from routine" -l install -d 'Install them for this user, instead of printing them; those of an earlier rollout are replaced'
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and __fish_seen_subcommand_from routine" -l remove -d 'Remove those that were installed'
complete -c watertight -n "__fish_watertight_using_subcommand rollout; and __fish_seen_subcommand_from routine" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand channels; and not __fish_seen_subcommand_from list test models" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and not __fish_seen_subcommand_from list test models" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and not __fish_seen_subcommand_from list test models" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand channels; and not __fish_seen_subcommand_from list test models" -f -a "list" -d 'Show the channels that are configured, without asking anybody'
complete -c watertight -n "__fish_watertight_using_subcommand channels; and not __fish_seen_subcommand_from list test models" -f -a "test" -d 'Send one small real request to each channel, or to one, and say step by step how it went'
complete -c watertight -n "__fish_watertight_using_subcommand channels; and not __fish_seen_subcommand_from list test models" -f -a "models" -d 'Ask a channel\'s provider which models it has'
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from list" -s c -l config -d 'The configuration' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from list" -l format -d 'The form of the result' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from list" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from test" -l model -d 'The model to ask for; by default the first that the configuration or the provider names' -r
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from test" -l timeout -d 'The longest that one channel may take; `channels.timeouts` hold where they are shorter' -r
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from test" -s c -l config -d 'The configuration' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from test" -l format -d 'The form of the result' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from test" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from test" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from models" -l timeout -d 'The longest that it may take; `channels.timeouts` hold where they are shorter' -r
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from models" -s c -l config -d 'The configuration' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from models" -l format -d 'The form of the result' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from models" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from models" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand channels; and __fish_seen_subcommand_from models" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand config; and not __fish_seen_subcommand_from show" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand config; and not __fish_seen_subcommand_from show" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand config; and not __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand config; and not __fish_seen_subcommand_from show" -f -a "show" -d 'Show each value in effect and where it came from, secrets masked: flag, variable, file and line, or default'
complete -c watertight -n "__fish_watertight_using_subcommand config; and __fish_seen_subcommand_from show" -s c -l config -d 'The configuration' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand config; and __fish_seen_subcommand_from show" -l listen -d 'Where `serve` would listen; wins over the configuration' -r
complete -c watertight -n "__fish_watertight_using_subcommand config; and __fish_seen_subcommand_from show" -l format -d 'The form of the result' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c watertight -n "__fish_watertight_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand config; and __fish_seen_subcommand_from show" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand config; and __fish_seen_subcommand_from show" -l demo -d 'As `serve --demo`: the built-in demo provider, whatever is configured'
complete -c watertight -n "__fish_watertight_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand init" -s o -l output -d 'The file to write, which must not be there; `-` is standard output' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand init" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand init" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand keys; and not __fish_seen_subcommand_from new hash" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand keys; and not __fish_seen_subcommand_from new hash" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand keys; and not __fish_seen_subcommand_from new hash" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand keys; and not __fish_seen_subcommand_from new hash" -f -a "new" -d 'Make a key: the key on standard output, its hash and where to put it on standard error'
complete -c watertight -n "__fish_watertight_using_subcommand keys; and not __fish_seen_subcommand_from new hash" -f -a "hash" -d 'Read a key from standard input and print its hash'
complete -c watertight -n "__fish_watertight_using_subcommand keys; and __fish_seen_subcommand_from new" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand keys; and __fish_seen_subcommand_from new" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand keys; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand keys; and __fish_seen_subcommand_from hash" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand keys; and __fish_seen_subcommand_from hash" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand keys; and __fish_seen_subcommand_from hash" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l only -d 'Run only these rows: numbers, ranges and names, as in `1-7,14,huge-events`' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l skip -d 'Leave these rows out' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l requests -d 'Requests of each row [default: 100, with --full 300]' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l concurrency -d 'How many at once [default: 25, with --full 50]' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l rate -d 'Start requests when they are due, so many a second or minute (`200/s`, `60/m`), whether or not the ones before are over; latency counts from then. Rows of one kind of request only; the others keep to --concurrency' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l patience -d 'How long a client waits before a row counts as hanging [default: 30s, with --full 45s]' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l format -d 'The form of the result' -r -f -a "text\t'For people'
json\t'For programs'
markdown\t'For pull requests and documents'
junit\t'For CI servers'"
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l resume -d 'Go on from a result in JSON: rows that were done in it stay, also a `dead` one; rows that were skipped or interrupted are done. The target and the options must be the same' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l target -d 'Another relay: its URL, for example http://127.0.0.1:4000; it must have been pointed at --upstream-listen' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l model -d 'The one model to ask for; the fault is asked for in the text of the message [default: drill]' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l model-prefix -d 'Ask for the fault in the model\'s name instead, behind TEXT, for example `openai/`: the relay must pass any on' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l key-file -d 'A file with the key that it wants to see; `-` is standard input' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l upstream-listen -d 'Where the drill\'s upstream listens for it' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l start -d 'Start it by this command (`sh -c`, on Windows `cmd /C`), and end it at the end: its processes are known then, and after a death it is started anew' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l start-memory -d 'End it when its processes have more memory than this together, on Linux [default: half of what is free]' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l start-wait -d 'How long it may be silent after its start [default: 60s]' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l pid -d 'The number of its one process, on this Linux machine: descriptors, memory and threads are read from /proc' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l pprof-url -d 'Where it serves Go\'s net/http/pprof: tasks are counted there, and those that stay are told by their stacks' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l full -d '300 requests of each row, 50 at once, three times over, and instead of short deadlines the relay\'s defaults, divided by 60: a minute becomes a second'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l list -d 'List the rows, and exit'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -l start-each -d 'Start it anew for each row'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -f -a "upstream" -d 'Run an upstream that answers, and misbehaves on request'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and not __fish_seen_subcommand_from upstream compare" -f -a "compare" -d 'Put the results of several drills side by side'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from upstream" -l listen -d 'Where to listen' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from upstream" -l tls-authority -d 'Speak TLS too, on the same port: an authority is made at the start, and its certificate written to FILE' -r -F
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from upstream" -l connections -d 'Misbehave on every connection: `max-streams-1`, `silent`, `tls-stall` and others that --list shows' -r
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from upstream" -l format -d 'The form of the list' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from upstream" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from upstream" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from upstream" -l list -d 'List the faults and how to ask for them, and exit'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from upstream" -l until-stdin-closes -d 'Leave when standard input is closed, so that it does not outlive what started it'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from upstream" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from compare" -l format -d 'The form of the answer' -r -f -a "text\t'For people'
json\t'For programs'
markdown\t'For pull requests and documents'
html\t'A page that needs nothing else'"
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from compare" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from compare" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from compare" -l gate -d 'Take the files for one relay in order of time, and exit with 2 when the last is worse than the one before in any row that was done in both, otherwise with 3 when the last was interrupted'
complete -c watertight -n "__fish_watertight_using_subcommand drill; and __fish_seen_subcommand_from compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand completions" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand completions" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c watertight -n "__fish_watertight_using_subcommand man" -l color -d 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also in files and pipes'
never\t'Nowhere'"
complete -c watertight -n "__fish_watertight_using_subcommand man" -l lang -d 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always' -r -f -a "en\t'English'
zh\t'Chinese, simplified'"
complete -c watertight -n "__fish_watertight_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
