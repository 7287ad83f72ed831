//! `compare`.

use super::super::help::Page;
use super::form::Words;
use super::shared::OUTPUT;

pub(super) const WORDS: &[Words] = &[Words {
    about: "对比两个记录，或一个记录和正在运行的中继，退出码就是结论",
    long: None,
    args: &[
        (
            "baseline",
            "用来对比的基准：`record` 的文件（CSV 或 NDJSON，可以是 gzip）、旧脚本的日志、加引号的通配符（几个文件按时间连起来），或 `-`（标准输入）",
        ),
        ("current", "要判断的记录，形式同上；或者一个 URL，先轮询一段时间"),
        ("more", "更多的记录：三个以上时，每个占一列，和 --each 一样"),
        (
            "days",
            "把所有记录按午夜切开（UTC；旧日志按它自己的时钟），指出哪一天变了：每天与上次变化以来的所有日子对比",
        ),
        ("each", "同样的对比，参数和通配符指定的每个文件占一列，按时间排列"),
        (
            "max_growth",
            "协程增长超过这个百分比并且超过 50 个就失败：CURRENT 的水平（中位数）高于 BASELINE，或 CURRENT 最后五分之一的中位数高于最初五分之一。两边都给出时，负载能解释的不算",
        ),
        ("max_peak", "CURRENT 的协程（不算负载能解释的）必须始终低于这个数，否则失败"),
        (
            "allow_idle",
            "允许空闲的 CURRENT 通过：不写时，负载的中位数（进行中的请求，否则每秒的请求数或分配的字节数）不到 BASELINE 十分之一的无法判断，不管门限怎样；有 --days 和 --each 时，指任何一列与它所对比的大多数列相比",
        ),
        (
            "max_restarts",
            "CURRENT 的目标（有 --days 和 --each 时是任何一列的目标）重启超过这么多次就失败；0 连第一次重启也不允许。不写时，第一次只是说明，每小时比 BASELINE（比前面各列）多是警告，崩溃循环是危险",
        ),
        (
            "alpha",
            "水平的差别要有多大把握：碰巧出现的概率低于这个值才是退化。差别还要够大：超过 10% 并且超过 50 个协程，或超过 10% 并且超过 16 MiB",
        ),
        ("interval", "轮询间隔"),
        ("duration", "过这么长时间后停止 [默认值: 1m，除非写了 -n]；Ctrl-C 可以提前停止，用已有的数据对比"),
        ("timeout", "一次轮询最多用多长时间"),
    ],
    long_args: &[],
    values: &[("format", &[("json", "给程序读：一行，一个对象"), ("markdown", "用于合并请求和群聊")])],
    page: Page {
        path: "compare",
        examples: &[
            ("watertight compare day1.csv day2.csv", "并排对比"),
            ("watertight compare day1.csv day2.csv --max-growth 20% --max-peak 3000", "作为门限"),
            ("watertight compare 'day1-*.csv' http://localhost:3000 --duration 5m", "与正在运行的对比"),
            ("watertight compare goroutine_log.txt today.csv", "旧脚本的日志也是记录"),
            ("watertight compare day1.csv day2.csv --format markdown", "用于合并请求"),
            ("watertight compare 'relay.*.csv.gz' --days", "哪一天变了；轮换并压缩过的文件"),
            ("watertight compare v1.csv v2.csv v3.csv", "哪一个变了"),
        ],
        exits: &[
            (vitals::exit::OK, "没有超过阈值或门限，或没有 --fail-on 所指的问题"),
            (vitals::exit::WARNING, "CURRENT 的水平超过警告阈值，或它在增长或更高而对负载一无所知"),
            (vitals::exit::DANGER, "CURRENT 泄漏、退化、超过危险阈值，或没有通过门限"),
            (
                vitals::exit::UNKNOWN,
                "无法判断：某一边成功的轮询不到 10 次，或没有协程数量；两边负载不同而代价未知；没有 --max-growth 和 --max-peak 时，数据太少无法统计也算（每边至少十分钟，最好半小时）；--format nagios 时用法错误也是 3",
            ),
            (vitals::exit::USAGE, "命令行有错，文件不存在或不是记录"),
            OUTPUT,
            (vitals::exit::INTERRUPTED, "对 URL 的第一次轮询之前被中断"),
        ],
    },
}];
