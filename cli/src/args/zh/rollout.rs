//! `rollout`.

use super::super::help::Page;
use super::form::Words;
use super::shared::{DONE, OUTPUT};

const LONG: &str = "\
步骤依次是：`build`（构建）；`baseline`（还没有基准时，先记录仍在运行的中继）；`stop`（停止）；`start`（启动）；`ready`（出现启动日志，某个 URL 返回 2xx，或健康端点有应答）；一分钟后 `check`（快速检查）；`watch`（观察 30 分钟并记录）；`compare`（与基准对比）；危险时，如果计划里写了，再 `rollback`（回滚）。

结论取快速检查、观察和对比中最严重的一个。就绪之后又没有应答的中继是危险。对比无法判断时只是说明，只有写了 `compare.required` 才起作用。某一步失败，发布就以 2 结束；从 `stop` 起，失败后会回滚。

一切都保存在计划旁边的状态目录里：进度、每个命令最后的输出、各次记录。Ctrl-C 结束正在运行的命令和它启动的一切，但绝不结束中继；--resume 从被中断的那一步继续，观察则继续剩下的时间。只有 --accept 会替换基准。";

pub(super) const WORDS: &[Words] = &[
    Words {
        about: "按计划部署中继并观察，退出码就是结论",
        long: Some(LONG),
        args: &[
            ("plan", "计划文件：`watertight rollout example` 会打印一份"),
            ("dry_run", "只打印会做什么，什么都不做"),
            ("resume", "继续被中断的发布"),
            ("accept", "把上一次发布的记录定为以后的基准，不做别的"),
            (
                "webhook",
                "结束时通知群聊：企业微信、钉钉、飞书或 Slack 机器人的 URL，或任何接收 JSON 的地址。要保密：最好放在环境变量里",
            ),
        ],
        long_args: &[],
        values: &[(
            "format",
            &[("json", "给程序读：一行，一个对象"), ("junit", "XML 测试报告，每一步是一个测试")],
        )],
        page: Page {
            path: "rollout",
            examples: &[
                ("watertight rollout example > rollout.toml", "先得到一份计划"),
                ("watertight rollout --dry-run", "会做什么"),
                ("watertight rollout", "执行；Ctrl-C 中断"),
                ("watertight rollout --resume", "中断之后继续"),
                ("watertight rollout --accept", "以后与这一次对比"),
                ("watertight rollout routine --install", "之后几天的例行检查"),
            ],
            exits: &[
                (vitals::exit::OK, "已部署并且正常，或完成"),
                (vitals::exit::WARNING, "结论是警告"),
                (vitals::exit::DANGER, "结论是危险，不管有没有回滚；或某一步失败"),
                (vitals::exit::UNKNOWN, "已部署，但无法判断中继的状态"),
                (vitals::exit::USAGE, "命令行或计划有错，或没有可以继续、可以接受的发布"),
                (vitals::exit::OUTPUT, "结果无法写出，或另一个发布正在使用状态目录"),
                (vitals::exit::INTERRUPTED, "被中断：用 --resume 继续"),
            ],
        },
    },
    Words {
        about: "打印一份写有全部配置项和注释的计划",
        long: None,
        args: &[],
        long_args: &[],
        values: &[],
        page: Page {
            path: "rollout example",
            examples: &[("watertight rollout example > rollout.toml", "然后修改")],
            exits: &[DONE, OUTPUT],
        },
    },
    Words {
        about: "打印或安装发布之后的例行检查：第 1 天、第 2 到 3 天、第一周、以后",
        long: None,
        args: &[
            ("plan", "发布的计划文件"),
            ("install", "为当前用户安装，而不是打印；替换上一次发布安装的检查"),
            ("remove", "卸载已安装的检查"),
            ("scheduler", "由谁来定时运行"),
        ],
        long_args: &[],
        values: &[(
            "scheduler",
            &[
                ("auto", "Windows 上是计划任务，用户的 systemd 在运行时用它，否则用 cron"),
                ("systemd", "用户 systemd 的定时器"),
                ("cron", "用户 crontab 里的行"),
                ("tasks", "Windows 计划任务"),
            ],
        )],
        page: Page {
            path: "rollout routine",
            examples: &[
                ("watertight rollout routine", "看看会安装什么"),
                ("watertight rollout routine --install", "为当前用户安装"),
                ("watertight rollout routine --with cron | less", "写成 crontab 的行"),
            ],
            exits: &[
                DONE,
                (vitals::exit::DANGER, "定时程序拒绝了"),
                (vitals::exit::USAGE, "命令行或计划有错，或还没有发布过"),
                OUTPUT,
            ],
        },
    },
];
