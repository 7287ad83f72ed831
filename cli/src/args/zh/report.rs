//! `report`.

use super::super::help::Page;
use super::form::Words;
use super::shared::OUTPUT;

pub(super) const WORDS: &[Words] = &[Words {
    about: "把记录变成一个网页：曲线、结论和表格",
    long: None,
    args: &[
        (
            "files",
            "记录：`record` 的 CSV 或 NDJSON 文件、旧脚本的日志、加引号的通配符（几个文件算一个记录，按时间连起来），或 `-`（标准输入）。最多四个画在同一组图里",
        ),
        ("output", "网页写到哪里；覆盖旧的网页，但从不覆盖记录。`-` 是标准输出"),
        ("title", "标题"),
        ("svg", "只写出这一张图，SVG 格式"),
    ],
    long_args: &[],
    values: &[],
    page: Page {
        path: "report",
        examples: &[
            ("watertight report day1.csv -o day1.html", "一个记录"),
            ("watertight report baseline.csv today.csv -o both.html", "两个画在同一组图里"),
            ("watertight report 'day.*.csv' -o day.html", "轮换过的记录的各个文件"),
            ("watertight report goroutine_log.txt > old.html", "旧脚本的日志"),
            ("watertight report day1.csv --svg goroutines -o day1.svg", "一张图，作为图片"),
        ],
        exits: &[
            (vitals::exit::OK, "已写出，不管上面的结论是什么"),
            (vitals::exit::USAGE, "命令行有错，文件不存在或不是记录"),
            OUTPUT,
        ],
    },
}];
