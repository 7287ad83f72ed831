//! The first words with a target: whether a good request reaches the drill's upstream through it, and what it speaks.

use std::time::Duration;

use tokio::time::timeout;

use super::bench::Bench;
use super::case::Expect;
use crate::client::{ANTHROPIC, Asked, Client, Http2, Naming, OPENAI, Outcome, ROOM, Seen};
use crate::system::NotHere;

/// How long a target may take to answer in HTTP/2, if it does.
const HTTP2_ANSWER: Duration = Duration::from_secs(5);
/// A program may load much of itself for its first answer, which says nothing of how long others take: it has so long at least.
const FIRST: Duration = Duration::from_secs(30);

impl Bench {
    /// Sees that a good request reaches the drill's upstream and comes back as an answer.
    ///
    /// # Errors
    /// Something else came: says what, and what to do.
    pub(crate) async fn introduce(&self) -> anyhow::Result<()> {
        let address = self.target.address;
        if let Err(error) = Client::connect(&self.target).await {
            anyhow::bail!(
                "the target does not listen at {address} ({error}): start it, or correct `--target`"
            );
        }
        let (body, before) = (self.body("", true, 20), self.upstream.seen());
        let seen = self.ask_first(OPENAI, &body).await;
        let now = self.upstream.seen();
        let reached = now.requests_total > before.requests_total;
        let upstream = self.upstream.address();
        let Some(amiss) = Expect::Good.judge(&seen, false) else {
            anyhow::ensure!(
                reached,
                "the target answers, but not from the drill's upstream: point its upstream at http://{upstream}"
            );
            let passed_on = now.marked > before.marked || matches!(self.target.naming, Naming::Model(_));
            anyhow::ensure!(
                passed_on,
                "the target does not pass on the text of a message as it is, and the drill asks for a fault there: let it \
                 pass on any model, and ask in the model's name instead, with `--model-prefix`"
            );
            return Ok(());
        };
        let what = if seen.outcome == Outcome::Ok {
            "a success without an answer in it".to_owned()
        } else {
            amiss.to_string()
        };
        let said = seen.message.filter(|text| !text.is_empty());
        let said = said.map_or_else(String::new, |text| format!(", \"{}\"", clip(&text)));
        let model = self.target.naming.model("");
        let cure = match seen.outcome {
            _ if reached => {
                format!("the drill's upstream was asked and answered well: what came back is {what}")
            }
            Outcome::Http(401 | 403) => "give the key that it wants in `--key-file`".to_owned(),
            Outcome::Http(404) => format!(
                "is `{model}` a model that it knows, and is /v1/chat/completions below `--target`? see `--model`"
            ),
            _ => format!(
                "the drill's upstream at http://{upstream} was not asked: point the target's upstream there, and let it pass the model `{model}` on"
            ),
        };
        anyhow::bail!("a first good request to the target came to {what}{said}: {cure}")
    }

    /// Asks in OpenAI's dialect only, where that is all that the target answers. Tells whether it is.
    pub(crate) async fn narrow(&mut self) -> bool {
        let body = self.body("", true, 20);
        if !self.ask_first(ANTHROPIC, &body).await.complete {
            self.paths = &[OPENAI];
        }
        // Nothing is loaded for this one.
        let seen = self.ask(&self.target, OPENAI, &body, true).await;
        if Expect::Good.judge(&seen, false).is_none() {
            self.saw_good(&[seen.took]);
        }
        self.paths == [OPENAI]
    }

    async fn ask_first(&self, path: &'static str, body: &[u8]) -> Seen {
        self.ask_within(self.size.patience.max(FIRST), &self.target, path, body, true).await
    }

    /// Looks once whether the target answers HTTP/2 with prior knowledge. The drill's own relay must.
    ///
    /// # Errors
    /// A reason to skip.
    pub(crate) async fn needs_http2(&self) -> anyhow::Result<()> {
        let asked = async {
            let ask = async {
                let mut client = Http2::connect(&self.target, ROOM).await.ok()?;
                let mut stream = client.post(OPENAI, self.body("", true, 20)).await.ok()?;
                let asked = Asked { anthropic: false, stream: true };
                Some(stream.judge(asked, HTTP2_ANSWER).await.complete)
            };
            matches!(timeout(HTTP2_ANSWER, ask).await, Ok(Some(true)))
        };
        if self.strict() || *self.http2.get_or_init(|| asked).await {
            return Ok(());
        }
        Err(NotHere("the target does not answer HTTP/2 with prior knowledge".to_owned()).into())
    }
}

/// The beginning of somebody else's words, in one line.
fn clip(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    if line.len() < text.len() { format!("{line}…") } else { line }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::sleep;

    use super::*;
    use crate::client::Target;
    use crate::run::Other;
    use crate::run::size::Size;
    use crate::stacks::Stacks;
    use crate::start::Watch;
    use crate::upstream;

    const LATE: Duration = Duration::from_secs(6);

    /// A relay that loads itself for its first answer: each connection goes on to the upstream, the first one late.
    async fn loads(listener: TcpListener, upstream: std::net::SocketAddr) -> io::Result<()> {
        let mut late = LATE;
        loop {
            let (mut client, _) = listener.accept().await?;
            sleep(std::mem::take(&mut late)).await;
            // A client that has left meanwhile is nobody's mistake.
            let _ =
                tokio::io::copy_bidirectional(&mut client, &mut TcpStream::connect(upstream).await?).await;
        }
    }

    #[test]
    fn a_first_answer_may_take_its_time_and_says_nothing_of_the_others() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let upstream = Arc::new(upstream::start(upstream::bind("127.0.0.1:0").unwrap()).unwrap());
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let target = Target {
                address,
                host: address.to_string(),
                base: String::new(),
                naming: Naming::Text("drill".to_owned()),
                headers: String::new(),
                ledger: Arc::default(),
            };
            // More than a busy machine takes, and less than the first answer.
            let patience = Duration::from_secs(5);
            let size = Size {
                requests: 1,
                at_once: 1,
                rate: None,
                patience,
                repetitions: 1,
                full: false,
                hurried: true,
            };
            let (stacks, watch) = (Stacks::default(), Arc::new(Watch::begin().unwrap()));
            let other =
                Other { target, upstream: Arc::clone(&upstream), pid: None, stacks, starter: None, watch };
            let mut bench = Bench::other(size, other);
            let greet = async {
                bench.introduce().await.unwrap();
                bench.narrow().await
            };
            let only_openai = tokio::select! {
                narrow = greet => narrow,
                ended = loads(listener, upstream.address()) => panic!("{ended:?}"),
            };
            assert!(!only_openai);
            let good = bench.speed().good;
            assert!(good > Duration::ZERO && good < LATE, "{good:?}");
        });
    }
}
