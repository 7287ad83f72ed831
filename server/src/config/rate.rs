//! Request rates: `60/m`.

use std::fmt;
use std::time::Duration;

use vitals::units::{format_duration, parse_duration};

/// So many requests in so long; all of them may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests, 1 to 1000000.
    pub count: u32,
    /// In this time, 1 second to 1 day.
    pub per: Duration,
}

impl Rate {
    /// Reads `60/m`, `10/s`, `1000/h`, `5/30s`.
    ///
    /// # Errors
    /// A fragment that says what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not a rate: write requests and time, such as \"60/m\", \"10/s\" or \"5/30s\""
            )
        };
        let (count, per) = text.split_once('/').ok_or_else(wrong)?;
        let count = count.trim().parse().map_err(|_| wrong())?;
        let per = match per.trim() {
            "s" => Duration::from_secs(1),
            "m" | "min" => Duration::from_secs(60),
            "h" => Duration::from_secs(3600),
            "d" => Duration::from_secs(86_400),
            other => parse_duration(other).map_err(|_| wrong())?,
        };
        let bounds = Duration::from_secs(1)..=Duration::from_secs(86_400);
        if !(1..=1_000_000).contains(&count) || !bounds.contains(&per) {
            return Err(format!("`{text}` is out of bounds: 1 to 1000000 requests in 1s to 24h"));
        }
        Ok(Self { count, per })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.per.as_secs() {
            1 => write!(f, "{}/s", self.count),
            60 => write!(f, "{}/m", self.count),
            3600 => write!(f, "{}/h", self.count),
            _ => write!(f, "{}/{}", self.count, format_duration(self.per)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_shown() {
        for (text, count, seconds, shown) in [
            ("60/m", 60, 60, "60/m"),
            ("10/s", 10, 1, "10/s"),
            (" 1000 / h ", 1000, 3600, "1000/h"),
            ("5/30s", 5, 30, "5/30s"),
            ("5/60s", 5, 60, "5/m"),
        ] {
            let rate = Rate::parse(text).unwrap();
            assert_eq!((rate.count, rate.per.as_secs(), rate.to_string().as_str()), (count, seconds, shown));
        }
        for wrong in
            ["", "60", "m", "/m", "0/m", "60/", "60/0s", "1.5/s", "-1/s", "9/2d", "60/fortnight", "1000001/s"]
        {
            assert!(Rate::parse(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
