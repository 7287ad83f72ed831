//! What a system says when something fails, in Chinese: the common errors get a word, and its own text stays behind it, which is
//! what one searches for. Windows speaks its user's language itself.

use std::fmt::Display;
use std::sync::LazyLock;

use crate::Catalogue;
use crate::catalogue::Pairs;

macro_rules! numbered {
    ($($english:literal => $own:literal;)*) => {
        /// As Linux and macOS say them, with their number.
        pub const NUMBERED: Pairs = &[$((
            concat!($english, " (os error {#number})"),
            concat!($own, "（", $english, " (os error {number})）"),
        ),)*];
    };
}

numbered! {
    "Address already in use" => "地址已被占用";
    "Address not available" => "没有这个地址";
    "Broken pipe" => "管道已断开";
    "Can't assign requested address" => "没有这个地址";
    "Cannot allocate memory" => "内存不足";
    "Cannot assign requested address" => "没有这个地址";
    "Connection refused" => "连接被拒绝";
    "Connection reset by peer" => "连接被对端重置";
    "Connection timed out" => "连接超时";
    "Device or resource busy" => "设备正忙";
    "Directory not empty" => "目录不为空";
    "Disk quota exceeded" => "配额已用完";
    "Exec format error" => "不是本机能运行的程序";
    "File exists" => "已存在";
    "File name too long" => "文件名太长";
    "File too large" => "文件太大";
    "Input/output error" => "读写出错";
    "Invalid argument" => "参数无效";
    "Is a directory" => "是目录";
    "Network is down" => "网络已断开";
    "Network is unreachable" => "网络不可达";
    "No route to host" => "到主机没有路由";
    "No space left on device" => "磁盘已满";
    "No such device or address" => "没有这个设备或地址";
    "No such file or directory" => "没有这个文件或目录";
    "No such process" => "没有这个进程";
    "Not a directory" => "不是目录";
    "Operation not permitted" => "不允许的操作";
    "Operation timed out" => "连接超时";
    "Permission denied" => "没有权限";
    "Protocol not available" => "协议不可用";
    "Read-only file system" => "文件系统只读";
    "Resource temporarily unavailable" => "资源暂时不可用";
    "Software caused connection abort" => "连接中断";
    "Text file busy" => "程序文件正在运行";
    "Too many levels of symbolic links" => "符号链接成环";
    "Too many open files" => "打开的文件太多";
    "Too many open files in system" => "全系统打开的文件太多";
    "Transport endpoint is not connected" => "没有连接";
}

/// Those without a number, in the words of the standard library and of the resolver.
pub const NAMED: Pairs = &[
    ("address in use", "地址已被占用"),
    ("address not available", "没有这个地址"),
    ("broken pipe", "管道已断开"),
    ("connection aborted", "连接中断"),
    ("connection refused", "连接被拒绝"),
    ("connection reset", "连接被重置"),
    ("entity already exists", "已存在"),
    ("entity not found", "没有找到"),
    ("failed to fill whole buffer", "数据提前结束"),
    ("host unreachable", "主机不可达"),
    ("network down", "网络已断开"),
    ("network unreachable", "网络不可达"),
    ("no storage space", "磁盘已满"),
    ("not connected", "没有连接"),
    ("out of memory", "内存不足"),
    ("permission denied", "没有权限"),
    ("stream did not contain valid UTF-8", "不是 UTF-8"),
    ("timed out", "超时"),
    ("unexpected end of file", "数据提前结束"),
    // Of addresses that are none, in the words of their reader.
    ("empty host", "没有主机名"),
    ("invalid IPv4 address", "IPv4 地址无效"),
    ("invalid IPv6 address", "IPv6 地址无效"),
    ("invalid domain character", "主机名里有不允许的字符"),
    ("invalid international domain name", "国际化域名无效"),
    ("invalid port number", "端口无效"),
    ("relative URL without a base", "没有 http:// 或 https://"),
    ("failed to lookup address information: {~why}", "域名解析失败：{~why}"),
    ("Name or service not known", "没有这个名字（Name or service not known）"),
    (
        "nodename nor servname provided, or not known",
        "没有这个名字（nodename nor servname provided, or not known）",
    ),
    ("No address associated with hostname", "这个名字没有地址（No address associated with hostname）"),
    ("Temporary failure in name resolution", "域名服务器暂时不应答（Temporary failure in name resolution）"),
];

