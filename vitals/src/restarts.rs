//! What restarts mean: one is a deployment; many within a short time are a crash loop, whatever the count does.

/// So many restarts within [`MINUTES_S`] are a crash loop,
const OF_MINUTES: usize = 3;
/// ten minutes;
const MINUTES_S: f64 = 600.0;
/// and so many within an hour.
const OF_HOUR: usize = 5;
const HOUR_S: f64 = 3600.0;
/// So many lives in a row, each shorter than [`SHORT_S`], are one, too: a supervisor may wait for long between them.
const LIVES: usize = 3;
/// Two minutes.
const SHORT_S: f64 = 120.0;

/// A process that starts again and again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrashLoop {
    /// Restarts, or lives that were short.
    pub times: usize,
    /// From the first of these restarts to the last, or the longest of these lives, in seconds.
    pub seconds: f64,
    /// It is the lives that were short.
    pub short_lives: bool,
    /// When the last of these restarts was seen.
    pub at: f64,
}

/// Looks for a crash loop in the restarts of one process, by the times at which they were seen, in their order, and
/// in its complete lives: how long each lasted, and when it was over.
#[must_use]
pub fn crash_loop(restarts: &[f64], lives: &[(f64, f64)]) -> Option<CrashLoop> {
    let most = |within: f64, enough: usize| {
        let from = |i: usize| {
            let here = &restarts[i..];
            let n = here.partition_point(|t| t - here[0] <= within);
            (n >= enough).then(|| CrashLoop {
                times: n,
                seconds: here[n - 1] - here[0],
                short_lives: false,
                at: here[n - 1],
            })
        };
        (0..restarts.len()).filter_map(from).max_by_key(|found| found.times)
    };
    let short = || {
        let mut runs = lives.chunk_by(|a, b| (a.0 < SHORT_S) == (b.0 < SHORT_S));
        let run = runs.find(|run| run.len() >= LIVES && run[0].0 < SHORT_S)?;
        let longest = run.iter().fold(0.0, |most: f64, life| most.max(life.0));
        Some(CrashLoop { times: run.len(), seconds: longest, short_lives: true, at: run[run.len() - 1].1 })
    };
    most(MINUTES_S, OF_MINUTES).or_else(|| most(HOUR_S, OF_HOUR)).or_else(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looped(minutes: &[f64]) -> Option<(usize, f64)> {
        let times: Vec<f64> = minutes.iter().map(|minute| minute * 60.0).collect();
        crash_loop(&times, &[]).map(|found| (found.times, found.seconds / 60.0))
    }

    #[test]
    fn three_within_ten_minutes_or_five_within_an_hour() {
        assert_eq!(looped(&[0.0, 5.0]), None);
        assert_eq!(looped(&[0.0, 5.0, 10.1]), None);
        assert_eq!(looped(&[0.0, 5.0, 10.0]), Some((3, 10.0)));
        assert_eq!(looped(&[0.0, 100.0, 109.0, 109.5, 130.0]), Some((3, 9.5)));
        assert_eq!(looped(&[0.0, 14.0, 28.0, 42.0]), None);
        assert_eq!(looped(&[0.0, 14.0, 28.0, 42.0, 56.0]), Some((5, 56.0)));
        assert_eq!(looped(&[0.0, 14.0, 28.0, 42.0, 60.1]), None);
    }

    #[test]
    fn three_short_lives_in_a_row() {
        let short = |lives: &[f64]| {
            let lives: Vec<_> = (0..).zip(lives).map(|(i, life)| (*life, f64::from(i) * 1000.0)).collect();
            crash_loop(&[], &lives).map(|found| (found.times, found.seconds, found.at))
        };
        assert_eq!(short(&[90.0, 30.0]), None);
        assert_eq!(short(&[90.0, 30.0, 120.0, 10.0, 10.0]), None);
        assert_eq!(short(&[900.0, 90.0, 30.0, 119.0, 500.0]), Some((3, 119.0, 3000.0)));
    }
}
