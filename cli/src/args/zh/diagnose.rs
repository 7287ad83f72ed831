//! `diagnose`.

use super::super::help::Page;
use super::form::Words;
use super::shared::{OUTPUT, USAGE};

const LONG: &str = "\
先一步一步走过去：域名、连接、加密、HTTP，以及得到的是不是应答。哪一步失败，就说明看到了什么、下一步怎么办。目标在本机时，还说明谁在监听这个端口，哪个容器发布了它，并附上容器日志的末尾。

然后看什么在增长，只要目标能给出：Go 程序的两次 goroutine profile（net/http/pprof），相隔一段时间；本程序自己的中继则看进行中的请求。增长的地方会给出函数和行号、每分钟多几个、占全部增长的比例、在等什么；认得的模式还会说明含义和修复方法。如果增长的是没有人关闭的应答，忘记关闭的函数已经返回，不在这种 profile 里；这时 heap profile 说明是谁请求的，但只是推断。这段时间里负载上升也会让堆栈增长：等负载平稳后再看一次。

使用 --pid 时，还按种类列出进程先后持有的东西：文件描述符按它是什么（文件的路径、连接的对端、管道），线程按名字。两次之间同一种多出五个以上是警告。

最后，如果知道进行中的请求，说明协程的波动有多少能由负载解释：用两次之间采的采样，或者用 --recording 指定的记录（不需要目标）。

使用 --deep 时，Go 列出每个协程一次：各等了多久，是谁启动的。列的时候程序会停住，一千个协程停几毫秒，十万个停几秒。

使用 --prove 时，Go 1.27 自己指出永远不可能被唤醒的协程：这是证据，代价是一次垃圾回收。";

pub(super) const WORDS: &[Words] = &[Words {
    about: "查明中继为什么连不上，里面哪个堆栈或渠道在增长",
    long: Some(LONG),
    args: &[
        ("apart", "两次查看增长之间相隔多久"),
        ("prove", "再向 Go 1.27 要证据：永远不可能被唤醒的协程。为此会做一次垃圾回收"),
        ("deep", "再列出每个协程一次，带等待时间和启动者。列的时候程序会停住"),
        ("recording", "只看这个记录：它的波动有多少能由负载解释"),
    ],
    long_args: &[],
    values: &[("format", &[("json", "给程序读")])],
    page: Page {
        path: "diagnose",
        examples: &[
            ("watertight diagnose", "本机的中继：在不在，里面什么在增长？"),
            ("watertight diagnose --api-url relay:3000 --pprof-url relay:6060", "profile 在另一个端口"),
            (
                "watertight diagnose --pprof-url http://localhost:6060 --apart 1m --prove",
                "缓慢的泄漏，以及证据",
            ),
            ("watertight diagnose --format json | jq .growing", "给程序用"),
        ],
        exits: &[
            (vitals::exit::OK, "连得上，没有东西在增长"),
            (vitals::exit::WARNING, "有东西在增长，或有一大群停在会泄漏的地方"),
            (vitals::exit::DANGER, "泄漏的协程得到证实，或进行中的请求超过了期限"),
            (vitals::exit::UNKNOWN, "连不上，或得到的不是应答"),
            USAGE,
            OUTPUT,
            (vitals::exit::INTERRUPTED, "第二次查看之前被中断"),
        ],
    },
}];
