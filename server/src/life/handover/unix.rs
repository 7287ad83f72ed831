//! The conversation: the old one sends its listeners and an [`Offer`], the new one says [`READY`], the old one [`YOURS`].

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream as Blocking;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use super::place;

/// For each step of the conversation.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between having the listeners and serving: a configuration may be read from a slow disk.
const STARTING: Duration = Duration::from_secs(60);
/// Listeners that can be handed over in one message; the system's own limit is 253.
const MOST: usize = 250;
/// Bytes of an offer.
const OFFER: usize = 256;
const READY: &[u8; 6] = b"ready\n";
const YOURS: &[u8; 6] = b"yours\n";

/// What comes with the listeners.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Offer {
    process: u32,
    /// The last of them is the monitor's.
    monitor: bool,
}

/// Listeners that wait for a successor.
pub(in crate::life) struct Handover {
    waiting: UnixListener,
    listeners: Vec<TcpListener>,
    monitor: bool,
}

impl Handover {
    /// Waits for a successor at the address's meeting place. To be called within a runtime.
    ///
    /// # Errors
    /// The system's; `AddrInUse` when somebody waits there.
    pub(in crate::life) fn offer(
        at: SocketAddr,
        listeners: Vec<TcpListener>,
        monitor: bool,
    ) -> io::Result<Self> {
        if listeners.len() > MOST {
            return Err(io::Error::other("there are too many listeners for one message"));
        }
        Ok(Self { waiting: UnixListener::from_std(place::listen(at)?)?, listeners, monitor })
    }

    /// Completes when another process serves: with its number. One that fails to start is as if it had not come.
    pub(in crate::life) async fn run(self) -> u32 {
        loop {
            let Ok((stream, _)) = self.waiting.accept().await else {
                tokio::time::sleep(PATIENCE).await;
                continue;
            };
            match self.hand_over(stream).await {
                Ok((mut stream, process)) => {
                    // The meeting place is the successor's from now on; it is told so.
                    drop(self);
                    let _ = timeout(PATIENCE, stream.write_all(YOURS)).await;
                    return process;
                }
                Err(error) => {
                    tracing::warn!(%error, "the listeners were not handed over: this relay goes on");
                }
            }
        }
    }

    /// Gives them away, and waits until they are used.
    async fn hand_over(&self, mut stream: UnixStream) -> io::Result<(UnixStream, u32)> {
        let peer = stream.peer_cred()?;
        same_user(peer.uid())?;
        let offer = serde_json::to_vec(&Offer { process: std::process::id(), monitor: self.monitor })?;
        let send = stream.async_io(Interest::WRITABLE, || send(&stream, &self.listeners, &offer));
        timeout(PATIENCE, send).await??;
        let mut answer = [0; READY.len()];
        timeout(STARTING, stream.read_exact(&mut answer)).await??;
        if &answer != READY {
            return Err(io::Error::other("the new relay speaks another version of this"));
        }
        Ok((stream, peer.pid().and_then(|process| u32::try_from(process).ok()).unwrap_or_default()))
    }
}

fn same_user(other: u32) -> io::Result<()> {
    if other == rustix::process::getuid().as_raw() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("user {other} is another user")))
}

fn send(stream: &UnixStream, listeners: &[TcpListener], offer: &[u8]) -> io::Result<()> {
    let descriptors: Vec<BorrowedFd<'_>> = listeners.iter().map(|listener| listener.as_fd()).collect();
    let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut passed = SendAncillaryBuffer::new(&mut space);
    if !passed.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::Error::other("there are too many listeners for one message"));
    }
    sendmsg(stream, &[IoSlice::new(offer)], &mut passed, SendFlags::empty())?;
    Ok(())
}

/// The process that served before, and waits to be told.
pub(in crate::life) struct Predecessor {
    stream: Blocking,
    process: u32,
}

impl Predecessor {
    pub(in crate::life) fn process(&self) -> u32 {
        self.process
    }

