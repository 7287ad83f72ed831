//! The system's tables of sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A TCP socket of `/proc/net/tcp` or `tcp6`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp {
    /// This side.
    pub local: SocketAddr,
    /// The other one.
    pub peer: SocketAddr,
    /// What it is in.
    pub state: State,
    /// The number that descriptors show.
    pub inode: u64,
}

/// A state of TCP, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for connections.
    Listens,
    /// The other side has closed, this one has not.
    CloseWait,
    /// Any other.
    Other,
}

/// `0: 0100007F:0BB8 00000000:0000 0A … inode`: addresses are in the machine's byte order, words of four bytes.
pub fn tcp(table: &str) -> impl Iterator<Item = Tcp> {
    table.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        Some(Tcp {
            local: address(columns.get(1)?)?,
            peer: address(columns.get(2)?)?,
            state: match *columns.get(3)? {
                "0A" => State::Listens,
                "08" => State::CloseWait,
                _ => State::Other,
            },
            inode: columns.get(9)?.parse().ok()?,
        })
    })
}

fn address(text: &str) -> Option<SocketAddr> {
    let (hex, port) = text.split_once(':')?;
    let words: Option<Vec<[u8; 4]>> = hex
        .as_bytes()
        .chunks(8)
        .map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok().map(u32::to_ne_bytes))
        .collect();
    let ip = match words?.as_slice() {
        [word] => IpAddr::V4(Ipv4Addr::from(*word)),
        [a, b, c, d] => {
            let mut bytes = [0; 16];
            for (at, word) in [a, b, c, d].into_iter().enumerate() {
                bytes[4 * at..4 * at + 4].copy_from_slice(word);
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_table() {
        let v4 = u32::from_ne_bytes([127, 0, 0, 1]);
        let v6 = u32::from_ne_bytes([0, 0, 0, 1]);
        let zero = "00000000000000000000000000000000";
        let table = format!(
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             \x20  0: {v4:08X}:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n\
             \x20  1: 000000000000000000000000{v6:08X}:0050 {zero}:0000 0A 0:0 0:0 0 0 0 12 1\n\
             \x20  2: {v4:08X}:0BB9 {v4:08X}:26AC 08 00000000:00000000 00:00000000 00000000     0        0 4712 1\n\
             \x20  3: nonsense\n"
        );
        let of = |local: &str, peer: &str, state, inode| Tcp {
            local: local.parse().unwrap(),
            peer: peer.parse().unwrap(),
            state,
            inode,
        };
        let wanted = [
            of("127.0.0.1:3000", "0.0.0.0:0", State::Listens, 4711),
            of("[::1]:80", "[::]:0", State::Listens, 12),
            of("127.0.0.1:3001", "127.0.0.1:9900", State::CloseWait, 4712),
        ];
        assert_eq!(tcp(&table).collect::<Vec<_>>(), wanted);
    }
}
