//! Why a drill does not run: its command line, its files, its target.

use vitals::catalogue::Pairs;

/// The command line.
pub(super) const COMMAND: Pairs = &[
    ("cannot write to standard output", "无法写到标准输出"),
    ("cannot write to standard output: {~error}", "无法写到标准输出：{~error}"),
    ("`--only` and `--skip` leave no row", "`--only` 和 `--skip` 之后一项都不剩"),
    ("`{word}` is an empty range", "`{word}` 是空的范围"),
    ("no row is called `{word}`: {~hint}", "没有叫 `{word}` 的项目：{~hint}"),
    ("`watertight drill --list` lists them", "`watertight drill --list` 会列出它们"),
    ("did you mean {near}?", "是不是 {near}？"),
    (
        "`--start`: somebody answers at {url} already: end it, or leave `--start` out to drill what runs there",
        "`--start`：{url} 上已经有人应答：请先结束它，或者不写 `--start`，直接演练正在运行的",
    ),
    (
        "`--start-memory {wanted}`: there are only {most} here, so it would limit nothing: give less",
        "`--start-memory {wanted}`：这里一共只有 {most}，这样等于没有限制：请写小一些",
    ),
    (
        "another program listens there, perhaps another drill: end it, or choose another `--upstream-listen` and point the target there",
        "那里已有别的程序在监听，也许是另一次演练：请结束它，或换一个 `--upstream-listen` 并让目标的上游指向那里",
    ),
    (
        "`--upstream-listen` needs an address of this machine and a port, for example 127.0.0.1:9900",
        "`--upstream-listen` 要写本机的地址和端口，例如 127.0.0.1:9900",
    ),
    ("{~cure}: cannot listen on {listen}", "{~cure}：无法监听 {listen}"),
    ("{~cure}: cannot listen on {listen}: {~error}", "{~cure}：无法监听 {listen}：{~error}"),
    ("cannot listen on {listen}", "无法监听 {listen}"),
    ("cannot listen on {listen}: {~error}", "无法监听 {listen}：{~error}"),
    (
        "`--target {url}`: only http:// is spoken to a target; a relay behind TLS is drilled without it",
        "`--target {url}`：对目标只用 http://；TLS 后面的中继请绕过 TLS 演练",
    ),
    ("`--target {url}`: no such host or port", "`--target {url}`：没有这个主机或端口"),
    ("`--pid {pid}`: no such process on this machine", "`--pid {pid}`：本机没有这个进程"),
    ("no key on standard input", "标准输入里没有密钥"),
    ("cannot read `--key-file {file}`", "无法读取 `--key-file {file}`"),
    ("`--key-file {file}` must hold one key and nothing else", "`--key-file {file}` 里应只有一个密钥"),
    ("the list was not written", "列表没有写出"),
    ("--connections: {~why}", "--connections：{~why}"),
    (
        "--connections {name} needs TLS: add --tls-authority FILE",
        "--connections {name} 需要 TLS：请加 --tls-authority FILE",
    ),
    ("--tls-authority: cannot write {file}", "--tls-authority：无法写入 {file}"),
    ("the certificate that was made cannot be used", "生成的证书不能用"),
    (
        "no fault of connections is called `{text}`: known are {names}",
        "没有叫 `{text}` 的连接故障：有 {names}",
    ),
    (
        "no fault is called `{text}`: see `watertight drill upstream --list`",
        "没有叫 `{text}` 的故障：见 `watertight drill upstream --list`",
    ),
    (
        "the fault `{name}` takes no argument: `{arg}` is one too many",
        "故障 `{name}` 没有参数：`{arg}` 是多余的",
    ),
    (
        "the argument of the fault `{name}` is {least} to {most}: not {arg}",
        "故障 `{name}` 的参数应在 {least} 到 {most} 之间：不能是 {arg}",
    ),
];

