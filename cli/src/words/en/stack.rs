//! Stacks of a Go program that grow.

use crate::diagnosis::Place;

/// A stack that grows, in one line.
pub(crate) fn stack(place: &Place) -> String {
    let at = if place.file.is_empty() { String::new() } else { format!(" ({}:{})", place.file, place.line) };
    let maker = place.requested_by.first().map(|maker| {
        format!("; most likely requested by {} ({}:{})", maker.function, maker.file, maker.line)
    });
    format!(
        "{}{at}: {} to {}, {:+.1} a minute{}",
        place.function,
        place.before,
        place.now,
        place.per_minute,
        maker.unwrap_or_default()
    )
}

/// The same where there is little room: without the folders, and of what nobody closed, who asked for it.
pub(crate) fn stack_in_short(place: &Place) -> String {
    let (function, file, line, never_closed) = match place.requested_by.first() {
        Some(maker) => (&maker.function, &maker.file, maker.line, ", never closed"),
        None => (&place.function, &place.file, place.line, ""),
    };
    let name = file.rsplit('/').next().unwrap_or_default();
    let at = if name.is_empty() { String::new() } else { format!(" {name}:{line}") };
    format!("{}: {function}{at}{never_closed}", a_minute(place.per_minute))
}

/// `+1205 a minute`, and `+0.2 a minute`: less than one is not none.
pub(crate) fn a_minute(more: f64) -> String {
    if more.abs() < 9.95 { format!("{more:+.1} a minute") } else { format!("{more:+.0} a minute") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_in_short() {
        assert_eq!(
            [1204.8, 12.0, 9.94, 0.2].map(a_minute),
            ["+1205 a minute", "+12 a minute", "+9.9 a minute", "+0.2 a minute"]
        );
        let place = Place {
            function: "net/http.(*persistConn).readLoop".to_owned(),
            file: "/go/src/net/http/transport.go".to_owned(),
            line: 2616,
            per_minute: 1204.8,
            ..Place::default()
        };
        assert_eq!(
            stack_in_short(&place),
            "+1205 a minute: net/http.(*persistConn).readLoop transport.go:2616"
        );
        let maker = crate::diagnosis::Maker {
            function: "main.(*relay).ask".to_owned(),
            file: "/app/main.go".to_owned(),
            line: 83,
            callers: Vec::new(),
            bytes: 1,
            share: 1.0,
        };
        let asked = Place { requested_by: vec![maker], ..place };
        assert_eq!(stack_in_short(&asked), "+1205 a minute: main.(*relay).ask main.go:83, never closed");
    }
}
