//! What stands between an observer and a sample, and the cure.

use vitals::system::zh;
use vitals::units::format_duration;

use crate::reading::{
    Content, Endpoint, Fault, Http, Json, Metrics, NoNumber, PollError, Process, Profile, Recording,
    Unusable, Way, Wrong,
};

/// What is wrong, and the next step.
type Told = (String, String);

/// A value that is no number of things.
fn unread(unread: &NoNumber) -> String {
    let NoNumber { series, value } = unread;
    let why = match value.parse::<f64>() {
        Ok(number) if number < 0.0 => "小于 0",
        Ok(number) if number > 0.0 => "太大",
        _ => "不是数字",
    };
    format!("`{series}` 是 `{value}`，{why}")
}

/// Beside a sample that came without it.
pub(crate) fn left_out(unread: &NoNumber) -> String {
    format!("提示：{}：已忽略", self::unread(unread))
}

/// It came instead of a sample.
pub(crate) fn error_seen(error: &PollError) -> String {
    told(&error.fault).0
}

/// The next step after a poll that failed.
pub(crate) fn error_cure(error: &PollError) -> String {
    told(&error.fault).1
}

/// Both.
pub(crate) fn poll_error(error: &PollError) -> String {
    let (what, cure) = told(&error.fault);
    format!("{what}：{cure}")
}

fn told(fault: &Fault) -> Told {
    match fault {
        Fault::Way { at, flag, way } => self::way(at, flag, way),
        Fault::Http { from, flag, endpoint, http } => self::http(from, flag, *endpoint, http),
        Fault::Content(content) => self::content(content),
        Fault::Process { pid, trouble } => (process(*pid, trouble), GONE.to_owned()),
        Fault::Recording { path, trouble } => {
            let (what, cure) = recording(trouble);
            (format!("{}：{what}", path.display()), cure.to_owned())
        }
        Fault::NothingToAsk => ("没有可以查询的".to_owned(), "给出 --api-url 或 --pid".to_owned()),
        Fault::At(place, fault) => {
            let (what, cure) = told(fault);
            (format!("{place}：{what}"), cure)
        }
        Fault::Nor(fault, others) => {
            let (what, cure) = told(fault);
            (format!("{what}（也没有 {}）", others.join("、")), cure)
        }
        Fault::LastOf { fault, failed, asked } => {
            let (what, cure) = told(fault);
            (format!("{asked} 次轮询中 {failed} 次失败，最后一次：{what}"), cure)
        }
        Fault::Recorded(kind) => (kind.as_str().to_owned(), "看服务的日志和中间的网络".to_owned()),
        #[cfg(test)]
        Fault::Test { what, cure, .. } => (what.clone(), cure.clone()),
    }
}

fn way(at: &str, flag: &str, way: &Way) -> Told {
    let socket = "启动服务，检查路径，或用有权打开它的用户运行";
    let (what, cure) = match way {
        Way::TimedOut { within } => (
            format!("{at} 在 {} 内没有完整应答", format_duration(*within)),
            "是否过载，或防火墙丢包？试试更长的 --timeout",
        ),
        Way::NoSocket(path) => (format!("没有套接字 {}", path.display()), socket),
        Way::ClosedSocket(path) => (format!("套接字 {} 不允许打开（没有权限）", path.display()), socket),
        Way::Refused => {
            let what = format!("{at} 上没有监听（连接被拒绝）");
            return (what, format!("启动服务，或检查端口和 {flag}"));
        }
        Way::NoAddress { host } => (format!("主机名 `{host}` 没有地址"), "检查拼写和本机的域名服务器"),
        Way::NoConnection { error } => {
            (format!("连不上 {at}：{}", zh(error)), "检查地址、网络、防火墙和代理变量")
        }
        Way::NoHttp { error, encrypted } => (
            format!("{at} 的应答不是 HTTP：{}", zh(error)),
            match encrypted {
                false => "监听的可能是别的服务，或它要 https://：检查端口和协议",
                true => "监听的可能是别的服务：检查端口",
            },
        ),
        Way::NoTls => {
            let what = format!("{at} 不支持 TLS");
            return (what, format!("可能是普通 http：在 {flag} 里试试 http://"));
        }
        Way::Authority => (
            format!("{at} 的证书是颁发机构自己的，不是服务器的"),
            "给服务器做一张：openssl req -x509 时加 -addext basicConstraints=critical,CA:FALSE",
        ),
        Way::Untrusted { reason } => (
            format!("{at} 的证书不受信任（{reason}）"),
            "使用证书签发的名字，或用 --ca-file FILE 给出颁发机构",
        ),
        Way::Unencrypted { error } => (format!("无法与 {at} 建立加密连接：{}", zh(error)), "检查端口和证书"),
    };
    (what, cure.to_owned())
}

