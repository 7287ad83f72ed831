//! Two recordings side by side: reading them in one streaming pass each, summing them up in bounded memory, and
//! judging the newer one.

mod days;
mod flaw;
mod holes;
mod judge;
mod metric;
mod polled;
mod proportion;
mod side;
mod statistics;

pub(crate) use days::{
    Columns, Day, DayFinding, by_day, each, findings as day_findings, looked_at, missing, reference,
};
pub(crate) use holes::Hole;
pub(crate) use judge::{Finding, Growth, Rules, findings, growths, usual, verdict};
pub(crate) use metric::{METRICS, Metric, Quantity, judged};
pub(crate) use polled::{Polling, poll};
pub(crate) use proportion::{Own, weigh};
pub(crate) use side::{Column, Side, side};
pub(crate) use statistics::{amount, findings_of, load_in_words, name_of, statistics, step_in_words};

/// A side needs this many good polls before its level says anything.
pub(crate) const ENOUGH: u64 = 10;
