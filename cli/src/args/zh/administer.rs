//! `keys`, `config` and `init`.

use super::super::help::Page;
use super::form::Words;
use super::shared::{DONE, OUTPUT, USAGE};

const INIT: &str = "\
环境变量里每个供应商的密钥，例如 OPENAI_API_KEY 或 ANTHROPIC_API_KEY，都变成一个渠道；一个都没有时，由演示供应商应答。渠道前后是每个设置和它的默认值，写成注释。不问任何问题，不覆盖任何文件。密钥本身不写进去，写的是 `env:NAME`。";

const CONFIGURATION: (u8, &str) = (vitals::exit::USAGE, "命令行或配置有错");

pub(super) const WORDS: &[Words] = &[
    Words {
        about: "生成调用方使用的密钥，计算它的哈希",
        long: None,
        args: &[],
        long_args: &[],
        values: &[],
        page: Page {
            path: "keys",
            examples: &[
                ("watertight keys new", "给一个调用方生成密钥"),
                ("watertight keys hash < key.txt", "写进 watertight.toml 的哈希"),
            ],
            exits: &[DONE, USAGE, OUTPUT],
        },
    },
    Words {
        about: "生成密钥：密钥在标准输出上，哈希和写在哪里在标准错误上",
        long: None,
        args: &[],
        long_args: &[],
        values: &[],
        page: Page {
            path: "keys new",
            examples: &[("watertight keys new > key.txt", "存下密钥，看到哈希")],
            exits: &[DONE, OUTPUT],
        },
    },
    Words {
        about: "从标准输入读取密钥，打印它的哈希",
        long: None,
        args: &[],
        long_args: &[],
        values: &[],
        page: Page {
            path: "keys hash",
            examples: &[("watertight keys hash < key.txt", "写进 watertight.toml 的哈希")],
            exits: &[DONE, (vitals::exit::USAGE, "标准输入里没有密钥"), OUTPUT],
        },
    },
    Words {
        about: "查看配置生效的结果",
        long: None,
        args: &[],
        long_args: &[],
        values: &[],
        page: Page {
            path: "config",
            examples: &[("watertight config show", "每个值，以及它从哪里来")],
            exits: &[DONE, CONFIGURATION, OUTPUT],
        },
    },
    Words {
        about: "显示每个生效的值和它的来历（密钥隐去）：选项、环境变量、文件和行号，或默认值",
        long: None,
        args: &[
            ("listen", "`serve` 会在哪里监听；优先于配置文件"),
            ("demo", "和 `serve --demo` 一样：用内置的演示供应商，不管配置了什么"),
        ],
        long_args: &[],
        values: &[("format", &[("json", "给程序读")])],
        page: Page {
            path: "config show",
            examples: &[
                ("watertight config show -c watertight.toml", "每个值一行，来历在前；不显示密钥"),
                ("watertight config show | grep -v ^默认", "只看不是默认的"),
                (
                    "watertight config show --format json | jq -r '.values[].key'",
                    "给程序用：每个配置项的名字",
                ),
            ],
            exits: &[DONE, CONFIGURATION, OUTPUT],
        },
    },
    Words {
        about: "按环境变量里的供应商密钥写出第一份带注释的配置",
        long: Some(INIT),
        args: &[("output", "写到哪个文件，它必须还不存在；`-` 是标准输出")],
        long_args: &[],
        values: &[],
        page: Page {
            path: "init",
            examples: &[
                ("watertight init", "写出 watertight.toml"),
                ("watertight init -o /etc/watertight/watertight.toml", "写到那里"),
                ("watertight init -o -", "打印出来"),
            ],
            exits: &[
                DONE,
                (vitals::exit::USAGE, "命令行有错，文件已经存在，或某个环境变量的内容不能写进配置"),
                OUTPUT,
            ],
        },
    },
];
