//! How a run of whole numbers is spread, in bounded memory: for watches that last weeks.

/// Numbers below this are counted exactly; every threshold of goroutines lies below it.
const EXACT: u64 = 1 << 14;
/// Cells that are kept together: 4 KiB, made when the first of them is hit.
const PAGE: usize = 512;

/// Counts numbers. Minimum and maximum are exact; so are quantiles below 16384, and above that they are at most
/// 0.007 % off. Holds at most 16384 + 50 x 8192 counts, however many numbers come.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    /// How often each cell was hit, in pages.
    pages: Vec<Option<Box<[u64; PAGE]>>>,
    n: u64,
    ends: Option<(u64, u64)>,
}

impl Spread {
    /// Counts one number.
    #[inline]
    pub fn add(&mut self, value: u64) {
        let at = index(value);
        let page = at / PAGE;
        if page >= self.pages.len() {
            self.pages.resize(page + 1, None);
        }
        self.pages[page].get_or_insert_with(|| Box::new([0; PAGE]))[at % PAGE] += 1;
        self.n += 1;
        self.ends = Some(self.ends.map_or((value, value), |(min, max)| (min.min(value), max.max(value))));
    }

    /// How many there were.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.n
    }

    /// The lowest.
    #[must_use]
    pub fn min(&self) -> Option<u64> {
        self.ends.map(|(min, _)| min)
    }

    /// The highest.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        self.ends.map(|(_, max)| max)
    }

    /// The middle; the lower one of two.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        self.quantile(50)
    }

    /// The 95th percentile.
    #[must_use]
    pub fn p95(&self) -> Option<u64> {
        self.quantile(95)
    }

    /// The lowest number that at least `percent` per cent (up to 100) of all do not exceed: the inverse of the
    /// empirical distribution, Hyndman and Fan's type 1. Always a number that came, or its cell's middle.
    #[must_use]
    pub fn quantile(&self, percent: u64) -> Option<u64> {
        let (min, max) = self.ends?;
        let rank = (u128::from(self.n) * u128::from(percent)).div_ceil(100);
        if rank >= u128::from(self.n) {
            return Some(max);
        }
        let mut before = 0_u128;
        let pages = self.pages.iter().enumerate().filter_map(|(i, page)| Some((i, page.as_ref()?)));
        let cells = pages.flat_map(|(i, page)| page.iter().enumerate().map(move |(j, n)| (i * PAGE + j, n)));
        let found = cells.into_iter().find(|(_, times)| {
            before += u128::from(**times);
            before >= rank
        });
        found.map(|(at, _)| {
            let low = lowest(at);
            (low + width(low) / 2).clamp(min, max)
        })
    }
}

/// How many numbers share a cell: 1 up to 16384, then twice as many with each power of two.
const fn width(value: u64) -> u64 {
    1 << doublings(value)
}

const fn doublings(value: u64) -> u32 {
    if value < EXACT { 0 } else { value.ilog2() - EXACT.ilog2() + 1 }
}

/// The cell that a number falls into: 16384 exact ones, then 8192 for each power of two.
#[expect(clippy::cast_possible_truncation, reason = "at most 16384 + 50 x 8192")]
const fn index(value: u64) -> usize {
    let doublings = doublings(value);
    (doublings as u64 * (EXACT / 2) + (value >> doublings)) as usize
}

/// The lowest number of a cell.
const fn lowest(at: usize) -> u64 {
    let at = at as u64;
    if at < EXACT {
        return at;
    }
    let doublings = at / (EXACT / 2) - 1;
    (at - doublings * (EXACT / 2)) << doublings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(values: impl IntoIterator<Item = u64>) -> Spread {
        let mut spread = Spread::default();
        values.into_iter().for_each(|value| spread.add(value));
        spread
    }

    #[test]
    fn nothing_has_no_spread() {
        let none = Spread::default();
        assert_eq!(
            (none.n(), none.min(), none.median(), none.p95(), none.max()),
            (0, None, None, None, None)
        );
    }

    #[test]
    fn quantiles_are_numbers_that_came() {
        for (values, median, p95) in [
            (&[7][..], 7, 7),
            (&[3, 1, 2], 2, 3),
            (&[4, 1, 2, 3], 2, 4),
            (&[1, 1, 1, 9, 9], 1, 9),
            (&[0, u64::MAX], 0, u64::MAX),
        ] {
            let spread = spread(values.iter().copied());
            assert_eq!((spread.median(), spread.p95()), (Some(median), Some(p95)), "{values:?}");
        }
        let hundred = spread(1..=100);
        assert_eq!([0, 1, 50, 95, 100].map(|p| hundred.quantile(p)), [1, 1, 50, 95, 100].map(Some));
    }

    #[test]
    fn large_numbers_are_close_and_their_ends_exact() {
        let values = || (0..1001_u64).map(|i| 1_000_000_007 + i * 1_000_003);
        let spread = spread(values());
        assert_eq!((spread.min(), spread.max()), (values().next(), values().next_back()));
        let median = values().nth(500).unwrap();
        assert!(spread.median().unwrap().abs_diff(median) * 100_000 <= median * 7, "{:?}", spread.median());
    }

    #[test]
    fn memory_is_bounded() {
        let mut leak = Spread::default();
        // A week of a value that never repeats, every 5 s.
        for i in 0..121_000_u64 {
            leak.add((16 << 20) + i * 4096);
        }
        let pages = leak.pages.iter().flatten().count();
        assert!(pages * PAGE < 50_000, "{pages}");
        for power in 14..64 {
            assert_eq!(lowest(index(1 << power)), 1 << power, "cells do not cross a power of two");
            assert_eq!((1_u64 << power) / width(1 << power), EXACT / 2);
        }
        assert_eq!(lowest(index(EXACT - 1)), EXACT - 1);
    }
}
