//! What asks the relay to stop: SIGTERM and SIGINT, on Windows Ctrl-C, Ctrl-Break, the end of its console and of the
//! machine. (Not a user who logs off: whoever runs as a service is told of every user's.)

use std::io;

/// How long the system leaves a process that it asks to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// As long as the process takes.
    None,
    /// Windows ends a process five seconds after its console was closed, or when the machine shuts down.
    #[cfg_attr(not(any(windows, test)), expect(dead_code, reason = "only Windows has it"))]
    Brief,
}

/// The signals that stop the relay.
pub(crate) struct Signals(here::Signals);

impl Signals {
    /// # Errors
    /// The system's, when it cannot watch for signals.
    pub(crate) fn watch() -> io::Result<Self> {
        here::Signals::watch().map(Self)
    }

    /// The next request to stop: how long the system leaves for it.
    pub(crate) async fn next(&mut self) -> Limit {
        self.0.next().await
    }
}

#[cfg(unix)]
mod here {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::Limit;

    pub(super) struct Signals {
        terminate: Signal,
        interrupt: Signal,
    }

    impl Signals {
        pub(super) fn watch() -> io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
            })
        }

        pub(super) async fn next(&mut self) -> Limit {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            Limit::None
        }
    }
}

#[cfg(windows)]
mod here {
    use std::io;

    use tokio::signal::windows::{self, CtrlBreak, CtrlC, CtrlClose, CtrlShutdown};

    use super::Limit;

    pub(super) struct Signals {
        interrupt: CtrlC,
        stop: CtrlBreak,
        close: CtrlClose,
        shutdown: CtrlShutdown,
    }

    impl Signals {
        pub(super) fn watch() -> io::Result<Self> {
            Ok(Self {
                interrupt: windows::ctrl_c()?,
                stop: windows::ctrl_break()?,
                close: windows::ctrl_close()?,
                shutdown: windows::ctrl_shutdown()?,
            })
        }

        pub(super) async fn next(&mut self) -> Limit {
            tokio::select! {
                _ = self.interrupt.recv() => Limit::None,
                _ = self.stop.recv() => Limit::None,
                _ = self.close.recv() => Limit::Brief,
                _ = self.shutdown.recv() => Limit::Brief,
            }
        }
    }
}
