//! Whether a rise goes on, or levels off as it does after a start: caches warm, pools fill, a heap comes to its size.
//!
//! Two explanations of the same blocks stand against each other: a line, and a rise that ends (it saturates, or fills in
//! a line and is level from then on). Both have a level and a height, so that what they leave can be compared as it is:
//! the difference, in squared standard deviations, is twice the logarithm of how many times likelier one of them is.
//! Where the rise that ends is the likelier one, growth must stand under it as a line of its own: a leak behind a warm-up.
//!
//! Early, and where noise is large, the two look alike. Looks at a run that goes on wait then; a single look at half an
//! hour or more does not, for otherwise small leaks would never be told.

use super::bend::of_three;
use super::danger::foretell;
use super::ending::{CONSTANT, Ending, OVER, saturating};
use super::goes_on::{Evidence, TIMES, evidence};
use super::kendall::theil_sen;
use super::points::{BLOCKS, Points};
use super::power::min_detectable;
use super::rank::{median, real};
use super::step::{line, slope};
use super::{Course, Metric, Rise, Rules, Trend, Why};
use crate::Verdict;

/// A rise that gets faster goes by these powers of the time.
const FASTER: [i32; 2] = [2, 4];
/// The last quarter of the blocks, and at least so many, tell whether a rise goes on: none ends within them.
const LAST: usize = 3;
/// A rise that ends, with a line under it, or one that gets faster, explains values much better if it leaves at most
/// this share of what a line leaves.
const BETTER: f64 = 0.5;
/// Neighbouring blocks still resemble each other a little, and their noise is known from what is left of them.
const RESEMBLE: f64 = 1.3;
/// A rise that ends must be better by this much, for noise bends a line as far;
const BENT: f64 = 7.5;
/// by less and less from here on, to where the nearest of such rises is so many standard deviations away;
const NEAR: f64 = 2.0;
const APART: f64 = 4.9;
/// and by less where it is closer than one, for then a line bends less: by so much for each squared standard deviation
/// (of tasks, whose noise remembers, as much as above).
const CLOSE: f64 = 4.0;
/// A line under a rise that ends is there, or may be there, if it makes it better by so much.
const BEHIND: f64 = 13.0;
const MAYBE_BEHIND: f64 = 6.0;
/// Before so many shortest blocks, a look at a run that goes on waits
const WAITS: f64 = 25.0;
/// unless a line is better by this much,
const STRAIGHT: f64 = 16.0;
/// which it can only be behind a pool that fills for ten minutes,
const FILLED: f64 = 13.0;
/// Of a process that started so many shortest blocks before the run, or within it, a rise may be its start's,
const YOUNG: f64 = OVER * CONSTANT;
/// unless a line is better by this much, or needed under any rise that ends.
const SURELY: f64 = 5.0;
const NEEDED: f64 = 11.0;
/// Looks at a run that goes on are many: by so many times as much.
const AGAIN: f64 = 1.6;
/// Where samples can be asked: a line is needed under any rise that ends by this much,
const UNDER: f64 = 9.0;
/// or alone better than each of them by this much;
const ALONE: f64 = 5.5;
/// perhaps by this much.
const MAYBE_UNDER: f64 = 4.0;
/// The noise of fewer blocks than this is not well known.
const MANY: f64 = 18.0;
/// The noise of blocks that resemble each other is larger than it looks: by so many times as much.
const WALKS: f64 = 4.0;
/// Below the level of another run that had its time, a line must be better by this much,
const BELOW: f64 = 4.0;
/// and a rise that ends by this much.
const SLOWS: f64 = 2.0;

/// Values of one life, by the time since the first, and the rises that may end within them.
struct Life<'a> {
    t: Vec<f64>,
    x: &'a [f64],
    span: f64,
    endings: Vec<Ending>,
}

/// A level, a line (over the whole time) and a rise that ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Curve {
    first: f64,
    span: f64,
    of: [f64; 3],
    ending: Ending,
}

