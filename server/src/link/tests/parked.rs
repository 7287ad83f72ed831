//! An answered exchange, until its last byte is with the kernel or the connection is cut.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use vitals::EndReason;

use super::stage;
use crate::link::Parked;

/// Says what it is told.
struct Probe(SyncSender<Option<EndReason>>);

impl Parked for Probe {
    fn delivered(self: Box<Self>) {
        self.0.send(None).unwrap();
    }

    fn undelivered(&self, reason: EndReason) {
        self.0.send(Some(reason)).unwrap();
    }
}

fn probe() -> (Option<Box<dyn Parked>>, Receiver<Option<EndReason>>) {
    let (told, heard) = sync_channel(2);
    (Some(Box::new(Probe(told))), heard)
}

#[test]
fn an_answer_is_delivered_with_the_flush_and_not_by_a_cut() {
    let stage = stage();
    let (parked, heard) = probe();
    stage.link.answer_over(parked);
    assert!(heard.try_recv().is_err(), "its last bytes wait");
    stage.link.flushed();
    assert_eq!(heard.try_recv(), Ok(None));
    let (parked, heard) = probe();
    stage.link.answer_over(parked);
    stage.link.cut(EndReason::SlowClient);
    assert_eq!(heard.try_recv(), Ok(Some(EndReason::SlowClient)));
}

#[test]
fn over_http2_an_answer_is_delivered_with_its_connections_flush_once_the_stream_gave_it_all() {
    let stage = stage();
    stage.link.becomes_http2(Duration::from_secs(3));
    let stream = stage.links.open_stream(&stage.link);
    stream.handed(1);
    let (parked, heard) = probe();
    stream.answer_over(parked);
    stage.link.flushed();
    assert!(heard.recv().is_err(), "it went down with its stream");
    stream.taken(1);
    let (parked, heard) = probe();
    stream.answer_over(parked);
    stage.link.flushed();
    assert_eq!(heard.try_recv(), Ok(None));
}
