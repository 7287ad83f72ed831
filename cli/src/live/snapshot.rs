//! The screen as a text file, beside whatever the shell's folder holds; never over another one.

use std::fs::OpenOptions;
use std::io::{self, Write as _};

use jiff::Zoned;
use ratatui::buffer::Buffer;

/// Saves what is shown; returns a word about it.
pub(super) fn save(screen: &Buffer) -> String {
    let name = format!("watertight-{}.txt", Zoned::now().strftime("%Y%m%d-%H%M%S"));
    match write(&name, &text(screen)) {
        Ok(()) => format!("saved {name}"),
        Err(error) => format!("cannot save {name}: {error}"),
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
            let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            format!("{}\n", line.trim_end())
        })
        .collect()
}
