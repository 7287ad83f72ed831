//! Whatever answers a poll, it is read or refused with a reason.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(why) = cli::outside::health(input) {
        assert!(!why.is_empty());
    }
});
