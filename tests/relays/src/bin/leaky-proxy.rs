//! A small relay of another make that leaks one request in a hundred, or lies or hangs, in the way that it is told: what
//! the drill must catch and name. `leaky-proxy KIND UPSTREAM` relays; `leaky-proxy drill TARGET PID UPSTREAM ROW [full]
//! [hasty]` drills one, and `leaky-proxy drill` one of its own, which does not start: there is no `serve`.

use std::{
    fs::File,
    io::{self, Write},
    process::ExitCode,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Handle},
};

/// One request in so many leaks, or is seldom met.
const EVERY: u64 = 100;
const SELDOM: u64 = 115;
/// Connections of each request of a relay that hoards them.
const HOARDED: usize = 4;
/// One stream in so many is edited.
const EDITED: u64 = 20;
/// What a leak of memory takes.
const BYTES: usize = 4 << 20;
/// An answer that looks complete and says nothing.
const LIE: &str = "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}";

static REQUESTS: AtomicU64 = AtomicU64::new(0);
static STREAMS: AtomicU64 = AtomicU64::new(0);
static IN_FLIGHT: AtomicU64 = AtomicU64::new(0);
static OVERDUE: AtomicU64 = AtomicU64::new(0);
static CONNECTIONS: Mutex<Vec<TcpStream>> = Mutex::new(Vec::new());
static FILES: Mutex<Vec<File>> = Mutex::new(Vec::new());
static MEMORY: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

