//! The one reader of the health JSON, of this relay and of those that answer in the same form. What is certain is taken,
//! also `"312"` and `312.0` for 312; anything else is a misfit.

use serde_json::{Map, Value};

use super::Ended;
use crate::{EndReason, FIELDS, Sample, Unit};

/// A value of another type than its key has.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit<'a> {
    /// Its key; with all steps before it where a number was expected.
    pub key: &'a str,
    /// The value.
    pub found: &'a Value,
    /// An object and not a whole number was expected.
    pub object: bool,
}

/// Reads every number of an answer that it has.
///
/// # Errors
/// A value is of another type than its key has.
pub fn read(object: &Map<String, Value>) -> Result<Sample, Misfit<'_>> {
    let mut sample = Sample::default();
    for field in FIELDS {
        (field.set)(&mut sample, whole_at(object, field.json, field.json_scale, field.unit)?);
    }
    tell_ends(&mut sample, object);
    Ok(sample)
}

/// Reads every number of an answer that can be read.
#[must_use]
pub fn told(object: &Map<String, Value>) -> Sample {
    let mut sample = Sample::default();
    for field in FIELDS {
        let number = whole_at(object, field.json, field.json_scale, field.unit);
        (field.set)(&mut sample, number.ok().flatten());
    }
    tell_ends(&mut sample, object);
    sample
}

/// Bad ends are those of the reasons where an answer does not count them itself.
fn tell_ends(sample: &mut Sample, object: &Map<String, Value>) {
    sample.ended = ended(object);
    sample.errors_total = sample.errors_total.or_else(|| sample.ended.map(|ended| ended.badly()));
}

/// Reads the requests by the reason of their end, where an answer has them; a reason that it does not know has none.
#[must_use]
pub fn ended(object: &Map<String, Value>) -> Option<Ended> {
    let ended = object.get("relay")?.get("ended")?.as_object()?;
    let count = |reason: EndReason| ended.get(reason.as_str()).and_then(Value::as_u64).unwrap_or(0);
    Some(Ended(EndReason::ALL.map(count)))
}

/// Reads the number at a path, steps separated by dots; `scale` is what one of it is worth.
///
/// # Errors
/// A value is of another type than its key has.
pub fn whole_at<'a>(
    object: &'a Map<String, Value>,
    path: &'a str,
    scale: u64,
    unit: Unit,
) -> Result<Option<u64>, Misfit<'a>> {
    let mut holder = object;
    let mut rest = path;
    while let Some((step, below)) = rest.split_once('.') {
        holder = match holder.get(step) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(inner)) => inner,
            Some(found) => return Err(Misfit { key: step, found, object: true }),
        };
        rest = below;
    }
    match holder.get(rest) {
        None | Some(Value::Null) => Ok(None),
        Some(found) => whole(found, scale, unit).map(Some).ok_or(Misfit { key: path, found, object: false }),
    }
}

fn whole(value: &Value, scale: u64, unit: Unit) -> Option<u64> {
    let (exact, float) = match value {
        Value::Number(number) => (number.as_u64(), number.as_f64()),
        Value::String(text) => (text.trim().parse().ok(), text.trim().parse().ok()),
        _ => (None, None),
    };
    if let Some(exact) = exact {
        return exact.checked_mul(scale);
    }
    #[expect(clippy::cast_precision_loss, reason = "scales are small powers of two")]
    let scaled = float? * scale as f64;
    certain(scaled, unit != Unit::Count)
}

/// A number as a whole one; a fraction is cut off only where it may be.
#[must_use]
pub fn certain(value: f64, may_be_cut: bool) -> Option<u64> {
    let fits = (may_be_cut || value.fract() == 0.0) && (0.0..1e18).contains(&value);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked: between 0 and 1e18"
    )]
    fits.then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_misfit_names_its_key_and_costs_only_itself() {
        let object = object(r#"{"goroutines":"7","memory":"big","relay":{"in_flight":1.5,"overdue":2.0}}"#);
        assert_eq!(read(&object).map_err(|misfit| (misfit.key, misfit.object)), Err(("memory", true)));
        let sample = told(&object);
        let numbers = (sample.goroutines, sample.alloc_bytes, sample.in_flight, sample.overdue);
        assert_eq!(numbers, (Some(7), None, None, Some(2)));
        let count = whole_at(&object, "relay.in_flight", 1, Unit::Count).map_err(|misfit| misfit.key);
        assert_eq!(count, Err("relay.in_flight"));
    }

    #[test]
    fn ends_are_read_by_their_reasons() {
        let known = ended(&object(r#"{"relay":{"ended":{"done":3,"shed":1,"later":9}}}"#)).unwrap();
        assert_eq!((known.0[EndReason::Done.index()], known.0.iter().sum::<u64>()), (3, 4));
        assert_eq!(ended(&object(r#"{"relay":{}}"#)), None);
        let errors = |relay: &str| told(&object(&format!(r#"{{"relay":{{{relay}}}}}"#))).errors_total;
        let ends =
            r#""ended":{"done":90,"client_gone":5,"client_error":4,"limited":3,"upstream_error":2,"shed":1}"#;
        assert_eq!(errors(ends), Some(3), "who leaves, and 4xx, are no failure");
        assert_eq!(errors(&format!(r#"{ends},"errors_total":2"#)), Some(2), "its own count knows the status");
        assert_eq!(errors(r#""requests_total":7"#), None);
    }
}
