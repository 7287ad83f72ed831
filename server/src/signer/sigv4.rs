//! AWS's signature of a request, version 4: pure, of what stands in the request and the time.
//!
//! Source: AWS, "Signature Version 4 signing process"; the suite of its published vectors is in the tests.

use std::borrow::Cow;
use std::fmt::Write as _;

use ring::digest::{Context, SHA256};
use ring::hmac;
use vitals::Secret;

use crate::config::signers::Credentials;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A request as it will be sent.
#[derive(Clone, Copy)]
pub(crate) struct Signing<'a> {
    pub(crate) method: &'a str,
    /// As it is sent: it is encoded once more for the signature.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// Those that are signed, names in lower case; `host` and `x-amz-date` are among them.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// SHA-256 of the body, in hexadecimal digits.
    pub(crate) payload: &'a str,
    /// `20150830T123600Z`: UTC.
    pub(crate) time: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

impl Signing<'_> {
    /// The value of the `authorization` header.
    pub(crate) fn authorization(&self, credentials: &Credentials) -> String {
        let (headers, names) = self.canonical_headers();
        let canonical = [
            self.method,
            &canonical_path(self.path),
            &canonical_query(self.query),
            &headers,
            &names,
            self.payload,
        ]
        .join("\n");
        let scope = format!("{}/{}/{}/aws4_request", self.day(), self.region, self.service);
        let text = format!("{ALGORITHM}\n{}\n{scope}\n{}", self.time, digest(canonical.as_bytes()));
        let key = self.key(&credentials.secret);
        let signature = hex(hmac::sign(&key, text.as_bytes()).as_ref());
        format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            credentials.id
        )
    }

    fn day(&self) -> &str {
        self.time.split('T').next().unwrap_or_default()
    }

    fn key(&self, secret: &Secret) -> hmac::Key {
        let first = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{}", secret.reveal()).as_bytes());
        [self.day(), self.region, self.service, "aws4_request"].into_iter().fold(first, |key, part| {
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref())
        })
    }

    /// The headers in order, a line each, with those of one name on one line; and their names.
    fn canonical_headers(&self) -> (String, String) {
        let mut sorted: Vec<&(&str, &str)> = self.headers.iter().collect();
        sorted.sort_by_key(|(name, _)| *name);
        let (mut lines, mut names, mut before) = (String::new(), String::new(), "");
        for (name, value) in sorted {
            let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            if *name == before {
                lines.pop();
                let _ = writeln!(lines, ",{value}");
                continue;
            }
            let _ = writeln!(lines, "{name}:{value}");
            if !names.is_empty() {
                names.push(';');
            }
            names.push_str(name);
            before = name;
        }
        (lines, names)
    }
}

/// Without empty segments, `.` and `..`, and every byte encoded that is not unreserved, the `%` of what is encoded
/// already included.
fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    let mut canonical = String::from("/");
    for segment in &segments {
        encode(segment.as_bytes(), &mut canonical);
        canonical.push('/');
    }
    if !segments.is_empty() && !path.ends_with('/') {
        canonical.pop();
    }
    canonical
}

