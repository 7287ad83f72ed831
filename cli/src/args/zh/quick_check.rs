//! `quick-check`.

use super::super::help::Page;
use super::form::Words;
use super::shared::{OUTPUT, USAGE};

pub(super) const WORDS: &[Words] = &[Words {
    about: "问一次中继的状态，退出码就是结论",
    long: None,
    args: &[
        (
            "expectations",
            "除阈值外还必须成立的条件，可以写多次：记录文件的一列、健康 JSON 的一个数字、`latency_ms` 或 `unexplained`，加上 < <= > >= == != 之一和一个界限，例如 'goroutines<2000'、'memory.alloc_mb<1024'、'alloc_bytes<512MiB' 或 'latency_ms<200'。不成立就是危险；目标没有给出的数字无法判断",
        ),
        (
            "samples",
            "轮询这么多次，间隔一秒，按中位数判断：一次偶然的异常不起作用。成功的不到一半，就算连不上",
        ),
        (
            "max_restarts",
            "目标在 --samples 的几次轮询之间重启超过这么多次就算失败（退出 2）；0 连第一次重启也不允许。不写时，第一次只是说明，再多是警告，崩溃循环是危险",
        ),
    ],
    long_args: &[],
    values: &[(
        "format",
        &[
            ("json", "给程序读：一行，一个对象"),
            ("docker", "容器健康检查用的一行和退出码：0 是健康（警告也算），1 是不健康"),
            ("prometheus", "给 node_exporter 的 textfile 采集器"),
        ],
    )],
    page: Page {
        path: "quick-check",
        examples: &[
            ("watertight quick-check", "本机的中继"),
            ("watertight quick-check --api-url https://relay.example.com", "另一台"),
            (
                "watertight quick-check --api-url relay-1:3000 --api-url relay-2:3000",
                "几台一起查，以最严重的为准",
            ),
            ("watertight quick-check --format json | jq .verdict", "给程序用"),
            (
                "watertight quick-check; [ $? -eq 2 ] && systemctl restart relay",
                "只在危险时重启：1 是警告，3 是什么都不知道",
            ),
            ("watertight quick-check --samples 5 --fail-on danger --expect 'goroutines<500'", "用在流水线里"),
            ("watertight quick-check --format nagios --unreachable danger", "给监控系统"),
            ("watertight quick-check --format docker", "给容器的健康检查"),
        ],
        exits: &[
            (vitals::exit::OK, "正常，或没有 --fail-on 所指的问题；--format docker 时警告也是 0"),
            (vitals::exit::WARNING, "警告；--format docker 时是一切不健康的情况"),
            (vitals::exit::DANGER, "危险，或 --expect 的条件不成立"),
            (
                vitals::exit::UNKNOWN,
                "无法判断：连不上，不是健康端点，或目标没有给出 --expect 所问的数字；--format nagios 时用法错误也是 3",
            ),
            USAGE,
            OUTPUT,
        ],
    },
}];