impl Curve {
    /// Its value at a time.
    pub(super) fn value(&self, t: f64) -> f64 {
        let ([level, line, rise], t) = (self.of, t - self.first);
        level + line * t / self.span + rise * self.ending.at(t)
    }

    const fn line(&self) -> f64 {
        self.of[1]
    }

    const fn rise(&self) -> f64 {
        self.of[2]
    }
}

impl<'a> Life<'a> {
    fn of(t: &[f64], x: &'a [f64], block_s: f64) -> Option<Self> {
        let n = t.len().min(x.len());
        let first = *t.first()?;
        let t: Vec<f64> = t[..n].iter().map(|t| t - first).collect();
        let span = *t.last()?;
        let ends = n.checked_sub(n.div_ceil(4).max(LAST)).filter(|ends| *ends > 2 && span > 0.0)?;
        let endings = saturating(block_s, span)
            .chain(t[2..=ends].iter().map(|whole| Ending::Filling(*whole)))
            .collect();
        Some(Self { t, x: &x[..n], span, endings })
    }

    fn line(&self) -> f64 {
        line(&self.t, self.x)
    }

    /// What a line leaves, or a rise that gets faster if that leaves much less: no start does that.
    fn going_on(&self) -> f64 {
        let straight = self.line();
        let faster = FASTER.into_iter().map(|power| {
            let s: Vec<f64> = self.t.iter().map(|t| (t / self.span).powi(power)).collect();
            if slope(&s, self.x) > 0.0 { line(&s, self.x) } else { straight }
        });
        faster.filter(|left| *left <= BETTER * straight).fold(straight, f64::min)
    }

    /// The rise that ends and leaves least of these values, how high it is, and what it leaves.
    fn ending(&self, x: &[f64]) -> Option<(Ending, f64, f64)> {
        let fits = self.endings.iter().filter_map(|ending| {
            let s: Vec<f64> = self.t.iter().map(|t| ending.at(*t)).collect();
            let height = slope(&s, x);
            (height > 0.0).then(|| (*ending, height, line(&s, x)))
        });
        fits.min_by(|a, b| a.2.total_cmp(&b.2))
    }

    /// The same with a line under it.
    fn curve(&self) -> Option<(Curve, f64)> {
        let curves = self.endings.iter().filter_map(|ending| {
            let of = of_three(&self.t, self.x, |t| [1.0, t / self.span, ending.at(t)])?;
            let curve = Curve { first: 0.0, span: self.span, of, ending: *ending };
            let left: f64 = self.t.iter().zip(self.x).map(|(t, x)| (x - curve.value(*t)).powi(2)).sum();
            (curve.rise() > 0.0).then_some((curve, left))
        });
        curves.min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// The rise that ends, and the line under it, if it is at least this high and they explain the values of one life much
/// better than a line alone. Around a line such a rise is one slow swing, and seems to be noise that does not forget.
pub(super) fn curve(t: &[f64], x: &[f64], block_s: f64, least: f64) -> Option<Curve> {
    let life = Life::of(t, x, block_s)?;
    let (curve, left) = life.curve()?;
    let straight = life.line();
    let much = straight > 0.0 && left <= BETTER * straight && curve.rise() >= least;
    much.then_some(Curve { first: t[0], ..curve })
}

/// A rise that ends, against a line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shape {
    /// By how much it explains the blocks better, in squared standard deviations; below 0, a rise that goes on does.
    better: f64,
    /// How far a line as steep lies from the rise that is most like one, in standard deviations: what can be told.
    apart: f64,
    /// When it is over, in seconds from the first block.
    over: f64,
    /// What of it is still to come at the end.
    rest: f64,
    /// By how much a line under it makes it better, and then by how much that line grows, and when the rise is over.
    behind: (f64, f64, f64),
}

fn shape(life: &Life<'_>) -> Option<Shape> {
    let n = real(life.x.len());
    let (straight, (ending, height, left)) = (life.going_on(), life.ending(life.x)?);
    let scale = life.x.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    // What rounding leaves is no noise to measure by.
    let noise = |left: f64, free: f64| (RESEMBLE * left / (n - free)).max(1e-18 * scale * scale).max(1e-18);
    let of_one = noise(straight.min(left), 2.0);
    let slope = slope(&life.t, life.x);
    let own: Vec<f64> = life.t.iter().map(|t| slope * t).collect();
    let nearest = life.ending(&own).map_or(0.0, |(_, _, left)| left);
    let with =
        life.curve().filter(|(curve, _)| curve.line() > 0.0).map_or((0.0, 0.0, 0.0), |(curve, least)| {
            ((left - least) / noise(least.min(left), 3.0), curve.line(), curve.ending.over())
        });
    Some(Shape {
        better: (straight - left) / of_one,
        apart: (nearest / of_one).sqrt(),
        over: ending.over(),
        rest: height * (1.0 - ending.at(life.span)),
        behind: with,
    })
}

impl Shape {
    /// Whether it is a rise that ends.
    fn ends(&self, metric: Metric) -> bool {
        let close = if metric == Metric::Tasks { BENT } else { CLOSE } * self.apart.powi(2);
        let far = BENT * (APART - self.apart) / (APART - NEAR);
        self.better > close.min(far).clamp(2.0, BENT)
    }
}

/// What is known of a look and of the process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// The run goes on, and there are more looks.
    pub(super) waits: bool,
    /// There were looks before.
    pub(super) again: bool,
    /// Blocks are too short to be independent.
    pub(super) walks: bool,
    /// When the process started, if that is known.
    pub(super) born: Option<f64>,
}

