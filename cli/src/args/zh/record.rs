//! `record`.

use super::super::help::Page;
use super::form::Words;
use super::shared::USAGE;

pub(super) const WORDS: &[Words] = &[Words {
    about: "记录一个或几个中继的数字，每个一个文件",
    long: None,
    args: &[
        (
            "csv",
            "写到哪里：一个文件、`-`（标准输出）、一个目录，或带 `{host}` 的文件名。目录和 `{host}` 取目标的主机名，有几个目标时必须用这两种之一",
        ),
        (
            "format",
            "行的形式。`openmetrics` 记录 CSV，结束时在旁边写出 NAME.om，供 `promtool tsdb create-blocks-from openmetrics` 使用",
        ),
        ("duration", "过这么长时间后停止，例如 30m 或 2h；和 -n 都不写时，记录到 Ctrl-C 为止"),
        ("force", "覆盖已有的文件；有轮换时，覆盖这个记录的所有文件"),
        (
            "rotate",
            "每到这个时间（UTC）的整数倍就开始一个新文件，例如 1h 或 1d：`day.csv` 变成 `day.20261118T000000000Z.csv`，按第一行的时间命名",
        ),
        ("rotate_size", "文件超过这个大小之前开始一个新文件，例如 64MiB"),
        ("keep", "保留这么多个文件（包括正在写的），更旧的删除；不写时全部保留"),
        ("labels", "写进附属文件的说明，可以写多次：部署了什么，跑了什么负载"),
    ],
    long_args: &[],
    values: &[(
        "format",
        &[
            ("csv", "每次轮询一行"),
            ("ndjson", "每次轮询一个对象，最后一个是摘要"),
            ("openmetrics", "CSV，并由它生成给 Prometheus 的文件"),
        ],
    )],
    page: Page {
        path: "record",
        examples: &[
            ("watertight record --csv day1.csv -i 5 --duration 30m", "记录半小时，每 5 秒一次"),
            ("watertight record --csv day1.csv --append", "接着记录，崩溃之后也可以"),
            ("watertight record --csv - -n 10 -i 1s", "十行，写到标准输出"),
            ("watertight record --csv day.csv --rotate 1d --keep 14 --append", "保留两周，每天一个文件"),
            (
                "watertight record -o '{host}.csv' --api-url relay1:3000 --api-url relay2:3000",
                "两个中继，每个一个文件",
            ),
            ("watertight record -o day.om --format openmetrics --duration 1d", "用于回填 Prometheus"),
        ],
        exits: &[
            (vitals::exit::OK, "已记录"),
            (vitals::exit::UNKNOWN, "某个目标没有一次轮询成功"),
            USAGE,
            (vitals::exit::OUTPUT, "文件无法写入：磁盘满、只读、被占用"),
            (vitals::exit::INTERRUPTED, "第一行之前被中断"),
        ],
    },
}];