fn lock<T>(list: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep<T>(list: &Mutex<Vec<T>>, what: T) {
    lock(list).push(what);
}

#[expect(clippy::disallowed_methods, reason = "to be caught: tasks without an owner")]
async fn leak(kind: &str, upstream: &str) -> io::Result<()> {
    match kind {
        "task" => drop(tokio::spawn(std::future::pending::<()>())),
        "connection" => keep(&CONNECTIONS, TcpStream::connect(upstream).await?),
        "exchange" => {
            // The published bug: an answer that nobody reads, of a request that nobody waits for.
            let body = "{\"model\":\"fault-silent\",\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}";
            let mut far = TcpStream::connect(upstream).await?;
            let head = format!("host: x\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
            far.write_all(format!("POST /v1/chat/completions HTTP/1.1\r\n{head}\r\n\r\n{body}").as_bytes())
                .await?;
            keep(&CONNECTIONS, far);
        }
        "hoard" | "pool" => {
            for _ in 0..HOARDED {
                keep(&CONNECTIONS, TcpStream::connect(upstream).await?);
            }
        }
        "overdue" => {
            OVERDUE.fetch_add(1, Relaxed);
        }
        "once" => {
            keep(&FILES, File::open(std::env::current_exe()?)?);
            drop(tokio::spawn(std::future::pending::<()>()));
        }
        "descriptor" | "seldom" => keep(&FILES, File::open(std::env::current_exe()?)?),
        "memory" => keep(&MEMORY, vec![1; BYTES]),
        "permit" => {
            IN_FLIGHT.fetch_add(1, Relaxed);
        }
        _ => {}
    }
    Ok(())
}

/// A request's head and body as they came.
async fn request(client: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            let body = end + 4;
            while bytes.len() < body + length.unwrap_or(0) {
                if client.read_buf(&mut bytes).await? == 0 {
                    return Ok(None);
                }
            }
            return Ok(Some((head, bytes.split_off(body))));
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

async fn whole(client: &mut TcpStream, status: &str, body: &str) -> io::Result<()> {
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    client.write_all(format!("{head}\r\n{body}").as_bytes()).await
}

fn health(kind: &str) -> String {
    let (permits, overdue) = (IN_FLIGHT.load(Relaxed), OVERDUE.load(Relaxed));
    // What it hoards it calls its pool, or says nothing of it.
    let idle = match kind {
        "pool" => lock(&CONNECTIONS).len().to_string(),
        "hoard" => "null".to_owned(),
        _ => "0".to_owned(),
    };
    let relay = format!("{{\"in_flight\":{permits},\"overdue\":{overdue},\"upstream_idle\":{idle}}}");
    let tasks = Handle::current().metrics().num_alive_tasks();
    format!("{{\"goroutines\":{tasks},\"start_time\":1,\"relay\":{relay}}}")
}

async fn forward(
    client: &mut TcpStream,
    head: &str,
    body: &[u8],
    kind: &str,
    upstream: &str,
) -> io::Result<()> {
    let number = REQUESTS.fetch_add(1, Relaxed);
    let hit = match kind {
        "hoard" | "pool" => true,
        "seldom" => number % SELDOM == SELDOM - 1,
        // What is made when the first fault is met.
        "once" => body.windows(6).any(|window| window == b"fault-") && lock(&FILES).is_empty(),
        _ => number % EVERY == EVERY - 1,
    };
    if hit {
        leak(kind, upstream).await?;
        if kind == "hang" {
            // Until the client has had enough.
            while client.read(&mut [0; 1024]).await? > 0 {}
            return Ok(());
        }
    }
    let mut far = TcpStream::connect(upstream).await?;
    far.write_all(&[head.as_bytes(), b"\r\nconnection: close\r\n\r\n", body].concat()).await?;
    if matches!(kind, "omits" | "repeats" | "swaps") {
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).await?;
        return client.write_all(&edited(&answer, kind)).await;
    }
    let (mut answer, mut junk) = (vec![0; 16 << 10], [0; 1024]);
    let mut first = true;
    loop {
        let n = tokio::select! {
            n = far.read(&mut answer) => n?,
            // The client left, and so does its upstream.
            _ = client.read(&mut junk) => return Ok(()),
        };
        if n == 0 {
            return Ok(());
        }
        if std::mem::take(&mut first) && hit && kind == "lie" && !answer.starts_with(b"HTTP/1.1 200") {
            return whole(client, "200 OK", LIE).await;
        }
        client.write_all(&answer[..n]).await?;
    }
}

/// The answer, or another one that is as whole as it was: something is wrong in the middle of its events.
fn edited(answer: &[u8], kind: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n").filter(|(head, _)| head.contains("event-stream"))
    else {
        return answer.to_vec();
    };
    if STREAMS.fetch_add(1, Relaxed) % EDITED != EDITED - 1 {
        return answer.to_vec();
    }
    // The upstream sends each event in a chunk of its own.
    let mut chunks: Vec<&str> = body.split_inclusive("\n\n\r\n").collect();
    let middle = chunks.len() / 2;
    match kind {
        "omits" => drop(chunks.remove(middle)),
        "repeats" => chunks.insert(middle, chunks[middle]),
        _ => chunks.swap(middle, middle + 1),
    }
    format!("{head}\r\n\r\n{}", chunks.concat()).into_bytes()
}

async fn connection(mut client: TcpStream, kind: &str, upstream: &str) -> io::Result<()> {
    while let Some((head, body)) = request(&mut client).await? {
        match head.split(' ').nth(1) {
            Some("/api/monitor/health") => whole(&mut client, "200 OK", &health(kind)).await?,
            Some(path) if path.starts_with("/v1/") => {
                IN_FLIGHT.fetch_add(1, Relaxed);
                let done = forward(&mut client, &head, &body, kind, upstream).await;
                IN_FLIGHT.fetch_sub(1, Relaxed);
                return done;
            }
            _ => whole(&mut client, "404 Not Found", "{}").await?,
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a relay of another make")]
async fn relay(kind: String, upstream: String) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout().lock(), "listening on http://{}", listener.local_addr()?)?;
    loop {
        let (client, _) = listener.accept().await?;
        let (kind, upstream) = (kind.clone(), upstream.clone());
        tokio::spawn(async move { connection(client, &kind, &upstream).await });
    }
}

fn drill(args: &[String]) -> ExitCode {
    let (row, rest) = (args.get(3), args.get(4..).unwrap_or_default());
    let mut options = drill::Options {
        only: row.into_iter().cloned().collect(),
        skip: Vec::new(),
        requests: Some(100),
        concurrency: Some(10),
        rate: None,
        patience: None,
        full: rest.contains(&"full".to_owned()),
        list: false,
        resume: None,
        format: drill::Format::Json,
        color: false,
        width: 120,
        target: None,
    };
    if let [url, pid, upstream_listen, ..] = args {
        // It leaks in good requests as well, which would be told there and nowhere else.
        options.skip = vec!["good".to_owned()];
        options.target = Some(drill::Target {
            url: url.clone(),
            model: None,
            model_prefix: Some(String::new()),
            key_file: None,
            upstream_listen: upstream_listen.clone(),
            pid: pid.parse().ok(),
            stacks: drill::Stacks::default(),
            start: None,
        });
    }
    if rest.contains(&"hasty".to_owned()) {
        options.patience = Some(Duration::from_secs(5));
    }
    drill::main(&options)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|word| word == "drill") {
        return drill(&args[1..]);
    }
    let [kind, upstream] = args.as_slice() else { return ExitCode::from(64) };
    // One thread: the memory of several allocators would come and go.
    let served = Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(relay(kind.clone(), upstream.clone())));
    if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