/// Growth that levelled off is none.
pub(super) fn weigh(trend: &mut Trend, blocks: &Points, samples: &Points, rules: &Rules, manner: Manner) {
    let Manner { waits, again, walks, born } = manner;
    if trend.course != Course::Growing {
        return;
    }
    let (t, x) = blocks.lives().into_iter().max_by_key(|(t, _)| t.len()).unwrap_or_default();
    let Some(life) = Life::of(t, x, rules.block_s) else { return };
    let Some(shape) = shape(&life) else { return };
    let passed = trend.span_s / rules.block_s;
    let is_many = x.first().zip(x.last()).is_some_and(|(first, last)| *last > TIMES * first);
    // A pool that still fills is as straight as a leak.
    let most = if passed >= FILLED || is_many { f64::INFINITY } else { 0.0 };
    let straight = (-shape.better).min(most);
    trend.straight = Some(straight);
    let is_early = waits && passed < WAITS;
    let is_young = born.is_some_and(|born| t[0] - born < YOUNG * rules.block_s) && !is_many;
    let asked = evidence(samples, rules.block_s).filter(|_| trend.metric == Metric::Tasks);
    let matters = trend.matters.unwrap_or(f64::INFINITY);
    let few = |n: f64| if is_young { (MANY / n).max(1.0) } else { 1.0 };
    let blunt = if again { AGAIN } else { 1.0 } * if walks { WALKS } else { 1.0 } * few(real(x.len()));
    // By how many times as much as it takes; and by how much the line under a rise that ends grows.
    let (under, may_be_under, (by, over)) = match asked {
        // A pool that still fills is as straight as a leak.
        Some(_) if is_young && passed < FILLED && !is_many => (0.0, false, (0.0, 0.0)),
        Some(Evidence { needed, by, over, straight }) => {
            let keen = if again { AGAIN } else { 1.0 } * few(passed);
            let needed = if by >= matters { needed } else { 0.0 };
            let under = needed / (keen * UNDER);
            let under = if shape.ends(trend.metric) { under } else { under.max(straight / (keen * ALONE)) };
            (under, needed > MAYBE_UNDER, (by, over))
        }
        None => {
            let (better, by, over) = shape.behind;
            let bar = if shape.ends(trend.metric) { BEHIND } else { NEEDED };
            let better = if by >= matters { better } else { 0.0 };
            let alone = straight / (blunt * SURELY);
            let under = better / (blunt * bar);
            let under = if shape.ends(trend.metric) { under } else { under.max(alone) };
            (under, better > MAYBE_BEHIND, (by, over))
        }
    };
    if shape.ends(trend.metric) {
        let rests = shape.rest > matters / 2.0;
        match () {
            () if under > 1.0 && !is_early => {
                since(trend, (t, x), over, rules);
                trend.straight = Some((under - 1.0) * BEHIND);
                trend.slope_per_h = trend.slope_per_h.or(Some(by / life.span * 3600.0));
            }
            () if rests || may_be_under => untold(trend, Why::Slowing),
            () => {
                since(trend, (t, x), shape.over, rules);
                (trend.course, trend.verdict, trend.reasons) =
                    (Course::Stable, Verdict::Ok, vec![Why::Levelled]);
                trend.time_to_danger = None;
            }
        }
        return;
    }
    if is_young && under <= 1.0 {
        untold(trend, Why::MayLevelOff);
        let age = trend.span_s + t[0] - born.unwrap_or(t[0]);
        let needs = if is_early { WAITS * rules.block_s - trend.span_s } else { YOUNG * rules.block_s - age };
        trend.needs_s = Some(needs.max(rules.block_s));
        return;
    }
    if asked.is_some() {
        trend.straight = Some(straight.max((under - 1.0) * BEHIND));
    }
    let is_straight = shape.better < blunt * -STRAIGHT && passed >= FILLED;
    if is_early && !is_straight && !is_many {
        untold(trend, Why::MayLevelOff);
        trend.needs_s = Some(WAITS * rules.block_s - trend.span_s);
    }
}

