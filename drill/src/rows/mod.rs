//! The rows of the fault matrix, each beside its work.

/// Work at any target.
macro_rules! any {
    ($work:path $(, $argument:expr)*) => {
        $crate::run::Work::Any(|bench| Box::pin($work(bench $(, $argument)*)))
    };
}

/// Work at a relay of the drill's making.
macro_rules! own {
    ($work:path) => {
        $crate::run::Work::Own(|bench| Box::pin($work(bench)))
    };
}

mod answers;
mod budget;
mod channels;
mod clients;
mod crowd;
mod endless;
mod ends;
mod gemini;
mod good;
mod http;
mod inbound;
mod life;
mod machine;
mod media;
mod mixed;
mod names;
mod packed;
mod pauses;
mod pooled;
mod responses;
mod select;
mod signers;
mod streams;
mod transport;
mod uploads;

use std::sync::LazyLock;

pub(crate) use select::{select, with_good};

use crate::run::Row;

/// Every row, by the numbers of the matrix.
static ROWS: LazyLock<Vec<&'static Row>> = LazyLock::new(|| {
    let rooms = [
        good::ROWS,
        answers::ROWS,
        clients::ROWS,
        streams::ROWS,
        channels::ROWS,
        uploads::ROWS,
        names::ROWS,
        packed::ROWS,
        transport::ROWS,
        inbound::ROWS,
        crowd::ROWS,
        machine::ROWS,
        life::ROWS,
        http::ROWS,
        endless::ROWS,
        ends::ROWS,
        responses::ROWS,
        gemini::ROWS,
        pooled::ROWS,
        pauses::ROWS,
        signers::ROWS,
        media::ROWS,
        mixed::ROWS,
        budget::ROWS,
    ];
    let mut rows: Vec<&Row> = rooms.into_iter().flatten().collect();
    rows.sort_by_key(|row| row.id);
    rows
});

/// The fault of a number, in a few words.
pub(crate) fn fault(id: u8) -> &'static str {
    ROWS.iter().find(|row| row.id == id).map_or("", |row| row.fault)
}

#[cfg(test)]
mod tests;
