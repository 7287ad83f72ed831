use std::time::Duration;

use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use vitals::{Measure, Sample, Thresholds, Verdict};

use super::*;
use crate::source::{ErrorKind, PollError, Reading};
use crate::watching::Watching;

fn reading(goroutines: u64, explained: u64) -> Result<Reading, PollError> {
    let sample = Sample {
        goroutines: Some(goroutines),
        explained: Some(explained),
        alloc_bytes: Some(18 << 20),
        rss_bytes: Some(31 << 20),
        open_fds: Some(22),
        max_fds: Some(20_000),
        in_flight: Some(explained),
        streams: Some(explained),
        overdue: Some(0),
        ..Sample::default()
    };
    Ok(Reading {
        sample,
        status: Some("ok".to_owned()),
        program: Some("watertight 0.1.0".to_owned()),
        instance: None,
        latency: Duration::from_micros(1_200),
    })
}

/// A watch whose goroutines climb from 100 by `each` every five seconds.
fn board(polls: u64, each: u64) -> Board {
    let board = Board::new(Watching::new(Thresholds::default(), None, Verdict::Unknown));
    for i in 0..polls {
        let at = Timestamp::from_second(1_795_000_000 + i64::try_from(i).unwrap() * 5).unwrap();
        board.add(at, Duration::from_secs(i * 5), &reading(100 + each * i, 60), |_| {});
    }
    board
}

fn setting() -> Setting<'static> {
    Setting {
        target: "http://localhost:3000",
        interval: Duration::from_secs(5),
        duration: Some(Duration::from_secs(1800)),
        color: false,
        zone: TimeZone::UTC,
    }
}

fn drawn(board: &Board, view: &View, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut picture = board.picture(view.metric);
    picture.next = Some(Duration::from_millis(2_500));
    let shown = terminal
        .draw(|frame| draw::draw(frame, &(picture, Duration::from_secs(300)), view, &setting()))
        .unwrap();
    snapshot::text(shown.buffer)
}

#[test]
fn a_growing_watch_at_80_columns() {
    insta::assert_snapshot!(drawn(&board(60, 40), &View::default(), (80, 24)));
}

/// A leak that has been watched for half an hour, and what is level, at the usual size.
#[test]
fn trends() {
    let growing = drawn(&board(360, 2), &View::default(), (80, 24));
    let level = drawn(&board(360, 0), &View { metric: Measure::AllocBytes, ..View::default() }, (80, 24));
    let head = |text: &str| text.lines().take(7).map(|line| format!("{line}\n")).collect::<String>();
    insta::assert_snapshot!(format!("{}\n{}", head(&growing), head(&level)));
}

/// At any width the time until danger is whole, and no number is cut.
#[test]
fn growth_at_every_width() {
    let board = board(360, 2);
    let sizes = [(120, 24), (80, 24), (60, 24), (40, 24), (40, 14), (20, 5)];
    let screens = sizes.map(|size| {
        let text = drawn(&board, &View::default(), size);
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("danger in more than 1h52m"), "{size:?}: {text}");
        let top = text.lines().take(if size.1 < 24 { 24 } else { 9 }).map(|line| format!("{line}\n"));
        format!("{size:?}:\n{}", top.collect::<String>())
    });
    insta::assert_snapshot!(screens.join("\n"));
}

#[test]
fn a_picture_that_stands_still_says_so_at_every_width() {
    let board = board(60, 0);
    let mut view = View::default();
    view.paused = Some(Box::new((board.picture(view.metric), Duration::ZERO)));
    let feet = [(120, 24), (80, 24), (60, 24), (40, 24), (20, 5), (10, 3)].map(|size| {
        let text = drawn(&board, &view, size);
        format!("{}\n", text.lines().last().unwrap())
    });
    let expected = "paused; polling goes on  p resume  q quit  ? help  1-5 chart  l log  s save\n";
    assert_eq!(feet[..2], [expected, expected]);
    assert_eq!(feet[2], "paused; polling goes on  p resume  q quit  ? help  1-5 chart\n");
    assert_eq!(feet[3..], ["paused; polling goes on  p resume\n", "paused  p resume\n", "p resume\n"]);
}

