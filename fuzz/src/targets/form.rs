//! A form is read alike however its pieces are cut; another model's name changes nothing else of it.

use adaptors::form::{Reader, envelope};
use bytes::Bytes;

const BOUNDARY: &str = "b";
const NAME: &str = "mine";

/// The first byte says how long the pieces are.
pub fn run(input: &[u8]) {
    let Some((&step, form)) = input.split_first() else { return };
    let whole = envelope(form, BOUNDARY, None);
    let mut reader = Reader::new(BOUNDARY);
    let read = form.chunks(usize::from(step).max(1)).try_for_each(|piece| reader.read(piece));
    let pieces = read.and_then(|()| reader.finish(None));
    let found = match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => {
            assert_eq!(
                (&whole.model, whole.stream, &whole.model_at),
                (&pieces.model, pieces.stream, &pieces.model_at)
            );
            whole
        }
        // Of several mistakes the first that is seen whole is told, and which one that is may depend on the pieces.
        (Err(whole), Err(pieces)) => {
            let is_told = |said: &str| !said.is_empty() && said.len() < 512;
            return assert!(is_told(&whole.message) && is_told(&pieces.message), "{whole} {pieces}");
        }
        (whole, pieces) => panic!("whole {whole:?}, in pieces {pieces:?}"),
    };
    let renamed = found.with_model(&Bytes::copy_from_slice(form), NAME);
    let again = envelope(&renamed, BOUNDARY, None).expect("a form with another model is as good");
    assert_eq!((again.model.as_str(), again.stream), (NAME, found.stream));
    let back = again.with_model(&renamed, &found.model);
    assert_eq!(back, form, "more than the name has changed");
}
