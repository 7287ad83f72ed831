//! The service manager, where there is one: sockets that it passes (`LISTEN_FDS`), and what it is told
//! (`NOTIFY_SOCKET`). Elsewhere than on Unix there is none that does either.

use std::net::TcpListener;

/// What it is told.
#[derive(Clone, Copy)]
pub(super) enum News {
    /// Requests are served, or a reload has come to its end.
    Ready,
    Reloading,
    Stopping,
    /// Another process serves from now on.
    Main(#[cfg_attr(not(unix), expect(dead_code, reason = "there is nobody to tell"))] u32),
}

/// The listeners that were passed.
///
/// # Errors
/// Says which of them is none.
#[cfg(unix)]
pub(super) fn listeners() -> Result<Vec<TcpListener>, String> {
    let mut passed = listenfd::ListenFd::from_env();
    let given = passed.len();
    let take = |n| {
        let listener = passed.take_tcp_listener(n).ok().flatten();
        let listener = listener.filter(|listener| listener.set_nonblocking(true).is_ok());
        listener.ok_or_else(|| {
            format!(
                "socket {} that the service manager passes is no TCP socket that listens (in its unit: `ListenStream=` with an address and a port)",
                n + 1
            )
        })
    };
    (0..given).map(take).collect()
}

#[cfg(not(unix))]
pub(super) fn listeners() -> Result<Vec<TcpListener>, String> {
    Ok(Vec::new())
}

/// Tells it, if it wants to know.
#[cfg(unix)]
pub(super) fn tell(news: News) {
    use sd_notify::NotifyState as State;
    let [reloading, stopping] = ["reloading", "finishing what is under way"].map(crate::words::said);
    let version = concat!("watertight ", env!("CARGO_PKG_VERSION"));
    let told = match news {
        News::Ready => sd_notify::notify(&[State::Ready, State::Status(version)]),
        News::Reloading => State::monotonic_usec_now()
            .and_then(|now| sd_notify::notify(&[State::Reloading, now, State::Status(&reloading)])),
        News::Stopping => sd_notify::notify(&[State::Stopping, State::Status(&stopping)]),
        News::Main(process) => sd_notify::notify(&[State::MainPid(process)]),
    };
    if let Err(error) = told {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

#[cfg(not(unix))]
pub(super) fn tell(_: News) {}
