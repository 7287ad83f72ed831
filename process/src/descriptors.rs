//! Open descriptors by what they are: the path of a file, the peer of a connection, a pipe.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::net::IpAddr;

use super::kind::Kind;
use super::kinds::{Kinds, without_numbers};
use super::sockets::{State, Tcp, tcp};

/// More descriptors than this are not looked at one by one.
const MOST: usize = 200_000;
/// A table of sockets with more bytes than this is read so far.
const TABLE: u64 = 64 << 20;
/// With more kinds than this, files are told by their folder: they have names of their own.
const MANY: usize = 32;
/// A longer path is told by its end.
const PATH: usize = 60;
/// From so many digits on, a number in a file's name is a count or a date.
const DIGITS: usize = 3;

/// The descriptors of a process by kind; `None` where it may not be looked at.
#[must_use]
pub fn descriptors(pid: u32) -> Option<Kinds> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.take(MOST).flatten();
    let links =
        entries.filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned()));
    let links: Vec<String> = links.collect();
    let here = fs::read_link(format!("/proc/{pid}/cwd")).ok();
    let here = here.map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    let has_sockets = links.iter().any(|link| socket(link).is_some());
    let tables = if has_sockets { Tables::of(pid) } else { Tables::default() };
    Some(kinds(&links, &here, &tables))
}

/// The number of a socket: `socket:[4711]`.
#[must_use]
pub fn socket(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

fn kinds(links: &[String], here: &str, tables: &Tables) -> Kinds {
    let each: Kinds = links.iter().map(|link| kind(link, here, tables, false)).collect();
    if each.len() <= MANY {
        return each;
    }
    links.iter().map(|link| kind(link, here, tables, true)).collect::<Kinds>().by_folder()
}

fn kind(link: &str, here: &str, tables: &Tables, by_folder: bool) -> Kind {
    if let Some(inode) = socket(link) {
        return tables.kind(inode);
    }
    if let Some(class) = link.strip_prefix("anon_inode:") {
        return Kind::Named(class.trim_matches(['[', ']']).to_owned());
    }
    if let Some((class, _)) = link.split_once(":[") {
        return if class == "pipe" { Kind::Pipes } else { Kind::Named(format!("{class}s")) };
    }
    let deleted = link.strip_suffix(" (deleted)");
    let path = deleted.unwrap_or(link);
    let path = path.strip_prefix(here).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path);
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    if by_folder {
        let folder = match folder {
            "" if path.starts_with('/') => Some("/".to_owned()),
            "" => None,
            folder => Some(shortened(folder)),
        };
        return if deleted.is_some() { Kind::DeletedIn(folder) } else { Kind::FilesIn(folder) };
    }
    let name = without_numbers(name, DIGITS);
    let path = match folder {
        "" if path.starts_with('/') => format!("/{name}"),
        "" => name,
        folder => format!("{folder}/{name}"),
    };
    let path = shortened(&path);
    if deleted.is_some() { Kind::Deleted(path) } else { Kind::Named(path) }
}

/// The end of a long path.
fn shortened(path: &str) -> String {
    let path: String = path.chars().filter(|c| !c.is_control()).collect();
    let length = path.chars().count();
    if length <= PATH {
        return path;
    }
    format!("…{}", path.chars().skip(length - PATH + 1).collect::<String>())
}

/// The sockets of the network that a process sees.
#[derive(Default)]
struct Tables {
    tcp: BTreeMap<u64, Tcp>,
    /// Ports at which somebody listens: a connection to one of them is a client's.
    listening: BTreeSet<u16>,
    others: BTreeMap<u64, Kind>,
}

impl Tables {
    fn of(pid: u32) -> Self {
        let read = |name: &str| {
            let mut text = Vec::new();
            let file = File::open(format!("/proc/{pid}/net/{name}")).ok()?;
            file.take(TABLE).read_to_end(&mut text).ok()?;
            Some(String::from_utf8_lossy(&text).into_owned())
        };
        let sockets = ["tcp", "tcp6"].into_iter().filter_map(read);
        let mut tables = Self::from_tcp(sockets.flat_map(|table| tcp(&table).collect::<Vec<_>>()));
        for (name, column, what) in
            [("unix", 6, Kind::UnixSockets), ("udp", 9, Kind::UdpSockets), ("udp6", 9, Kind::UdpSockets)]
        {
            let table = read(name).unwrap_or_default();
            let inodes =
                table.lines().skip(1).filter_map(|line| line.split_whitespace().nth(column)?.parse().ok());
            tables.others.extend(inodes.map(|inode: u64| (inode, what.clone())));
        }
        tables
    }