/// What is wrong with TOML, in the words of its reader.
pub const TOML: Pairs = &[
    ("duplicate key `{name}`", "键 `{name}` 重复"),
    ("duplicate key", "键重复"),
    ("string values must be quoted, expected literal string", "字符串要加引号"),
    ("key with no value, expected `=`", "键没有值，缺少 `=`"),
    ("unquoted keys cannot be empty, expected letters, numbers, `-`, `_`", "缺少键名"),
    ("missing value", "缺少值"),
    ("unclosed array, expected `]`", "数组没有结束，缺少 `]`"),
    ("unclosed table, expected `]`", "表头没有结束，缺少 `]`"),
    ("unclosed inline table, expected `}}`", "内联表没有结束，缺少 `}}`"),
    ("invalid basic string, expected `\"`", "字符串没有结束，缺少 `\"`"),
    ("invalid literal string, expected `'`", "字符串没有结束，缺少 `'`"),
];

/// An error's text in Chinese; what has no word of its own stays as it is.
#[must_use]
pub fn zh(error: &(impl Display + ?Sized)) -> String {
    static ALL: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::of(&[NUMBERED, NAMED, TOML]));
    let text = error.to_string();
    if let Some(own) = ALL.find(&text) {
        return own;
    }
    // Whoever passes an error on puts his own words before it.
    match text.rsplit_once(": ").map(|(before, end)| (before, ALL.find(end))) {
        Some((before, Some(end))) => format!("{before}: {end}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_system_is_understood_and_quoted() {
        for (error, own) in [
            ("Connection refused (os error 111)", "连接被拒绝（Connection refused (os error 111)）"),
            ("Too many open files (os error 24)", "打开的文件太多（Too many open files (os error 24)）"),
            (
                "tcp connect error: Connection refused (os error 61)",
                "tcp connect error: 连接被拒绝（Connection refused (os error 61)）",
            ),
            (
                "failed to lookup address information: Name or service not known",
                "域名解析失败：没有这个名字（Name or service not known）",
            ),
            ("timed out", "超时"),
            ("invalid port number", "端口无效"),
            ("unclosed table, expected `]`", "表头没有结束，缺少 `]`"),
            ("it is new (os error 999)", "it is new (os error 999)"),
            ("a.csv: line 3: nonsense", "a.csv: line 3: nonsense"),
            ("", ""),
        ] {
            assert_eq!(zh(error), own);
        }
    }

    /// The table follows what the system really says.
    #[cfg(target_os = "linux")]
    #[test]
    fn common_errors_of_this_system_have_a_word() {
        // ENOENT, EACCES, EMFILE, EADDRINUSE, ECONNRESET, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ENOSPC, EROFS, EPIPE,
        // ENETUNREACH, EADDRNOTAVAIL, EPERM, ENOMEM, EEXIST, ENOTDIR, EISDIR, EAGAIN, ESRCH, EDQUOT.
        for number in [2, 13, 24, 98, 104, 110, 111, 113, 28, 30, 32, 101, 99, 1, 12, 17, 20, 21, 11, 3, 122]
        {
            let error = io::Error::from_raw_os_error(number);
            let own = zh(&error);
            assert!(
                own.ends_with(&format!("（{error}）")) && own.len() > error.to_string().len() + 6,
                "{own}"
            );
        }
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::TimedOut, io::ErrorKind::ConnectionRefused] {
            assert!(!zh(&io::Error::from(kind)).is_ascii(), "{kind}");
        }
    }
}
