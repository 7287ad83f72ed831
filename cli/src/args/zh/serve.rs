//! The program itself, and `serve`.

use super::super::help::Page;
use super::form::Words;
use super::shared::{OUTPUT, USAGE};

pub(super) const WORDS: &[Words] = &[
    Words {
        about: "转发 LLM API 流量而不泄漏，并查明任何中继是否泄漏",
        long: None,
        args: &[],
        long_args: &[],
        values: &[],
        page: Page {
            path: "",
            examples: &[
                ("watertight serve", "在 127.0.0.1:3000 上转发；没有任何配置时是演示"),
                ("watertight quick-check", "判断 http://localhost:3000 的状态"),
                ("watertight watch --duration 30m", "每个采样一行，最后是摘要和结论"),
                ("watertight record --csv day1.csv --duration 30m", "记录下来，以后对比"),
            ],
            exits: &[
                (vitals::exit::OK, "正常，或完成"),
                (vitals::exit::WARNING, "警告；serve：停止时有请求被中止"),
                (vitals::exit::DANGER, "危险"),
                (vitals::exit::UNKNOWN, "无法判断：连不上，或不是健康端点"),
                USAGE,
                (vitals::exit::UNAVAILABLE, "serve：地址已被占用"),
                OUTPUT,
                (vitals::exit::INTERRUPTED, "有结果之前被中断"),
            ],
        },
    },
    Words {
        about: "运行中继",
        long: None,
        args: &[
            ("listen", "监听的地址；优先于配置文件"),
            ("check", "检查配置，打印生效的内容（隐去密钥），然后退出"),
            ("demo", "用内置的演示供应商应答，不管配置了什么"),
            (
                "take_over",
                "无缝接替现在占用这个地址的中继：它交出监听端口，把手上的请求做完；如果没有同一用户的中继在运行，就照常启动（Windows 上不支持）",
            ),
            ("log_format", "标准错误上日志的形式：`auto` 在终端上是文本，其他地方是 JSON"),
            ("log_level", "日志记到多细"),
        ],
        long_args: &[],
        values: &[
            (
                "log_format",
                &[
                    ("auto", "终端上是文本，其他地方是 JSON"),
                    ("text", "给人看"),
                    ("json", "给程序读：每行一个对象"),
                ],
            ),
            (
                "log_level",
                &[
                    ("error", "失败的事"),
                    ("warn", "可能很快失败的事"),
                    ("info", "每个请求一行"),
                    ("debug", "中继为什么这样做"),
                    ("trace", "全部"),
                ],
            ),
        ],
        page: Page {
            path: "serve",
            examples: &[
                ("watertight serve", "演示，或环境变量里有密钥的供应商"),
                ("watertight serve -c watertight.toml", "使用配置文件"),
                ("watertight serve -c watertight.toml --check", "只检查配置"),
            ],
            exits: &[
                (vitals::exit::OK, "已停止，所有请求都得到了应答"),
                (vitals::exit::WARNING, "已停止，但有请求被中止"),
                (vitals::exit::USAGE, "命令行或配置有错"),
                (vitals::exit::UNAVAILABLE, "地址已被占用"),
            ],
        },
    },
];