/// Failed polls are a gap, not a line: nobody knows what was there.
#[test]
fn a_gap_where_polls_failed() {
    let board = Board::new(Watching::new(Thresholds::default(), None, Verdict::Unknown));
    for i in 0..60 {
        let at = Timestamp::from_second(1_795_000_000 + i * 5).unwrap();
        let error = PollError::new(ErrorKind::Refused, "nothing listens", "start it");
        let outcome = if (20..40).contains(&i) || i > 56 { Err(error) } else { reading(1000, 60) };
        board.add(at, Duration::from_secs(u64::try_from(i).unwrap() * 5), &outcome, |_| {});
    }
    let text = drawn(&board, &View::default(), (80, 20));
    // The limit of 2000 is a line of its own, farther up.
    let line =
        text.lines().rfind(|line| line.contains('⠤') || line.contains('⣀') || line.contains('⠒')).unwrap();
    let drawn: Vec<bool> = line.chars().skip(9).map(|c| c != ' ' && c != '⠀').collect();
    let runs: Vec<_> = drawn.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
    assert!(matches!(runs[..], [(true, 20..28), (false, 20..28), (true, 18..28)]), "{runs:?}\n{text}");
    let times = text.lines().find(|line| line.trim_start().starts_with("0 ") && line.contains("4m55s"));
    assert!(times.is_some(), "the time goes on while polls fail: {text}");
}

#[test]
fn another_metric_and_a_failure() {
    let board = board(60, 0);
    let error = PollError::new(ErrorKind::Refused, "nothing listens at 127.0.0.1:3000", "start the service");
    for i in 0..2 {
        let at = Timestamp::from_second(1_795_000_300 + i * 5).unwrap();
        board.add(at, Duration::from_secs(300), &Err(error.clone()), |_| {});
    }
    let view = View { metric: Measure::OpenFds, log: true, ..View::default() };
    insta::assert_snapshot!(drawn(&board, &view, (100, 20)));
}

/// A target that never answers has not said what it does not report.
#[test]
fn nothing_but_failures() {
    let board = Board::new(Watching::new(Thresholds::default(), None, Verdict::Unknown));
    let error = PollError::new(
        ErrorKind::Content,
        "an HTML page came instead of JSON",
        "check the port and the path",
    );
    for i in 0..3 {
        let at = Timestamp::from_second(1_795_000_000 + i * 5).unwrap();
        board.add(at, Duration::from_secs(15), &Err(error.clone()), |_| {});
    }
    let sizes = [(80, 24), (40, 16), (20, 5)].map(|size| drawn(&board, &View::default(), size));
    for text in &sizes {
        assert!(!text.contains("does not report"), "{text}");
    }
    insta::assert_snapshot!(sizes.join("\n"));
}

#[test]
fn before_the_first_sample() {
    let board = board(0, 0);
    let text = drawn(&board, &View::default(), (80, 24));
    assert!(text.contains("waiting for the first sample") && !text.contains("OK"), "{text}");
}

/// No room is too small, and the verdict is what stays.
#[test]
fn any_size_shows_what_fits() {
    let board = board(200, 40);
    for width in [1, 2, 3, 9, 10, 17, 18, 20, 40, 80, 200] {
        for height in [1, 2, 3, 5, 11, 12, 13, 24, 60] {
            for view in [View::default(), View { help: true, ..View::default() }] {
                let text = drawn(&board, &view, (width, height));
                assert_eq!(text.lines().count(), usize::from(height), "{width} x {height}");
            }
        }
    }
    let tiny = drawn(&board, &View::default(), (20, 5));
    assert!(tiny.starts_with("DANGER"), "{tiny}");
    assert!(tiny.contains("goroutines 8060"), "{tiny}");
}

