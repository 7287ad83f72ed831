//! The part of a form (`multipart/form-data`, RFC 7578) that routing needs: the `model` among its parts. The form is looked
//! at and never taken apart, and refused where two readers could find two models in it. It is read as it comes, in any
//! pieces, so that a file need not be held to see what stands before and behind it.

mod head;
mod reader;

pub use self::head::boundary;
pub use self::reader::Reader;
use crate::envelope::{Envelope, EnvelopeError};

/// The envelope of a form that is here. Where it names no model, that is `default`, if there is one.
///
/// # Errors
/// When it is not a whole form, or its model is missing, given twice or unclear.
pub fn envelope(body: &[u8], boundary: &str, default: Option<&str>) -> Result<Envelope, EnvelopeError> {
    let mut reader = Reader::new(boundary);
    reader.read(body)?;
    reader.finish(default)
}

fn refused(message: &str) -> EnvelopeError {
    EnvelopeError { message: message.to_owned(), param: Some("model") }
}

fn broken(message: &str) -> EnvelopeError {
    EnvelopeError { message: format!("the form cannot be read: {message}"), param: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(parts: &[(&str, &str)]) -> Vec<u8> {
        let part = |(head, value): &(&str, &str)| {
            format!("--b\r\ncontent-disposition: form-data; {head}\r\n\r\n{value}\r\n")
        };
        (parts.iter().map(part).collect::<String>() + "--b--\r\n").into_bytes()
    }

    const FILE: (&str, &str) =
        ("name=\"file\"; filename=\"x; name=\\\"model\\\"\"", "\r\n\r\nname=\"model\"\r\n\r\nno\r\n--");

    #[test]
    fn the_model_is_found_before_and_behind_the_file() {
        let model = ("name=\"model\"", "whisper-1");
        for parts in [
            &[model, FILE][..],
            &[FILE, model],
            &[("name=model", "whisper-1"), ("name=\"stream\"", "true"), ("name=\"x\"", "")],
        ] {
            let body = form(parts);
            let found = envelope(&body, "b", None).unwrap();
            assert_eq!((found.model.as_str(), found.stream), ("whisper-1", parts.len() == 3));
            let mapped = found.with_model(&body.clone().into(), "mine");
            assert_eq!(
                String::from_utf8(mapped.to_vec()).unwrap(),
                String::from_utf8(body).unwrap().replace("whisper-1", "mine")
            );
        }
        let none = envelope(&form(&[FILE]), "b", Some("dall-e-2")).unwrap();
        assert_eq!((none.model.as_str(), none.model_at), ("dall-e-2", None));
    }

    #[test]
    fn a_model_that_two_readers_could_read_in_two_ways_is_refused() {
        let (model, other) = (("name=\"model\"", "small"), ("name=\"model\"", "big"));
        for parts in [
            &[FILE][..],
            &[model, FILE, other],
            &[("name=\"Model\"", "big")],
            &[("name=\"file\"; name=\"model\"", "big")],
            &[("name*=utf-8''model", "big")],
            &[("name=\"model\"\r\ncontent-transfer-encoding: base64", "YQ==")],
            &[("name=\"model\"", "")],
            &[("name=\"model\"", "a\r\nb")],
        ] {
            assert!(envelope(&form(parts), "b", None).is_err(), "{parts:?}");
        }
        let whole = form(&[model]);
        for cut in 0..whole.len() - 3 {
            assert!(envelope(&whole[..cut], "b", None).is_err(), "{cut}");
        }
        let bare = String::from_utf8(form(&[model, ("name=\"x\"", "a\n--b\r\n")])).unwrap();
        assert!(envelope(bare.as_bytes(), "b", None).is_err());
        assert!(envelope(&[b"preamble\r\n", &whole[..]].concat(), "b", None).is_err());
    }

    #[test]
    fn a_boundary_is_read_from_the_content_type_of_a_form_only() {
        assert_eq!(boundary("multipart/form-data; boundary=b"), Some("b".into()));
        assert_eq!(boundary("Multipart/Form-Data; charset=x; Boundary=\"a b\""), Some("a b".into()));
        for none in [
            "application/json",
            "multipart/form-data",
            "multipart/mixed; boundary=b",
            "multipart/form-data; boundary=\"\"",
        ] {
            assert_eq!(boundary(none), None, "{none}");
        }
    }
}
