//! Answers that are whole and do not say so in full: row 61.

use vitals::EndReason::*;

use crate::relay::Plan;
use crate::relay::plan::{Channel, Setting, deadline};
use crate::run::Expect::Good;
use crate::run::{Bench, Row, Tally, Work, both};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "a last event without its blank line; a reason to stop, and then silence",
        why: "local servers and gateways that forget the terminator",
        good: "success, after a short grace where the body stays open",
        settings: SOON,
        ends: &[Done],
        ..Row::new(
            61,
            "ends-without-a-terminator",
            Work::Cases(&[
                both("no-blank-line", Good),
                both("finish-silent", Good),
                both("no-blank-line-silent", Good),
            ]),
        )
    },
    Row {
        prepare: Some(one_dialect_each),
        settings: SOON,
        ends: &[Done],
        ..Row::new(61, "ends-between-dialects", own!(translated))
    },
];

const SOON: &[Setting] = &[deadline("finish", "500ms"), deadline("idle", "2s")];
const DIALECTS: [&str; 2] = ["openai", "anthropic"];
const FAULTS: [&str; 3] = ["no-blank-line", "finish-silent", "no-blank-line-silent"];

/// For each dialect a channel that speaks nothing else.
fn one_dialect_each(plan: &mut Plan) -> anyhow::Result<()> {
    for dialect in DIALECTS {
        let model = |fault| format!("{{ name = \"{dialect}-{fault}\", upstream = \"fault-{fault}\" }}");
        let models = FAULTS.map(model).join(", ");
        let extra = format!("dialect = \"{dialect}\"\nmodels = [{models}]\nproxy = \"none\"");
        plan.channels.push(Channel { name: dialect.to_owned(), at: plan.upstream.to_string(), extra });
    }
    if let Some(first) = plan.channels.first_mut() {
        first.extra = "models = [\"drill\"]".to_owned();
    }
    Ok(())
}

/// Row 61 in all four pairings of dialects, streamed and not.
async fn translated(bench: &Bench) -> anyhow::Result<Tally> {
    let tally = Bench::repeat(bench.size.requests, bench.size.at_once, |i| async move {
        let (fault, dialect) = (FAULTS[i / 8 % 3], DIALECTS[i / 4 % 2]);
        let (path, stream) = (bench.path(i / 2), i % 2 == 0);
        let mut body = bench.value("", stream, 20);
        body["model"] = format!("{dialect}-{fault}").into();
        let seen = bench.ask(&bench.target, path, &body.to_string().into_bytes(), stream).await;
        let mut tally = Tally::default();
        tally.see(&format!("{fault}, {path} before {dialect}"), Good, &seen, bench.strict());
        tally
    });
    Ok(tally.await)
}
