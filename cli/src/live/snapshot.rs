//! The screen as a text file, beside whatever the shell's folder holds; never over another one.

use std::fs::OpenOptions;
use std::io::{self, Write as _};

use jiff::Zoned;
use ratatui::buffer::Buffer;
use report::text::columns;

use crate::words;

/// Saves what is shown; returns a word about it.
pub(super) fn save(screen: &Buffer) -> String {
    let name = format!("watertight-{}.txt", Zoned::now().strftime("%Y%m%d-%H%M%S"));
    match write(&name, &text(screen)) {
        Ok(()) => words::saved(&name),
        Err(error) => words::unsaved(&name, &error),
    }
}

fn write(name: &str, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(name)?.write_all(text.as_bytes())
}

/// A screen's characters, without what trails.
pub(super) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    buffer
        .content
        .chunks(width)
        .map(|row| {
            let (mut line, mut covered) = (String::new(), 0);
            for cell in row {
                // A wide character covers the cell after its own.
                if covered == 0 {
                    line.push_str(cell.symbol());
                    covered = columns(cell.symbol());
                }
                covered = covered.saturating_sub(1);
            }
            format!("{}\n", line.trim_end())
        })
        .collect()
}
