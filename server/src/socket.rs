//! A TCP socket that its reader and the revoker can both look at: the connection owns it, the revoker only watches,
//! so that ending the connection's task always closes the descriptor.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use crate::clock::lock;

/// The owning side. The lock is never contended: one task reads and writes.
pub(crate) struct Socket(Arc<Mutex<TcpStream>>);

/// The watching side: does not keep the descriptor open.
#[derive(Clone)]
pub(crate) struct SocketWatch(Weak<Mutex<TcpStream>>);

impl Socket {
    /// Takes a connected stream; small writes go out at once.
    pub(crate) fn new(stream: TcpStream) -> Self {
        // A socket that is already dead says so at its first read.
        let _ = stream.set_nodelay(true);
        Self(Arc::new(Mutex::new(stream)))
    }

    /// Another owner in the same task, for when the first is given up: the descriptor closes with the last of them.
    pub(crate) fn another(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Completes when there is something to read: bytes, the end, or an error.
    pub(crate) async fn readable(&self) {
        // Whatever it is, the next read tells.
        let _ = std::future::poll_fn(|cx| lock(&self.0).poll_read_ready(cx)).await;
    }

    pub(crate) fn watch(&self) -> SocketWatch {
        SocketWatch(Arc::downgrade(&self.0))
    }
}

/// Tells whether a connection could not be made because this process or machine has nothing left to make it with:
/// descriptors, ports, memory.
#[cfg(unix)]
pub(crate) fn is_out_of_room(error: &io::Error) -> bool {
    use rustix::io::Errno;
    const ROOM: [Errno; 5] = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::ADDRNOTAVAIL];
    let code = error.raw_os_error().or_else(|| {
        let inner = error.get_ref()?.downcast_ref::<io::Error>()?;
        inner.raw_os_error()
    });
    code.is_some_and(|code| ROOM.iter().any(|errno| errno.raw_os_error() == code))
}

/// As on Unix, by the codes of Winsock: `WSAEMFILE`, `WSAENOBUFS`, `WSAEADDRNOTAVAIL`.
#[cfg(not(unix))]
pub(crate) fn is_out_of_room(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(10024 | 10055 | 10049))
}

impl SocketWatch {
    /// Tells without reading whether the peer has closed its side: also while unread bytes wait in front of that.
    pub(crate) fn peer_left(&self) -> bool {
        let Some(socket) = self.0.upgrade() else { return true };
        let stream = lock(&socket);
        let ready = stream.ready(Interest::READABLE).now_or_never();
        matches!(ready, Some(Ok(ready)) if ready.is_read_closed()) || matches!(ready, Some(Err(_)))
    }

    /// Has the connection reset when it is closed, so that the kernel does not keep bytes for a peer that does not
    /// take them.
    pub(crate) fn reset_on_close(&self) {
        if let Some(socket) = self.0.upgrade() {
            let stream = lock(&socket);
            // A socket that is already dead needs no reset.
            let _ = socket2::SockRef::from(&*stream).set_linger(Some(std::time::Duration::ZERO));
        }
    }

    /// Tells whether an idle connection has something to read: bytes nobody asked for, or its end.
    #[cfg(unix)]
    pub(crate) fn has_input(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let Some(socket) = self.0.upgrade() else { return true };
        let stream = lock(&socket);
        let mut fds = [PollFd::new(&*stream, PollFlags::IN)];
        // What cannot be asked is not reused.
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).map_or(true, |n| n > 0)
    }

    /// Tells whether bytes are there to be read, and not only the end.
    pub(crate) fn has_bytes(&self) -> bool {
        let Some(socket) = self.0.upgrade() else { return false };
        let stream = lock(&socket);
        let mut byte = [std::mem::MaybeUninit::uninit()];
        matches!(socket2::SockRef::from(&*stream).peek(&mut byte), Ok(1))
    }

    /// Tells whether an idle connection has something to read: bytes nobody asked for, or its end.
    #[cfg(not(unix))]
    pub(crate) fn has_input(&self) -> bool {
        let Some(socket) = self.0.upgrade() else { return true };
        let stream = lock(&socket);
        let mut byte = [std::mem::MaybeUninit::uninit()];
        // What cannot be asked is not reused.
        !matches!(socket2::SockRef::from(&*stream).peek(&mut byte), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *lock(&self.0)).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *lock(&self.0)).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *lock(&self.0)).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *lock(&self.0)).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *lock(&self.0)).poll_shutdown(cx)
    }
}
