//! What a token endpoint says of an error: its code and its sentence, bounded, and without what it was sent.

use std::fmt::Write as _;

use serde_json::Value;

/// The longest sentence that is repeated, in characters.
const SENTENCE: usize = 200;
/// A word of at least so many letters and digits, or of twice as many letters, may be a token or a part of one.
const LONG: usize = 32;

/// `invalid_grant: Invalid JWT Signature.`, from an error of OAuth's or of AWS's. Empty where it is neither.
pub(super) fn said(answer: &[u8], sent: &[&str]) -> String {
    let Ok(text) = std::str::from_utf8(answer) else { return String::new() };
    let (code, sentence) = match serde_json::from_str::<Value>(text) {
        Ok(json) => of_json(&json),
        Err(_) => (element(text, "Code").map(str::to_owned), element(text, "Message").map(str::to_owned)),
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let code = code.filter(|code| code.len() <= 40 && code.chars().all(is_word));
    let sentence = sentence.map(|sentence| masked(&sentence, sent)).filter(|sentence| !sentence.is_empty());
    let mut said = String::new();
    for part in code.into_iter().chain(sentence) {
        // Writing into a string cannot fail.
        let _ = write!(said, ": {part}");
    }
    said
}

/// `{"error":"invalid_grant","error_description":"…"}`; Google also `{"error":{"status":"…","message":"…"}}`.
fn of_json(json: &Value) -> (Option<String>, Option<String>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let error = &json["error"];
    (
        text(error).or_else(|| text(&error["status"])),
        text(&json["error_description"]).or_else(|| text(&error["message"])),
    )
}

/// One line of bounded length; what was sent, and every word that may be a token, is `***`.
fn masked(sentence: &str, sent: &[&str]) -> String {
    let mut text = sentence.to_owned();
    for secret in sent.iter().flat_map(|secret| [secret, secret.trim()].map(str::to_owned)) {
        if !secret.is_empty() {
            text = text.replace(&secret, "***");
        }
    }
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '=' | '%');
    let mut out = String::new();
    for piece in text.split_inclusive(|c| !is_of_token(c)) {
        let word = piece.trim_end_matches(|c| !is_of_token(c));
        let is_mixed = word.bytes().any(|byte| byte.is_ascii_digit()) || word.len() >= 2 * LONG;
        if word.len() >= LONG && is_mixed {
            out.push_str("***");
            out.push_str(&piece[word.len()..]);
        } else {
            out.push_str(piece);
        }
    }
    let line: Vec<&str> =
        out.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    line.join(" ").chars().take(SENTENCE).collect()
}

/// The text of the first element of that name.
pub(super) fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner.trim())
}

#[cfg(test)]
mod tests {
    const JWT: &str =
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJyZWxheUBwLmlhbS5nc2VydmljZWFjY291bnQuY29tIn0.c2lnbg";

    fn said(text: &str) -> String {
        super::said(text.as_bytes(), &[JWT])
    }

    #[test]
    fn an_error_is_told_with_its_code_and_its_sentence() {
        let google = r#"{"error":"invalid_grant","error_description":"Invalid JWT: Check your iat and exp values in the JWT claim."}"#;
        assert_eq!(
            said(google),
            ": invalid_grant: Invalid JWT: Check your iat and exp values in the JWT claim."
        );
        let aws = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized to perform\n \
                   sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>";
        assert_eq!(said(aws), ": AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity");
        assert_eq!(
            said(r#"{"error":{"status":"NOT_FOUND","message":"no account"}}"#),
            ": NOT_FOUND: no account"
        );
        assert_eq!((said("rubbish"), said(r#"{"error":7}"#)), (String::new(), String::new()));
    }

    #[test]
    fn what_was_sent_and_what_may_be_a_token_is_not_repeated() {
        let described =
            |text: &str| said(&serde_json::json!({"error": "e", "error_description": text}).to_string());
        assert_eq!(described(&format!("bad token {JWT}!")), ": e: bad token ***!");
        let part = JWT.split('.').nth(1).unwrap();
        assert_eq!(described(&format!("claims: {part}")), ": e: claims: ***");
        assert_eq!(said(r#"{"error":"eyJhbGciOi.sk-1"}"#), "");
        assert_eq!(described(&"word ".repeat(100)).chars().count(), ": e: ".len() + 200);
    }
}
