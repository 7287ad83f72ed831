//! Profiles of a real Go relay (tests/sources/relay, Go 1.27) that leaks in each of the four ways: recorded bytes,
//! known answers.

use super::*;

const TWO_SECONDS: std::time::Duration = std::time::Duration::from_secs(2);

/// The profiles of one way to leak: the text twice, two seconds apart, and the protobuf of the later moment.
fn recorded(way: &str) -> [Profile; 3] {
    let bytes: [&[u8]; 3] = match way {
        "body" => [
            include_bytes!("recorded/body.1.txt"),
            include_bytes!("recorded/body.2.txt"),
            include_bytes!("recorded/body.pb.gz"),
        ],
        "error" => [
            include_bytes!("recorded/error.1.txt"),
            include_bytes!("recorded/error.2.txt"),
            include_bytes!("recorded/error.pb.gz"),
        ],
        "client" => [
            include_bytes!("recorded/client.1.txt"),
            include_bytes!("recorded/client.2.txt"),
            include_bytes!("recorded/client.pb.gz"),
        ],
        _ => [
            include_bytes!("recorded/silent.1.txt"),
            include_bytes!("recorded/silent.2.txt"),
            include_bytes!("recorded/silent.pb.gz"),
        ],
    };
    bytes.map(|bytes| read(bytes).unwrap())
}

/// Name of the cause and place in the program, of everything that stands there at least ten times.
fn causes<'a>(stacks: impl IntoIterator<Item = (u64, Option<Wait>, &'a Vec<Frame>)>) -> Vec<(Cause, String)> {
    let many = stacks.into_iter().filter(|(count, ..)| *count >= 10);
    let mut causes: Vec<_> = many
        .map(|(_, wait, frames)| {
            let (cause, place) = explain(wait, frames).unwrap_or_else(|| panic!("not explained: {frames:?}"));
            (cause, place.map(|frame| frame.to_string()).unwrap_or_default())
        })
        .collect();
    causes.sort_unstable_by_key(|(cause, place)| (format!("{cause:?}"), place.clone()));
    causes.dedup();
    causes
}