fn http(from: &str, flag: &str, endpoint: Endpoint, http: &Http) -> Told {
    let (what, cure) = match http {
        Http::Status { status, has_login, of_proxy } => {
            return (
                format!("{from} 应答 {status}"),
                denied(status.as_u16(), *has_login, *of_proxy, endpoint, flag),
            );
        }
        Http::Nowhere(status) => (format!("{from} 应答 {status}，却没有说转到哪里"), format!("检查 {flag}")),
        Http::LoginPage { to } => (
            format!("{from} 转到 {to}"),
            format!("那是登录页，{} 在登录后面：放行它，或用 --token-file FILE", noun(endpoint)),
        ),
        Http::Elsewhere { to } => {
            (format!("{from} 转到 {to}"), format!("不会跟到另一台服务器；如果就是那台，用 {flag} {to}"))
        }
        Http::Round => (format!("{from} 的转向没有尽头"), "检查服务前面的代理".to_owned()),
        Http::BrokenOff { bytes, error } => {
            (format!("{from} 的应答在 {bytes} 字节后中断：{}", zh(error)), AGAIN.to_owned())
        }
        Http::TooLarge { cap } => {
            let cure = match endpoint {
                Endpoint::Metrics => "没有进程有这么多指标：找找取值不断变新的标签",
                Endpoint::Health => "这不是健康应答：检查地址",
                _ => "这是别的东西：检查地址",
            };
            (format!("{from} 发来超过 {} MiB", cap >> 20), cure.to_owned())
        }
    };
    (what, cure)
}

/// The cure for a status other than 200.
fn denied(status: u16, has_login: bool, of_proxy: bool, endpoint: Endpoint, flag: &str) -> String {
    let cure = match status {
        401 | 403 if has_login => "凭据不被接受：检查令牌或密码",
        401 | 403 if endpoint == Endpoint::NewApi => {
            "需要 root 用户的访问令牌：写进文件，用 --token-file FILE 给出"
        }
        401 | 403 => "需要凭据：把令牌写进文件，用 --token-file FILE 或 --basic-file FILE 给出",
        404 | 405 | 410 => {
            return format!("服务有应答，但这个路径上没有 {}：检查 {flag} 的路径", noun(endpoint));
        }
        407 => "代理需要凭据：写进 HTTP_PROXY 或 HTTPS_PROXY",
        429 => "它限制查询频率：降低轮询频率",
        _ if of_proxy => "应答的是代理，不是后面的服务：服务在运行吗？",
        503 => "服务说自己不可用：正在启动、停止或已满；再试一次，看它的日志",
        500.. => "服务出错：看它的日志",
        _ => return format!("只有 200 才算应答：检查 {flag}"),
    };
    cure.to_owned()
}

const fn noun(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Health => "健康端点",
        Endpoint::NewApi => "new-api 的统计",
        Endpoint::Metrics => "指标",
        Endpoint::Expvar => "expvar",
        Endpoint::Pprof => "goroutine profile",
    }
}

const AGAIN: &str = "再试一次；如果一直这样，看服务前面的代理";
const CHECK_ADDRESS: &str = "检查 --api-url 的端口和路径";
const NO_RELAY: &str = "这不是中继的健康端点：检查 --api-url";

fn content(content: &Content) -> Told {
    let (what, cure): (_, &str) = match content {
        Content::Empty => ("收到空的响应体".to_owned(), "服务或代理的应答没有内容：看它的日志"),
        Content::Page { wanted, title } => {
            let wanted = match wanted {
                Endpoint::Metrics => "指标",
                Endpoint::Pprof => " goroutine profile",
                Endpoint::Health | Endpoint::NewApi | Endpoint::Expvar => " JSON",
            };
            let title = if title.is_empty() { String::new() } else { format!("，标题是 `{title}`") };
            (format!("收到 HTML 页面，而不是{wanted}{title}"), CHECK_ADDRESS)
        }
        Content::Json(json) => return self::json(json),
        Content::Metrics(metrics) => return self::metrics(metrics),
        Content::Profile(profile) => return self::profile(profile),
    };
    (what, cure.to_owned())
}

fn json(json: &Json) -> Told {
    let (what, cure) = match json {
        Json::NoObject(other) => (format!("收到 JSON 的 {other}，而不是对象"), NO_RELAY),
        Json::BrokenOff { bytes } => (format!("JSON 在 {bytes} 字节后中断"), AGAIN),
        Json::Other { start } => (format!("不是 JSON：开头是 `{start}`"), CHECK_ADDRESS),
        Json::Error { message } => (
            format!("收到错误，而不是健康应答：`{message}`"),
            "服务说明了原因；需要凭据时用 --token-file FILE",
        ),
        Json::NullCount => ("`goroutines` 是 null".to_owned(), "服务不知道自己的数量：看它的日志"),
        Json::Missing { of, key, keys } => {
            let keys = if keys.is_empty() { "没有".to_owned() } else { keys.join("、") };
            let cure = match of {
                Endpoint::NewApi => "这不是 new-api，或是没有它的旧版本",
                Endpoint::Expvar => "这不是 Go 程序的 expvar：检查地址",
                _ => NO_RELAY,
            };
            (format!("JSON 里没有 `{key}`（它的键：{keys}）"), cure)
        }
        Json::Wrong { key, is, value, object } => {
            let wanted = if *object { "对象" } else { "整数" };
            (format!("`{key}` 是 {is} `{value}`，应是{wanted}"), NO_RELAY)
        }
    };
    (what, cure.to_owned())
}

