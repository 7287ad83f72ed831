//! What a descriptor or a thread is. Programs read it in English, as [`Display`](std::fmt::Display) says it; whoever speaks to
//! people has words of his own.

use std::fmt;

/// Descriptors, or threads, that are told as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What has a name of its own: a file's path, or a class of the kernel's, `eventpoll`.
    Named(String),
    /// A file that is in no folder any more, by its path.
    Deleted(String),
    /// Files of a folder; `None`: of the one in which the process runs.
    FilesIn(Option<String>),
    /// The same, in no folder any more.
    DeletedIn(Option<String>),
    /// Their ends.
    Pipes,
    /// By their port.
    Listeners(u16),
    /// Of clients, by the port at which they came.
    Clients {
        /// Theirs.
        port: u16,
        /// The other side has closed its half.
        left: bool,
    },
    /// To a peer, by its address.
    Peer {
        /// The peer's.
        address: String,
        /// The other side has closed its half.
        left: bool,
    },
    /// By the tables of the network.
    UnixSockets,
    /// The same.
    UdpSockets,
    /// Sockets that no table names.
    Unconnected,
    /// Whatever a process of Windows holds.
    Handles,
    /// Threads of Windows, which tells no names.
    Threads,
    /// Threads by their name.
    Thread(String),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LEFT: &str = ", closed by the other side";
        let left = |left: bool| if left { LEFT } else { "" };
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Deleted(name) => write!(f, "{name} (deleted)"),
            Self::FilesIn(Some(folder)) => write!(f, "files in {folder}"),
            Self::FilesIn(None) => f.write_str("files in its folder"),
            Self::DeletedIn(Some(folder)) => write!(f, "files in {folder} (deleted)"),
            Self::DeletedIn(None) => f.write_str("files in its folder (deleted)"),
            Self::Pipes => f.write_str("pipes"),
            Self::Listeners(port) => write!(f, "listeners on port {port}"),
            Self::Clients { port, left: gone } => {
                write!(f, "connections from clients of port {port}{}", left(*gone))
            }
            Self::Peer { address, left: gone } => write!(f, "connections to {address}{}", left(*gone)),
            Self::UnixSockets => f.write_str("unix sockets"),
            Self::UdpSockets => f.write_str("udp sockets"),
            Self::Unconnected => f.write_str("sockets without a connection"),
            Self::Handles => f.write_str("handles"),
            Self::Threads => f.write_str("threads"),
            Self::Thread(name) => write!(f, "threads {name}"),
        }
    }
}
