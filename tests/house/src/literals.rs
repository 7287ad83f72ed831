//! The texts in a source file, tests and attributes aside, for tests that ask of each whether it is where it belongs.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Its text.
    pub text: String,
    /// The macro that it is given to, the innermost.
    pub given_to: Option<String>,
    /// The field of which it is the value.
    pub field: Option<String>,
}

/// Where a token stands.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    given_to: Option<&'a str>,
    field: Option<&'a str>,
}

/// The string literals of a file, in order.
///
/// # Errors
/// What the parser says.
pub fn literals(source: &str) -> Result<Vec<Literal>, proc_macro2::LexError> {
    let mut all = Vec::new();
    walk(source.parse()?, None, &mut |token, place| {
        let Place { given_to, field } = place;
        let (given_to, field) = (given_to.map(str::to_owned), field.map(str::to_owned));
        all.push(Literal { text: text(token)?, given_to, field });
        Some(())
    });
    Ok(all)
}

/// Pairs of string literals in parentheses, and nothing else in them: a table of two columns.
///
/// # Errors
/// What the parser says.
pub fn pairs(source: &str) -> Result<Vec<(String, String)>, proc_macro2::LexError> {
    let mut all = Vec::new();
    walk(source.parse()?, None, &mut |token, _| {
        let TokenTree::Group(group) = token else { return None };
        all.push(pair(group)?);
        Some(())
    });
    Ok(all)
}

fn pair(group: &Group) -> Option<(String, String)> {
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    match (group.delimiter(), &tokens[..]) {
        (Delimiter::Parenthesis, [one, comma, two, rest @ ..])
            if is_comma(comma) && rest.iter().all(is_comma) && rest.len() < 2 =>
        {
            Some((text(one)?, text(two)?))
        }
        _ => None,
    }
}

fn text(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    syn::parse_str::<syn::LitStr>(&literal.to_string()).ok().map(|literal| literal.value())
}

/// Shows each token; a group is entered unless something was seen in it.
fn walk(
    tokens: TokenStream,
    given_to: Option<&str>,
    see: &mut impl FnMut(&TokenTree, Place<'_>) -> Option<()>,
) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut at, mut for_tests) = (0, false);
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                at += usize::from(matches!(tokens.get(at), Some(TokenTree::Punct(_))));
                if let Some(TokenTree::Group(attribute)) = tokens.get(at)
                    && attribute.delimiter() == Delimiter::Bracket
                {
                    let words = attribute.to_string().replace(' ', "");
                    for_tests |= words == "[cfg(test)]" || words.starts_with("[cfg(all(test,");
                    at += 1;
                }
            }
            TokenTree::Group(group) => {
                let is_skipped = std::mem::take(&mut for_tests) && group.delimiter() == Delimiter::Brace;
                if !is_skipped && see(token, Place { given_to, field: None }).is_none() {
                    let called = match (
                        at.checked_sub(3).map(|i| &tokens[i]),
                        at.checked_sub(2).map(|i| &tokens[i]),
                    ) {
                        (Some(TokenTree::Ident(name)), Some(TokenTree::Punct(mark)))
                            if mark.as_char() == '!' =>
                        {
                            Some(name.to_string())
                        }
                        _ => None,
                    };
                    walk(group.stream(), called.as_deref().or(given_to), see);
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => for_tests = false,
            other => {
                let field =
                    match (at.checked_sub(3).map(|i| &tokens[i]), at.checked_sub(2).map(|i| &tokens[i])) {
                        (Some(TokenTree::Ident(name)), Some(TokenTree::Punct(colon)))
                            if colon.as_char() == ':' =>
                        {
                            Some(name.to_string())
                        }
                        _ => None,
                    };
                let _ = see(other, Place { given_to, field: field.as_deref() });
            }
        }
    }
}

/// A text as a format string: `{}` for each of its holes, and `{{`, `}}` as the braces that they are; a text that is none
/// is taken as it is by [`plain`].
#[must_use]
pub fn formatted(text: &str) -> String {
    let (mut shown, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, braces) = rest.split_at(at);
        shown.push_str(before);
        if braces.starts_with("{{") || braces.starts_with("}}") {
            shown.push_str(if braces.starts_with('{') { "\u{1}" } else { "\u{2}" });
            rest = &braces[2..];
        } else {
            shown.push_str("{}");
            rest = braces.split_once('}').map_or("", |(_, rest)| rest);
        }
    }
    shown + rest
}

/// A text whose braces are braces, in the same form.
#[must_use]
pub fn plain(text: &str) -> String {
    text.replace('{', "\u{1}").replace('}', "\u{2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_with_the_macro_that_they_are_given_to() {
        let source = r#"//! "no"
            #[doc = "no"]
            fn f() { g("a \"b\"", b"no", 'c'); tracing::warn!(x, "said {y}"); }
            #[cfg(test)]
            mod tests { fn g() { h("no"); } }
            const T: &[(&str, &str)] = &[("one", "two"), ("three", "four",)];
            #[cfg(test)]
            mod more;
            const U: &str = "last";
        "#;
        let all = literals(source).unwrap();
        let texts: Vec<&str> = all.iter().map(|literal| literal.text.as_str()).collect();
        assert_eq!(texts, ["a \"b\"", "said {y}", "one", "two", "three", "four", "last"]);
        assert_eq!(all[1].given_to.as_deref(), Some("warn"));
        assert_eq!((&all[0].given_to, &all[0].field), (&None, &None));
        assert_eq!(literals("R { why: \"x y\" }").unwrap()[0].field.as_deref(), Some("why"));
        let pair = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        assert_eq!(pairs(source).unwrap(), [pair("one", "two"), pair("three", "four")]);
    }

    #[test]
    fn holes_are_holes_whatever_they_are_called() {
        assert_eq!(formatted("{n} of {:?}: {{x}}"), formatted("{} of {~all}: {{x}}"));
        assert_eq!(formatted("a `}}` alone"), plain("a `}` alone"));
    }
}
