//! `drill`.

use super::super::help::Page;
use super::form::Words;
use super::shared::{DONE, OUTPUT, USAGE};

const LONG: &str = "\
不写 --target 时，中继就是本程序自己的 `serve`：故障表的每一项都启动一个新的，期限很短，放在演练的故障上游前面。写了 --target 时可以是任何一种中继，只要它的上游已经指向演练的上游；需要专门配置的项目这时跳过。

每一项的结论是 `dead`（进程结束了，或正常请求再也没有人应答）、`leak`（有东西 5 秒内没有还回来）、`lie`（官方 SDK 会把残缺的应答当成完整的）、`hang`（--patience 之内没有结束）、`wrong`（其他不对的地方）、`pass`（通过），或者 `skipped`（跳过，并说明原因）。";

const COMPARE: &str = "\
显示每个文件里每一项的结论，各种结论各有几项，结论不同的每一项再用一句话说明。使用 --gate 时，这些文件是同一个中继按时间排列的结果：最后一个比前一个差的地方会逐项点名，退出码也会说明：有一项变差是 2；否则，没有两边都做过的项目，或最后一次演练被中断，是 3。从好到坏依次是：pass、wrong、hang、lie、leak、dead。";

pub(super) const WORDS: &[Words] = &[
    Words {
        about: "让中继经历上游和客户端的每一种故障，退出码就是结论",
        long: Some(LONG),
        args: &[
            ("only", "只做这些项目：编号、范围和名字，例如 `1-7,14,huge-events`"),
            ("skip", "不做这些项目"),
            ("requests", "每一项发多少个请求 [默认值: 100，有 --full 时 300]"),
            ("concurrency", "同时发多少个 [默认值: 25，有 --full 时 50]"),
            (
                "rate",
                "到时间就发请求，每秒或每分钟这么多个（`200/s`、`60/m`），不管前面的有没有结束；延迟从该发的时刻算起。只用于只有一种请求的项目，其他的仍按 --concurrency",
            ),
            ("patience", "客户端等多久算挂起 [默认值: 30s，有 --full 时 45s]"),
            (
                "full",
                "每一项 300 个请求，同时 50 个，做三遍，期限不用短的，而用中继的默认值除以 60：一分钟变成一秒",
            ),
            ("list", "列出所有项目，然后退出"),
            (
                "resume",
                "接着一个 JSON 结果往下做：已经做过的项目保留，`dead` 的也保留；跳过或中断的项目重做。目标和选项必须相同",
            ),
            (
                "target",
                "另一个中继的 URL，例如 http://127.0.0.1:4000；它的上游必须已经指向 --upstream-listen",
            ),
            ("model", "只请求这一个模型；要什么故障写在消息的正文里 [默认值: drill]"),
            (
                "model_prefix",
                "改为把要什么故障写在模型名里，跟在 TEXT 后面，例如 `openai/`：中继必须放行任何模型名",
            ),
            ("key_file", "存放它所要密钥的文件；`-` 是标准输入"),
            ("upstream_listen", "演练的上游在哪里等它"),
            (
                "start",
                "用这个命令启动它（`sh -c`，Windows 上是 `cmd /C`），结束时停止它：这样就知道它有哪些进程，崩溃后会重新启动",
            ),
            ("start_each", "每一项都重新启动它"),
            ("start_memory", "它的所有进程合计超过这么多内存就停止它，仅限 Linux [默认值: 空闲内存的一半]"),
            ("start_wait", "启动后最多可以多久没有应答 [默认值: 60s]"),
            ("pid", "它唯一的进程在这台 Linux 机器上的编号：描述符、内存和线程从 /proc 读取"),
            ("pprof_url", "它的 Go net/http/pprof 地址：在那里数协程，留下不走的按堆栈说明"),
        ],
        long_args: &[(
            "pid",
            "必须是真正转发的那个进程，而不是只负责启动别人的：nginx 要用 worker 的编号，shell 或守护程序后面的程序要用它自己的编号。读取描述符需要同一个用户或 root；在容器里的，用它在容器外的编号。多进程的中继不要写这个选项，或者让它只用一个 worker。",
        )],
        values: &[(
            "format",
            &[("json", "给程序读"), ("markdown", "用于合并请求和文档"), ("junit", "给 CI 服务器")],
        )],
        page: Page {
            path: "drill",
            examples: &[
                ("watertight drill", "每一项，对本程序自己的中继"),
                ("watertight drill --only 8-10,huge-events", "其中几项"),
                ("watertight drill --full --format junit > drill.xml", "完整的一轮，给 CI 服务器"),
                (
                    "watertight drill --target http://127.0.0.1:4000 --key-file key.txt --pid 4711",
                    "另一个中继，它的上游是 http://127.0.0.1:9900",
                ),
            ],
            exits: &[
                (vitals::exit::OK, "每一项都通过或跳过"),
                (vitals::exit::DANGER, "某一项里目标崩溃、泄漏、谎报、挂起或出错"),
                (vitals::exit::UNKNOWN, "无法判断：目标没有应答，中继启动不了，或十分钟内没有做完所有项目"),
                USAGE,
                (vitals::exit::UNAVAILABLE, "上游的地址已被占用"),
                OUTPUT,
                (vitals::exit::INTERRUPTED, "有结论之前被中断"),
            ],
        },
    },
    Words {
        about: "把几次演练的结果并排放在一起",
        long: Some(COMPARE),
        args: &[
            ("files", "`drill --format json` 写出的结果，每个占一列"),
            (
                "gate",
                "把这些文件当作同一个中继按时间排列的结果：两边都做过的项目里，最后一个有比前一个差的就退出 2；否则，最后一个被中断时退出 3",
            ),
        ],
        long_args: &[],
        values: &[(
            "format",
            &[("json", "给程序读"), ("markdown", "用于合并请求和文档"), ("html", "一个不依赖任何东西的网页")],
        )],
        page: Page {
            path: "drill compare",
            examples: &[
                ("watertight drill compare one-api.json new-api.json", "两个中继并排"),
                (
                    "watertight drill compare a.json b.json c.json --format html > drills.html",
                    "几个，作为网页",
                ),
                ("watertight drill compare main.json branch.json --gate", "改动让某一项变差就失败"),
            ],
            exits: &[
                (vitals::exit::OK, "完成；使用 --gate 时：没有一项变差"),
                (vitals::exit::DANGER, "使用 --gate 时：最后一个文件里有一项比前一个差"),
                (vitals::exit::UNKNOWN, "使用 --gate 时：没有两边都做过的项目，或最后一次演练被中断"),
                (vitals::exit::USAGE, "命令行有错，或文件不是演练的结果"),
                OUTPUT,
            ],
        },
    },
    Words {
        about: "运行一个会应答、也会按要求出故障的上游",
        long: None,
        args: &[
            ("listen", "监听的地址"),
            ("list", "列出所有故障和要求它们的办法，然后退出"),
            ("until_stdin_closes", "标准输入关闭时退出，这样不会比启动它的程序活得更久"),
            ("tls_authority", "在同一个端口上也讲 TLS：启动时生成一个证书颁发机构，把它的证书写入 FILE"),
            (
                "connections",
                "在每个连接上都出故障：`max-streams-1`、`silent`、`tls-stall` 以及 --list 列出的其他故障",
            ),
            ("format", "列表的形式"),
        ],
        long_args: &[],
        values: &[("format", &[("json", "给程序读")])],
        page: Page {
            path: "drill upstream",
            examples: &[
                ("watertight drill upstream", "监听 127.0.0.1:9900"),
                ("watertight drill upstream --list", "有哪些故障，怎样要求它们"),
                (
                    "watertight drill upstream --tls-authority ca.pem --connections tls-expired",
                    "使用过期证书的 TLS",
                ),
            ],
            exits: &[DONE, USAGE, (vitals::exit::UNAVAILABLE, "地址已被占用")],
        },
    },
];
