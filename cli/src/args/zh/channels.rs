//! `channels`.

use super::super::help::Page;
use super::form::Words;
use super::shared::{DONE, OUTPUT, USAGE};

const EXITS: &[(u8, &str)] = &[
    (vitals::exit::OK, "完成：问到的渠道都有应答"),
    (vitals::exit::DANGER, "有渠道失败：会显示供应商自己的错误"),
    (vitals::exit::UNKNOWN, "有渠道连不上，没有失败的"),
    (vitals::exit::USAGE, "命令行或配置有错，或没有叫这个名字的渠道"),
    OUTPUT,
];

const LIST: (&str, &[(&str, &str)]) = ("format", &[("json", "给程序读")]);

pub(super) const WORDS: &[Words] = &[
    Words {
        about: "查看配置里的渠道：列出、测试、询问有哪些模型",
        long: None,
        args: &[],
        long_args: &[],
        values: &[],
        page: Page {
            path: "channels",
            examples: &[
                ("watertight channels list", "配置了哪些"),
                ("watertight channels test", "给每个渠道发一个真实的小请求：要花几个 token"),
                ("watertight channels models openai", "渠道 `openai` 的供应商有哪些模型"),
            ],
            exits: EXITS,
        },
    },
    Words {
        about: "显示配置里的渠道，不询问任何人",
        long: None,
        args: &[],
        long_args: &[],
        values: &[LIST],
        page: Page {
            path: "channels list",
            examples: &[
                ("watertight channels list -c watertight.toml", "每个渠道一行；不显示密钥"),
                ("watertight channels list --format json | jq '.channels[].name'", "给程序用"),
            ],
            exits: &[DONE, USAGE, OUTPUT],
        },
    },
    Words {
        about: "给每个渠道（或其中一个）发一个真实的小请求，逐步说明结果",
        long: None,
        args: &[
            ("name", "渠道；默认是全部"),
            ("model", "请求哪个模型；默认是配置或供应商列出的第一个"),
            ("timeout", "一个渠道最多用多长时间；`channels.timeouts` 更短时以它为准"),
        ],
        long_args: &[],
        values: &[LIST],
        page: Page {
            path: "channels test",
            examples: &[
                ("watertight channels test", "每个渠道：域名、TCP、TLS、首字节、token"),
                ("watertight channels test azure --model my-deployment", "一个渠道，这个模型"),
                ("watertight channels test --format json", "给程序用"),
            ],
            exits: EXITS,
        },
    },
    Words {
        about: "询问一个渠道的供应商有哪些模型",
        long: None,
        args: &[("name", "渠道"), ("timeout", "最多用多长时间；`channels.timeouts` 更短时以它为准")],
        long_args: &[],
        values: &[LIST],
        page: Page {
            path: "channels models",
            examples: &[("watertight channels models openai", "每行一个名字")],
            exits: EXITS,
        },
    },
];
