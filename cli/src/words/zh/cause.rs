//! What the stack of a Go program means, and the cure.

use crate::profile::{Cause, Unreadable, Wait};

/// `在等 …`
pub(super) const fn wait(wait: Wait) -> &'static str {
    match wait {
        Wait::ChanSend => "有人从它的 channel 接收",
        Wait::ChanReceive => "有人向它的 channel 发送",
        Wait::Select => "几个 channel 之一",
        Wait::Lock => "锁、WaitGroup 或条件变量",
        Wait::Network => "网络",
        Wait::Sleep => "睡眠到时",
    }
}

pub(crate) const fn meaning(cause: Cause) -> &'static str {
    match cause {
        Cause::StalledBody => {
            "它在读上游的整个响应体，多半是错误的响应体。上游中途停了，没有任何东西结束这次等待，客户端离开也不结束"
        }
        Cause::SilentUpstream => "它在等上游流的下一批字节。上游没有动静，客户端可能早已离开",
        Cause::SlowUpstream => "它在等到上游的连接，或等响应头",
        Cause::BodyNotClosed => {
            "一条到上游的连接。响应体既没有读完，也没有关闭，连接的两个循环会一直等下去。忘记关闭的函数已经返回：\
             它不在任何 profile 里"
        }
        Cause::SlowClient => "它在写给一个不读取的客户端",
        Cause::IdleClient => "打开的客户端连接，每条一个这样的协程：本身不是泄漏",
        Cause::IdleUpstream => "打开而空闲的上游连接",
        Cause::ReaderNobodyReceives => {
            "读取方向 channel 发送，已经没有人接收：多半是客户端离开，接收的处理函数已经返回"
        }
        Cause::ReceiverNobodySends => {
            "它只等一个 channel。定时器循环会停在这里；发送方离开而没有关闭 channel 时，等待的一方也停在这里"
        }
        Cause::Database => "它在等数据库连接池的连接。连接全被占用：rows 或事务没有关闭，或者查询太慢",
        Cause::Lock => "它在等一个永远等不到的锁、WaitGroup 或条件变量",
        Cause::Select => {
            "它同时等几个 channel。等定时器和 context 的循环会停在这里：直到有人结束那个 context 为止"
        }
        Cause::Sleep => "它在睡眠：每个请求启动一次、从不结束的循环，或没有尽头的重试",
        Cause::WaitsItself => {
            "它在自己的代码里等 channel、select 或锁：多半是读取方向 channel 发送，而客户端离开后没有人接收"
        }
        Cause::Network => "它在等网络，没有截止时间",
    }
}

pub(crate) const fn cure(cause: Cause) -> &'static str {
    match cause {
        Cause::StalledBody => {
            "把上游请求绑定到客户端的 context（http.NewRequestWithContext），读错误响应体时设几秒的截止时间，并用 \
             io.LimitReader 限制大小"
        }
        Cause::SilentUpstream => "把上游请求绑定到客户端的 context，一段时间没有字节就取消",
        Cause::SlowUpstream => "把请求绑定到客户端的 context，设置 ResponseHeaderTimeout 和拨号超时",
        Cause::BodyNotClosed => {
            "关闭每个响应体：检查 client.Do 与 `defer resp.Body.Close()` 之间的 return，尤其是状态码不是 200 的。\
             如果另一个堆栈同步增长，响应体就在它手里"
        }
        Cause::SlowClient => {
            "每次写出都设写截止时间（http.NewResponseController(w).SetWriteDeadline），超过就结束这次交换"
        }
        Cause::IdleClient => "客户端保持的连接太多时，在服务端设置 IdleTimeout 和 ReadHeaderTimeout",
        Cause::IdleUpstream => {
            "所有请求共用一个 http.Client（每个请求新建 Transport 会各留一批连接），并设置 IdleConnTimeout"
        }
        Cause::ReaderNobodyReceives => {
            "发送时用 select 同时等请求的 context：case lines <- line: case <-ctx.Done(): return"
        }
        Cause::ReceiverNobodySends => {
            "用请求的 context 结束定时器循环：case <-ctx.Done(): return。发送方无论怎样结束都要关闭 channel（defer close）"
        }
        Cause::Database => "关闭 rows 和事务（defer rows.Close()），并传入带截止时间的 context",
        Cause::Lock => "找出谁持有它：同一个 profile 里，在锁内等别的东西的堆栈",
        Cause::Select => {
            "确认 context 随请求结束（defer cancel()）。没有一个 case 等 context 时，加一个：case <-ctx.Done(): return"
        }
        Cause::Sleep => "用请求的 context 结束循环",
        Cause::WaitsItself => {
            "等待时用 select 同时等请求的 context：case lines <- line: case <-ctx.Done(): return"
        }
        Cause::Network => "给连接设截止时间，或传入会结束的 context",
    }
}

pub(super) fn unreadable(why: &Unreadable) -> String {
    match why {
        Unreadable::NoProfile => "不是 goroutine profile".to_owned(),
        Unreadable::Other(start) => format!("不是 goroutine profile：开头是 `{start}`"),
        Unreadable::Uncompressed => "不是 heap profile：没有像 Go 的那样压缩".to_owned(),
        Unreadable::Unpacking(error) => format!("压缩的 profile 已损坏或不完整（{error}）"),
        Unreadable::TooLarge => "profile 解压后超过 64 MiB".to_owned(),
        Unreadable::Damaged => "profile 已损坏或不完整".to_owned(),
        Unreadable::Kind { came, wanted } => {
            format!("收到的是 `{came}` 的 profile，而不是 `{}`", wanted.join("` 或 `"))
        }
        Unreadable::NoCount(line) => format!("`{line}` 里没有数量"),
        Unreadable::BreaksOff { counted, total } => {
            format!("profile 不完整：{total} 个协程只收到 {counted} 个")
        }
        Unreadable::NoList => "不是协程列表：应答的是旧版本或别的程序".to_owned(),
        Unreadable::EmptyList => "协程列表是空的".to_owned(),
    }
}
