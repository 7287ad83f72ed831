//! The terminal while a screen has it: taken once, given back however the view ends - by its end, an error, a
//! panic, a signal or a suspension.

use std::io::{self, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

/// The screen is ours now: giving it back twice would scroll what the shell has printed since.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The screen; dropping it gives the terminal back.
pub(crate) struct Screen {
    pub(crate) terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    pub(crate) fn take() -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                // First: what is printed on the other screen is gone with it.
                give_back();
                before(panic);
            }));
        });
        enter()?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout())).inspect_err(|_| give_back())?;
        Ok(Self { terminal })
    }

    /// Gives the terminal to the shell until the process goes on.
    #[cfg(unix)]
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        enter()?;
        // A new one draws everything; clearing the old one would ask where the cursor is, and wait for an answer.
        self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }
}

/// Has a console of Windows take colours as terminals elsewhere do. Before Windows 10 there was none that could.
#[cfg(windows)]
pub(crate) fn prepare() {
    let _ = ratatui::crossterm::ansi_support::supports_ansi();
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Waits for a key or a change of the window, at most that long; false when the terminal is gone. Asked of a terminal
/// that is gone, the library would read its end again and again.
#[cfg(unix)]
pub(crate) fn wait(at_most: Duration) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let timeout = Timespec::try_from(at_most).ok();
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    Ok(!fds[0].revents().intersects(gone))
}

#[cfg(not(unix))]
pub(crate) fn wait(at_most: Duration) -> io::Result<bool> {
    ratatui::crossterm::event::poll(at_most).map(|_| true)
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, Hide).inspect_err(|_| give_back())
}

/// Gives the terminal back, if it was taken.
pub(crate) fn give_back() {
    if TAKEN.swap(false, SeqCst) {
        // A terminal that is gone cannot be put in order.
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
        let _ = io::stdout().flush();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::File;
    use std::process::{Command, Stdio};

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::tcgetattr;

    /// Run by the test below, in a process and at a terminal of its own.
    #[test]
    #[ignore = "it panics at a terminal"]
    fn panics_while_it_has_the_screen() {
        let _screen = super::Screen::take().unwrap();
        panic!("a fault of the view");
    }

    #[test]
    fn a_panic_gives_the_terminal_back_and_can_be_read() {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let before = tcgetattr(&slave).unwrap().local_modes;
        let stdio = || Stdio::from(slave.try_clone().unwrap());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "terminal::tests::panics_while_it_has_the_screen"])
            .args(["--ignored", "--nocapture", "--test-threads=1"])
            .env("TERM", "xterm-256color")
            .stdin(stdio())
            .stdout(stdio())
            .stderr(stdio())
            .spawn()
            .unwrap();
        assert!(!child.wait().unwrap().success());
        assert_eq!(tcgetattr(&slave).unwrap().local_modes, before);
        drop(slave);
        let mut seen = Vec::new();
        // A terminal without a program at it ends with an error.
        let _ = std::io::Read::read_to_end(&mut File::from(master), &mut seen);
        let seen = String::from_utf8_lossy(&seen);
        let (left, said) = (seen.find("\x1b[?1049l"), seen.find("a fault of the view"));
        assert!(left.is_some() && left < said, "{seen:?}");
    }
}
