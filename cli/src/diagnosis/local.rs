//! What this machine knows about a port: who listens, and which container publishes it.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use process::sockets::{State, tcp};

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

fn parse(table: &str) -> impl Iterator<Item = Listener> {
    let listens = tcp(table).filter(|socket| socket.state == State::Listens);
    listens.map(|socket| Listener {
        address: socket.local.ip(),
        port: socket.local.port(),
        inode: socket.inode,
    })
}

/// The processes of sockets, as far as this user may look.
fn owners() -> BTreeMap<u64, String> {
    let mut owners = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name();
        let Some(pid) = pid.to_str().filter(|name| name.bytes().all(|b| b.is_ascii_digit())) else {
            continue;
        };
        for descriptor in fs::read_dir(entry.path().join("fd")).into_iter().flatten().flatten() {
            let link = fs::read_link(descriptor.path()).ok();
            let inode = link.as_deref().and_then(|link| process::socket(link.to_str()?));
            if let Some(inode) = inode {
                owners.entry(inode).or_insert_with(|| {
                    let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
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