fn metrics(metrics: &Metrics) -> Told {
    let (what, cure) = match metrics {
        Metrics::Other { start } => (format!("不是指标：开头是 `{start}`"), "检查指标的地址"),
        Metrics::NoSeries => ("收到的指标里没有序列".to_owned(), "服务什么也不测量：检查它的设置"),
        Metrics::BrokenOff { series } => (format!("指标在 {series} 个序列后中断"), AGAIN),
        Metrics::NoNumber(unread) => {
            (self::unread(unread), "让服务写普通数字，例如 1234，或查询别的来源（--source pprof）")
        }
        Metrics::Useless { series } => (
            format!("收到 {series} 个序列，没有一个说明进程的状况"),
            "需要的例如 go_goroutines、nodejs_active_resources_total、tokio_live_tasks_count 或 \
             process_resident_memory_bytes：加上库的默认指标",
        ),
    };
    (what, cure.to_owned())
}

fn profile(profile: &Profile) -> Told {
    let (what, cure) = match profile {
        Profile::Compressed => {
            ("收到压缩的 profile，而不是文本".to_owned(), "有东西把地址里的 `debug=1` 去掉了")
        }
        Profile::BrokenOff => ("profile 在第一行就中断".to_owned(), "再试一次；看中间的代理"),
        Profile::Other { start } => (
            format!("不是 goroutine profile：开头是 `{start}`"),
            "检查 --pprof-url：它要 Go 的 net/http/pprof",
        ),
    };
    (what, cure.to_owned())
}

const GONE: &str = "是不是重启了？查它的新编号（pgrep）";

fn process(pid: u32, trouble: &Process) -> String {
    match trouble {
        Process::Missing => format!("没有进程 {pid}"),
        Process::Hidden { error } => format!("无法查看进程 {pid}：{}", zh(error)),
        Process::Replaced => format!("进程 {pid} 已结束，编号被另一个进程占用"),
        Process::Zombie => format!("进程 {pid} 已结束（父进程还没有回收）"),
    }
}

fn recording(trouble: &Recording) -> (String, &'static str) {
    match trouble {
        Recording::Unreadable { error } => {
            (format!("无法读取：{}", zh(error)), "检查路径，以及记录程序是否写到那里")
        }
        Recording::NoHeader => ("表头不是记录文件的".to_owned(), "给出 `watertight record` 写的文件"),
        Recording::NoRow => ("还没有数据行".to_owned(), "等记录程序写第一行"),
        Recording::Old { age } => (
            format!("最新一行是 {} 前的", format_duration(*age)),
            "记录程序还在运行吗？旧记录用 `watertight compare`",
        ),
        Recording::Failed { kind } => (format!("记录程序最后一次轮询失败（{kind}）"), "看它记录的目标"),
    }
}

/// The command line names nothing that can be polled, with the cure.
pub(crate) fn unusable(unusable: &Unusable) -> String {
    match unusable {
        Unusable::Address { place, wrong } => format!("{place}：{}", address(wrong)),
        Unusable::NoRecording => "--source csv：用 --api-url 给出记录文件的路径".to_owned(),
        Unusable::NoPid => "--source pid：用 --pid NUMBER 说明是哪个进程".to_owned(),
        Unusable::Completed { place } => format!("{place}：记录文件自成来源：不能再加别的来源"),
        Unusable::ForeignSystem => "--pid 只能用于 Linux 和 Windows：改用地址，任何系统都有".to_owned(),
        Unusable::Client { error } => {
            format!("没有 HTTP 客户端：{error}：检查 HTTP_PROXY、HTTPS_PROXY 和 ALL_PROXY")
        }
        Unusable::Tls { error } => format!("无法设置 TLS：{}", zh(error)),
    }
}

pub(super) fn address(wrong: &Wrong) -> String {
    match wrong {
        Wrong::Empty => "地址是空的：写成 http://localhost:3000 这样".to_owned(),
        Wrong::NoAddress { error } => {
            format!("不是地址（{}）：写成 http://localhost:3000 这样", zh(error))
        }
        Wrong::Scheme(scheme) => format!("`{scheme}` 无法轮询：用 http:// 或 https:// 的地址"),
        Wrong::NoSockets => "本系统没有可轮询的 Unix 套接字：改用地址".to_owned(),
        Wrong::Relative => "Unix 套接字要写完整路径：写成 unix:///run/relay.sock 这样".to_owned(),
    }
}
