//! Start, reload, stop: what a console and a text log say.

use vitals::catalogue::Pairs;

/// Why a relay does not start.
pub(super) const START: Pairs = &[
    ("{place}: {~what}", "{place}: {~what}"),
    ("cannot start the relay: {~error}", "无法启动中继：{~error}"),
    (
        "the service manager passes {given} sockets; `serve` takes one, or two with `monitor.listen`'s as the second",
        "服务管理器传来 {given} 个套接字；`serve` 只接受一个，或者两个，第二个用于 `monitor.listen`",
    ),
    (
        "socket {number} that the service manager passes is no TCP socket that listens (in its unit: `ListenStream=` with an address and a port)",
        "服务管理器传来的套接字 {number} 不是监听中的 TCP 套接字（单元里应是 `ListenStream=` 加地址和端口）",
    ),
    ("--listen (no relay of this user hands it over)", "--listen（没有这个用户的中继可以交出它）"),
    (
        "cannot take over {address}: {~why}; the old relay goes on: stop it, or start again with --take-over",
        "无法接管 {address}：{~why}；旧的中继继续运行：请停止它，或再次用 --take-over 启动",
    ),
    (
        "cannot listen on {address}: permission denied; choose a port of 1024 or above with {~cure}",
        "无法监听 {address}：没有权限；请换 1024 或以上的端口：{~cure}",
    ),
    (
        "cannot listen on {address}: this machine does not have that address",
        "无法监听 {address}：本机没有这个地址",
    ),
    (
        "cannot listen on {address}: the address is in use; stop what listens there, or choose another with {~cure}",
        "无法监听 {address}：地址已被占用；请停止占用它的程序，或换一个地址：{~cure}",
    ),
    (
        "cannot listen on {address}: the old relay there is draining{~open}; it ends by itself: start again then, or choose another address with {~cure}",
        "无法监听 {address}：那里的旧中继正在排空{~open}；它会自己结束：等它结束再启动，或换一个地址：{~cure}",
    ),
    (" (1 request in flight)", "（1 个进行中的请求）"),
    (" ({n} requests in flight)", "（{n} 个进行中的请求）"),
    ("cannot listen on {address}: {~error}", "无法监听 {address}：{~error}"),
    (
        "--take-over needs Unix sockets, which this system does not have: stop the old relay, then start the new one",
        "--take-over 需要 Unix 套接字，这个系统没有：请先停止旧的中继，再启动新的",
    ),
    ("--take-over needs Unix sockets", "--take-over 需要 Unix 套接字"),
    ("there are too many listeners for one message", "监听的套接字太多，一条消息放不下"),
    ("the new relay speaks another version of this", "新的中继使用另一个版本的交接协议"),
    ("the old relay speaks another version of this", "旧的中继使用另一个版本的交接协议"),
    ("user {other} is another user", "用户 {other} 是另一个用户"),
    (
        "the configuration is valid, but cannot be written to standard output: {~error}",
        "配置有效，但无法写到标准输出：{~error}",
    ),
    ("the system gives no random bytes for a key: {~error}", "系统没有给出生成密钥的随机数：{~error}"),
    ("# no configuration file", "# 没有配置文件"),
    ("# from {file}", "# 来自 {file}"),
    ("# {key}: none", "# {key}: 无"),
];

