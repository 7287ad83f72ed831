//! The log of the old scripts: `[2025-10-27 10:30:00] Goroutines: 856, Memory: 256MB`.

/// One line of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogLine<'a> {
    /// As it was written, in the local time of the machine that wrote it.
    pub(super) time: &'a str,
    /// `None` when the scripts wrote a line although their poll had failed.
    pub(super) goroutines: Option<u64>,
    /// In the scripts' megabytes, which are MiB.
    pub(super) memory_mib: Option<u64>,
}

/// Reads a line; `None` when it is not one of the scripts'.
pub(super) fn read(line: &str) -> Option<LogLine<'_>> {
    let (time, rest) = line.trim().strip_prefix('[')?.split_once(']')?;
    let (_, after) = rest.split_once("Goroutines:")?;
    let memory = after.split_once("Memory:").and_then(|(_, memory)| number(memory));
    Some(LogLine { time: time.trim(), goroutines: number(after), memory_mib: memory })
}

fn number(text: &str) -> Option<u64> {
    let text = text.trim_start();
    text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_old_scripts() {
        let line =
            |goroutines, memory_mib| Some(LogLine { time: "2025-10-27 10:30:00", goroutines, memory_mib });
        for (text, expected) in [
            ("[2025-10-27 10:30:00] Goroutines: 856, Memory: 256MB", line(Some(856), Some(256))),
            ("  [2025-10-27 10:30:00]  Goroutines:856, Memory: 256 MB\r", line(Some(856), Some(256))),
            ("[2025-10-27 10:30:00] Goroutines: 856", line(Some(856), None)),
            ("[2025-10-27 10:30:00] Goroutines: , Memory: MB", line(None, None)),
            ("[2025-10-27 10:30:00] started", None),
            ("Goroutines: 856, Memory: 256MB", None),
            ("", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
