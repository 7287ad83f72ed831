//! Two recordings side by side: reading them in one streaming pass each, summing them up in bounded memory, and
//! judging the newer one.

mod days;
mod filling;
mod flaw;
mod holes;
mod idle;
mod judge;
mod lives;
mod metric;
mod polled;
mod proportion;
mod rate;
mod side;
mod statistics;

pub(crate) use days::{
    Columns, Day, DayFinding, by_day, each, findings as day_findings, looked_at, missing, reference,
};
pub(crate) use filling::side;
pub(crate) use holes::Hole;
pub(crate) use idle::idle;
pub(crate) use judge::{Rules, findings, growths, usual, verdict};
pub(crate) use lives::{Use, of_others, pairs, restarts, sides};
pub(crate) use metric::{GOROUTINES, IN_FLIGHT, METRICS, UNEXPLAINED, values};
pub(crate) use polled::{Polling, poll};
pub(crate) use proportion::{Own, weigh};
pub(crate) use side::{Column, Side, judged};
pub(crate) use statistics::{BLOCKS, findings_of, is_counted, least, measure_of, place_of, statistics};

/// A side needs this many good polls before its level says anything.
pub(crate) const ENOUGH: u64 = 10;
