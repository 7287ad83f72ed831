//! `compare` tells a leak from a busier hour: recordings of half an hour at 5 s, with noise that resembles its
//! neighbours, from a generator that always gives the same.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{compared, run};

/// What a recording is of.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) seed: u64,
    /// Goroutines an hour.
    pub(super) leak: f64,
    /// Requests in flight; 6 goroutines each.
    pub(super) load: f64,
    /// Whether the target reports requests in flight, or only what the old endpoint does.
    pub(super) tells_load: bool,
    /// Whether it says which goroutines its requests explain.
    pub(super) explains: bool,
    /// Bytes of live memory a request.
    pub(super) heap: f64,
    /// From this row on, so many goroutines more.
    pub(super) step: (u32, f64),
    pub(super) rows: u32,
}

pub(super) const HEALTHY: Shape = Shape {
    seed: 1,
    leak: 0.0,
    load: 100.0,
    tells_load: true,
    explains: false,
    heap: 0.0,
    step: (0, 0.0),
    rows: 361,
};

/// Numbers that look random (splitmix64).
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of mean 0 and standard deviation 1, near enough to normal.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Each value is this share of the one before, and noise.
fn resembling(noise: &mut Noise, last: &mut f64, share: f64, deviation: f64) -> f64 {
    *last = share * *last + deviation * (1.0 - share * share).sqrt() * noise.normal();
    *last
}