    /// Tells it that this process serves, and waits until it has left the meeting place.
    ///
    /// # Errors
    /// When it has ended meanwhile, or does not answer.
    pub(in crate::life) async fn replace(self) -> io::Result<()> {
        self.stream.set_nonblocking(true)?;
        let mut stream = UnixStream::from_std(self.stream)?;
        timeout(PATIENCE, stream.write_all(READY)).await??;
        let mut answer = [0; YOURS.len()];
        timeout(PATIENCE, stream.read_exact(&mut answer)).await??;
        Ok(())
    }
}

/// Asks for the listeners of the relay that serves this address. `None`: none of this user does. Gives them, whether the
/// last one is the monitor's, and whom to tell.
///
/// # Errors
/// The system's, and an answer that is not understood.
pub(in crate::life) fn ask(at: SocketAddr) -> io::Result<Option<(Vec<TcpListener>, bool, Predecessor)>> {
    let Some(stream) = place::meet(at)? else { return Ok(None) };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (listeners, offer) = receive(&stream)?;
    Ok(Some((listeners, offer.monitor, Predecessor { stream, process: offer.process })))
}

fn receive(stream: &Blocking) -> io::Result<(Vec<TcpListener>, Offer)> {
    #[cfg(target_os = "linux")]
    same_user(rustix::net::sockopt::socket_peercred(stream)?.uid.as_raw())?;
    let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut passed = RecvAncillaryBuffer::new(&mut space);
    let mut text = [0; OFFER];
    #[cfg(target_os = "linux")]
    let flags = RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = RecvFlags::empty();
    let got = recvmsg(stream, &mut [IoSliceMut::new(&mut text)], &mut passed, flags)?;
    let mut descriptors: Vec<OwnedFd> = Vec::new();
    for message in passed.drain() {
        if let RecvAncillaryMessage::ScmRights(more) = message {
            descriptors.extend(more);
        }
    }
    let offer = serde_json::from_slice(&text[..got.bytes]);
    let offer = offer.map_err(|_| io::Error::other("the old relay speaks another version of this"))?;
    Ok((descriptors.into_iter().map(TcpListener::from).collect(), offer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    type Taken = (Vec<TcpListener>, bool);

    /// A successor on a thread of its own, which comes up or does not.
    fn successor(at: SocketAddr, comes_up: bool) -> std::thread::JoinHandle<Taken> {
        let follow = move || {
            let (listeners, monitor, old) = ask(at).unwrap().unwrap();
            assert_eq!(old.process(), std::process::id());
            if comes_up {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(old.replace()).unwrap();
            }
            (listeners, monitor)
        };
        scope::thread("successor", follow).unwrap()
    }

    #[tokio::test]
    async fn a_successor_gets_the_listeners_and_the_meeting_place() {
        let main = listener();
        let at = main.local_addr().unwrap();
        assert!(ask(at).unwrap().is_none(), "nobody is there yet");
        let monitor = listener();
        let second = monitor.local_addr().unwrap();
        let old = Handover::offer(at, vec![main, monitor], true).unwrap().run();
        let new = successor(at, true);
        assert_eq!(old.await, std::process::id());
        let (listeners, has_monitor) = new.join().unwrap();
        assert!(has_monitor);
        let addresses: Vec<_> = listeners.iter().map(|l| l.local_addr().unwrap()).collect();
        assert_eq!(addresses, [at, second]);
        // They listen: who comes now is accepted by the successor.
        let client = std::net::TcpStream::connect(at).unwrap();
        listeners[0].set_nonblocking(false).unwrap();
        assert_eq!(listeners[0].accept().unwrap().1, client.local_addr().unwrap());
        drop(Handover::offer(at, listeners, true).unwrap());
    }

    #[tokio::test]
    async fn a_successor_that_does_not_come_up_leaves_everything_as_it_was() {
        let main = listener();
        let at = main.local_addr().unwrap();
        let mut old = std::pin::pin!(Handover::offer(at, vec![main], false).unwrap().run());
        let failing = successor(at, false);
        while !failing.is_finished() {
            tokio::select! {
                _ = old.as_mut() => panic!("it left"),
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
            }
        }
        let new = successor(at, true);
        assert_eq!(old.await, std::process::id());
        assert_eq!(new.join().unwrap().0.len(), 1);
    }
}
