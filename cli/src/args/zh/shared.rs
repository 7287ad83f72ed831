//! What several commands have in common.

use super::form::{Text, Values};

pub(super) const HEADINGS: &[Text] = &[
    ("Source", "来源"),
    ("Gates", "门限"),
    ("Rotation", "轮换"),
    ("Webhook", "消息通知"),
    ("Commands", "触发的命令"),
    ("More than two", "三个以上的记录"),
    ("When CURRENT is a URL", "CURRENT 是 URL 时"),
    ("Another relay", "别的中继"),
];

pub(super) const ARGS: &[Text] = &[
    ("color", "何时使用颜色；`auto` 还遵守 NO_COLOR、CLICOLOR_FORCE、FORCE_COLOR 和 TERM=dumb"),
    (
        "lang",
        "给人看的内容用什么语言：消息、表格、报告、帮助；默认取 LC_ALL、LC_MESSAGES 或 LANG 的语言。给程序读的内容始终是英文",
    ),
    (
        "api_url",
        "中继：主机名、带端口的地址、带或不带路径的 URL、unix:///path/of.sock，或者正在写的记录文件；可以写多次，逐个显示，以最严重的结论为准 [默认值: http://localhost:3000，除非 --metrics-url、--pprof-url 或 --pid 已经说明]",
    ),
    (
        "each_address",
        "对 --api-url 的域名解析出的每个地址都轮询，各算一个实例，不经过代理。域名只在开始时解析一次",
    ),
    ("timeout", "一次轮询最多用多长时间，例如 500ms 或 5s（不带单位就是秒）"),
    (
        "sources",
        "从哪里取数；用逗号分隔的几个来源互相补充，并且都必须有应答。`auto` 依次尝试健康 JSON、new-api 的统计、metrics、expvar 和 goroutine profile，直到有一个知道数量",
    ),
    ("metrics_url", "metrics 的地址，如果不在中继的 /metrics：它补充中继自己给出的数字"),
    ("pprof_url", "Go 的 net/http/pprof 和 expvar 的地址，如果不在中继的 /debug 下"),
    ("pid", "同时查看本机的一个进程：常驻内存、线程、文件描述符（Linux；Windows 上是句柄）"),
    ("unix_socket", "通过这个 Unix socket 连接中继；等于 --api-url unix:///path"),
    ("token_file", "存放 bearer 令牌的文件；`-` 从标准输入读取。只发给中继所在的主机"),
    ("basic_file", "存放 `user:password` 的文件；`-` 从标准输入读取。只发给中继所在的主机"),
    ("new_api_user", "令牌属于哪个用户的编号，用于 new-api"),
    ("ca_file", "只信任这个 PEM 文件里的证书颁发机构"),
    ("insecure", "接受任何证书：中间的任何人都能读到令牌，也能冒充中继应答"),
    ("warning", "协程超过多少个报警告 [默认值: 2000]；先减去中继的负载能解释的"),
    ("danger", "协程超过多少个是危险 [默认值: 5000]"),
    (
        "memory_limit",
        "目标最多可用的内存，例如 512MiB 或 4GiB：常驻内存超过它的 90% 报警告，增长时说明还能撑多久 [默认值: 目标自己说的，或 --pid 的 cgroup 限制]",
    ),
    (
        "max_error_rate",
        "失败的请求占多大比例报警告 [默认值: 5%]：只算观察期间结束的请求。客户端自己离开和 4xx 应答不算失败；不到 20 个请求不判断",
    ),
    ("max_latency", "轮询的应答时间（三次以上的中位数）超过多长报警告 [默认值: 2s]"),
    (
        "fail_on",
        "什么算失败：`warning` 遇到警告也退出 2，`danger` 遇到警告退出 0，`never` 始终退出 0；不写时退出码就是结论",
    ),
    ("unreachable", "连不上或没有健康应答的目标算什么：退出 3 还是退出 2"),
    ("interval", "轮询间隔，例如 500ms、5s 或 1m（不带单位就是秒）"),
    ("count", "轮询这么多次后停止"),
    ("append", "接着已有的记录往下写"),
    ("config", "配置文件"),
    ("format", "结果的形式"),
    ("webhook_format", "消息的形式"),
    (
        "webhook_secret_file",
        "用这个文件里的密钥给消息签名（\"-\" 是标准输入），钉钉和飞书的机器人可以要求签名。也可以把密钥放在环境变量 WATERTIGHT_WEBHOOK_SECRET 里",
    ),
];

pub(super) const VALUES: &[Values] = &[
    ("color", &[("auto", "在终端上使用"), ("always", "在文件和管道里也使用"), ("never", "从不使用")]),
    ("lang", &[("en", "英文"), ("zh", "简体中文")]),
    (
        "sources",
        &[
            ("auto", "谁有应答就用谁"),
            ("health", "健康 JSON"),
            ("new-api", "new-api 的统计，需要它的 root 用户"),
            ("metrics", "Prometheus 或 OpenMetrics 文本"),
            ("expvar", "Go 的 expvar：有内存，没有数量"),
            ("pprof", "Go 的 goroutine profile 第一行：只有数量"),
            ("pid", "--pid 指定的进程"),
            ("csv", "--api-url 指定的记录文件的最后一行"),
        ],
    ),
    (
        "fail_on",
        &[("warning", "警告就算失败，退出 2"), ("danger", "只有危险算失败"), ("never", "什么都不算失败")],
    ),
    (
        "webhook_format",
        &[
            ("auto", "看 URL 的主机名；不认识的用 JSON"),
            ("wecom", "企业微信群机器人"),
            ("dingtalk", "钉钉自定义机器人"),
            ("feishu", "飞书和 Lark 自定义机器人"),
            ("slack", "Slack，以及兼容它的 incoming webhook 的服务"),
            ("json", "一个对象，含结论、理由和各项数字"),
        ],
    ),
    ("unreachable", &[("unknown", "无法判断"), ("danger", "故障")]),
    (
        "format",
        &[
            ("text", "给人看"),
            ("json", "给程序读"),
            ("nagios", "一行，带性能数据；用法错误也用 Nagios 的退出码"),
            ("junit", "XML 测试报告"),
            ("github", "GitHub 注解；设置了 GITHUB_STEP_SUMMARY 时还写摘要"),
        ],
    ),
];

pub(super) const DONE: (u8, &str) = (vitals::exit::OK, "完成");
pub(super) const USAGE: (u8, &str) = (vitals::exit::USAGE, "命令行或它指定的文件有错");
pub(super) const OUTPUT: (u8, &str) = (vitals::exit::OUTPUT, "结果无法写出");
