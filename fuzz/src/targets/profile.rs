//! Whatever comes as a goroutine profile, it is read or refused with a reason.

pub fn run(input: &[u8]) {
    if let Err(why) = cli::outside::profile(input) {
        assert!(!why.is_empty());
    }
}
