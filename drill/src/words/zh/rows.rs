//! The faults of the rows, and why some rows are skipped.

use vitals::catalogue::Pairs;

/// In the order of the matrix, as far as it matters.
pub(super) const FAULTS: Pairs = &[
    ("none: good requests alone", "没有故障：只有正常请求"),
    ("an error status with a complete body", "错误状态，正文完整"),
    ("an error whose body is cut", "错误应答的正文被截断"),
    ("error headers, then the body never comes", "只有错误的响应头，正文始终不来"),
    ("an error body without an end", "错误应答的正文没有尽头"),
    ("JSON or HTML where a stream was asked for", "要的是流，来的是 JSON 或 HTML"),
    ("a stream whose first event is an error", "流的第一个事件就是错误"),
    ("an error event after tokens", "输出了一些 token 之后来一个错误事件"),
    ("the client leaves in the middle of a stream", "客户端在流的中途离开"),
    ("the client leaves while the upstream is silent", "上游没有动静时客户端离开"),
    (
        "the client leaves before the upstream has answered; also with a pipelined request behind",
        "上游还没应答客户端就离开；包括后面还排着一个请求的情况",
    ),
    ("clients half-close, send junk, pipeline", "客户端半关闭、发垃圾数据、连发请求"),
    (
        "a client that does not read, while the upstream floods, drips or is silent",
        "客户端不读，而上游猛发、慢滴或没有动静",
    ),
    ("the upstream stalls in a stream", "上游在流的中途停住"),
    ("the upstream takes the request and never answers", "上游收下请求，始终不应答"),
    ("comments or single bytes, and no content", "只有注释或一个个字节，没有内容"),
    ("status 200 and no content at all", "状态 200，却没有任何内容"),
    ("an event of megabytes, and one without an end", "几 MB 的事件，和没有尽头的事件"),
    ("unusual but valid framing, split at every byte", "少见但合法的分帧，每个字节处都切开"),
    ("a panic in the relay's own code", "中继自己的代码 panic"),
    ("fields that are absent, null or of the wrong type", "字段缺失、为 null 或类型不对"),
    ("a stream that ends without finish reason or terminator", "流结束时没有结束原因或终止标记"),
    ("an answer that is shorter than its length, or reset", "应答比声明的长度短，或连接被重置"),
    ("the upstream closes idle connections", "上游关闭空闲连接"),
    (
        "an upstream that resets, refuses, is a black hole or has no address, and comes back",
        "上游重置、拒绝、没有回音或没有地址，之后恢复",
    ),
    ("storage: full, locked, read-only, gone, slow", "存储：满了、锁住、只读、不见了、很慢"),
    ("compressed answers although nobody asked", "没人要求却来了压缩的应答"),
    ("redirects", "重定向"),
    ("a redirect", "重定向"),
    ("a websocket of which one side dies silently", "WebSocket 有一方悄悄消失"),
    ("169,000 streams whose clients vanish at once", "169,000 个流的客户端同时消失"),
    (
        "answers in every form that clients do not take, and uploads that wait, at budgets of 8, 32 and 256 MiB",
        "各种形式的应答没人取，上传在等待，内存预算是 8、32 和 256 MiB",
    ),
    ("large bodies are announced, and a byte is sent", "声明了很大的正文，只发一个字节"),
    ("the client leaves between two attempts", "客户端在两次尝试之间离开"),
    ("the client leaves, and the relay was told to read on", "客户端离开，而中继要把应答读完"),
    ("every channel fails", "所有渠道都失败"),
    (
        "thousands of connections that vanish, heads that drip, connections that ask for nothing",
        "几千个连接消失，请求头慢慢滴，连接什么也不问",
    ),
    (
        "the connection limit full of half heads, half bodies and connections that say nothing",
        "连接数达到上限，都是半个请求头、半个正文和不说话的连接",
    ),
    (
        "a last event without its blank line; a reason to stop, and then silence",
        "最后一个事件后面没有空行；给了结束原因，之后没有动静",
    ),
    (
        "Gemini: reasons to stop that are refusals, and such as are failures",
        "Gemini：有的结束原因是拒绝，有的是失败",
    ),
    ("Gemini: a prompt that is refused has no candidates", "Gemini：提示词被拒绝，没有候选应答"),
    (
        "Gemini: a stream, or the array that it is told as, ends before its reason to stop",
        "Gemini：流（或者用数组表示的流）在结束原因之前就结束",
    ),
    ("chunks that hold a filter's findings and nothing else", "数据块里只有内容过滤的结果，没有别的"),
    (
        "interim answers, trailers, upgrades, lengths that contradict each other",
        "临时应答、尾部字段、协议升级、互相矛盾的长度",
    ),
    (
        "header injection, oversized heads, bad UTF-8, NULs, JSON 10,000 deep, duplicate keys",
        "请求头注入、过大的请求头、错误的 UTF-8、NUL、嵌套 10,000 层的 JSON、重复的键",
    ),
    ("cookies, hop-by-hop and other headers of the upstream", "上游的 cookie、逐跳头和其他响应头"),
    (
        "an answer longer than its length, two answers, events after the last one",
        "应答比声明的长度长、一次来两个应答、最后一个事件之后还有事件",
    ),
    ("SIGTERM with open streams, a second one, kill -9", "流没结束时 SIGTERM、再来一次、kill -9"),
    ("a second relay on the same port", "同一个端口上的第二个中继"),
    ("the configuration's file system hangs during a reload", "重新加载时配置所在的文件系统没有回应"),
    ("a drain under load, while monitors and clients connect anew", "有负载时排空，同时监控和客户端还在连接"),
    ("no descriptor is left", "文件描述符用完"),
    ("the monitor is polled 100 times a second under overload", "过载时监控端点每秒被轮询 100 次"),
    ("the wall clock jumps", "系统时钟跳变"),
    ("nobody reads the log", "没有人读日志"),
    (
        "sound, images and transcriptions that stall, are cut, or are reset",
        "语音、图片和转写停住、被截断或被重置",
    ),
    (
        "forms whose client stalls, leaves, or names another model behind the first",
        "表单的客户端停住、离开，或在后面又写一个模型",
    ),
    ("an upstream that reads no more of a form, or answers before its end", "上游不再读表单，或没读完就应答"),
    ("good and faulty traffic for a long time", "长时间的正常和故障流量"),
    (
        "names that nobody has seen before: keys, models, paths, addresses",
        "没人见过的名字：密钥、模型、路径、地址",
    ),
    ("new configurations under load, right and wrong ones", "有负载时换配置，有对的也有错的"),
    (
        "packed request bodies: right, broken, bombs, two codings, unknown ones",
        "压缩的请求正文：正确的、损坏的、炸弹、两层编码、不认识的编码",
    ),
    (
        "the process or the machine stands still for longer than a deadline (SIGSTOP, suspend), the other side goes on",
        "进程或机器停顿的时间超过期限（SIGSTOP、挂起），对方照常运行",
    ),
    (
        "another answer on a kept connection, in the same packet as the one asked for, or 1 ms, 50 ms, 1 s after it",
        "保持的连接上又来一个应答：与要的应答在同一个包里，或在它之后 1 ms、50 ms、1 s",
    ),
    (
        "Responses: answers that were completed, and such as were stopped at a limit or by a filter",
        "Responses：正常完成的应答，以及因上限或内容过滤而停止的应答",
    ),
    (
        "Responses: `response.failed`, a bare `error` event, a whole response that failed",
        "Responses：`response.failed`、单独的 `error` 事件、整个应答失败",
    ),
    ("Responses: a stream that ends before its last event", "Responses：流在最后一个事件之前结束"),
    (
        "the same faults of a chat upstream, before responses clients",
        "上游是 chat、客户端是 Responses 时的同样故障",
    ),
    ("the endpoint of a signer's tokens hangs", "签名器的令牌端点没有回应"),
    ("the endpoint of a signer's tokens fails", "签名器的令牌端点失败"),
    ("the endpoint of a signer's tokens talks rubbish", "签名器的令牌端点应答不知所云"),
    (
        "HTTP/2: GOAWAY, RST_STREAM, one stream at a time, very many streams",
        "HTTP/2：GOAWAY、RST_STREAM、一次只许一个流、非常多的流",
    ),
    ("TLS: a stalled handshake, a wrong or expired certificate", "TLS：握手停住、证书不对或已过期"),
    (
        "one slow client among 100 on one HTTP/2 connection to the upstream",
        "通往上游的一个 HTTP/2 连接上有 100 个客户端，其中一个很慢",
    ),
    ("uploads that are too large, bombs, slow, or cut", "上传过大、是炸弹、很慢或中断"),
    ("an answer while the request is still being sent", "请求还没发完就来了应答"),
    ("prompts of 1 MiB, 200 at once", "1 MiB 的提示词，同时 200 个"),
    ("very long answers", "非常长的应答"),
];

