//! What this machine knows about a port: who listens, and which container publishes it.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::command::output;
use crate::finding::{Container, Diagnosis, Step};

/// docker answers in milliseconds, or hangs.
const DOCKER: Duration = Duration::from_secs(5);
/// So many other ports are told.
const OTHERS: usize = 8;

/// A socket that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listener {
    address: IpAddr,
    port: u16,
    inode: u64,
}

/// Who listens on the port here, and if nobody does, where somebody listens. Nothing where the system does not tell.
pub(super) fn listeners(port: u16) -> Option<Step> {
    let table = |name: &str| fs::read_to_string(format!("/proc/net/{name}")).ok();
    let all: Vec<Listener> =
        [table("tcp"), table("tcp6")].iter().flatten().flat_map(|text| parse(text)).collect();
    if all.is_empty() && !cfg!(target_os = "linux") {
        return None;
    }
    let owners = owners();
    let who = |listener: &Listener| owners.get(&listener.inode).cloned();
    let here: Vec<_> = all
        .iter()
        .filter(|listener| listener.port == port)
        .map(|listener| (who(listener), listener.address))
        .collect();
    if !here.is_empty() {
        return Some(Step::note("listeners", Diagnosis::Listeners { port, who: here }));
    }
    let others: BTreeMap<u16, _> = all.iter().map(|listener| (listener.port, who(listener))).collect();
    let more = others.len().saturating_sub(OTHERS);
    let others = others.into_iter().take(OTHERS).collect();
    Some(Step::note("listeners", Diagnosis::NobodyListens { port, others, more }))
}

/// `0: 0100007F:0BB8 00000000:0000 0A … inode`: the address is in the machine's byte order, words of four bytes.
fn parse(table: &str) -> impl Iterator<Item = Listener> {
    table.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        if *columns.get(3)? != "0A" {
            return None;
        }
        let (address, port) = columns.get(1)?.split_once(':')?;
        Some(Listener {
            address: self::address(address)?,
            port: u16::from_str_radix(port, 16).ok()?,
            inode: columns.get(9)?.parse().ok()?,
        })
    })
}

fn address(hex: &str) -> Option<IpAddr> {
    let words: Option<Vec<[u8; 4]>> = hex
        .as_bytes()
        .chunks(8)
        .map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok().map(u32::to_ne_bytes))
        .collect();
    match words?.as_slice() {
        [word] => Some(IpAddr::V4(Ipv4Addr::from(*word))),
        [a, b, c, d] => {
            let mut bytes = [0; 16];
            for (at, word) in [a, b, c, d].into_iter().enumerate() {
                bytes[4 * at..4 * at + 4].copy_from_slice(word);
            }
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

/// The processes of sockets, as far as this user may look.
fn owners() -> BTreeMap<u64, String> {
    let mut owners = BTreeMap::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = process.file_name();
        let Some(pid) = pid.to_str().filter(|name| name.bytes().all(|b| b.is_ascii_digit())) else {
            continue;
        };
        for descriptor in fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten() {
            let link = fs::read_link(descriptor.path()).ok();
            let inode = link.as_deref().and_then(|link| {
                link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse::<u64>().ok()
            });
            if let Some(inode) = inode {
                owners.entry(inode).or_insert_with(|| {
                    let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
                    format!("{} ({pid})", plain(name.trim()))
                });
            }
        }
    }
    owners
}

/// The container that publishes the port: its state, and the last lines of its log. Nothing where docker is not.
pub(super) fn container(port: u16) -> Option<Step> {
    let filter = format!("publish={port}");
    let format = "{{.ID}}\t{{.Names}}\t{{.State}}\t{{.Status}}";
    let list = output("docker", &["ps", "-a", "--filter", &filter, "--format", format], DOCKER)?;
    let mut columns = list.lines().next()?.split('\t');
    let (id, name, state, status) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
    let log = output("docker", &["logs", "--tail", "5", id], DOCKER).unwrap_or_default();
    let log: Vec<String> = log.lines().map(plain).filter(|line| !line.is_empty()).collect();
    let [name, state, status] = [plain(name), state.to_owned(), plain(status)];
    let container = Container { name, port, state, status, log };
    Some(Step::note("container", Diagnosis::Container(Box::new(container))))
}

/// Foreign text, safe for a terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_table() {
        let v4 = u32::from_ne_bytes([127, 0, 0, 1]);
        let v6 = u32::from_ne_bytes([0, 0, 0, 1]);
        let table = format!(
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             \x20  0: {v4:08X}:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n\
             \x20  1: 000000000000000000000000{v6:08X}:0050 0:0 0A 0:0 0:0 0 0 0 12 1\n\
             \x20  2: {v4:08X}:0BB9 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n"
        );
        let found: Vec<_> = parse(&table).collect();
        let listener =
            |address: &str, port, inode| Listener { address: address.parse().unwrap(), port, inode };
        assert_eq!(found, [listener("127.0.0.1", 3000, 4711), listener("::1", 80, 12)]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_found() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let said = || listeners(port).unwrap().said;
        let Diagnosis::Listeners { who, .. } = said() else { panic!("{:?}", said()) };
        assert!(who[0].0.as_ref().unwrap().ends_with(&format!("({})", std::process::id())), "{who:?}");
        drop(socket);
        assert!(
            matches!(said(), Diagnosis::NobodyListens { port: silent, .. } if silent == port),
            "{:?}",
            said()
        );
    }
}
