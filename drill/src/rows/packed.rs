//! Request bodies that come packed: right, broken, and such as unpack to very much. Most are packed here by hand, so that
//! they say exactly what they are to say.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use vitals::EndReason::*;

use super::clients::reaction;
use super::uploads::{CAP, begin, gzipped_blanks, refused, two_at_once};
use crate::client::{ANTHROPIC, Asked, Client};
use crate::run::{Bench, Expect, Row, Tally};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[Row {
    fault: "packed request bodies: right, broken, bombs, two codings, unknown ones",
    why: "clients that save bandwidth, attacks",
    good: "unpacked within the limit of bodies; 400, 413, 415; bounded memory",
    ends: &[Done, ClientError, TooLarge],
    ..Row::new(60, "packed-requests", any!(packed)).waiting(3)
}];

/// Row 60: each coding with a body that is right and one that is not; and now and then a bomb.
async fn packed(bench: &Bench) -> anyhow::Result<Tally> {
    let (gzip, zstd) = (gzipped_blanks(2 * CAP)?, repeated(2 * CAP / BLOCK));
    let work = async {
        let mut tally = Bench::repeat(bench.size.requests, bench.size.at_once, |i| async move {
            let path = bench.path(i);
            let stream = i % 2 == 0;
            match i % 6 {
                kind @ ..4 => right(bench, path, CODINGS[kind], stream).await,
                4 => {
                    let (coding, _) = CODINGS[i / 6 % 4];
                    wrong(bench, path, coding, b"{\"model\":\"drill\",\"messages\":[]}", &[400]).await
                }
                _ => {
                    let coding = ["gzip, gzip", "compress", "br, gzip", "aes128gcm"][i / 6 % 4];
                    wrong(bench, path, coding, b"packed", &[415]).await
                }
            }
        })
        .await;
        // 64 MiB each: a few of them say as much as many.
        let bombs = [("gzip", gzip.as_slice()), ("zstd", zstd.as_slice())];
        tally.add(Bench::repeat(4, 2, |i| bomb(bench, bench.path(i), bombs[i % 2])).await);
        tally
    };
    Ok(two_at_once(bench, work).await)
}

type Pack = fn(&[u8]) -> std::io::Result<Vec<u8>>;

const CODINGS: [(&str, Pack); 4] = [("gzip", gzip), ("deflate", deflate), ("br", brotli), ("zstd", zstd)];

/// A body that is right is answered as if it had come plain; another relay may take none.
async fn right(bench: &Bench, path: &'static str, (coding, pack): (&str, Pack), stream: bool) -> Tally {
    let body = pack(&bench.body("", stream, 20)).unwrap_or_default();
    let mut tally = Tally::default();
    let Some(mut client) = send(bench, path, coding, &body).await else { return tally };
    let patience = bench.size.patience;
    if bench.strict() {
        let seen = client.judge(Asked { anthropic: path == ANTHROPIC, stream }, patience).await;
        tally.see(coding, Expect::Good, &seen, true);
    } else {
        refused(bench, coding, &[], reaction(&mut client, patience).await, &mut tally);
    }
    tally
}

async fn bomb(bench: &Bench, path: &'static str, (coding, body): (&str, &[u8])) -> Tally {
    wrong(bench, path, coding, body, &[413]).await
}

async fn wrong(
    bench: &Bench,
    path: &'static str,
    coding: &str,
    body: &[u8],
    statuses: &'static [u16],
) -> Tally {
    let mut tally = Tally::default();
    if let Some(mut client) = send(bench, path, coding, body).await {
        let outcome = reaction(&mut client, bench.size.patience).await;
        refused(bench, coding, statuses, outcome, &mut tally);
    }
    tally
}

async fn send(bench: &Bench, path: &str, coding: &str, body: &[u8]) -> Option<Client> {
    let dialect = if path == ANTHROPIC { "anthropic-version: 2023-06-01\r\n" } else { "" };
    let extra = format!("{dialect}content-encoding: {coding}\r\ncontent-length: {}\r\n", body.len());
    let mut client = begin(bench, path, &extra).await?;
    let _ = client.send(body).await;
    Some(client)
}

fn gzip(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}

fn deflate(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}

/// One metablock that is not compressed, of up to 64 KiB, and an empty last one (RFC 7932, section 9.2).
fn brotli(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let length = u16::try_from(text.len() - 1).map_err(std::io::Error::other)?;
    let head = (u32::from(length) << 3 | 1 << 19) << 1;
    Ok([&head.to_le_bytes()[..3], text, &[3]].concat())
}

/// The most that one block of a zstd frame holds.
const BLOCK: usize = 128 * 1024;
/// The beginning of a zstd frame with a window of 1 MiB (RFC 8878, section 3.1.1).
const FRAME: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0, 0x50];

/// A block's head: its length, its kind, whether it is the last.
fn block(length: usize, kind: u32, last: bool) -> [u8; 3] {
    let [a, b, c, _] = (u32::try_from(length).unwrap_or(0) << 3 | kind << 1 | u32::from(last)).to_le_bytes();
    [a, b, c]
}

/// One block that is not compressed.
fn zstd(text: &[u8]) -> std::io::Result<Vec<u8>> {
    Ok([&FRAME, &block(text.len(), 0, true)[..], text].concat())
}

/// Blocks of one byte that is repeated: 128 KiB in four bytes.
fn repeated(blocks: usize) -> Vec<u8> {
    let mut frame = FRAME.to_vec();
    for n in 1..=blocks {
        frame.extend_from_slice(&block(BLOCK, 1, n == blocks));
        frame.push(b' ');
    }
    frame
}
