//! Whether growth stands under a rise that ends, by all that the samples say and not by a few blocks.
//!
//! A start's rise has a level, a height and a time, and leaves little of half an hour to a slope of its own. Blocks give
//! away a third of that little: their noise is known from so few of them. So the samples themselves are asked, in up to
//! some hundred medians of neighbours. What each has of the one before is taken off (first-order autoregression,
//! estimated around the curve that fits them best, its bias corrected), from the samples as from every curve; what is
//! left is nearly independent, and the difference of what two curves leave, in its variances, is twice the logarithm
//! of how many times likelier one of them is.

use super::autocorrelation;
use super::bend::of_curves;
use super::ending::{Ending, saturating, slowest};
use super::points::{Points, cut};
use super::rank::real;

/// So many medians of neighbours, and twice as many at most.
const MANY: usize = 120;
/// Fewer say nothing of their noise.
const FEW: usize = 40;
/// So many steps of a pool that fills are tried.
const FILLS: u32 = 24;
/// A start raises a count to so many times where it began, or its end is seen.
pub(super) const TIMES: f64 = 3.0;
/// A line under a rise of another kind than the one that fits best alone must be better by this much more.
const OTHER: f64 = 3.0;
/// Noise that keeps more of itself than this is a walk.
const WALK: f64 = 0.97;
/// A rise that gets faster goes by these powers of the time, and no start does: it stands for the line, if it leaves at
/// most this share of what the line leaves.
const FASTER: [i32; 2] = [2, 4];
const BETTER: f64 = 0.5;

/// What the samples say of a line, in squared standard deviations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evidence {
    /// By how much a line under the rise that ends makes it better.
    pub(super) needed: f64,
    /// By how much that line grows over the run.
    pub(super) by: f64,
    /// When that rise is over, in seconds from the first sample.
    pub(super) over: f64,
    /// By how much a line alone is better than every rise that ends.
    pub(super) straight: f64,
}

/// The samples of the longest life, and what is tried on them.
struct Samples {
    t: Vec<f64>,
    x: Vec<f64>,
    run: Vec<u32>,
    span: f64,
    endings: Vec<Ending>,
}

/// A level, a line and a rise that ends, each as much of it as fits best, and what they leave.
#[derive(Clone, Copy, Debug)]
struct Fit {
    level: f64,
    line: f64,
    /// Which of the endings, and how high.
    rise: Option<(usize, f64)>,
    left: f64,
}

/// What the samples say; `None` where there are too few of them, or their noise is a walk.
pub(super) fn evidence(points: &Points, block_s: f64) -> Option<Evidence> {
    let samples = Samples::of(points, block_s)?;
    let kept = samples.kept()?;
    let whitened = Whitened::of(&samples, kept);
    let (ended, line) = (whitened.ended()?, whitened.line()?);
    let filling = ended.rise.is_some_and(|(i, _)| samples.endings[i].is_filling());
    let better = |fit: Fit, than: Fit| if fit.left < than.left { fit } else { than };
    let same = whitened.under(filling).map_or(line, |under| better(under, line));
    let best = whitened.under(!filling).map_or(same, |under| better(under, same));
    let faster = whitened.faster(&line);
    let rest = faster.as_ref().map_or_else(|| whitened.rest(&best), |(_, rest)| rest.clone());
    let left = rest.iter().map(|x| x * x).sum::<f64>();
    // What noise keeps in other ways makes it larger than it looks.
    let more = autocorrelation::time(&rest, &samples.run);
    let scale = samples.x.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let noise = (more * left / (real(samples.x.len()) - 4.0)).max(1e-18 * scale * scale).max(1e-18);
    if let Some((by, _)) = faster {
        let needed = (ended.left - left) / noise;
        return Some(Evidence { needed, by, over: 0.0, straight: needed });
    }
    // Another kind of rise bends a line in its own way, and chance finds the one that helps.
    let is_other = same.left > best.left + OTHER * noise;
    let under = if is_other { best } else { same };
    let doubt = if is_other { OTHER } else { 0.0 };
    Some(Evidence {
        needed: (ended.left - under.left) / noise - doubt,
        by: under.line,
        over: under.rise.map_or(0.0, |(i, _)| samples.endings[i].over()),
        straight: (ended.left - line.left) / noise,
    })
}

impl Samples {
    fn of(points: &Points, block_s: f64) -> Option<Self> {
        let fine = cut(points, points.len().div_ceil(2 * MANY).max(1), 0.5);
        let life = fine.life.chunk_by(|a, b| a == b).map(<[u32]>::len);
        let (from, n) = life
            .scan(0, |from, n| {
                *from += n;
                Some((*from - n, n))
            })
            .max_by_key(|(_, n)| *n)?;
        let first = *fine.t.get(from)?;
        let t: Vec<f64> = fine.t[from..from + n].iter().map(|t| t - first).collect();
        let span = t.last().copied().filter(|span| *span > 0.0 && n >= FEW)?;
        let longest = slowest(block_s, span).min(0.75 * span);
        let fills = (1..=FILLS).map(|i| longest * f64::from(i) / f64::from(FILLS));
        let fills = fills.filter(|whole| *whole > 2.0 * block_s).map(Ending::Filling);
        let endings = saturating(block_s, span).chain(fills).collect();
        let (x, run) = (fine.x[from..from + n].to_vec(), fine.run[from..from + n].to_vec());
        Some(Self { t, x, run, span, endings })
    }

