use super::*;
use crate::words;

fn input(name: &str, text: &str) -> Input {
    Input::from_bytes(name.to_owned(), text.as_bytes().to_vec())
}

#[test]
fn rows_belong_to_the_day_of_their_time() {
    let a = "ts,goroutines\n2026-11-16T23:59:59.999Z,1\n2026-11-17T00:00:00.000Z,2\nx\n2026-11-17T00:30:00+02:00,3\n";
    let b = "[2026-11-17 23:59:59] Goroutines: 4\n[2026-11-18 00:00:01] Goroutines: 5\n";
    let days = by_day(&[input("b.log", b), input("a.csv", a)], "recording").unwrap().0;
    let seen: Vec<_> = days
        .iter()
        .map(|(name, side)| {
            let all = &side.columns[0].all;
            (name.as_str(), all.n(), all.min(), all.max(), side.foreign, side.names.join(" "))
        })
        .collect();
    assert_eq!(
        seen,
        [
            // Half past midnight in Helsinki is the evening before in UTC.
            ("2026-11-16", 2, Some(1), Some(3), 0, "a.csv".to_owned()),
            ("2026-11-17", 2, Some(2), Some(4), 1, "a.csv b.log".to_owned()),
            ("2026-11-18", 1, Some(5), Some(5), 0, "b.log".to_owned()),
        ]
    );
    let first = days[1].1.first_foreign.as_ref().unwrap();
    assert_eq!((first.name.as_str(), first.line), ("a.csv", 4));
}

#[test]
fn each_day_has_fifths_of_its_own() {
    let row = |day: u32, i: u32| format!("2026-11-{day}T00:00:{i:02}Z,{}\n", day * 100 + i);
    let rows: String = (16..18).flat_map(|day| (0..10).map(move |i| row(day, i))).collect();
    let days = by_day(&[input("a.csv", &format!("ts,goroutines\n{rows}"))], "recording").unwrap().0;
    for ((_, side), base) in days.iter().zip([1600, 1700]) {
        let column = &side.columns[0];
        assert_eq!((column.first.n(), column.last.n()), (2, 2));
        assert_eq!((column.first.median(), column.last.median()), (Some(base), Some(base + 8)));
    }
}

#[test]
fn references_in_words() {
    let day = |name: &str| (name.to_owned(), Side::default());
    let rules = Rules::default();
    let sides = ["a", "b", "c", "d"].map(day).into();
    let mut days = looked_at((sides, Vec::new()), true, &rules).days;
    for (which, said) in [
        (&[][..], ""),
        (&[1], "b"),
        (&[0, 1, 2], "a to c"),
        (&[0, 2], "2 of a to c"),
        (&[1, 2, 3], "b to c and the time before"),
        (&[3], "the time before"),
    ] {
        days[3].look.reference = which.to_vec();
        assert_eq!(words::en::sides::reference(&reference(&days, 3)), said);
    }
}
