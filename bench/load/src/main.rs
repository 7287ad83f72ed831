//! Load on a relay, for `bench/proxies`: requests in a closed loop (each connection asks again as soon as it was
//! answered) or in an open one (at a fixed rate, whatever the relay does, with latency from the moment at which a
//! request was due), and streams that are opened and held.
//!
//! One thread, so that it can share a core with the upstream. It prints one line of JSON. A request that does not come
//! to its end is counted as failed, with the first reason in words: whoever compares discards such a window.

#![expect(clippy::print_stdout, reason = "the line of JSON is the result")]

mod ask;
mod body;
mod held;
mod rate;
mod spread;
mod wire;

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, Parser};

/// Load on a relay, as one line of JSON.
#[derive(Parser)]
enum Command {
    /// Ask again and again, and measure.
    Ask(Ask),
    /// Open streams, say so, and hold them until standard input ends; then vanish without a word.
    Hold(Hold),
}

#[derive(Args)]
pub(crate) struct Ask {
    /// Where to ask, with the path; https trusts `--ca` alone.
    #[arg(long)]
    url: http::Uri,
    /// What is asked for.
    #[arg(long, value_enum)]
    kind: body::Kind,
    /// The model.
    #[arg(long, default_value = "drill")]
    model: String,
    /// Tokens of an answer.
    #[arg(long, default_value_t = 64)]
    tokens: u32,
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Requests a second in an open loop; 0 is the closed loop.
    #[arg(long, default_value_t = 0)]
    rate: u32,
    /// For how long.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// The authority of the relay's certificate, in PEM.
    #[arg(long)]
    ca: Option<PathBuf>,
}

#[derive(Args)]
struct Hold {
    /// `ADDR:PORT`.
    #[arg(long)]
    address: String,
    /// How many.
    #[arg(long)]
    streams: usize,
    /// Streams on each HTTP/2 connection; 0 is HTTP/1.1.
    #[arg(long, default_value_t = 0)]
    each: usize,
    /// Connections that have had a whole answer and are idle, instead of streams (HTTP/1.1).
    #[arg(long)]
    idle: bool,
}

fn main() -> anyhow::Result<()> {
    let command = Command::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match command {
        Command::Ask(ask) => {
            let seen = runtime.block_on(ask::run(&ask))?;
            println!("{}", seen.json(Duration::from_secs_f64(ask.seconds)));
            Ok(())
        }
        Command::Hold(hold) => {
            let began = Instant::now();
            let held = runtime.block_on(held::open(&hold.address, hold.streams, hold.each, hold.idle));
            println!("open {} {:.1}", held.count(), began.elapsed().as_secs_f64());
            std::io::stdout().flush()?;
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            // Nothing is torn down in order: that is the point.
            std::process::abort();
        }
    }
}
