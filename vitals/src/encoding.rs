//! The text in a file that somebody wrote: UTF-8, or UTF-16 with its mark in front, as `>` of Windows' PowerShell and old
//! editors write it.

use std::fmt;

/// Why a file is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoText {
    /// UTF-16 without its mark: it looks like text, with a zero beside every letter.
    Unmarked,
    /// In no encoding that is read here, or broken.
    Neither,
}

impl fmt::Display for NoText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unmarked => "it is UTF-16 without a byte order mark: save it as UTF-8",
            Self::Neither => "it is not UTF-8 text",
        })
    }
}

impl std::error::Error for NoText {}

/// The text, without a mark.
///
/// # Errors
/// It is none.
pub fn text(bytes: Vec<u8>) -> Result<String, NoText> {
    for (mark, unit) in UTF_16 {
        if let Some(wide) = bytes.strip_prefix(&mark) {
            return utf16(wide, unit).ok_or(NoText::Neither);
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) if text.contains('\0') && is_unmarked(text.as_bytes()) => Err(NoText::Unmarked),
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) if is_unmarked(error.as_bytes()) => Err(NoText::Unmarked),
        Err(_) => Err(NoText::Neither),
    }
}

type Unit = fn([u8; 2]) -> u16;

/// Each order's mark, and what two bytes of it are.
const UTF_16: [([u8; 2], Unit); 2] = [([0xff, 0xfe], u16::from_le_bytes), ([0xfe, 0xff], u16::from_be_bytes)];

fn utf16(wide: &[u8], unit: Unit) -> Option<String> {
    let (pairs, []) = wide.as_chunks::<2>() else { return None };
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).ok()
}

/// Some letters of any text are ASCII, if only its line ends.
fn is_unmarked(bytes: &[u8]) -> bool {
    let is_text = |(_, unit)| utf16(bytes, unit).is_some_and(|text| text.is_ascii() || !text.contains('\0'));
    bytes.contains(&0) && UTF_16.into_iter().any(is_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn what_each_editor_writes() {
        let plan = "target = \"中继:3000\" 😀\r\n";
        assert_eq!(text(plan.into()).as_deref(), Ok(plan));
        assert_eq!(text(format!("\u{feff}{plan}").into()).as_deref(), Ok(plan));
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_eq!(text(wide(&format!("\u{feff}{plan}"), unit)).as_deref(), Ok(plan));
            assert_eq!(text(wide(plan, unit)), Err(NoText::Unmarked));
            assert_eq!(text(wide("a = 1\n", unit)), Err(NoText::Unmarked), "it is UTF-8, too");
        }
        assert_eq!(text(Vec::new()).as_deref(), Ok(""));
    }

    #[test]
    fn what_is_no_text_is_not_called_so() {
        for bytes in [&b"\xffa"[..], b"\xff\xfea", b"\xff\xfe\x00\xd8", b"\xe4\xb8"] {
            assert_eq!(text(bytes.to_vec()), Err(NoText::Neither), "{bytes:?}");
        }
        assert_eq!(text(b"a\0b".to_vec()).as_deref(), Ok("a\0b"), "whoever reads it says what is wrong");
    }
}
