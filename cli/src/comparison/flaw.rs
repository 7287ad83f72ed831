//! What keeps a side from being judged although it was recorded for long enough: then "record for longer" is no cure.

use crate::finding::Flaw;

/// How the times of the rows follow each other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    last: Option<f64>,
    forward: u64,
    back: u64,
    unread: u64,
}

impl Clock {
    /// The time of the next row, in seconds; `None` where it cannot be read.
    pub(super) fn tick(&mut self, at: Option<f64>) {
        let Some(at) = at else {
            self.unread += 1;
            return;
        };
        match self.last.replace(at) {
            Some(last) if at > last => self.forward += 1,
            Some(last) if at < last => self.back += 1,
            _ => {}
        }
    }

    pub(super) const fn flaw(&self, rows: u64) -> Option<Flaw> {
        match () {
            () if self.back > self.forward => Some(Flaw::TimesRunBackwards),
            () if rows > 0 && self.unread == rows => Some(Flaw::UnreadableTimes),
            () if rows > 1 && self.forward == 0 => Some(Flaw::TimeStandsStill),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::comparison::side;
    use crate::recording::Input;
    use crate::words::en;

    fn said(rows: &str) -> Option<String> {
        let text = format!("ts,ok,error,goroutines,alloc_bytes\n{rows}");
        let side = side(&[Input::from_bytes("a.csv".to_owned(), text.into_bytes())], "BASELINE").unwrap();
        side.flaw().map(|flaw| en::sides::flaw(flaw).join(": "))
    }

    #[test]
    fn every_flaw_has_its_cure() {
        let rows = |row: fn(u32) -> String| (10..40).map(row).collect::<String>();
        for (rows, what) in [
            (String::new(), "has no rows yet: record into it"),
            (rows(|i| format!("2026-11-18T11:00:{i}Z,0,refused,,\n")), "has failed polls only: see whether"),
            (rows(|i| format!("2026-11-18T11:00:{i}Z,1,,,5\n")), "has no goroutine counts: record a target"),
            (rows(|_| "2026-11-18T11:00:00Z,1,,5,\n".to_owned()), "has the same time in all of its rows: "),
            (
                rows(|i| format!("2026-11-18T11:00:{}Z,1,,5,\n", 59 - i)),
                "has rows whose times run backwards: sort",
            ),
            (rows(|i| format!("at {i},1,,5,\n")), "has times that cannot be read: write its times as"),
        ] {
            let said = said(&rows);
            assert!(said.as_ref().is_some_and(|said| said.starts_with(what)), "{what}: {said:?}");
        }
        assert_eq!(said(&rows(|i| format!("2026-11-18T11:00:{i}Z,1,,5,\n"))), None);
        assert_eq!(said("2026-11-18T11:00:00Z,1,,5,\n"), None, "a single row is only too little");
        // A clock that was set back once.
        assert_eq!(
            said("2026-11-18T11:00:05Z,1,,5,\n2026-11-18T11:00:06Z,1,,5,\n2026-11-18T11:00:01Z,1,,5,\n"),
            None
        );
    }
}