    fn from_tcp(sockets: impl Iterator<Item = Tcp>) -> Self {
        let tcp: BTreeMap<u64, Tcp> = sockets.map(|socket| (socket.inode, socket)).collect();
        let listens = tcp.values().filter(|socket| socket.state == State::Listens);
        let listening = listens.map(|socket| socket.local.port()).collect();
        Self { tcp, listening, others: BTreeMap::new() }
    }

    fn kind(&self, inode: u64) -> Kind {
        let Some(tcp) = self.tcp.get(&inode) else {
            return self.others.get(&inode).cloned().unwrap_or(Kind::Unconnected);
        };
        let (port, left) = (tcp.local.port(), tcp.state == State::CloseWait);
        match tcp.state {
            State::Listens => Kind::Listeners(port),
            _ if self.listening.contains(&port) => Kind::Clients { port, left },
            _ => Kind::Peer { address: peer(tcp), left },
        }
    }
}

/// As one writes it, also where the system maps the old address into a new one.
fn peer(tcp: &Tcp) -> String {
    match tcp.peer.ip() {
        IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some() => {
            ip.to_ipv4_mapped().map(|ip| format!("{ip}:{}", tcp.peer.port())).unwrap_or_default()
        }
        _ => tcp.peer.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::told;

    fn tables() -> Tables {
        let of = |inode, local: &str, peer: &str, state| Tcp {
            local: local.parse().unwrap(),
            peer: peer.parse().unwrap(),
            state,
            inode,
        };
        let sockets = [
            of(1, "0.0.0.0:3000", "0.0.0.0:0", State::Listens),
            of(2, "127.0.0.1:3000", "127.0.0.1:50001", State::Other),
            of(3, "127.0.0.1:3000", "127.0.0.1:50002", State::CloseWait),
            of(4, "127.0.0.1:50003", "127.0.0.1:9900", State::Other),
            of(5, "[::1]:50004", "[::ffff:127.0.0.1]:9900", State::Other),
        ];
        Tables { others: BTreeMap::from([(6, Kind::UnixSockets)]), ..Tables::from_tcp(sockets.into_iter()) }
    }

    #[test]
    fn descriptors_are_told_by_what_they_are() {
        for (link, wanted) in [
            ("/app/logs/oneapi-20261128103000.log", "logs/oneapi-….log"),
            ("/app/one-api.db", "one-api.db"),
            ("/usr/lib/x.so", "/usr/lib/x.so"),
            ("/tmp/body123 (deleted)", "/tmp/body… (deleted)"),
            ("/dev/null", "/dev/null"),
            ("pipe:[4711]", "pipes"),
            ("anon_inode:[eventpoll]", "eventpoll"),
            ("socket:[1]", "listeners on port 3000"),
            ("socket:[2]", "connections from clients of port 3000"),
            ("socket:[3]", "connections from clients of port 3000, closed by the other side"),
            ("socket:[4]", "connections to 127.0.0.1:9900"),
            ("socket:[5]", "connections to 127.0.0.1:9900"),
            ("socket:[6]", "unix sockets"),
            ("socket:[99]", "sockets without a connection"),
        ] {
            assert_eq!(kind(link, "/app", &tables(), false).to_string(), wanted);
        }
        let long = format!("/{}/name", "x".repeat(90));
        assert_eq!(kind(&long, "/", &tables(), false).to_string().chars().count(), PATH);
    }

    #[test]
    fn files_with_names_of_their_own_are_told_by_their_folder() {
        let names = (0..40).map(|n| format!("/tmp/part/{}", "x".repeat(n + 1)));
        let links: Vec<String> = names.chain(["pipe:[1]".to_owned()]).collect();
        let kinds = kinds(&links, "/app", &tables());
        assert_eq!(
            told(&kinds.most(&Kinds::default()), 2),
            "40 x files in /tmp/part (0 before), 1 x pipes (0 before)"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_holds_what_it_opened() {
        let file = std::env::current_exe().unwrap();
        let open = || descriptors(std::process::id()).unwrap();
        let before = open();
        let held: Vec<_> = (0..40).map(|_| File::open(&file).unwrap()).collect();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let grown = open().grown(&before);
        assert!(grown[0].now - grown[0].before >= 40, "{grown:?}");
        let port = listener.local_addr().unwrap().port();
        assert!(grown.iter().any(|change| change.kind == Kind::Listeners(port)), "{grown:?}");
        drop((held, client));
        assert!(descriptors(u32::MAX).is_none());
    }
}
