//! A page of HTML that needs nothing else: no script, no font, no network. It fits a telephone and a sheet of paper. What
//! is on it is its maker's; the look is the same for all.

use vitals::Language;

/// The look.
const STYLE: &str = include_str!("page.css");

/// A page with its heading, which is text. `styles` adds to the look; `body` is HTML already, text in it passed through
/// [`escape`].
#[must_use]
pub fn page(heading: &str, styles: &str, body: &str) -> String {
    let heading = escape(heading);
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{heading}</title>\n<style>\n{STYLE}{styles}</style>\n</head>\n<body>\n<main>\n<h1>{heading}</h1>\n\
         {body}</main>\n</body>\n</html>\n",
        Language::current().pick("en", "zh-CN")
    )
}

/// Text between tags or in quotes: the one way by which text from outside comes into a page. Whatever it holds, it stays
/// text; control characters, which no page may have, become visible.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(' '),
            // Characters that reorder what stands beside them are no part of a name.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(
            escape("</title><script>alert('x')</script>\" onload=\"&\u{0}\u{202e}\n"),
            "&lt;/title&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload=&quot;&amp;\u{fffd}\u{fffd} "
        );
        let page = page("<b>", "", "<p>x</p>\n");
        assert!(
            page.contains("<title>&lt;b&gt;</title>")
                && page.contains("<h1>&lt;b&gt;</h1>\n<p>x</p>\n</main>")
        );
    }
}
