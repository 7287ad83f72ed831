//! Whose frame it is, and what a goroutine waits for.

use serde::Serialize;

use super::Frame;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wait {
    /// Somebody who receives.
    ChanSend,
    /// Somebody who sends.
    ChanReceive,
    /// One of several channels.
    Select,
    /// A mutex, a wait group or a condition.
    Lock,
    /// The network.
    Network,
    /// Time.
    Sleep,
}

/// From the innermost frames: the runtime's own say it, where the profile has them.
pub(super) fn wait<'a>(functions: impl IntoIterator<Item = &'a str>) -> Option<Wait> {
    functions.into_iter().take(8).find_map(|function| match function {
        "runtime.chansend" | "runtime.chansend1" => Some(Wait::ChanSend),
        "runtime.chanrecv" | "runtime.chanrecv1" | "runtime.chanrecv2" => Some(Wait::ChanReceive),
        "runtime.selectgo" | "runtime.block" => Some(Wait::Select),
        "runtime.netpollblock" | "internal/poll.runtime_pollWait" => Some(Wait::Network),
        "time.Sleep" => Some(Wait::Sleep),
        function if function.starts_with("runtime.semacquire") => Some(Wait::Lock),
        function if function.starts_with("sync.runtime_Sema") => Some(Wait::Lock),
        function if function.starts_with("sync.runtime_notifyListWait") => Some(Wait::Lock),
        function if function.starts_with("internal/sync.runtime_Sema") => Some(Wait::Lock),
        _ => None,
    })
}

/// The first elements of the standard library's packages. A program's own packages start with a domain, or are `main`.
const STANDARD: &[&str] = &[
    "archive",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "vendor",
    "weak",
];

/// True if a function belongs to Go itself.
fn is_standard(function: &str) -> bool {
    // `net/http.(*conn).serve`: the package ends at the first dot behind the last slash of its path.
    let path = function.split(['(', '[']).next().unwrap_or(function);
    let package = match path.rfind('/') {
        Some(slash) => path[slash..].find('.').map_or(path, |dot| &path[..slash + dot]),
        None => path.split('.').next().unwrap_or(path),
    };
    let first = package.split('/').next().unwrap_or(package);
    package.starts_with("golang.org/x/net/") || STANDARD.contains(&first)
}

/// True if a frame is the program's own, or of a library of its choice.
pub(crate) fn is_own(frame: &Frame) -> bool {
    is_own_function(&frame.function)
}

/// The same of a function's name.
pub(crate) fn is_own_function(function: &str) -> bool {
    !is_standard(function)
}

/// The innermost frame that is the program's own; without one, the innermost of all.
pub(crate) fn own_frame(frames: &[Frame]) -> Option<&Frame> {
    frames.iter().find(|frame| is_own(frame)).or_else(|| frames.first())
}

/// True if a frame is the runtime's: it shows how a goroutine waits, and not where.
pub(super) fn is_runtime(function: &str) -> bool {
    function.starts_with("runtime.") || function.starts_with("internal/runtime/")
}

/// True if a stack is the program's own anywhere, or Go's alone.
pub(super) fn has_own(frames: &[Frame]) -> bool {
    frames.iter().any(is_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_function_it_is() {
        for own in [
            "main.main",
            "main.(*relay).readStream",
            "main.listen.func1",
            "example.com/relay/v2.(*Relay[...]).read",
            "github.com/x/net/http.Get",
            "github.com/gin-gonic/gin.(*Context).Next",
            "one-api/relay.Do",
        ] {
            assert!(!is_standard(own), "{own}");
        }
        for standard in [
            "runtime.gopark",
            "net/http.(*persistConn).readLoop",
            "net/http/internal.(*chunkedReader).Read",
            "bufio.(*Scanner).Scan",
            "internal/poll.(*FD).Read",
            "io.ReadAll",
            "sync.(*WaitGroup).Wait",
            "golang.org/x/net/http2.(*clientConnReadLoop).run",
            "slices.SortFunc[go.shape.[]string]",
        ] {
            assert!(is_standard(standard), "{standard}");
        }
    }

    #[test]
    fn what_is_waited_for() {
        assert_eq!(
            wait(["runtime.gopark", "runtime.chansend", "runtime.chansend1", "main.f"]),
            Some(Wait::ChanSend)
        );
        assert_eq!(wait(["runtime.gopark", "runtime.selectgo", "main.f"]), Some(Wait::Select));
        assert_eq!(wait(["internal/poll.runtime_pollWait", "net.(*conn).Read"]), Some(Wait::Network));
        assert_eq!(wait(["sync.runtime_SemacquireMutex", "sync.(*Mutex).Lock"]), Some(Wait::Lock));
        assert_eq!(wait(["main.f"]), None);
    }
}
