//! `completions` and `man`.

use super::super::help::Page;
use super::form::Words;
use super::shared::{DONE, OUTPUT, USAGE};

pub(super) const WORDS: &[Words] = &[
    Words {
        about: "打印命令行补全脚本",
        long: None,
        args: &[("shell", "给哪种 shell")],
        long_args: &[],
        values: &[],
        page: Page {
            path: "completions",
            examples: &[
                ("watertight completions bash > /etc/bash_completion.d/watertight", "bash"),
                ("watertight completions zsh > ~/.zfunc/_watertight", "zsh"),
                ("watertight completions fish > ~/.config/fish/completions/watertight.fish", "fish"),
                (
                    "watertight completions powershell | Out-String | Invoke-Expression",
                    "PowerShell，写在它的配置文件（`$PROFILE`）里",
                ),
            ],
            exits: &[DONE, USAGE, OUTPUT],
        },
    },
    Words {
        about: "打印一页手册，或把所有手册页写入一个目录",
        long: None,
        args: &[(
            "what",
            "打印哪个命令的手册页，例如 `quick-check` 或 `keys new`；或者把所有手册页写入哪个目录，每个命令一页：已有的目录，或带斜杠的路径，例如 ./pages",
        )],
        long_args: &[],
        values: &[],
        page: Page {
            path: "man",
            examples: &[
                ("watertight man | man -l -", "看程序自己的手册页"),
                ("watertight man quick-check | man -l -", "看一个命令的手册页"),
                ("watertight man /usr/local/share/man/man1", "安装所有手册页"),
            ],
            exits: &[
                DONE,
                (vitals::exit::USAGE, "没有叫这个名字的命令，也没有这个目录"),
                (vitals::exit::OUTPUT, "手册页无法写出"),
            ],
        },
    },
];
