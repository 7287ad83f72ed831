use crate::comparison::{METRICS, Side, side};
use crate::recording::Input;

fn input(name: &str, text: &str) -> Input {
    Input::from_bytes(name.to_owned(), text.as_bytes().to_vec())
}

fn read(text: &str) -> Side {
    side(&[input("a.csv", text)], "BASELINE").unwrap()
}

fn column(name: &str) -> usize {
    METRICS.iter().position(|metric| metric.column() == name).unwrap()
}

#[test]
fn known_numbers() {
    let mut text =
        "ts,elapsed_s,ok,latency_ms,goroutines,explained,requests_total,total_alloc_bytes\n".to_owned();
    for i in 0..100_u64 {
        text.push_str(&format!(
            "2026-11-18T11:{:02}:{:02}Z,{},1,1.5,{},10,{},{}\n",
            i / 60,
            i % 60,
            i,
            100 + i,
            i * 4,
            i << 20
        ));
    }
    let side = read(&text);
    let all = &side.columns[column("goroutines")];
    assert_eq!(
        (all.all.n(), all.all.min(), all.all.median(), all.all.p95(), all.all.max()),
        (100, Some(100), Some(149), Some(194), Some(199))
    );
    assert_eq!((all.first.n(), all.last.n()), (20, 20));
    assert_eq!((all.first.median(), all.last.median()), (Some(109), Some(189)));
    assert_eq!(all.peak_at.unwrap().long(), "2026-11-18 11:01:39 UTC");
    assert_eq!(side.columns[column("unexplained")].all.median(), Some(139));
    assert_eq!(side.columns[column("latency_ms")].all.median(), Some(1500));
    assert_eq!(side.columns[column("open_fds")].all.n(), 0);
    assert_eq!(
        (side.requests.per_second(), side.allocated.per_second()),
        (Some(4.0), Some(f64::from(1 << 20)))
    );
    assert_eq!(side.length().unwrap().as_secs(), 99);
    let level = side.level();
    assert_eq!((level.goroutines, level.unexplained()), (Some(149), Some(139)));
}

#[test]
fn failures_and_restarts_are_counted_and_rates_leave_restarts_out() {
    let side = read(
        "ts,elapsed_s,ok,error,goroutines,requests_total,start_time\n\
         2026-11-18T11:00:00Z,0,1,,5,100,7\n\
         2026-11-18T11:00:01Z,1,0,refused,,,\n\
         2026-11-18T11:00:02Z,2,1,,5,120,7\n\
         2026-11-18T11:00:03Z,3,1,,5,3,8\n\
         2026-11-18T11:00:04Z,4,1,,5,13,8\n\
         2026-11-18T11:00:05Z,5,0,x y,,,\n",
    );
    assert_eq!((side.good, side.polls(), side.failed["refused"], side.failed["other"]), (4, 6, 1, 1));
    assert_eq!((side.restarts, side.restarted_at[0].long()), (1, "2026-11-18 11:00:03 UTC".to_owned()));
    assert_eq!(side.requests.per_second(), Some(10.0), "30 in 3 seconds");
}

#[test]
fn recordings_are_joined_in_order_of_time() {
    let day = |day: u32, count: u32| {
        let row = |s: u32| format!("2026-11-{day}T11:00:{s:02}Z,{s},{count}\n");
        format!("ts,elapsed_s,goroutines\n{}", (0..10).map(row).collect::<String>())
    };
    let inputs = vec![input("late", &day(19, 900)), input("early", &day(18, 100))];
    let joined = side(&inputs, "BASELINE").unwrap();
    assert_eq!(joined.names, ["early", "late"]);
    let all = &joined.columns[0];
    assert_eq!((all.first.median(), all.last.median(), all.all.n()), (Some(100), Some(900), 20));
    assert_eq!(joined.overlap, None);
    let inputs = vec![input("a", &day(18, 1)), input("b", &day(18, 1))];
    assert_eq!(side(&inputs, "BASELINE").unwrap().overlap, Some(("a".to_owned(), "b".to_owned())));
}
