//! Whatever answers a poll, it is read or refused with a short reason; and what was read is read again, the same, out of
//! the row that a recording keeps of it.

pub fn run(input: &[u8]) {
    match cli::outside::health(input) {
        Ok((sample, recording)) => {
            let rows = cli::outside::recording(&recording);
            let rows = rows.unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&recording)));
            let [Some(again)] = rows.as_slice() else {
                panic!("{rows:?} out of {}", String::from_utf8_lossy(&recording));
            };
            for field in vitals::FIELDS.iter().filter(|field| field.csv.is_some()) {
                assert_eq!((field.get)(again), (field.get)(&sample), "{:?}", field.csv);
            }
        }
        Err(why) => assert!(!why.is_empty() && why.len() < 4096, "{why}"),
    }
}