/// Results of earlier drills.
pub(super) const FILES: Pairs = &[
    ("`--resume {file}`: the drill cannot go on from it", "`--resume {file}`：无法从它继续"),
    (
        "it is no result of `watertight drill --format json`: {~why}: {~cure}",
        "它不是 `watertight drill --format json` 的结果：{~why}：{~cure}",
    ),
    ("an older version", "旧版本"),
    ("it was written by {~was}, and this is {is}: {~cure}", "它由 {~was} 写成，而本程序是 {is}：{~cure}"),
    ("it does not say with which options it was made: {~cure}", "它没有说明是用哪些选项做的：{~cure}"),
    (
        "`--{name}` was {~was}, and is {~is}: say the same again, or {~cure}",
        "`--{name}` 当时是 {~was}，现在是 {~is}：请写成一样的，或者{~cure}",
    ),
    ("not given", "没有写"),
    ("given", "写了"),
    ("this drill has no {row}: {~cure}", "这次演练没有 {row}：{~cure}"),
    ("{row}: `{key}` is missing: {~cure}", "{row}：缺少 `{key}`：{~cure}"),
    ("leave `--resume` out to begin anew", "不写 `--resume`，从头开始"),
    (
        "{file} is no result of a drill: {~why}; `watertight drill --format json > FILE` writes one",
        "{file} 不是演练的结果：{~why}；用 `watertight drill --format json > FILE` 生成",
    ),
    ("a row has no name or verdict", "有一项没有名字或结论"),
    ("it cannot be read: {~error}", "无法读取：{~error}"),
    ("it has more than {n} MiB", "它超过 {n} MiB"),
    ("it has no `schema`", "它没有 `schema`"),
    ("its schema is {is}, and this program knows {known}", "它的 schema 是 {is}，本程序认识 {known}"),
    ("it has no list `faults`", "它没有列表 `faults`"),
    ("its list `faults` is empty: no row was drilled", "它的列表 `faults` 是空的：一项都没做"),
    ("row {n} of its list `faults`: {~why}", "列表 `faults` 的第 {n} 项：{~why}"),
    ("{row} is in it twice", "{row} 出现了两次"),
    ("{value} is no object", "{value} 不是对象"),
    ("`{place}` is {~is}, and must be {~kind}", "`{place}` 是 {~is}，应是{~kind}"),
    ("missing", "缺失的"),
    ("a text", "文本"),
    ("a text that is not empty", "不为空的文本"),
    ("a whole number from 0 to 255", " 0 到 255 的整数"),
    ("true or false", " true 或 false"),
    ("one of {words}", "其中之一：{words}"),
    ("a whole number, 0 or more", "不小于 0 的整数"),
    ("a number, 0 or more", "不小于 0 的数"),
    ("a number from 0 to 1", " 0 到 1 的数"),
    ("a list of two whole numbers", "两个整数的列表"),
    ("a list of texts", "文本的列表"),
    ("whole numbers by name", "按名字的整数"),
    ("numbers by name", "按名字的数"),
    ("an object", "对象"),
    ("a list of objects", "对象的列表"),
];

/// The target: before the first row.
pub(super) const TARGET: Pairs = &[
    (
        "the target does not listen at {address} ({~error}): start it, or correct `--target`",
        "目标没有在 {address} 监听：{~error}。请启动它，或改正 `--target`",
    ),
    (
        "the target answers, but not from the drill's upstream: point its upstream at http://{upstream}",
        "目标有应答，但不是来自演练的上游：请把它的上游指向 http://{upstream}",
    ),
    (
        "the target does not pass on the text of a message as it is, and the drill asks for a fault there: let it pass on any model, and ask in the model's name instead, with `--model-prefix`",
        "目标没有原样转发消息的正文，而演练在正文里写要什么故障：请让它放行任何模型名，并用 `--model-prefix` 改为写在模型名里",
    ),
    ("a success without an answer in it", "状态是成功，里面却没有应答"),
    (
        "the drill's upstream was asked and answered well: what came back is {~what}",
        "演练的上游收到了请求，应答也正常：回到这里的是{~what}",
    ),
    ("give the key that it wants in `--key-file`", "请用 `--key-file` 给出它要的密钥"),
    (
        "is `{model}` a model that it knows, and is /v1/chat/completions below `--target`? see `--model`",
        "它认识模型 `{model}` 吗？`--target` 下面有 /v1/chat/completions 吗？见 `--model`",
    ),
    (
        "the drill's upstream at http://{upstream} was not asked: point the target's upstream there, and let it pass the model `{model}` on",
        "演练的上游 http://{upstream} 没有收到请求：请把目标的上游指向那里，并让它转发模型 `{model}`",
    ),
    (
        "a first good request to the target came to {~what}{said}: {~cure}",
        "发给目标的第一个正常请求得到的是{~what}{said}：{~cure}",
    ),
    (
        "the target does not answer /v1/messages: it is asked in OpenAI's dialect only",
        "目标不应答 /v1/messages：只用 OpenAI 方言请求它",
    ),
    (
        "the command of `--start` ended before it answered at {address}: {~death}{~hint}",
        "`--start` 的命令在 {address} 有应答之前就结束了：{~death}{~hint}",
    ),
    (". {~hint}", "。{~hint}"),
    (
        "the command of `--start` does not answer at {address} within {wait} (`--start-wait`); its last words: {~output}",
        "`--start` 的命令在 {wait}（`--start-wait`）内没有在 {address} 应答；它最后的输出：{~output}",
    ),
    ("none", "无"),
    (
        "somebody still answers at {address}, although all that the command of `--start` had started is gone: end it, and start the relay so that nothing starts it anew",
        "`--start` 的命令启动的都已经不在，{address} 上却还有人应答：请结束它，并且不要用会自动重启的方式启动中继",
    ),
    ("no shell to start the command with", "没有可以启动命令的 shell"),
];
