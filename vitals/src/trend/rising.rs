//! What is plain to the eye before a trend can be judged: a count that rises without a pause.
//!
//! It is no verdict: a ramp of load and a warm-up look like that, too. It says what was seen, and how fast it goes.

use serde::Serialize;

use super::points::Points;
use super::rank::{median, real};

/// The shortest part that has a level here, in seconds.
const PART_S: f64 = 30.0;
/// So many parts, each above the one before, are no accident,
const PARTS: usize = 4;
/// over so many seconds,
const LEAST_S: f64 = 120.0;
/// if they rise by so many times what neighbours differ by.
const STANDS_OUT: f64 = 6.0;
/// Loads and levels are not exact: this much more than in proportion is in proportion.
const ABOUT: f64 = 1.2;

/// A rise in which every part of half a minute lies above the one before, to the last sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rising {
    /// The first value of the rise.
    pub from: f64,
    /// The last one.
    pub to: f64,
    /// How long it has gone on.
    pub span_s: f64,
    /// How fast, on average.
    pub per_h: f64,
}

/// The rise at the end of these values, if it is by at least this much.
pub(super) fn rising(points: &Points, matters: f64) -> Option<Rising> {
    let run = points.run.chunk_by(|a, b| a == b).next_back()?.len();
    let from = points.len() - run;
    let (t, x, load) = (&points.t[from..], &points.x[from..], &points.load[from..]);
    let size = points.cells_per(PART_S);
    let mut start = run;
    let mut above = f64::INFINITY;
    let mut parts = 0;
    while let Some(part) = start.checked_sub(size) {
        let level = median(&x[part..start]).filter(|level| *level < above);
        let Some(level) = level else { break };
        (above, start, parts) = (level, part, parts + 1);
    }
    // What is left is shorter than a part.
    if start < size && median(&x[..start]).is_some_and(|level| level < above) {
        start = 0;
    }
    let (t, x, load) = (&t[start..], &x[start..], &load[start..]);
    let (from, to) = (*x.first()?, *x.last()?);
    let span_s = t.last()? - t.first()?;
    let interval = points.interval().unwrap_or_default();
    let long = parts >= PARTS && span_s + 1.5 * interval >= LEAST_S;
    let plain = to - from >= matters && to - from >= STANDS_OUT * scatter(x);
    (long && plain && !is_loads(x, load)).then(|| Rising {
        from,
        to,
        span_s,
        per_h: (to - from) / span_s * 3600.0,
    })
}

/// How far neighbours are apart, as a rule, beside the slope.
fn scatter(x: &[f64]) -> f64 {
    let steps: Vec<f64> = x.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mean = steps.iter().sum::<f64>() / real(steps.len().max(1));
    let away: Vec<f64> = steps.iter().map(|step| (step - mean).abs()).collect();
    median(&away).unwrap_or(0.0)
}

/// Requests in flight that rose about as much.
fn is_loads(x: &[f64], load: &[f64]) -> bool {
    let few = x.len().div_ceil(4);
    let ends = |of: &[f64]| median(&of[..few]).zip(median(&of[of.len() - few..]));
    let proportion = ends(x).zip(ends(load));
    proportion.is_some_and(|((from, to), (before, now))| before > 0.0 && to * before <= ABOUT * from * now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(interval: f64, x: &[f64]) -> Option<Rising> {
        let mut points = Points::default();
        for (i, x) in x.iter().enumerate() {
            points.push(interval * real(i), *x, f64::NAN, 0, 0);
        }
        rising(&points, 50.0)
    }

    fn line(n: u32, per: f64) -> Vec<f64> {
        (0..n).map(|i| 15.0 + per * f64::from(i) + [0.0, 3.0, -2.0][i as usize % 3]).collect()
    }

    #[test]
    fn a_rise_without_a_pause_is_told_with_its_rate() {
        // Two a second for five minutes, every 2 s.
        let seen = of(2.0, &line(151, 4.0)).unwrap();
        assert_eq!((seen.from, seen.to, seen.span_s), (15.0, 615.0, 300.0));
        assert_eq!(seen.per_h, 7200.0);
        assert!(of(5.0, &line(24, 10.0)).is_some(), "two minutes");
        assert!(of(60.0, &line(5, 100.0)).is_some(), "a sample a part");
        assert!(of(60.0, &line(3, 100.0)).is_none());
        assert!(of(5.0, &line(23, 10.0)).is_none(), "less than two minutes");
        assert!(of(5.0, &line(60, 0.5)).is_none(), "slight");
        assert!(of(5.0, &[]).is_none());
    }

    #[test]
    fn a_rise_that_paused_is_none() {
        let mut paused = line(60, 10.0);
        paused[48..].fill(400.0);
        assert!(of(5.0, &paused).is_none());
        let mut late = vec![400.0; 40];
        late.extend(line(40, 10.0).iter().map(|x| x + 385.0));
        let seen = of(5.0, &late).unwrap();
        assert!(seen.from >= 395.0 && seen.span_s < 240.0, "{seen:?}");
        // Up and down by as much.
        let noise: Vec<f64> =
            (0..60).map(|i| 800.0 + f64::from(i) + if i % 2 == 0 { 90.0 } else { 0.0 }).collect();
        assert!(of(5.0, &noise).is_none());
    }

    #[test]
    fn requests_in_flight_that_rise_alike_explain_it() {
        let with = |load: fn(f64) -> f64| {
            let mut points = Points::default();
            for i in 0..60 {
                let t = 5.0 * f64::from(i);
                points.push(t, 100.0 + 2.0 * t, load(t), 0, 0);
            }
            rising(&points, 50.0)
        };
        assert!(with(|t| 10.0 + t / 5.0).is_none());
        assert!(with(|_| 10.0).is_some() && with(|t| 100.0 + t / 10.0).is_some());
    }
}
