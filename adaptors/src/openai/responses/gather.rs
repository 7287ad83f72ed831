//! The whole response out of a stream, for clients that did not ask for one: its last event carries it.

use bytes::Bytes;

use super::stream::Reader;
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::Frame;
use crate::json::{Level, is_nothing, mended};
use crate::names::Names;

/// Items of one answer. No real answer comes near it.
const MAX_ITEMS: usize = 4096;

/// The reader of one stream whose last event becomes the answer.
#[derive(Debug, Default)]
pub(super) struct Gather {
    inner: Reader,
    /// Items that are whole, by their places: some upstreams leave them out at the end.
    items: Vec<(u64, String)>,
}

impl StreamReader for Gather {
    fn frame(&mut self, frame: &Frame) -> Step {
        let step = self.inner.frame(frame);
        let silent = |kind| Step { kind, output: Output::Replace(Bytes::new()) };
        let done = match step.kind {
            Kind::Terminal => {
                self.whole(frame).map(|body| Step { kind: Kind::Terminal, output: Output::Replace(body) })
            }
            Kind::Content => self.take(frame).map(|()| silent(step.kind)),
            kind => Ok(silent(kind)),
        };
        done.unwrap_or_else(|said| silent(Kind::Error(failure::broken(said))))
    }

    fn end(&mut self) -> Ending {
        self.inner.end()
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }

    fn said(&self) -> u64 {
        self.inner.said()
    }

    fn names(&self) -> Names {
        self.inner.names()
    }
}

impl Gather {
    fn take(&mut self, frame: &Frame) -> Result<(), String> {
        let data = frame.data();
        if memchr::memmem::find(&data, b"response.output_item.done").is_none() {
            return Ok(());
        }
        let Ok(event) = Level::of_bytes(&data) else { return Ok(()) };
        if event.text("type").is_some_and(|kind| kind == "response.output_item.done") {
            if self.items.len() == MAX_ITEMS {
                return Err(format!("the upstream's answer has more than {MAX_ITEMS} items"));
            }
            let place = event.count("output_index").unwrap_or(self.items.len() as u64);
            self.items.push((place, event.get("item").unwrap_or("null").to_owned()));
        }
        Ok(())
    }

    fn whole(&mut self, frame: &Frame) -> Result<Bytes, String> {
        let data = frame.data();
        let event = Level::of_bytes(&data)
            .map_err(|error| format!("the upstream's last event cannot be read: {error}"))?;
        let Some(Ok(mut response)) = event.get("response").map(Level::of) else {
            return Err("the upstream's last event has no response".to_owned());
        };
        if response.get("output").is_none_or(is_nothing) {
            self.items.sort_by_key(|(place, _)| *place);
            let items: Vec<String> =
                std::mem::take(&mut self.items).into_iter().map(|(_, item)| item).collect();
            response.put("output", format!("[{}]", items.join(",")));
        }
        Ok(mended(&response.json()).into_owned().into())
    }
}
