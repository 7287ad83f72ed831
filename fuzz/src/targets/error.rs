//! Error answers of providers, and of whatever stands before them: always something to say, in the client's dialect,
//! of a bounded size; nothing of what came where it may quote a key.

use adaptors::adaptor::{Class, UpstreamError};
use bytes::Bytes;

use crate::calls::{check_error, some_pairs};

pub fn run(input: &[u8]) {
    let [high, low, body @ ..] = input else { return };
    let any = u16::from_be_bytes([*high, *low]) % 1000;
    let body = Bytes::copy_from_slice(body);
    for (client, upstream, adaptor) in some_pairs(input) {
        for status in [any, 400, 401, 403, 422, 429, 500] {
            for whole in [true, false] {
                let error = adaptor.error(status, &body, whole);
                check_error(&error, client, body.len());
                if matches!(status, 401 | 403) {
                    assert!(says_nothing_of(&error), "{error:?}");
                }
                if let Some(own) = &error.body {
                    assert!(client == upstream && whole && *own == body, "another body: {error:?}");
                }
                if (500..600).contains(&status) && error.class == Class::Caller {
                    panic!("the caller is blamed for {status}");
                }
            }
        }
    }
}

/// Whether it is the one sentence about a refused key.
fn says_nothing_of(error: &UpstreamError) -> bool {
    let UpstreamError {
        status: 502,
        message,
        kind: None,
        code: None,
        body: None,
        class: Class::Credential,
        is_worded: true,
    } = error
    else {
        return false;
    };
    message.starts_with("the upstream refused the relay's own key (status 40") && message.len() < 120
}
