//! The whole response out of a stream, for clients that did not ask for one: its last event carries it.

use bytes::Bytes;
use serde_json::{Value, json};

use super::stream::Reader;
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::Frame;

/// Items of one answer. No real answer comes near it.
const MAX_ITEMS: usize = 4096;

/// The reader of one stream whose last event becomes the answer.
#[derive(Debug, Default)]
pub(super) struct Gather {
    inner: Reader,
    /// Items that are whole, by their places: some upstreams leave them out at the end.
    items: Vec<(u64, Value)>,
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
}

impl Gather {
    fn take(&mut self, frame: &Frame) -> Result<(), String> {
        let data = frame.data();
        if memchr::memmem::find(&data, b"response.output_item.done").is_none() {
            return Ok(());
        }
        let Ok(mut event) = serde_json::from_slice::<Value>(&data) else { return Ok(()) };
        if event["type"] == "response.output_item.done" {
            if self.items.len() == MAX_ITEMS {
                return Err(format!("the upstream's answer has more than {MAX_ITEMS} items"));
            }
            let place = event["output_index"].as_u64().unwrap_or(self.items.len() as u64);
            self.items.push((place, event["item"].take()));
        }
        Ok(())
    }

    fn whole(&mut self, frame: &Frame) -> Result<Bytes, String> {
        let mut event: Value = serde_json::from_slice(&frame.data())
            .map_err(|error| format!("the upstream's last event cannot be read: {error}"))?;
        let mut response = event["response"].take();
        let Some(fields) = response.as_object_mut() else {
            return Err("the upstream's last event has no response".to_owned());
        };
        let output = fields.entry("output").or_insert_with(|| json!([]));
        if output.as_array().is_none_or(Vec::is_empty) {
            self.items.sort_by_key(|(place, _)| *place);
            *output = std::mem::take(&mut self.items).into_iter().map(|(_, item)| item).collect();
        }
        Ok(response.to_string().into())
    }
}
