//! Where the two meet.

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::{SocketAddr as Address, UnixListener, UnixStream};

fn name(at: SocketAddr) -> String {
    format!("watertight-{}-{at}", rustix::process::getuid().as_raw())
}

#[cfg(target_os = "linux")]
fn address(at: SocketAddr) -> io::Result<Address> {
    use std::os::linux::net::SocketAddrExt as _;
    Address::from_abstract_name(name(at))
}

#[cfg(not(target_os = "linux"))]
fn address(at: SocketAddr) -> io::Result<Address> {
    Address::from_pathname(std::env::temp_dir().join(name(at)))
}

/// Waits there.
pub(super) fn listen(at: SocketAddr) -> io::Result<UnixListener> {
    let address = address(at)?;
    // A file of one that was killed would be in the way; whoever still waits there was asked first.
    if let Some(file) = address.as_pathname() {
        let _ = std::fs::remove_file(file);
    }
    let listener = UnixListener::bind_addr(&address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Goes there. `None`: nobody waits.
pub(super) fn meet(at: SocketAddr) -> io::Result<Option<UnixStream>> {
    match UnixStream::connect_addr(&address(at)?) {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