    /// How much of itself the noise keeps from one to the next.
    fn kept(&self) -> Option<f64> {
        let plain = Whitened::of(self, 0.0);
        let line = plain.line()?;
        let under = [false, true].into_iter().filter_map(|filling| plain.under(filling));
        let best = under.fold(line, |best, fit| if fit.left < best.left { fit } else { best });
        let rest = plain.rest(&best);
        // What rounding leaves of a straight line says nothing of noise.
        let scale = self.x.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        if rest.iter().all(|x| x.abs() <= 1e-9 * scale) {
            return Some(0.0);
        }
        let power: f64 = rest.iter().map(|x| x * x).sum();
        let pairs = (1..rest.len()).filter(|i| self.run[*i] == self.run[i - 1]);
        let rho = pairs.map(|i| rest[i] * rest[i - 1]).sum::<f64>() / power;
        // Four numbers were taken out of the same samples (Marriott and Pope 1954, carried over).
        let kept = rho + (3.0 + 5.0 * rho) / real(rest.len());
        (kept < WALK).then_some(kept.max(0.0))
    }

    /// A curve at the samples' times, less what each value keeps of the one before.
    fn curve(&self, kept: f64, at: &dyn Fn(f64) -> f64) -> Vec<f64> {
        self.taken(kept, &self.t.iter().map(|t| at(*t)).collect::<Vec<f64>>())
    }

    /// Values less what each keeps of the one before in its run; the first of a run counts for what it is worth.
    fn taken(&self, kept: f64, x: &[f64]) -> Vec<f64> {
        let first = (1.0 - kept * kept).sqrt();
        let taken = (0..x.len()).map(|i| match i.checked_sub(1) {
            Some(before) if self.run[before] == self.run[i] => x[i] - kept * x[before],
            _ => first * x[i],
        });
        taken.collect()
    }
}

/// Samples and curves, less what each keeps of the one before.
struct Whitened<'a> {
    samples: &'a Samples,
    kept: f64,
    x: Vec<f64>,
    one: Vec<f64>,
    line: Vec<f64>,
    endings: Vec<Vec<f64>>,
}

impl<'a> Whitened<'a> {
    fn of(samples: &'a Samples, kept: f64) -> Self {
        let of = |at: &dyn Fn(f64) -> f64| samples.curve(kept, at);
        Self {
            samples,
            kept,
            x: samples.taken(kept, &samples.x),
            one: of(&|_| 1.0),
            line: of(&|t| t / samples.span),
            endings: samples.endings.iter().map(|ending| of(&|t| ending.at(t))).collect(),
        }
    }

    /// What a line leaves.
    fn line(&self) -> Option<Fit> {
        let (level, line) = two(&self.one, &self.line, &self.x)?;
        Some(self.fitted(level, line, None))
    }

    /// By how much a rise that gets faster grows, and what it leaves at each sample, if that is much less.
    fn faster(&self, line: &Fit) -> Option<(f64, Vec<f64>)> {
        let fits = FASTER.into_iter().filter_map(|power| {
            let curve = self.samples.curve(self.kept, &|t| (t / self.samples.span).powi(power));
            let (level, rise) = two(&self.one, &curve, &self.x).filter(|(_, rise)| *rise > 0.0)?;
            let rest: Vec<f64> = rest(&self.x, [(level, &self.one), (rise, &curve)]).collect();
            let left = rest.iter().map(|x| x * x).sum::<f64>();
            (left <= BETTER * line.left).then_some((left, (rise, rest)))
        });
        fits.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, found)| found)
    }

    /// The best of all rises that end.
    fn ended(&self) -> Option<Fit> {
        let fits = self.endings.iter().enumerate().filter_map(|(i, curve)| {
            let (mut level, mut rise) = two(&self.one, curve, &self.x).filter(|(_, rise)| *rise > 0.0)?;
            // To more than so many times where it began is no start, unless it is seen to be over.
            if self.samples.endings[i].over() > self.samples.span && rise > (TIMES - 1.0) * level {
                let most: Vec<f64> =
                    self.one.iter().zip(curve).map(|(one, rise)| one + (TIMES - 1.0) * rise).collect();
                level = dot(&most, &self.x) / dot(&most, &most);
                rise = (TIMES - 1.0) * level;
            }
            Some(self.fitted(level, 0.0, Some((i, rise))))
        });
        fits.min_by(|a, b| a.left.total_cmp(&b.left))
    }

    /// The best of those of one kind with a line under it.
    fn under(&self, filling: bool) -> Option<Fit> {
        let of_kind = |(i, _): &(usize, &Vec<f64>)| self.samples.endings[*i].is_filling() == filling;
        let fits = self.endings.iter().enumerate().filter(of_kind).filter_map(|(i, curve)| {
            let curves =
                self.one.iter().zip(&self.line).zip(curve).map(|((one, line), rise)| [*one, *line, *rise]);
            let [level, line, rise] = of_curves(curves.zip(self.x.iter().copied()))?;
            (rise > 0.0).then(|| self.fitted(level, line, Some((i, rise))))
        });
        fits.min_by(|a, b| a.left.total_cmp(&b.left))
    }

    fn fitted(&self, level: f64, line: f64, rise: Option<(usize, f64)>) -> Fit {
        let fit = Fit { level, line, rise, left: 0.0 };
        Fit { left: self.rest(&fit).iter().map(|x| x * x).sum(), ..fit }
    }

    /// What a fit leaves at each sample.
    fn rest(&self, fit: &Fit) -> Vec<f64> {
        let (height, curve) = fit.rise.map_or((0.0, &self.one), |(i, height)| (height, &self.endings[i]));
        rest(&self.x, [(fit.level, &self.one), (fit.line, &self.line), (height, curve)]).collect()
    }
}

