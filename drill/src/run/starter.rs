//! A target that the drill starts itself: started, waited for, and started anew.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep, timeout};
use vitals::units::{format_duration, format_size};

use super::death::{Death, How};
use crate::client::{Client, Target};
use crate::start::{self, Limit, Started, Watch};

/// How long one look may take whether it answers.
const LOOK: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);
/// How long somebody may answer after what was started is gone: the kernel closes what it had.
const LEFT: Duration = Duration::from_secs(3);

/// What ends well and serves on is a child of it: the drill knows the command's end only.
pub(super) const FOREGROUND: &str = "a relay that goes to the background ends its command: keep it in the foreground (nginx -g \
    'daemon off;', haproxy without -D, docker run without -d, pm2-runtime or --no-daemon for pm2, no & at the end)";

/// How a command ended. A shell says in its own exit status by which signal its command did.
fn told(status: ExitStatus) -> String {
    match status.code() {
        Some(code @ 129..=192) => format!("{status}: signal {}, as its shell tells", code - 128),
        _ => status.to_string(),
    }
}

/// What is to be started, and how.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// For `sh -c`, on Windows for `cmd /C`.
    pub(crate) command: String,
    /// Anew for each row.
    pub(crate) each: bool,
    /// Memory of all of its processes together, in bytes; half of what is free where none is given.
    pub(crate) memory: Option<u64>,
    /// How long it may be silent.
    pub(crate) wait: Duration,
}

pub(crate) struct Starter {
    pub(super) order: Order,
    target: Target,
    watch: Arc<Watch>,
    running: Option<Started>,
    limit: Option<u64>,
    /// No row was done with what runs.
    fresh: bool,
}

impl Starter {
    pub(crate) fn new(order: Order, target: Target, watch: Arc<Watch>) -> Self {
        Self { order, target, watch, running: None, limit: None, fresh: false }
    }

    /// Ends what runs, starts it anew, and waits until it answers, whatever it answers.
    ///
    /// # Errors
    /// It ended before that, or is silent: with the end of its output.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        self.watch.look_at(None);
        self.running = None;
        self.is_left_alone(LEFT).await?;
        self.limit = self.order.memory.or_else(start::half_of_what_is_free);
        let started = Started::start(&self.order.command, self.limit)?;
        self.watch.look_at(Some(started.group()));
        self.running = Some(started);
        let begun = Instant::now();
        self.fresh = true;
        while !self.answers().await {
            if let Some(death) = self.ended() {
                let hint = if death.how.is_success() { format!(". {FOREGROUND}") } else { String::new() };
                bail!(
                    "the command of `--start` ended before it answered at {}: {death}{hint}",
                    self.target.address
                );
            }
            if begun.elapsed() > self.order.wait {
                let output = self.running.as_ref().map(Started::output).unwrap_or_default();
                bail!(
                    "the command of `--start` does not answer at {} within {} (`--start-wait`); its last words: {}",
                    self.target.address,
                    format_duration(self.order.wait),
                    if output.is_empty() { "none" } else { &output }
                );
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// What ran has ended: nobody may answer in its place, because rows would tell of that.
    async fn is_left_alone(&self, within: Duration) -> anyhow::Result<()> {
        let begun = Instant::now();
        while Client::connect(&self.target).await.is_ok() {
            if begun.elapsed() > within {
                bail!(
                    "somebody still answers at {}, although all that the command of `--start` had started is gone: end it, and \
                     start the relay so that nothing starts it anew",
                    self.target.address
                );
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Tells whether it is to be started for the next row, which is the first one from now on.
    pub(super) fn is_used(&mut self) -> bool {
        !std::mem::replace(&mut self.fresh, false) && self.order.each
    }

    /// Any answer is one.
    async fn answers(&self) -> bool {
        let look = async {
            let mut client = Client::connect(&self.target).await.ok()?;
            let head = client.head_of("GET", "/v1/models", "");
            client.send(head.as_bytes()).await.ok()?;
            client.head().await.ok()
        };
        matches!(timeout(LOOK, look).await, Ok(Some(_)))
    }

    /// How it died, if it did.
    pub(super) fn ended(&self) -> Option<Death> {
        let started = self.running.as_ref()?;
        let (status, limit) = (started.ended(), self.watch.has_ended());
        if status.is_none() && limit.is_none() {
            return None;
        }
        let how = match limit {
            Some(Limit::Machine) => How::Guarded,
            Some(Limit::Own) => How::AtLimit(self.limit.unwrap_or(0)),
            None if started.was_killed_at_limit() => How::AtLimit(self.limit.unwrap_or(0)),
            None => How::Ended(status.map(told)),
        };
        let read = if matches!(how, How::AtLimit(_)) { self.watch.peak() } else { self.watch.resident() };
        let memory = Some(read).filter(|bytes| *bytes > 0);
        Some(Death { how, memory, output: Some(started.output()) })
    }

    /// What it may have, in words.
    pub(super) fn limit(&self) -> Option<String> {
        self.limit.map(format_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Naming;

    fn starter(address: std::net::SocketAddr, each: bool) -> Starter {
        let target = Target {
            address,
            host: address.to_string(),
            base: String::new(),
            naming: Naming::Text("drill".to_owned()),
            headers: String::new(),
            ledger: Arc::default(),
        };
        let wait = Duration::from_secs(1);
        let order = Order { command: "exit 7".to_owned(), each, memory: None, wait };
        Starter::new(order, target, Arc::new(Watch::begin().unwrap()))
    }

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    /// Rows would tell of somebody else.
    #[test]
    fn nobody_may_answer_in_the_place_of_what_ended() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let starter = starter(listener.local_addr().unwrap(), false);
        let told = block_on(starter.is_left_alone(Duration::ZERO)).unwrap_err().to_string();
        assert!(told.starts_with("somebody still answers at 127.0.0.1:"), "{told}");
        drop(listener);
        block_on(starter.is_left_alone(Duration::from_secs(20))).unwrap();
    }

    /// What has just been started for the first good requests is not started anew for the first row.
    #[test]
    fn it_is_started_once_for_each_row() {
        for (each, wanted) in [(true, [false, true, true]), (false, [false; 3])] {
            let mut starter = starter("127.0.0.1:1".parse().unwrap(), each);
            starter.fresh = true;
            assert_eq!([(); 3].map(|()| starter.is_used()), wanted);
        }
    }

    /// Its parent has ended well, and its child would have served.
    #[cfg(unix)]
    #[test]
    fn a_relay_that_goes_to_the_background_is_told_to_stay() {
        let mut starter = starter("127.0.0.1:1".parse().unwrap(), false);
        starter.order.command = "sleep 30 & exit 0".to_owned();
        starter.order.wait = Duration::from_secs(20);
        let told = block_on(starter.start()).unwrap_err().to_string();
        assert!(told.contains("(exit status: 0)") && told.contains("daemon off;"), "{told}");
        starter.order.command = "exit 7".to_owned();
        let told = block_on(starter.start()).unwrap_err().to_string();
        assert!(told.contains("(exit status: 7)") && !told.contains("daemon"), "{told}");
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_tells_by_which_signal_its_command_ended() {
        use std::os::unix::process::ExitStatusExt as _;
        let of = |raw| told(ExitStatus::from_raw(raw));
        assert_eq!(of(137 << 8), "exit status: 137: signal 9, as its shell tells");
        assert_eq!((of(7 << 8).as_str(), of(9).as_str()), ("exit status: 7", "signal: 9 (SIGKILL)"));
    }
}