/// The parameters in order of name and value, each encoded exactly once.
fn canonical_query(query: &str) -> String {
    let once = |text: &str| {
        let mut encoded = String::new();
        encode(&decode(text), &mut encoded);
        encoded
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (once(name), once(value)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn decode(text: &str) -> Cow<'_, [u8]> {
    percent_encoding::percent_decode_str(text).into()
}

fn encode(bytes: &[u8], into: &mut String) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            into.push(char::from(*byte));
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut context = Context::new(&SHA256);
    context.update(bytes);
    hex(context.finish().as_ref())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
    const UNRESERVED: &str = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// AWS's published suite: the case's name, the request's line, headers besides host and date, the body, the signature.
    type Vector<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);

    fn vectors() -> Vec<Vector<'static>> {
        const VANILLA: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
        const POST: &str = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        const FORM: &str = "application/x-www-form-urlencoded";
        vec![
            ("get-vanilla", "GET /", &[], "", VANILLA),
            ("get-vanilla-query", "GET /", &[], "", VANILLA),
            (
                "get-vanilla-empty-query-key",
                "GET /?Param1=value1",
                &[],
                "",
                "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
            ),
            (
                "get-vanilla-query-order-key-case",
                "GET /?Param2=value2&Param1=value1",
                &[],
                "",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "get-vanilla-utf8-query",
                "GET /?ሴ=bar",
                &[],
                "",
                "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
            ),
            (
                "get-query-plus",
                "GET /?c+d=",
                &[],
                "",
                "ae684ce3aadc299e3ac7d9216fcc039c7edf40dea57cf5b3005821dd2f176654",
            ),
            (
                "get-utf8",
                "GET /ሴ",
                &[],
                "",
                "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
            ),
            (
                "get-space-normalized",
                "GET /example space/",
                &[],
                "",
                "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
            ),
            (
                "get-slashes-normalized",
                "GET //example//",
                &[],
                "",
                "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
            ),
            ("get-slash-normalized", "GET //", &[], "", VANILLA),
            ("get-slash-dot-slash-normalized", "GET /./", &[], "", VANILLA),
            (
                "get-slash-pointless-dot-normalized",
                "GET /./example",
                &[],
                "",
                "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
            ),
            ("get-relative-normalized", "GET /example/..", &[], "", VANILLA),
            ("get-relative-relative-normalized", "GET /example1/example2/../..", &[], "", VANILLA),
            (
                "get-header-key-duplicate",
                "GET /",
                &[("my-header1", "value2"), ("my-header1", "value2"), ("my-header1", "value1")],
                "",
                "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
            ),
            (
                "get-header-value-order",
                "GET /",
                &[
                    ("my-header1", "value4"),
                    ("my-header1", "value1"),
                    ("my-header1", "value3"),
                    ("my-header1", "value2"),
                ],
                "",
                "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
            ),
            (
                "get-header-value-trim",
                "GET /",
                &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")],
                "",
                "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            ),
            ("post-vanilla", "POST /", &[], "", POST),
            ("post-header-key-case", "POST /", &[], "", POST),
            ("post-sts-header-after", "POST /", &[], "", POST),
            (
                "post-header-key-sort",
                "POST /",
                &[("my-header1", "value1")],
                "",
                "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
            ),
            (
                "post-header-value-case",
                "POST /",
                &[("my-header1", "VALUE1")],
                "",
                "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
            ),
            (
                "post-vanilla-query",
                "POST /?Param1=value1",
                &[],
                "",
                "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
            ),
            (
                "post-vanilla-empty-query-value",
                "POST /?Param1=value1",
                &[],
                "",
                "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
            ),
            (
                "post-sts-header-before",
                "POST /",
                &[("x-amz-security-token", TOKEN)],
                "",
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
            ),
            (
                "post-x-www-form-urlencoded",
                "POST /",
                &[("content-type", FORM)],
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
            (
                "post-x-www-form-urlencoded-parameters",
                "POST /",
                &[("content-type", "application/x-www-form-urlencoded; charset=utf8")],
                "Param1=value1",
                "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
            ),
        ]
    }

    fn signature(line: &str, headers: &[(&str, &str)], body: &str) -> String {
        let (method, target) = line.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut all = vec![("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")];
        all.extend(headers);
        let payload = digest(body.as_bytes());
        let (time, region, service) = ("20150830T123600Z", "us-east-1", "service");
        let signing =
            Signing { method, path, query, headers: &all, payload: &payload, time, region, service };
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let credentials = Credentials { id: "AKIDEXAMPLE".to_owned(), secret, token: None };
        let authorization = signing.authorization(&credentials);
        let begin =
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
        assert!(authorization.starts_with(begin), "{authorization}");
        authorization.rsplit_once("Signature=").unwrap().1.to_owned()
    }

    #[test]
    fn the_published_vectors_pass() {
        let wrong: Vec<&str> = vectors()
            .into_iter()
            .filter(|(_, line, headers, body, expected)| signature(line, headers, body) != *expected)
            .map(|(name, ..)| name)
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn the_vectors_of_unreserved_characters_pass() {
        let path = format!("GET /{UNRESERVED}");
        let expected = "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f";
        assert_eq!(signature(&path, &[], ""), expected, "get-unreserved");
        let query = format!("GET /?{UNRESERVED}={UNRESERVED}");
        let expected = "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197";
        assert_eq!(signature(&query, &[], ""), expected, "get-vanilla-query-unreserved");
    }

    #[test]
    fn a_path_that_is_encoded_is_encoded_once_more_and_a_query_is_not() {
        assert_eq!(canonical_path("/model/a%2Fb:1/invoke"), "/model/a%252Fb%3A1/invoke");
        assert_eq!(canonical_query("b=2&a=%2F&a=+&c"), "a=%2B&a=%2F&b=2&c=");
    }
}
