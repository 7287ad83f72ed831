//! Recordings and the old scripts' logs: rows, or a short reason; never more rows than lines, and a row more never
//! changes the rows before it.

pub fn run(input: &[u8]) {
    let lines = input.split(|byte| *byte == b'\n' || *byte == b'\r').count();
    match cli::outside::recording(input) {
        Ok(rows) => {
            // A log line longer than 64 KiB is read in parts; no input here is that long.
            assert!(rows.len() <= lines, "{} rows in {lines} lines", rows.len());
            let Some(end) = input.iter().rposition(|byte| *byte == b'\n') else { return };
            // Cut where a row begins, unless a quote makes one of several lines.
            if !input.contains(&b'"')
                && let Ok(before) = cli::outside::recording(&input[..=end])
            {
                assert_eq!(before, rows[..before.len().min(rows.len())]);
            }
        }
        Err(why) => assert!(!why.is_empty() && why.len() < 1024, "{why}"),
    }
}
