//! How polls are recorded: what `record` and `watch --record` ask for.

use std::path::Path;

use crate::args::{RecordArgs, RecordFormat, WatchArgs};
use crate::recording::{Form, Mode, Plan, Rotation};

/// A file of `record`.
pub(crate) fn recorded<'a>(args: &'a RecordArgs, path: &'a Path) -> Plan<'a> {
    Plan {
        path,
        mode: Mode::of(args.append, args.force),
        interval: args.interval,
        labels: &args.labels,
        form: if args.format == RecordFormat::Ndjson { Form::Ndjson } else { Form::Csv },
        open_metrics: args.format == RecordFormat::Openmetrics,
        rotation: rotation(args),
        instances: false,
    }
}

/// A file of `watch --record`.
pub(crate) fn watched<'a>(args: &'a WatchArgs, path: &'a Path) -> Plan<'a> {
    Plan {
        path,
        mode: Mode::of(args.append, args.force),
        interval: args.interval,
        labels: &args.labels,
        form: Form::Csv,
        open_metrics: false,
        rotation: None,
        instances: false,
    }
}

/// When a new file begins, if ever.
pub(crate) fn rotation(args: &RecordArgs) -> Option<Rotation> {
    let rotation = Rotation { every: args.rotate, size: args.rotate_size, keep: args.keep };
    (rotation.every.is_some() || rotation.size.is_some()).then_some(rotation)
}

/// How many polls there will be, if that is known.
pub(crate) fn polls(args: &RecordArgs) -> Option<u64> {
    let scheduled = args.duration.map(|d| d.as_nanos() / args.interval.as_nanos().max(1) + 1);
    let scheduled = scheduled.and_then(|n| u64::try_from(n).ok());
    [scheduled, args.count].into_iter().flatten().min()
}
