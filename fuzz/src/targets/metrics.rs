//! Whatever comes as metrics, it is read or refused with a reason.

pub fn run(input: &[u8]) {
    if let Err(why) = cli::outside::metrics(input) {
        assert!(!why.is_empty());
    }
}