/// Why nothing was done.
pub(super) const SKIPPED: Pairs = &[
    (
        "cannot be caused from outside: the tests build a relay that panics, tests/relays",
        "无法从外面触发：测试里另有一个会 panic 的中继，见 tests/relays",
    ),
    ("there is no storage yet", "还没有存储"),
    ("there is no realtime yet", "还没有实时接口"),
    ("a benchmark, with figures of its own: bench/ and docs/", "属于基准测试，数字另见 bench/ 和 docs/"),
    ("needs /proc, where a process' descriptors are", "需要 /proc，进程的文件描述符在那里"),
    ("needs /proc, where a process' memory is told", "需要 /proc，进程的内存在那里"),
    (
        "needs libfaketime, which shifts a program's clock (apt-get install libfaketime)",
        "需要 libfaketime 来调整程序的时钟（apt-get install libfaketime）",
    ),
    ("needs signals, which this system does not have", "需要信号，这个系统没有"),
    ("needs Linux, where a process' limits and times can be reached", "需要 Linux，才能读写进程的限制和时间"),
    ("the target does not answer HTTP/2 with prior knowledge", "目标不接受直接的 HTTP/2（prior knowledge）"),
    ("only a relay that the drill started has a plan", "只有演练启动的中继才有配置计划"),
    ("only a relay that the drill started can be told", "只有演练启动的中继才能接受指令"),
];