#[test]
fn the_four_ways_to_leak_are_named_by_growth() {
    let loops = (Cause::BodyNotClosed, "");
    for (way, expected) in [
        ("body", vec![loops]),
        ("error", vec![loops, (Cause::StalledBody, "main.(*relay).explain (example.com/relay/main.go:111)")]),
        (
            "client",
            vec![loops, (Cause::WaitsItself, "main.(*relay).readStream (example.com/relay/main.go:124)")],
        ),
        (
            "silent",
            vec![loops, (Cause::SilentUpstream, "main.(*relay).readStream (example.com/relay/main.go:123)")],
        ),
    ] {
        let [before, now, _] = recorded(way);
        let grown = growth(&before, &now, TWO_SECONDS);
        let found = causes(grown.iter().map(|place| (place.now - place.before, place.wait, &place.frames)));
        let found: Vec<_> = found.iter().map(|(cause, place)| (*cause, place.as_str())).collect();
        assert_eq!(found, expected, "{way}");
        // 20 clients a second, each of which leaves one goroutine at every such place.
        let first = &grown[0];
        assert!((first.per_minute - 1200.0).abs() < 60.0, "{way}: {first:?}");
        let parts = grown.iter().filter(|place| place.now - place.before >= 10).count();
        assert!((grown.iter().map(|place| place.share).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(first.share > 0.8 / f64::from(u32::try_from(parts).unwrap()), "{way}: {first:?}");
    }
}

#[test]
fn the_protobuf_shows_what_is_waited_for() {
    let [_, text, proto] = recorded("client");
    assert!(proto.total.abs_diff(text.total) <= 20, "{} {}", proto.total, text.total);
    let found = causes(proto.stacks.iter().map(|stack| (stack.count, stack.wait, &stack.frames)));
    assert_eq!(
        found,
        [
            (Cause::BodyNotClosed, String::new()),
            (
                Cause::ReaderNobodyReceives,
                "main.(*relay).readStream (example.com/relay/main.go:124)".to_owned()
            )
        ]
    );
    let reader = proto.stacks.iter().max_by_key(|stack| stack.wait == Some(Wait::ChanSend)).unwrap();
    assert_eq!(reader.frames.len(), 1, "neither the runtime's frames nor goexit: {reader:?}");
    let silent = &recorded("silent")[2];
    assert!(silent.stacks.iter().any(|stack| stack.count > 50 && stack.wait == Some(Wait::Network)));
}

#[test]
fn a_leak_profile_is_a_proof() {
    let proof = read(include_bytes!("recorded/client.leak.txt")).unwrap();
    assert_eq!((proof.total, proof.stacks.len(), proof.stacks[0].count), (95, 1, 95));
    assert_eq!(own_frame(&proof.stacks[0].frames).unwrap().line, 124);
    assert_eq!(read(b"goroutineleak profile: total 0\n").unwrap(), Profile::default());
}

#[test]
fn a_healthy_relay_grows_nowhere() {
    let healthy = read(include_bytes!("recorded/healthy.txt")).unwrap();
    assert_eq!(growth(&healthy, &healthy, TWO_SECONDS), []);
    assert_eq!(healthy.total, healthy.stacks.iter().map(|stack| stack.count).sum::<u64>());
}

#[test]
fn where_nothing_grows_crowds_are_told() {
    let [_, now, _] = recorded("error");
    assert_eq!(growth(&now, &now, TWO_SECONDS), []);
    let crowds = crowds(&now, &now, 50);
    assert!(crowds.len() >= 3 && crowds.windows(2).all(|pair| pair[0].now >= pair[1].now), "{crowds:?}");
    assert!(
        crowds.iter().all(|place| place.now >= 50 && place.before == place.now && place.per_minute == 0.0)
    );
    let found = causes(crowds.iter().map(|place| (place.now, place.wait, &place.frames)));
    assert!(found.iter().any(|(name, _)| *name == Cause::StalledBody), "{found:?}");
    let [_, healthy] = [0, 1].map(|_| read(include_bytes!("recorded/healthy.txt")).unwrap());
    assert_eq!(super::crowds(&healthy, &healthy, 50), []);
}

#[test]
fn one_leak_at_two_lines_is_one_place() {
    let stack = |count, line| Stack {
        count,
        wait: None,
        frames: vec![Frame { function: "main.f".to_owned(), file: "/m.go".to_owned(), line }],
    };
    let before = Profile { total: 5, stacks: vec![stack(5, 1)] };
    let now = Profile { total: 35, stacks: vec![stack(10, 1), stack(25, 2)] };
    let grown = growth(&before, &now, std::time::Duration::from_secs(30));
    assert_eq!(grown.len(), 1);
    assert_eq!((grown[0].before, grown[0].now, grown[0].frames[0].line), (5, 35, 2));
    assert!((grown[0].per_minute - 60.0).abs() < 1e-9 && (grown[0].share - 1.0).abs() < 1e-9);
}

#[test]
fn what_is_no_profile_is_named() {
    let said = |bytes: &[u8]| crate::words::en::unreadable(&read(bytes).unwrap_err());
    assert!(said(b"<html>").contains("starts with `<html>`"));
    assert!(said(b"").contains("not a goroutine profile"));
    assert!(said(b"goroutine profile: total 9\n3 @ 0x1\n#\t0x1\tmain.f+0x1\t/m.go:1\n").contains("3 of 9"));
    assert!(said(b"goroutine profile: total 9\nx @ 0x1\n").contains("no count"));
    assert!(said(b"\x1f\x8b\x08\x00").contains("damaged"));
    let heap = [&[0x0a, 2, 0x08, 1][..], &[0x32, 0], &[0x32, 4], b"heap"].concat();
    assert_eq!(said(&heap), "not a goroutine profile: it starts with `   2 2 heap`".replace("   2 2", "2 2"));
}

#[test]
fn every_cut_and_every_changed_byte_of_a_profile_ends_in_words() {
    let whole: &[u8] = include_bytes!("recorded/client.pb.gz");
    let bytes = unzip(whole).unwrap();
    for end in (0..bytes.len()).step_by(7) {
        let _ = read(&bytes[..end]);
        let mut changed = bytes.clone();
        changed[end] ^= 0xff;
        let _ = read(&changed);
    }
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err(), "cut at {end}");
    }
    let text = include_str!("recorded/client.2.txt");
    for end in (0..text.len() - 1).step_by(11) {
        let _ = read(&text.as_bytes()[..end]);
    }
}
