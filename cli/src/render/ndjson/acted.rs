//! What became of a command of `--on`.

use serde_json::json;

use crate::finding::{Acted, Fate};
use crate::moment::timestamp;
use crate::words::en;

/// One object on one line; `exit` is `null` where a signal ended it.
pub(crate) fn acted(acted: &Acted) -> String {
    let mut object = json!({
        "type": "command",
        "ts": timestamp(jiff::Timestamp::now()),
        "target": acted.target,
        "event": acted.event.as_str(),
        "outcome": acted.fate.as_str(),
        "text": en::acted(acted),
    });
    match &acted.fate {
        Fate::Ended { code, took, last } => {
            object["exit"] = json!(code);
            object["ms"] = json!(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
            object["output"] = json!(last);
        }
        Fate::Late { last, .. } => object["output"] = json!(last),
        _ => {}
    }
    format!("{object}\n")
}