pub(super) fn write(dir: &Path, name: &str, shape: Shape) -> String {
    let mut noise = Noise(shape.seed);
    // A day of it: the process is no young one.
    let (mut own, mut busy, mut allocated) = (0.0, 0.0, 1e12);
    let mut text =
        "ts,elapsed_s,ok,goroutines,alloc_bytes,total_alloc_bytes,num_gc,in_flight,explained\n".to_owned();
    for i in 0..shape.rows {
        let s = i * 5;
        let load = (shape.load + resembling(&mut noise, &mut busy, 0.5, shape.load * 0.15)).round().max(0.0);
        let count = 200.0
            + 6.0 * load
            + resembling(&mut noise, &mut own, 0.8, 20.0)
            + shape.leak * f64::from(s) / 3600.0
            + if i < shape.step.0 { 0.0 } else { shape.step.1 };
        allocated += 5.0 * (load * 1e5 + 1e6 * noise.uniform());
        let explained = if shape.explains { format!("{:.0}", 6.0 * load) } else { String::new() };
        let in_flight = if shape.tells_load { load.to_string() } else { String::new() };
        let _ = writeln!(
            text,
            "2026-11-18T10:{:02}:{:02}.000Z,{s}.000,1,{:.0},{:.0},{allocated:.0},{},{in_flight},{explained}",
            s / 60 % 60,
            s % 60,
            count.max(1.0),
            2e8 + shape.heap * load + 1e7 * noise.uniform(),
            100 + i,
        );
    }
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_leak_is_found_with_the_load_known_and_by_the_old_endpoint_alone() {
    let dir = tempfile::tempdir().unwrap();
    for tells_load in [true, false] {
        let shape = Shape { tells_load, ..HEALTHY };
        let baseline = write(dir.path(), "healthy.csv", shape);
        let again = write(dir.path(), "again.csv", Shape { seed: 2, ..shape });
        let leaking = write(dir.path(), "leaking.csv", Shape { seed: 3, leak: 480.0, ..shape });
        let (exit, json, text) = compared(&[&baseline, &again]);
        assert_eq!((exit, &json["verdict"]), (Some(0), &"ok".into()), "{text}");
        assert!(text.contains("(p=") && text.contains("goroutines in current: stable"), "{text}");
        let (exit, json, text) = compared(&[&baseline, &leaking]);
        assert_eq!((exit, &json["verdict"]), (Some(2), &"leak".into()), "{tells_load}: {text}");
        let metric = &json["metrics"][0];
        assert_eq!((&metric["name"], &metric["current"]["trend"]), (&"goroutines".into(), &"growing".into()));
        let ends = metric["current"]["slope_ci"].as_array().unwrap();
        let (low, high) = (ends[0].as_f64().unwrap(), ends[1].as_f64().unwrap());
        assert!(low < 480.0 && 480.0 < high && low > 200.0, "{low} to {high}");
        assert!(metric["current"]["blocks"].as_u64() >= Some(8) && metric["p"].is_f64(), "{metric}");
        assert!(text.contains("leak: goroutines grow by "), "{text}");
        // Found without a gate; a gate that holds does not hide it.
        assert_eq!(compared(&[&baseline, &leaking, "--max-peak", "5000"]).0, Some(2));
    }
}

#[test]
fn three_times_the_load_is_no_leak() {
    let dir = tempfile::tempdir().unwrap();
    for seed in 1..6 {
        for tells_load in [true, false] {
            let shape = Shape { tells_load, ..HEALTHY };
            let baseline = write(dir.path(), "healthy.csv", shape);
            let busy = write(dir.path(), "busy.csv", Shape { seed, load: 300.0, ..shape });
            let (exit, json, text) =
                compared(&[&baseline, &busy, "--fail-on", "danger", "--warning", "4000"]);
            let expected = if tells_load { (Some(0), "ok") } else { (Some(3), "unknown") };
            assert_eq!((exit, json["verdict"].as_str().unwrap()), expected, "{seed}: {text}");
            let said = if tells_load {
                "requests in flight, at 6."
            } else {
                "and what a request costs cannot be determined"
            };
            let nearly = "requests in flight, at 5.9";
            assert!(text.contains(said) || tells_load && text.contains(nearly), "{text}");
        }
    }
}

#[test]
fn a_higher_level_at_the_same_load_is_a_regression() {
    let dir = tempfile::tempdir().unwrap();
    let baseline = write(dir.path(), "healthy.csv", HEALTHY);
    // Twice as many goroutines a request would be load; 200 more of nothing are not.
    let text = fs::read_to_string(write(dir.path(), "plain.csv", Shape { seed: 4, ..HEALTHY })).unwrap();
    let raised = text.lines().map(|line| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if let Ok(count) = cells[3].parse::<u64>() {
            cells[3] = (count + 200).to_string();
        }
        cells.join(",") + "\n"
    });
    let path = dir.path().join("raised.csv");
    fs::write(&path, raised.collect::<String>()).unwrap();
    let path = path.to_str().unwrap();
    let (exit, json, text) = compared(&[&baseline, path]);
    assert_eq!((exit, &json["verdict"]), (Some(2), &"regression".into()), "{text}");
    let shift = json["metrics"][0]["shift"].as_f64().unwrap();
    assert!((170.0..230.0).contains(&shift) && text.contains("% (p=0.000 n="), "{shift}: {text}");
    let (_, junit, _) = run(&["compare", &baseline, path, "--format", "junit"]);
    assert!(junit.contains("name=\"statistics of goroutines\"") && junit.contains("regression: "), "{junit}");
    // `| goroutines | 812 ± 1% | 1034 ± 2% | +27.3% (p=0.000 n=12+12) |`
    let (_, markdown, _) = run(&["compare", &baseline, path, "--format", "markdown"]);
    let level = markdown.lines().find(|line| line.contains("(p=0.000 n=")).unwrap();
    let cells: Vec<&str> = level.trim_matches('|').split('|').map(str::trim).collect();
    assert_eq!((cells.len(), cells[0]), (4, "goroutines"), "{level}");
    assert!(cells[1].contains(" ± ") && cells[1].ends_with('%') && cells[3].starts_with("+2"), "{level}");
    let (_, same, _) = run(&["compare", &baseline, &baseline, "--format", "markdown"]);
    assert!(same.contains(" | \\~ (p=1.000 n="), "{same}");
    let (_, nagios, _) = run(&["compare", &baseline, path, "--format", "nagios"]);
    assert!(nagios.starts_with("WATERTIGHT CRITICAL - ") && nagios.contains("regression: "), "{nagios}");
}

