//! Recordings and the old scripts' logs: rows, or a reason; never more rows than lines.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let lines = input.split(|byte| *byte == b'\n' || *byte == b'\r').count();
    match cli::outside::recording(input) {
        Ok(rows) => assert!(rows <= lines, "{rows} rows in {lines} lines"),
        Err(why) => assert!(!why.is_empty()),
    }
});