/// Lines of the log.
pub(super) const LOG: Pairs = &[
    ("watertight {version} starting", "watertight {version} 启动"),
    ("configured", "配置完成"),
    (
        "admin.token is not set: /admin/* and /api/monitor/exchanges answer on this machine only, and through no proxy",
        "没有设置 admin.token：/admin/* 和 /api/monitor/exchanges 只应答本机的请求，经代理的也不应答",
    ),
    ("monitors are also answered on {scheme}://{address}", "监控请求也在 {scheme}://{address} 上应答"),
    ("a worker cannot listen", "有一个 worker 无法监听"),
    (
        "the relay failed: a panic; the request it happened in is ended, the others go on",
        "中继出错（panic）：出错的那个请求已结束，其他请求不受影响",
    ),
    (
        "limits.connections ({connections}) and limits.in_flight ({in_flight}) are lowered to what the descriptor limit allows",
        "文件描述符的限制不够，limits.connections（{connections}）和 limits.in_flight（{in_flight}）已调低",
    ),
    (
        "the configuration's files do not answer: the configuration in effect goes on until they do",
        "配置文件读不到：读到之前继续使用当前的配置",
    ),
    ("configuration reloaded: {~what}", "配置已重新加载：{~what}"),
    ("configuration not reloaded, the old one goes on: {~why}", "配置没有重新加载，继续使用原来的：{~why}"),
    ("{channels}; {keys} keys{~restart}", "{channels}；密钥 {keys} 个{~restart}"),
    ("; a restart is needed for {changed}", "；{changed} 要重启才生效"),
    ("the thread that reads files is gone", "读文件的线程已经不在"),
    (
        "no [[keys]] are left, and the address can be reached from other machines: everybody could call",
        "[[keys]] 一个都没有了，而别的机器可以访问这个地址：任何人都能调用",
    ),
    (
        "stopping: no new requests, finishing what is under way",
        "正在停止：不再接受新请求，等进行中的请求结束",
    ),
    (
        "leaving: others accept at this address, finishing what is under way",
        "正在退出：这个地址由别的进程接受请求，等进行中的请求结束",
    ),
    ("stopped with requests aborted", "已停止，有请求被中止"),
    ("reloading", "正在重新加载"),
    ("finishing what is under way", "等进行中的请求结束"),
    ("stopping at once", "立即停止"),
    ("stopped", "已停止"),
    ("the listeners were not handed over: this relay goes on", "没有交出监听的套接字：这个中继继续运行"),
    ("the service manager cannot be told", "无法通知服务管理器"),
    ("the old relay finishes what it has under way", "旧的中继正在处理完它进行中的请求"),
    ("the old relay does not answer: stop it", "旧的中继没有应答：请停止它"),
    ("no other relay can take over from this one", "别的中继无法接管这一个"),
    ("cannot accept connections; trying again", "无法接受连接；正在重试"),
    ("connection ended", "连接结束"),
    ("drained", "已读完"),
    ("attempt failed", "一次尝试失败"),
    ("upstream unreachable", "连不上上游"),
    ("upstream broke", "上游中断"),
    ("another model is asked", "改用备用模型"),
    (
        "the provider did not list its models: the configured ones are listed",
        "供应商没有给出模型列表：列出配置里的模型",
    ),
    ("the question for models cannot be signed", "查询模型列表的请求无法签名"),
    (
        "half of a channel's attempts fail: it rests, other channels go first",
        "渠道的尝试有一半失败：暂停使用，优先用别的渠道",
    ),
    ("the upstream refused a key: it rests", "上游拒绝了一个密钥：暂停使用"),
    ("self-check: danger: {~reasons}", "自检：危险：{~reasons}"),
    ("self-check: warning: {~reasons}", "自检：警告：{~reasons}"),
    ("self-check: ok", "自检：正常"),
    (
        "this machine's clock differs from AWS's: requests are signed with AWS's time",
        "本机时钟与 AWS 的不一致：请求按 AWS 的时间签名",
    ),
    ("a channel's signer got no token", "渠道的签名器没有拿到令牌"),
    (
        "an upstream sent bytes beyond its answer: its connections rest longer before they are used again",
        "上游在应答之后又发了数据：它的连接要多等一会儿才会再用",
    ),
    ("the platform has no trusted roots: using the bundled ones", "系统没有受信任的根证书：使用内置的"),
    ("an upstream's connection does not answer pings", "上游的连接不应答 ping"),
];

/// Why the self-check found something.
pub(super) const REASONS: Pairs = &[
    ("{~first}; {~rest}", "{~first}；{~rest}"),
    (
        "{value} goroutines{~beyond}, above {threshold}{~restart}",
        "协程 {value} 个{~beyond}，超过 {threshold}{~restart}",
    ),
    (" beyond the explained ones", "（未解释的）"),
    (": restart, then look for the leak", "：请重启，再查泄漏"),
    ("{found} of live memory, above {limit}", "存活内存 {found}，超过 {limit}"),
    (
        "{value} open descriptors, above {percent} % of the limit of {of}",
        "打开的文件描述符 {value} 个，超过上限 {of} 的 {percent} %",
    ),
    (
        "{found} of resident memory, above {percent} % of the limit of {of}",
        "常驻内存 {found}，超过上限 {of} 的 {percent} %",
    ),
    ("1 exchange is older than its own deadline: a leak", "有 1 个交换超过了自己的期限：泄漏"),
    (
        "{value} exchanges are older than their own deadline: a leak",
        "有 {value} 个交换超过了自己的期限：泄漏",
    ),
    (
        "{value} of {of} requests ended badly, above {threshold}",
        "{of} 个请求中有 {value} 个非正常结束，超过 {threshold}",
    ),
    ("an answer takes {value} ms, above {threshold} ms", "一个应答要 {value} ms，超过 {threshold} ms"),
];