/// In the first 60 % there is nothing to see, and over the whole it is most of all.
#[test]
fn a_step_within_the_current_side_is_named_and_judged() {
    let dir = tempfile::tempdir().unwrap();
    for (tells_load, explains) in [(true, false), (true, true), (false, false)] {
        let shape = Shape { tells_load, explains, load: if explains { 100.0 } else { 130.0 }, ..HEALTHY };
        let shape = if tells_load { shape } else { Shape { load: 2.0, step: (0, 788.0), ..shape } };
        let by = 210.0;
        let baseline = write(dir.path(), "flat.csv", shape);
        let step = Shape { seed: 2, step: (217, shape.step.1 + by), ..shape };
        let path = write(dir.path(), "step.csv", step);
        if shape.step.1 > 0.0 {
            // The level before the step is the baseline's.
            raise(&path, 217, shape.step.1);
        }
        let (exit, json, text) = compared(&[&baseline, &path]);
        assert_eq!(
            (exit, &json["verdict"]),
            (Some(2), &"regression".into()),
            "{tells_load} {explains}: {text}"
        );
        let step =
            &json["metrics"].as_array().unwrap().iter().find(|m| m["step"].is_object()).unwrap()["step"];
        let at = step["when"].as_str().unwrap();
        assert!(at.starts_with("at 10:17:5") || at.starts_with("at 10:18:"), "{step}");
        assert_eq!(step["verdict"], "regression");
        let rise = step["to"].as_f64().unwrap() - step["from"].as_f64().unwrap();
        assert!((180.0..240.0).contains(&rise), "{step}");
        assert!(
            text.contains("regression: a step of +") && text.contains(&format!("{at} within current")),
            "{text}"
        );
        assert!(text.contains("see what changed when the level rose"), "{text}");
        for format in ["markdown", "github", "junit", "nagios"] {
            let (exit, out, _) = run(&["compare", &baseline, &path, "--format", format]);
            assert!(exit == Some(2) && out.contains("a step of +"), "{format}: {out}");
        }
        // The same two the other way round: nothing is higher.
        let (exit, _, text) = compared(&[&path, &baseline]);
        assert_eq!(exit, Some(0), "{text}");
    }
}

#[test]
fn a_step_shortly_before_the_end_is_no_all_clear() {
    let dir = tempfile::tempdir().unwrap();
    let baseline = write(dir.path(), "flat.csv", HEALTHY);
    let late = write(dir.path(), "late.csv", Shape { seed: 2, step: (310, 210.0), ..HEALTHY });
    let (exit, json, text) = compared(&[&baseline, &late]);
    assert_eq!((exit, &json["verdict"]), (Some(3), &"unknown".into()), "{text}");
    assert!(text.contains("and too little since then, record about"), "{text}");
    // Nor does it say anything where the baseline is as high.
    let high = write(dir.path(), "high.csv", Shape { seed: 3, step: (0, 210.0), ..HEALTHY });
    let (exit, _, text) = compared(&[&high, &late]);
    assert!(exit == Some(0) && text.contains("a step of +"), "{text}");
}

/// Raises the counts before this row.
fn raise(path: &str, until: usize, by: f64) {
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().enumerate().map(|(i, line)| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if let Some(count) = cells[3].parse::<f64>().ok().filter(|_| i <= until) {
            cells[3] = (count + by).to_string();
        }
        cells.join(",") + "\n"
    });
    fs::write(path, rows.collect::<String>()).unwrap();
}

#[test]
fn too_short_says_how_much_is_missing_unless_a_gate_decides() {
    let dir = tempfile::tempdir().unwrap();
    let baseline = write(dir.path(), "healthy.csv", HEALTHY);
    let short = write(dir.path(), "short.csv", Shape { rows: 40, ..HEALTHY });
    let (exit, json, text) = compared(&[&baseline, &short]);
    assert_eq!((exit, &json["verdict"]), (Some(3), &"unknown".into()), "{text}");
    assert!(text.contains("of the 6 blocks needed, record about"), "{text}");
    assert_eq!(compared(&[&baseline, &short, "--max-growth", "20%"]).0, Some(0));
    assert_eq!(compared(&[&baseline, &short, "--max-peak", "100"]).0, Some(2));
    assert_eq!(compared(&[&baseline, &short, "--alpha", "0.01", "--max-peak", "5000"]).0, Some(0));
    assert_eq!(run(&["compare", &baseline, &short, "--alpha", "5"]).0, Some(64));
}
