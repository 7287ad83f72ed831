//! A request's body that came packed. It has come whole before it is unpacked, so what a client only announces holds no
//! decoder; what it unpacks to is held to the cap of any body and to a place in the byte budget, decoder included.

use adaptors::growth;
use bytes::Bytes;
use vitals::EndReason;

use crate::exchange::Exchange;
use crate::reply::refusal::Refusal;
use crate::unpack::{Coding, Unpack};

/// What a body may unpack to, however small it came.
const FREE: usize = 1024 * 1024;
/// The most that one packed byte may unpack to beyond that: the best that gzip can do. The others can go a hundred
/// times further, which no honest body does.
const RATIO: usize = 1_032;
/// Unpacked bytes after which others have their turn.
const TURN: usize = 1024 * 1024;

/// The body as its client meant it.
///
/// # Errors
/// 400 for one that cannot be read, 413 for one that unpacks to too much, 503 when the budget has no room.
pub(super) async fn read(exchange: &mut Exchange, packed: Bytes, coding: Coding) -> Result<Bytes, Refusal> {
    let Some(mut unpack) = Unpack::new(coding) else { return Ok(packed) };
    let (came, cap) = (packed.len(), exchange.snapshot.live.limits.request_body);
    let believed = came.saturating_mul(RATIO).max(FREE);
    unpack.push(packed);
    let mut body = Vec::new();
    while let Some(piece) = unpack.piece().map_err(|_| broken(coding))? {
        let long = body.len() + piece.len();
        if long > cap {
            return Err(Refusal::body_too_large(cap));
        }
        if long > believed {
            return Err(bomb(coding));
        }
        let fixed = came + unpack.room();
        let mut room = growth::room(body.capacity(), long).min(cap.max(body.capacity()));
        if !exchange.reservation.hold(fixed + room) {
            // None to spare: as much as it takes.
            room = long.max(body.capacity());
            if !exchange.reservation.hold(fixed + room) {
                return Err(exchange.no_room(fixed + room));
            }
        }
        if long / TURN > body.len() / TURN {
            tokio::task::yield_now().await;
        }
        body.reserve_exact(room - body.len());
        body.extend_from_slice(&piece);
    }
    if !unpack.is_whole() {
        return Err(broken(coding));
    }
    body.shrink_to_fit();
    Ok(body.into())
}

fn broken(coding: Coding) -> Refusal {
    Refusal::client(400, format!("the request body is not {} that can be read to its end", coding.as_str()))
}

fn bomb(coding: Coding) -> Refusal {
    let text =
        format!("the request body unpacks to more than {RATIO} times its bytes of {}", coding.as_str());
    Refusal::new(EndReason::TooLarge, 413, text)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::scene::{self, Scene};

    fn gzip(text: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap().into()
    }

    /// What comes of a body, and what its exchange holds of the budget then.
    fn reads(limits: &str, packed: Bytes, coding: Coding) -> (Result<Bytes, u16>, usize) {
        let scene = Scene::new(&format!("[limits]\n{limits}\n"));
        let _runtime = scene.runtime.enter();
        let mut exchange = scene.exchange(scene::source(""));
        let body = scene.runtime.block_on(read(&mut exchange, packed, coding));
        (body.map_err(|refusal| refusal.status), exchange.reservation.bytes())
    }

    const ROOM: &str = "request_body = \"8MiB\"\nbuffered = \"16MiB\"";

    #[test]
    fn a_body_is_unpacked_and_counted_after_it() {
        let text = "prompt ".repeat(1_000_000);
        let (body, held) = reads(ROOM, gzip(text.as_bytes()), Coding::Gzip);
        assert_eq!(body, Ok(Bytes::from(text.clone())));
        assert!(held >= text.len(), "{held}");
        assert_eq!(reads(ROOM, Bytes::from_static(b"{}"), Coding::Identity).0, Ok(Bytes::from_static(b"{}")));
    }

    #[test]
    fn a_body_may_take_all_the_room_there_is() {
        let text: Vec<u8> =
            (0..6_u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 | 32).collect();
        let packed = gzip(&text);
        let room = packed.len() + text.len() + Unpack::new(Coding::Gzip).unwrap().room();
        let scene = Scene::new(&format!("[limits]\n{ROOM}\n"));
        let _runtime = scene.runtime.enter();
        for (room, whole) in [(room, true), (room - 1, false)] {
            scene.relay.budget.set_limit(room);
            let mut exchange = scene.exchange(scene::source(""));
            let body = scene.runtime.block_on(read(&mut exchange, packed.clone(), Coding::Gzip));
            assert_eq!(body.map_err(|refusal| refusal.status), whole.then(|| text.clone().into()).ok_or(413));
        }
    }

    #[test]
    fn a_bomb_is_refused_at_the_cap_and_by_its_ratio() {
        let bomb = gzip(&vec![0; 9 << 20]);
        assert_eq!(reads(ROOM, bomb.clone(), Coding::Gzip).0, Err(413));
        assert_eq!(
            reads("request_body = \"9MiB\"\nbuffered = \"9MiB\"", bomb, Coding::Gzip).0,
            Err(413),
            "there never is room, with the decoder"
        );
        // 2 MiB in 70 bytes: within the cap.
        let head = [0x28, 0xb5, 0x2f, 0xfd, 0, 0x50];
        let block = [2, 0, 0x10, b'x'];
        let frame = [&head[..], &block.repeat(15), &[3, 0, 0x10, b'x']].concat();
        assert_eq!(reads(ROOM, frame.into(), Coding::Zstd).0, Err(413));
    }

    #[test]
    fn a_body_that_is_not_what_it_says_is_the_clients_mistake() {
        for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd] {
            let (body, _) = reads(ROOM, Bytes::from_static(b"{\"model\":\"m\",\"messages\":[]}"), coding);
            assert_eq!(body, Err(400), "{coding:?}");
        }
        let whole = gzip(b"{}");
        assert_eq!(reads(ROOM, whole.slice(..whole.len() - 1), Coding::Gzip).0, Err(400), "cut");
    }
}
