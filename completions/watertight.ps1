
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'watertight' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'watertight'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'watertight' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the relay')
            [CompletionResult]::new('quick-check', 'quick-check', [CompletionResultType]::ParameterValue, 'Ask a relay how it is, and exit with the verdict')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Poll a relay, print a line per sample and a closing summary, and exit with the verdict')
            [CompletionResult]::new('record', 'record', [CompletionResultType]::ParameterValue, 'Record the numbers of one relay or several, a file each')
            [CompletionResult]::new('compare', 'compare', [CompletionResultType]::ParameterValue, 'Compare two recordings, or a recording and a running relay, and exit with the verdict')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Turn recordings into a page with charts, verdicts and tables')
            [CompletionResult]::new('diagnose', 'diagnose', [CompletionResultType]::ParameterValue, 'Find out why a relay cannot be reached, and which stack or channel grows in it')
            [CompletionResult]::new('rollout', 'rollout', [CompletionResultType]::ParameterValue, 'Deploy a relay and observe it, by a plan, and exit with the verdict')
            [CompletionResult]::new('channels', 'channels', [CompletionResultType]::ParameterValue, 'Look at the channels of a configuration: list them, test them, ask for their models')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Look at the relay''s configuration')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a first configuration, from the provider keys in the environment')
            [CompletionResult]::new('keys', 'keys', [CompletionResultType]::ParameterValue, 'Make and hash the keys that callers use')
            [CompletionResult]::new('drill', 'drill', [CompletionResultType]::ParameterValue, 'Put a relay through every fault of upstreams and clients, and exit with the verdict')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page, or write all pages into a folder')
            break
        }
        'watertight;serve' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'The configuration')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen; wins over the configuration')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'The form of the log on standard error: `auto` is text on a terminal and JSON elsewhere')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much to log')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Check the configuration, print what is in effect with secrets masked, and exit')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Answer from the built-in demo provider, whatever is configured')
            [CompletionResult]::new('--take-over', '--take-over', [CompletionResultType]::ParameterName, 'Follow the relay that serves this address now, without a gap: it hands its listeners over and finishes what it has under way; where none of this user serves, start as usual (not on Windows)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;quick-check' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health JSON, new-api''s statistics, metrics, expvar and the goroutine profile in this order, until one knows the count')
            [CompletionResult]::new('--metrics-url', '--metrics-url', [CompletionResultType]::ParameterName, 'Where metrics are, if not at /metrics of the relay: they complete what the relay itself says')
            [CompletionResult]::new('--pprof-url', '--pprof-url', [CompletionResultType]::ParameterName, 'Where Go''s net/http/pprof and expvar are, if not below /debug of the relay')
            [CompletionResult]::new('--pid', '--pid', [CompletionResultType]::ParameterName, 'Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)')
            [CompletionResult]::new('--unix-socket', '--unix-socket', [CompletionResultType]::ParameterName, 'Reach the relay through this Unix socket; short for --api-url unix:///path')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with a bearer token; `-` reads it from standard input. It is sent to the relay''s host only')
            [CompletionResult]::new('--basic-file', '--basic-file', [CompletionResultType]::ParameterName, 'A file with `user:password`; `-` reads it from standard input. It is sent to the relay''s host only')
            [CompletionResult]::new('--new-api-user', '--new-api-user', [CompletionResultType]::ParameterName, 'The number of the user whose token it is, for new-api')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust only the certificate authorities in this PEM file')
            [CompletionResult]::new('--api-url', '--api-url', [CompletionResultType]::ParameterName, 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]')
            [CompletionResult]::new('--warning', '--warning', [CompletionResultType]::ParameterName, 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first')
            [CompletionResult]::new('--danger', '--danger', [CompletionResultType]::ParameterName, 'Goroutines above which there is danger [default: 5000]')
            [CompletionResult]::new('--memory-limit', '--memory-limit', [CompletionResultType]::ParameterName, 'The memory that the target may use, for example 512MiB or 4GiB: resident memory above 90 % of it is a warning, and growth is told with the time until then [default: what the target, or with --pid its control group, says]')
            [CompletionResult]::new('--max-error-rate', '--max-error-rate', [CompletionResultType]::ParameterName, 'The share of requests that end badly above which to warn [default: 5%]: of those that end while it is looked at. Not bad are clients that leave, and answers of 4xx; fewer than 20 requests are not judged')
            [CompletionResult]::new('--max-latency', '--max-latency', [CompletionResultType]::ParameterName, 'How long an answer to a poll may take, in the median of three or more, before it is a warning [default: 2s]')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'What fails: `warning` exits 2 on a warning too, `danger` lets warnings pass with 0, `never` always exits 0; without it the exit code is the verdict')
            [CompletionResult]::new('--unreachable', '--unreachable', [CompletionResultType]::ParameterName, 'What a target without a health answer counts as: exit 3 or exit 2')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'What must hold besides the thresholds, repeatable: a column of a recording, a number of the health JSON, `latency_ms` or `unexplained`, one of < <= > >= == != and a limit, for example ''goroutines<2000'', ''memory.alloc_mb<1024'', ''alloc_bytes<512MiB'' or ''latency_ms<200''. What does not hold is danger; what the target does not report cannot be told')
            [CompletionResult]::new('--samples', '--samples', [CompletionResultType]::ParameterName, 'Poll this many times, one second apart, and judge the median of what came: one odd moment decides nothing. If fewer than half of the polls succeed, the target counts as unreachable')
            [CompletionResult]::new('--max-restarts', '--max-restarts', [CompletionResultType]::ParameterName, 'Fail (exit 2) if the target restarts more often than this between the polls of --samples; 0 forbids the first restart, too. Without it, the first one is told, more are a warning, and a crash loop is danger')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the answer')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Accept every certificate: anybody in between can read the token, and answer in the relay''s place')
            [CompletionResult]::new('--each-address', '--each-address', [CompletionResultType]::ParameterName, 'Poll every address that the name of --api-url resolves to, each as an instance of its own, past any proxy. Names are looked up once, at the start')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;watch' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health JSON, new-api''s statistics, metrics, expvar and the goroutine profile in this order, until one knows the count')
            [CompletionResult]::new('--metrics-url', '--metrics-url', [CompletionResultType]::ParameterName, 'Where metrics are, if not at /metrics of the relay: they complete what the relay itself says')
            [CompletionResult]::new('--pprof-url', '--pprof-url', [CompletionResultType]::ParameterName, 'Where Go''s net/http/pprof and expvar are, if not below /debug of the relay')
            [CompletionResult]::new('--pid', '--pid', [CompletionResultType]::ParameterName, 'Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)')
            [CompletionResult]::new('--unix-socket', '--unix-socket', [CompletionResultType]::ParameterName, 'Reach the relay through this Unix socket; short for --api-url unix:///path')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with a bearer token; `-` reads it from standard input. It is sent to the relay''s host only')
            [CompletionResult]::new('--basic-file', '--basic-file', [CompletionResultType]::ParameterName, 'A file with `user:password`; `-` reads it from standard input. It is sent to the relay''s host only')
            [CompletionResult]::new('--new-api-user', '--new-api-user', [CompletionResultType]::ParameterName, 'The number of the user whose token it is, for new-api')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust only the certificate authorities in this PEM file')
            [CompletionResult]::new('--api-url', '--api-url', [CompletionResultType]::ParameterName, 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'Stop after this time, for example 30m or 2h; without it and -n, watch until Ctrl-C')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Stop after this many polls')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Stop after this many polls')
            [CompletionResult]::new('--warning', '--warning', [CompletionResultType]::ParameterName, 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first')
            [CompletionResult]::new('--danger', '--danger', [CompletionResultType]::ParameterName, 'Goroutines above which there is danger [default: 5000]')
            [CompletionResult]::new('--memory-limit', '--memory-limit', [CompletionResultType]::ParameterName, 'The memory that the target may use, for example 512MiB or 4GiB: resident memory above 90 % of it is a warning, and growth is told with the time until then [default: what the target, or with --pid its control group, says]')
            [CompletionResult]::new('--max-error-rate', '--max-error-rate', [CompletionResultType]::ParameterName, 'The share of requests that end badly above which to warn [default: 5%]: of those that end while it is looked at. Not bad are clients that leave, and answers of 4xx; fewer than 20 requests are not judged')
            [CompletionResult]::new('--max-latency', '--max-latency', [CompletionResultType]::ParameterName, 'How long an answer to a poll may take, in the median of three or more, before it is a warning [default: 2s]')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'What fails: `warning` exits 2 on a warning too, `danger` lets warnings pass with 0, `never` always exits 0; without it the exit code is the verdict')
            [CompletionResult]::new('--unreachable', '--unreachable', [CompletionResultType]::ParameterName, 'What a target without a health answer counts as: exit 3 or exit 2')
            [CompletionResult]::new('--max-peak', '--max-peak', [CompletionResultType]::ParameterName, 'A gate: fail (exit 2) unless the peak stays below this; without it, a peak of 3000 or more is a warning')
            [CompletionResult]::new('--max-restarts', '--max-restarts', [CompletionResultType]::ParameterName, 'A gate: fail (exit 2) if the target restarts more often than this; 0 forbids the first restart, too. Without it, the first one is told, more are a warning, and a crash loop is danger')
            [CompletionResult]::new('--block', '--block', [CompletionResultType]::ParameterName, 'Judge whether the count grows in blocks of at least this time, after a warm-up of as much: for load tests. Less than a minute needs a shorter interval, of 12 polls a block or more')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Also record every poll into this CSV file, as `record` does. Several targets need `{host}` in its name, and have a file each')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'A note for the recording''s side file, repeatable: what was deployed, which load ran')
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Tell a chat when the verdict changes, when the target restarts, when it does not answer and when it does again: the URL of a WeCom, DingTalk, Feishu or Slack robot, or of anything that takes JSON. It is a secret: rather than here, put it into the environment')
            [CompletionResult]::new('--webhook-format', '--webhook-format', [CompletionResultType]::ParameterName, 'The form of its messages')
            [CompletionResult]::new('--webhook-secret-file', '--webhook-secret-file', [CompletionResultType]::ParameterName, 'Sign the messages with the secret in this file ("-": standard input), as robots of DingTalk and Feishu ask. Or put the secret into the variable WATERTIGHT_WEBHOOK_SECRET')
            [CompletionResult]::new('--webhook-cooldown', '--webhook-cooldown', [CompletionResultType]::ParameterName, 'What gets worse is told at once; what gets better not before this time has passed since the last message')
            [CompletionResult]::new('--on', '--on', [CompletionResultType]::ParameterName, 'Run a command once a change, repeatable: when the verdict becomes `danger` or rises to a `warning`, is ok again (`recovered`), or the target was restarted (`restart`). By `sh -c`, on Windows by `cmd /C`; the numbers are in its environment (WATERTIGHT_EVENT, WATERTIGHT_VERDICT, WATERTIGHT_GOROUTINES, …) and as JSON on its standard input. The watch does not wait for it')
            [CompletionResult]::new('--on-cooldown', '--on-cooldown', [CompletionResultType]::ParameterName, 'How long after a run the same command waits; then it is run if what it is for still holds')
            [CompletionResult]::new('--on-timeout', '--on-timeout', [CompletionResultType]::ParameterName, 'How long a command may take: then it is ended with all that it has started')
            [CompletionResult]::new('--on-limit', '--on-limit', [CompletionResultType]::ParameterName, 'How often a command is run at most within a time, for each target; what is over it is only told')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the lines')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Accept every certificate: anybody in between can read the token, and answer in the relay''s place')
            [CompletionResult]::new('--each-address', '--each-address', [CompletionResultType]::ParameterName, 'Poll every address that the name of --api-url resolves to, each as an instance of its own, past any proxy. Names are looked up once, at the start')
            [CompletionResult]::new('--steady-load', '--steady-load', [CompletionResultType]::ParameterName, 'The load is steady, take my word for it: growth is then danger also where nothing is known of the load')
            [CompletionResult]::new('--require-trend', '--require-trend', [CompletionResultType]::ParameterName, 'A watch that cannot tell whether the count grows is unknown (exit 3): one of less than 9 minutes, but not one of 5 that is so level that no leak fits into it which would be danger within a day')
            [CompletionResult]::new('--append', '--append', [CompletionResultType]::ParameterName, 'Go on with an existing recording')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Overwrite an existing recording')
            [CompletionResult]::new('--plain', '--plain', [CompletionResultType]::ParameterName, 'A line a poll, also at a terminal, instead of the live view')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;record' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health JSON, new-api''s statistics, metrics, expvar and the goroutine profile in this order, until one knows the count')
            [CompletionResult]::new('--metrics-url', '--metrics-url', [CompletionResultType]::ParameterName, 'Where metrics are, if not at /metrics of the relay: they complete what the relay itself says')
            [CompletionResult]::new('--pprof-url', '--pprof-url', [CompletionResultType]::ParameterName, 'Where Go''s net/http/pprof and expvar are, if not below /debug of the relay')
            [CompletionResult]::new('--pid', '--pid', [CompletionResultType]::ParameterName, 'Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)')
            [CompletionResult]::new('--unix-socket', '--unix-socket', [CompletionResultType]::ParameterName, 'Reach the relay through this Unix socket; short for --api-url unix:///path')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with a bearer token; `-` reads it from standard input. It is sent to the relay''s host only')
            [CompletionResult]::new('--basic-file', '--basic-file', [CompletionResultType]::ParameterName, 'A file with `user:password`; `-` reads it from standard input. It is sent to the relay''s host only')
            [CompletionResult]::new('--new-api-user', '--new-api-user', [CompletionResultType]::ParameterName, 'The number of the user whose token it is, for new-api')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust only the certificate authorities in this PEM file')
            [CompletionResult]::new('--api-url', '--api-url', [CompletionResultType]::ParameterName, 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Where to write: a file, `-` for standard output, a folder, or a name with `{host}` in it. Folders and `{host}` take the target''s host, and several targets need one of the two')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Where to write: a file, `-` for standard output, a folder, or a name with `{host}` in it. Folders and `{host}` take the target''s host, and several targets need one of the two')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Where to write: a file, `-` for standard output, a folder, or a name with `{host}` in it. Folders and `{host}` take the target''s host, and several targets need one of the two')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the rows. `openmetrics` records CSV and, at the end, writes NAME.om beside it, for `promtool tsdb create-blocks-from openmetrics`')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'Stop after this time, for example 30m or 2h; without it and -n, record until Ctrl-C')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Stop after this many polls')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Stop after this many polls')
            [CompletionResult]::new('--rotate', '--rotate', [CompletionResultType]::ParameterName, 'Begin a new file at each multiple of this time in UTC, for example 1h or 1d: `day.csv` becomes `day.20261118T000000000Z.csv`, by the time of its first row')
            [CompletionResult]::new('--rotate-size', '--rotate-size', [CompletionResultType]::ParameterName, 'Begin a new file before one grows beyond this, for example 64MiB')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Keep this many files, with the one that is being written, and delete older ones; without it all are kept')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'A note for the side file, repeatable: what was deployed, which load ran')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Accept every certificate: anybody in between can read the token, and answer in the relay''s place')
            [CompletionResult]::new('--each-address', '--each-address', [CompletionResultType]::ParameterName, 'Poll every address that the name of --api-url resolves to, each as an instance of its own, past any proxy. Names are looked up once, at the start')
            [CompletionResult]::new('--append', '--append', [CompletionResultType]::ParameterName, 'Go on with an existing recording')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Overwrite an existing file; with rotation, every file of the recording')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;compare' {
            [CompletionResult]::new('--max-growth', '--max-growth', [CompletionResultType]::ParameterName, 'Fail if goroutines grew by more than this and by more than 50: CURRENT''s level (median) above BASELINE''s, or the median of the last fifth of CURRENT''s rows above that of its first fifth. Goroutines that the load explains do not count where both sides report them')
            [CompletionResult]::new('--max-peak', '--max-peak', [CompletionResultType]::ParameterName, 'Fail unless CURRENT''s goroutines, without those that its load explains, always stayed below this')
            [CompletionResult]::new('--max-restarts', '--max-restarts', [CompletionResultType]::ParameterName, 'Fail if CURRENT''s target (with --days and --each: that of any column) restarted more often than this; 0 forbids the first restart, too. Without it, the first one is told, more an hour than BASELINE''s (than those of earlier columns) are a warning, and a crash loop is danger')
            [CompletionResult]::new('--alpha', '--alpha', [CompletionResultType]::ParameterName, 'How sure a difference of levels must be: a regression is one that chance gives less often than this. It must also matter: over 10 % and 50 goroutines, or over 10 % and 16 MiB')
            [CompletionResult]::new('--warning', '--warning', [CompletionResultType]::ParameterName, 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first')
            [CompletionResult]::new('--danger', '--danger', [CompletionResultType]::ParameterName, 'Goroutines above which there is danger [default: 5000]')
            [CompletionResult]::new('--memory-limit', '--memory-limit', [CompletionResultType]::ParameterName, 'The memory that the target may use, for example 512MiB or 4GiB: resident memory above 90 % of it is a warning, and growth is told with the time until then [default: what the target, or with --pid its control group, says]')
            [CompletionResult]::new('--max-error-rate', '--max-error-rate', [CompletionResultType]::ParameterName, 'The share of requests that end badly above which to warn [default: 5%]: of those that end while it is looked at. Not bad are clients that leave, and answers of 4xx; fewer than 20 requests are not judged')
            [CompletionResult]::new('--max-latency', '--max-latency', [CompletionResultType]::ParameterName, 'How long an answer to a poll may take, in the median of three or more, before it is a warning [default: 2s]')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'What fails: `warning` exits 2 on a warning too, `danger` lets warnings pass with 0, `never` always exits 0; without it the exit code is the verdict')
            [CompletionResult]::new('--unreachable', '--unreachable', [CompletionResultType]::ParameterName, 'What a target without a health answer counts as: exit 3 or exit 2')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the answer')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Time between polls')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time between polls')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'Stop after this time [default: 1m, unless -n is given]; Ctrl-C stops earlier and compares what there is')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Stop after this many polls')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Stop after this many polls')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one poll may take in all')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health JSON, new-api''s statistics, metrics, expvar and the goroutine profile in this order, until one knows the count')
            [CompletionResult]::new('--metrics-url', '--metrics-url', [CompletionResultType]::ParameterName, 'Where metrics are, if not at /metrics of the relay: they complete what the relay itself says')
            [CompletionResult]::new('--pprof-url', '--pprof-url', [CompletionResultType]::ParameterName, 'Where Go''s net/http/pprof and expvar are, if not below /debug of the relay')
            [CompletionResult]::new('--pid', '--pid', [CompletionResultType]::ParameterName, 'Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)')
            [CompletionResult]::new('--unix-socket', '--unix-socket', [CompletionResultType]::ParameterName, 'Reach the relay through this Unix socket; short for --api-url unix:///path')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with a bearer token; `-` reads it from standard input. It is sent to the relay''s host only')
            [CompletionResult]::new('--basic-file', '--basic-file', [CompletionResultType]::ParameterName, 'A file with `user:password`; `-` reads it from standard input. It is sent to the relay''s host only')
            [CompletionResult]::new('--new-api-user', '--new-api-user', [CompletionResultType]::ParameterName, 'The number of the user whose token it is, for new-api')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust only the certificate authorities in this PEM file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--days', '--days', [CompletionResultType]::ParameterName, 'Cut all recordings at midnight (UTC; old logs at that of their own clock), and say which day changed: each is compared with all earlier ones since the level last changed')
            [CompletionResult]::new('--each', '--each', [CompletionResultType]::ParameterName, 'The same with a column for every file that the arguments and their globs name, in order of time')
            [CompletionResult]::new('--allow-idle', '--allow-idle', [CompletionResultType]::ParameterName, 'Let a CURRENT pass that idles: without this, one whose median load (requests in flight, else requests or bytes allocated a second) is under a tenth of BASELINE''s cannot be told, whatever the gates say; with --days and --each, any column beside most of those that it is compared with')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Accept every certificate: anybody in between can read the token, and answer in the relay''s place')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;report' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Where to write the page; an older one is overwritten, a recording never. `-` is standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Where to write the page; an older one is overwritten, a recording never. `-` is standard output')
            [CompletionResult]::new('--title', '--title', [CompletionResultType]::ParameterName, 'The heading')
            [CompletionResult]::new('--svg', '--svg', [CompletionResultType]::ParameterName, 'Write this chart alone, as an SVG picture')
            [CompletionResult]::new('--warning', '--warning', [CompletionResultType]::ParameterName, 'Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first')
            [CompletionResult]::new('--danger', '--danger', [CompletionResultType]::ParameterName, 'Goroutines above which there is danger [default: 5000]')
            [CompletionResult]::new('--memory-limit', '--memory-limit', [CompletionResultType]::ParameterName, 'The memory that the target may use, for example 512MiB or 4GiB: resident memory above 90 % of it is a warning, and growth is told with the time until then [default: what the target, or with --pid its control group, says]')
            [CompletionResult]::new('--max-error-rate', '--max-error-rate', [CompletionResultType]::ParameterName, 'The share of requests that end badly above which to warn [default: 5%]: of those that end while it is looked at. Not bad are clients that leave, and answers of 4xx; fewer than 20 requests are not judged')
            [CompletionResult]::new('--max-latency', '--max-latency', [CompletionResultType]::ParameterName, 'How long an answer to a poll may take, in the median of three or more, before it is a warning [default: 2s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;diagnose' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health JSON, new-api''s statistics, metrics, expvar and the goroutine profile in this order, until one knows the count')
            [CompletionResult]::new('--metrics-url', '--metrics-url', [CompletionResultType]::ParameterName, 'Where metrics are, if not at /metrics of the relay: they complete what the relay itself says')
            [CompletionResult]::new('--pprof-url', '--pprof-url', [CompletionResultType]::ParameterName, 'Where Go''s net/http/pprof and expvar are, if not below /debug of the relay')
            [CompletionResult]::new('--pid', '--pid', [CompletionResultType]::ParameterName, 'Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)')
            [CompletionResult]::new('--unix-socket', '--unix-socket', [CompletionResultType]::ParameterName, 'Reach the relay through this Unix socket; short for --api-url unix:///path')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A file with a bearer token; `-` reads it from standard input. It is sent to the relay''s host only')
            [CompletionResult]::new('--basic-file', '--basic-file', [CompletionResultType]::ParameterName, 'A file with `user:password`; `-` reads it from standard input. It is sent to the relay''s host only')
            [CompletionResult]::new('--new-api-user', '--new-api-user', [CompletionResultType]::ParameterName, 'The number of the user whose token it is, for new-api')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust only the certificate authorities in this PEM file')
            [CompletionResult]::new('--api-url', '--api-url', [CompletionResultType]::ParameterName, 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording that is being written; repeat it for several relays, which are shown one by one, and of which the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]')
            [CompletionResult]::new('--apart', '--apart', [CompletionResultType]::ParameterName, 'The time between two looks at what grows')
            [CompletionResult]::new('--recording', '--recording', [CompletionResultType]::ParameterName, 'Look only at this recording: how much of its swing the load explains')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the answer')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Accept every certificate: anybody in between can read the token, and answer in the relay''s place')
            [CompletionResult]::new('--each-address', '--each-address', [CompletionResultType]::ParameterName, 'Poll every address that the name of --api-url resolves to, each as an instance of its own, past any proxy. Names are looked up once, at the start')
            [CompletionResult]::new('--prove', '--prove', [CompletionResultType]::ParameterName, 'Also ask Go 1.27 for a proof: goroutines that nothing can ever wake. It collects garbage once for that')
            [CompletionResult]::new('--deep', '--deep', [CompletionResultType]::ParameterName, 'Also list every goroutine with its waiting time and who started it, once. The program stands still meanwhile')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;rollout' {
            [CompletionResult]::new('--plan', '--plan', [CompletionResultType]::ParameterName, 'The plan: `watertight rollout example` prints one')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Tell a chat how it ended: the URL of a WeCom, DingTalk, Feishu or Slack robot, or of anything that takes JSON. It is a secret: rather than here, put it into the environment')
            [CompletionResult]::new('--webhook-format', '--webhook-format', [CompletionResultType]::ParameterName, 'The form of its message')
            [CompletionResult]::new('--webhook-secret-file', '--webhook-secret-file', [CompletionResultType]::ParameterName, 'Sign the message with the secret in this file ("-": standard input), as robots of DingTalk and Feishu ask. Or put the secret into the variable WATERTIGHT_WEBHOOK_SECRET')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be done, and do nothing')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Go on with the rollout that was interrupted')
            [CompletionResult]::new('--accept', '--accept', [CompletionResultType]::ParameterName, 'Make the recording of the last rollout the baseline of those that follow, and do nothing else')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('example', 'example', [CompletionResultType]::ParameterValue, 'Print a plan with every key, commented')
            [CompletionResult]::new('routine', 'routine', [CompletionResultType]::ParameterValue, 'Print the checks that follow a rollout, or install them: day 1, days 2 and 3, the first week, and after')
            break
        }
        'watertight;rollout;example' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;rollout;routine' {
            [CompletionResult]::new('--plan', '--plan', [CompletionResultType]::ParameterName, 'The plan of the rollout')
            [CompletionResult]::new('--with', '--with', [CompletionResultType]::ParameterName, 'By what they are run')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--install', '--install', [CompletionResultType]::ParameterName, 'Install them for this user, instead of printing them; those of an earlier rollout are replaced')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Remove those that were installed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;channels' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show the channels that are configured, without asking anybody')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Send one small real request to each channel, or to one, and say step by step how it went')
            [CompletionResult]::new('models', 'models', [CompletionResultType]::ParameterValue, 'Ask a channel''s provider which models it has')
            break
        }
        'watertight;channels;list' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'The configuration')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;channels;test' {
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The model to ask for; by default the first that the configuration or the provider names')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest that one channel may take; `channels.timeouts` hold where they are shorter')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'The configuration')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;channels;models' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest that it may take; `channels.timeouts` hold where they are shorter')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'The configuration')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;config' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show each value in effect and where it came from, secrets masked: flag, variable, file and line, or default')
            break
        }
        'watertight;config;show' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'The configuration')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where `serve` would listen; wins over the configuration')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'As `serve --demo`: the built-in demo provider, whatever is configured')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;init' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The file to write, which must not be there; `-` is standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The file to write, which must not be there; `-` is standard output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;keys' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Make a key: the key on standard output, its hash and where to put it on standard error')
            [CompletionResult]::new('hash', 'hash', [CompletionResultType]::ParameterValue, 'Read a key from standard input and print its hash')
            break
        }
        'watertight;keys;new' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;keys;hash' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;drill' {
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Run only these rows: numbers, ranges and names, as in `1-7,14,huge-events`')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Leave these rows out')
            [CompletionResult]::new('--requests', '--requests', [CompletionResultType]::ParameterName, 'Requests of each row [default: 100, with --full 300]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'How many at once [default: 25, with --full 50]')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Start requests when they are due, so many a second or minute (`200/s`, `60/m`), whether or not the ones before are over; latency counts from then. Rows of one kind of request only; the others keep to --concurrency')
            [CompletionResult]::new('--patience', '--patience', [CompletionResultType]::ParameterName, 'How long a client waits before a row counts as hanging [default: 30s, with --full 45s]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Go on from a result in JSON: rows that were done in it stay, also a `dead` one; rows that were skipped or interrupted are done. The target and the options must be the same')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'Another relay: its URL, for example http://127.0.0.1:4000; it must have been pointed at --upstream-listen')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The one model to ask for; the fault is asked for in the text of the message [default: drill]')
            [CompletionResult]::new('--model-prefix', '--model-prefix', [CompletionResultType]::ParameterName, 'Ask for the fault in the model''s name instead, behind TEXT, for example `openai/`: the relay must pass any on')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'A file with the key that it wants to see; `-` is standard input')
            [CompletionResult]::new('--upstream-listen', '--upstream-listen', [CompletionResultType]::ParameterName, 'Where the drill''s upstream listens for it')
            [CompletionResult]::new('--start', '--start', [CompletionResultType]::ParameterName, 'Start it by this command (`sh -c`, on Windows `cmd /C`), and end it at the end: its processes are known then, and after a death it is started anew')
            [CompletionResult]::new('--start-memory', '--start-memory', [CompletionResultType]::ParameterName, 'End it when its processes have more memory than this together, on Linux [default: half of what is free]')
            [CompletionResult]::new('--start-wait', '--start-wait', [CompletionResultType]::ParameterName, 'How long it may be silent after its start [default: 60s]')
            [CompletionResult]::new('--pid', '--pid', [CompletionResultType]::ParameterName, 'The number of its one process, on this Linux machine: descriptors, memory and threads are read from /proc')
            [CompletionResult]::new('--pprof-url', '--pprof-url', [CompletionResultType]::ParameterName, 'Where it serves Go''s net/http/pprof: tasks are counted there, and those that stay are told by their stacks')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, '300 requests of each row, 50 at once, three times over, and instead of short deadlines the relay''s defaults, divided by 60: a minute becomes a second')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List the rows, and exit')
            [CompletionResult]::new('--start-each', '--start-each', [CompletionResultType]::ParameterName, 'Start it anew for each row')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('upstream', 'upstream', [CompletionResultType]::ParameterValue, 'Run an upstream that answers, and misbehaves on request')
            [CompletionResult]::new('compare', 'compare', [CompletionResultType]::ParameterValue, 'Put the results of several drills side by side')
            break
        }
        'watertight;drill;upstream' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen')
            [CompletionResult]::new('--tls-authority', '--tls-authority', [CompletionResultType]::ParameterName, 'Speak TLS too, on the same port: an authority is made at the start, and its certificate written to FILE')
            [CompletionResult]::new('--connections', '--connections', [CompletionResultType]::ParameterName, 'Misbehave on every connection: `max-streams-1`, `silent`, `tls-stall` and others that --list shows')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the list')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List the faults and how to ask for them, and exit')
            [CompletionResult]::new('--until-stdin-closes', '--until-stdin-closes', [CompletionResultType]::ParameterName, 'Leave when standard input is closed, so that it does not outlive what started it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;drill;compare' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the answer')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('--gate', '--gate', [CompletionResultType]::ParameterName, 'Take the files for one relay in order of time, and exit with 2 when the last is worse than the one before in any row that was done in both, otherwise with 3 when the last was interrupted')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'watertight;man' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG. What programs read is English always')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
