//! What holds where a request is translated: `unsupported` and `channels.sampling`; and where it goes on with what only its
//! upstream knows: `channels.ids`.

use adaptors::adaptor::{Inexpressible, Sampling};

use super::forms::text;
use super::reader::Wanted;
use super::table::Form;

pub(super) fn unsupported() -> impl Form<Inexpressible> {
    let find = |word: &str| match word {
        "drop" => Ok(Inexpressible::Drop),
        "refuse" => Ok(Inexpressible::Refuse),
        _ => Err(format!(
            "`{word}` is not known: \"drop\" leaves out hints that the upstream's dialect does not have, and names them; \"refuse\" answers 400"
        )),
    };
    let name = |what: &Inexpressible| match what {
        Inexpressible::Drop => "drop".to_owned(),
        Inexpressible::Refuse => "refuse".to_owned(),
    };
    text(Wanted::new("a word", "\"drop\""), find, name)
}

pub(super) fn sampling() -> impl Form<Sampling> {
    let find = |word: &str| match word {
        "auto" => Ok(Sampling::Auto),
        "keep" => Ok(Sampling::Keep),
        "drop" => Ok(Sampling::Drop),
        _ => Err(format!(
            "`{word}` is not known: \"auto\" leaves out sampling fields for models that refuse them, \"keep\" for none, \"drop\" for all"
        )),
    };
    let name = |what: &Sampling| match what {
        Sampling::Auto => "auto".to_owned(),
        Sampling::Keep => "keep".to_owned(),
        Sampling::Drop => "drop".to_owned(),
    };
    text(Wanted::new("a word", "\"auto\""), find, name)
}

/// Whether ids go on that nobody is known to have got.
pub(super) fn ids() -> impl Form<bool> {
    let find = |word: &str| match word {
        "known" => Ok(false),
        "pass" => Ok(true),
        _ => Err(format!(
            "`{word}` is not known: \"known\" lets callers use the ids that they got here, \"pass\" also those that nobody is known to have got"
        )),
    };
    let name = |passes: &bool| if *passes { "pass".to_owned() } else { "known".to_owned() };
    text(Wanted::new("a word", "\"known\""), find, name)
}