/// What a run that had its time says of a rise that ends no higher: if it is not clearly straight, it is no leak.
pub(super) fn beside(trend: &mut Trend) {
    let Some(straight) = trend.straight else { return };
    let slows = straight < -SLOWS && trend.rise.is_none();
    let weighed = trend.course == Course::Growing || *trend.reasons == [Why::Slowing];
    if weighed && slows {
        (trend.course, trend.verdict, trend.reasons) = (Course::Stable, Verdict::Ok, vec![Why::Slowing]);
        trend.time_to_danger = None;
    } else if trend.course == Course::Growing && straight <= BELOW {
        untold(trend, Why::MayLevelOff);
    }
}

fn untold(trend: &mut Trend, why: Why) {
    (trend.course, trend.verdict, trend.reasons) = (Course::Inconclusive, Verdict::Unknown, vec![why]);
    trend.time_to_danger = None;
}

/// Tells the rise, and of the slope what came behind it, as far as there is enough for one.
fn since(trend: &mut Trend, (t, x): (&[f64], &[f64]), over: f64, rules: &Rules) {
    let until = t[0] + over;
    let from = t.partition_point(|t| *t < until);
    let end = from.max(x.len() - LAST);
    trend.rise = median(&x[..LAST.min(x.len())]).zip(median(&x[end..])).map(|(first, _)| Rise {
        from: first.min(x[0]),
        to: median(&x[from..(from + LAST).min(x.len())]).or(trend.last).unwrap_or(first),
        until,
        after_s: until - trend.start.unwrap_or(t[0]),
    });
    if x.len() - from < LAST + 1 {
        return;
    }
    let Some(slope) = theil_sen(&[(&t[from..], &x[from..])]) else { return };
    trend.slope_per_h = Some(slope.value * 3600.0);
    trend.slope_ci = slope.low.zip(slope.high).map(|(low, high)| [low * 3600.0, high * 3600.0]);
    trend.growth = Some(slope.value * trend.span_s);
    foretell(trend, slope, t, rules);
    if x.len() - from < BLOCKS {
        return;
    }
    let gate = trend.matters.map_or(0.0, |matters| matters / trend.span_s.max(1.0) * 3600.0);
    let mut rest = Points::default();
    (from..x.len()).for_each(|i| rest.push(t[i], x[i], f64::NAN, 0, 0));
    let least = min_detectable(&rest, slope.value, rules.z);
    trend.min_detectable_slope_per_h = least.map(|least| least.max(gate));
}

#[cfg(test)]
mod tests;