/// Values less so much of each curve.
fn rest<const N: usize>(x: &[f64], curves: [(f64, &Vec<f64>); N]) -> impl Iterator<Item = f64> {
    x.iter().enumerate().map(move |(i, x)| x - curves.iter().map(|(of, curve)| of * curve[i]).sum::<f64>())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The level and the height of a curve (least squares).
fn two(one: &[f64], curve: &[f64], x: &[f64]) -> Option<(f64, f64)> {
    let (aa, ab, bb) = (dot(one, one), dot(one, curve), dot(curve, curve));
    let (ax, bx) = (dot(one, x), dot(curve, x));
    let determinant = aa * bb - ab * ab;
    (determinant > 1e-9 * aa * bb)
        .then(|| ((bb * ax - ab * bx) / determinant, (aa * bx - ab * ax) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half an hour at 5 s, less its first minute, of what is `at` so many minutes after the start, with noise of about
    /// 30 of which each sample keeps this share.
    fn half_an_hour(kept: f64, at: impl Fn(f64) -> f64) -> Points {
        let (mut points, mut noise, mut state) = (Points::default(), 0.0, 7_u32);
        for i in 0..=360_u32 {
            let fresh = (0..6).map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(state >> 8) / f64::from(1 << 24) - 0.5
            });
            noise = kept * noise + (1.0 - kept * kept).sqrt() * 42.0 * fresh.sum::<f64>();
            if i >= 12 {
                points.push(5.0 * f64::from(i), at(f64::from(i) / 12.0) + noise, f64::NAN, 0, 0);
            }
        }
        points
    }

    fn start(minutes: f64, share: f64, leak_per_h: f64) -> Evidence {
        let rise = |t: f64| 800.0 - 800.0 * share * (-t / minutes).exp() + leak_per_h * t / 60.0;
        evidence(&half_an_hour(0.8, rise), 60.0).unwrap()
    }

    #[test]
    fn a_leak_behind_a_start_needs_a_line_and_a_start_alone_does_not() {
        for (minutes, share) in [(1.0, 0.2), (4.0, 0.2), (8.0, 0.2), (15.0, 0.2), (1.0, 0.6), (15.0, 0.6)] {
            let name = format!("{share} in {minutes} min");
            let healthy = start(minutes, share, 0.0);
            assert!(healthy.needed < 5.0, "{name}: {healthy:?}");
            let leaks = start(minutes, share, 1500.0);
            assert!(leaks.needed > 25.0 && leaks.by > 500.0, "{name}: {leaks:?}");
        }
        assert!(start(4.0, 0.6, 1500.0).over > 120.0);
    }

    #[test]
    fn what_rises_to_many_times_where_it_began_must_be_seen_to_end() {
        // 100 to 650 by a start that takes an hour would fit as well.
        let many = |t: f64| 1200.0 - 1100.0 * (-t / 40.0).exp();
        let few = |t: f64| many(t) + 1000.0;
        let [many, few] = [evidence(&half_an_hour(0.8, many), 60.0), evidence(&half_an_hour(0.8, few), 60.0)];
        let (many, few) = (many.unwrap(), few.unwrap());
        assert!(many.needed > 3.0 * few.needed && many.needed > 30.0, "{many:?} {few:?}");
    }

    #[test]
    fn noise_that_keeps_all_of_itself_and_too_few_samples_say_nothing() {
        let walk = evidence(&half_an_hour(0.9999, |t| 800.0 + t), 60.0);
        assert!(walk.is_none_or(|walk| walk.needed < 9.0), "{walk:?}");
        assert_eq!(evidence(&Points::default(), 60.0), None);
        let mut few = half_an_hour(0.0, |t| 800.0 + t);
        few.keep(|points, i| points.t[i] < 220.0);
        assert_eq!(evidence(&few, 60.0), None);
    }

    #[test]
    fn what_rounding_leaves_is_no_noise() {
        let mut points = Points::default();
        (0..100).for_each(|i| points.push(5.0 * f64::from(i), f64::from(7 * i), f64::NAN, 0, 0));
        let found = evidence(&points, 60.0).unwrap();
        assert!(found.needed > 100.0 && found.needed.is_finite(), "{found:?}");
    }
}