#[test]
fn keys() {
    let board = board(3, 1);
    let mut view = View::default();
    let press = |view: &mut View, code, modifiers| {
        view.press(KeyEvent::new(code, modifiers), |view| (board.picture(view.metric), Duration::ZERO))
    };
    let plain = KeyModifiers::NONE;
    assert_eq!(press(&mut view, KeyCode::Char('x'), plain), Asked::Nothing);
    assert_eq!(press(&mut view, KeyCode::Char('3'), plain), Asked::Redraw);
    assert_eq!(view.metric, Measure::OpenFds);
    press(&mut view, KeyCode::Char('p'), plain);
    let still = view.paused.as_ref().unwrap();
    assert_eq!((still.0.metric, still.0.polls.0), (Measure::OpenFds, 3));
    press(&mut view, KeyCode::Char(' '), plain);
    assert!(view.paused.is_none());
    press(&mut view, KeyCode::Char('l'), plain);
    press(&mut view, KeyCode::Char('?'), plain);
    assert!(view.log && view.help);
    for key in [KeyCode::Esc, KeyCode::Enter, KeyCode::Char('?'), KeyCode::Char('q'), KeyCode::Char('3')] {
        let before = (view.metric, view.log, view.paused.is_some());
        view.help = true;
        assert_eq!(press(&mut view, key, plain), Asked::Redraw, "{key:?}");
        assert!(!view.help, "{key:?} closes it");
        assert_eq!((view.metric, view.log, view.paused.is_some()), before, "{key:?} does nothing else");
    }
    view.help = true;
    assert_eq!(press(&mut view, KeyCode::Char('z'), KeyModifiers::CONTROL), Asked::Suspend);
    assert_eq!(press(&mut view, KeyCode::Char('c'), KeyModifiers::CONTROL), Asked::Quit);
    view.help = false;
    press(&mut view, KeyCode::Char('s'), plain);
    assert!(view.snapshot);
    assert_eq!(press(&mut view, KeyCode::Char('q'), plain), Asked::Quit);
    assert_eq!(press(&mut view, KeyCode::Char('c'), KeyModifiers::CONTROL), Asked::Quit);
    assert_eq!(press(&mut view, KeyCode::Char('z'), KeyModifiers::CONTROL), Asked::Suspend);
    assert_eq!(press(&mut view, KeyCode::Char('z'), plain), Asked::Nothing);
}

#[test]
fn the_stacks_that_grow_where_there_is_room() {
    let board = board(20, 10);
    let places: Vec<_> = ["main.first", "main.second", "main.third", "main.fourth"]
        .into_iter()
        .map(|function| crate::profile::Place {
            function: Some(function.to_owned()),
            file: "/a/long/way/to/main.go".to_owned(),
            line: 7,
            per_minute: 60.0,
            ..crate::profile::Place::default()
        })
        .collect();
    board.grows(&places);
    let low = drawn(&board, &View::default(), (80, 24));
    assert!(low.contains("stack +60 a minute: main.first main.go:7"), "{low}");
    assert!(!low.contains("main.second"), "{low}");
    let high = drawn(&board, &View::default(), (80, 40));
    assert!(high.contains("main.third") && !high.contains("main.fourth"), "{high}");
    board.grows(&[]);
    assert!(!drawn(&board, &View::default(), (80, 40)).contains("stack"));
}

#[test]
fn in_chinese_at_80_columns() {
    insta::assert_snapshot!(vitals::Language::Zh.during(|| drawn(
        &board(60, 40),
        &View::default(),
        (80, 24)
    )));
    let help = View { help: true, ..View::default() };
    insta::assert_snapshot!(vitals::Language::Zh.during(|| drawn(&board(6, 40), &help, (80, 12))));
    let view = View { metric: Measure::OpenFds, log: true, ..View::default() };
    let text = vitals::Language::Zh.during(|| drawn(&board(60, 40), &view, (80, 24)));
    assert!(text.contains(" 文件描述符，对数刻度 ─"), "{text}");
}
