//! English.

mod acted;
mod cause;
mod check;
mod compare;
mod diagnose;
pub(super) mod early;
pub(super) mod health;
mod held;
pub(super) mod judge;
mod labels;
mod live;
pub(super) mod lives;
mod mend;
mod next_step;
pub(super) mod page;
mod rollout;
pub(crate) mod series;
pub(crate) mod sheet;
pub(crate) mod sides;
pub(super) mod slope;
mod source;
mod stack;
pub(super) mod statistics;
mod swing;
pub(super) mod trend;
mod trouble;
pub(crate) mod usage;
mod watch;
mod webhook;

pub(crate) use acted::acted;
pub(crate) use cause::{cure, meaning, unreadable};
pub(crate) use check::{
    answered, beyond_the_explained, calls_itself, check_summary, descriptor_notes, exit_code, expected,
    found, live, load_notes, memory_notes, polls, resident_notes, tasks_notes, uncounted, up, what_to_do,
    whole,
};
pub(crate) use compare::percent;
pub(crate) use diagnose::{crowd, next, no_exchanges, second_look, seen, stacks_unnamed, stands_still};
pub(crate) use early::{rises, rising_advice, rising_alone};
pub(crate) use health::{
    errors_notes, needs_samples, percent as error_percent, requests_advice, traffic, two_traffics,
};
pub(crate) use held::{held_medians, holding, kinds_growing, thing, who_keeps};
pub(crate) use judge::{
    advice, after_draining, reason, unexpected, unreported, verdict, verdict_alone, verdict_in_words,
};
pub(crate) use labels::{
    above, against, band, check_of, end_to_end, ends_at, failing_poll, from_to, headed, in_time, label,
    listed, memory_band, recordings, saved, short_label, state, step_name, times_in, unsaved,
    unwritten_summary, within,
};
pub(crate) use live::{
    beyond_explained, beyond_forms, failing, key_hints, keys, next_poll, no_chart, of_length, paused_forms,
    polls_so_far, spread_forms, waiting,
};
pub(crate) use lives::{instances, restarts, shown_instance};
pub(crate) use next_step::{holds, next_step, well};
pub(crate) use page::{
    chart_caption, chart_line, chart_title, day_form, event, levels_and_peaks, local_times, method, no_notes,
    page_heading, page_slope, page_subtitle, page_trend, scrolls, uneventful,
};
pub(crate) use rollout::{
    accepted, after_rollout, bytes_left_out, installed, no_plan, no_scheduler, not_installed, noted,
    on_danger, plan_flaw, removed, rollout_columns, rollout_dropped, rollout_end, rollout_interrupted,
    rollout_refused, rollout_title, rollout_untold, step_begins, step_ended, step_state, told, would,
    would_wait,
};
pub(crate) use sheet::{
    about, change_untold, changes, course, folded_notes, folded_sides, lenient, loads, medians,
    medians_explained, note, side_name, subject, untold,
};
pub(crate) use slope::Slopes;
pub(crate) use source::{error_cure, error_seen, left_out, poll_error, unusable};
pub(crate) use stack::{
    deep, function, growing, grown, maker, place, proven, proven_at, same_cause, stack, stack_in_short,
    standing, started_by, stood, waited, waits_for,
};
pub(crate) use statistics::{amount, load, when};
pub(crate) use swing::{few_samples, swing};
pub(crate) use trend::{tale, tale_in_short, trend_name, turned};
pub(crate) use trouble::{
    cannot_read, cannot_remove, cannot_write, clock_jumped, given_up, kept, misuse, no_page, no_recording,
    none_succeeded, other_target, polling, progress_line, rows_are_safe, unopened, unread, unwritable,
};
pub(crate) use watch::{
    after_rise, events, failed, failed_again, grows, grows_perhaps, higher, no_terminal, opening, passed,
    passed_alone, peak, rose, since_restart, stands, start_to_end, watch_advice, watched,
};
pub(crate) use webhook::{news, no_webhook, undelivered, webhook_fails};

use vitals::Measure;
use vitals::trend::Trend;

use crate::finding::{Before, Finding, Said};
use crate::summary::Summary;

/// The sentence of a finding.
pub(crate) fn finding(finding: &Finding) -> String {
    match &finding.said {
        Said::Limit(reason) => self::reason(reason),
        Said::Watch(said) => watch::finding(said),
        Said::Compare(said) => compare::finding(said),
        Said::Lives(said) => lives::finding(said),
    }
}

/// `+12/h`
pub(crate) fn slope_in_short(trend: &Trend, per_h: f64, signed: bool) -> String {
    Slopes::of(trend).short(per_h, signed)
}

/// A number with its noun.
fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// An interrupt.
pub(crate) const fn interrupted(before: Before) -> &'static str {
    match before {
        Before::Poll => "interrupted before the first poll",
        Before::Row => "interrupted before the first row",
        Before::Answer => "interrupted before the first answer",
        Before::Sample => "interrupted before the first sample",
        Before::Look => "interrupted before the second look",
    }
}

/// The end of a recording: how many rows, `where_to` they went, and how the counts are spread.
pub(crate) fn recorded(summary: &Summary, where_to: &str) -> String {
    let rows = counted(summary.polls(), "row", "rows");
    let failed = match summary.failed_polls() {
        0 => String::new(),
        failed => format!(", of which {failed} failed ({}),", summary.kinds()),
    };
    let spread = &summary.goroutines.spread;
    let spread = spread.min().zip(spread.median()).zip(spread.max());
    let spread = spread
        .map(|((min, median), max)| format!("; goroutines min {min}, median {median}, max {max}"))
        .or_else(|| {
            let spread = &summary.resident.spread;
            let all = [spread.min()?, spread.median()?, spread.max()?];
            let [min, median, max] = all.map(|bytes| Measure::RssBytes.unit().show(bytes));
            Some(format!("; resident memory min {min}, median {median}, max {max}"))
        })
        .unwrap_or_default();
    let skipped = skipped(summary).map(|skipped| format!("; {skipped}")).unwrap_or_default();
    let requests = traffic(&summary.requests.all).map(|said| format!("; {said}")).unwrap_or_default();
    format!("recorded {rows}{failed}{where_to}{spread}{requests}{skipped}")
}

/// `answers take 2.5 s: of 9 polls due 6 were skipped`
pub(crate) fn skipped(summary: &Summary) -> Option<String> {
    let (skipped, due) = (summary.skipped, summary.polls() + summary.skipped);
    let were = if skipped == 1 { "was" } else { "were" };
    let told = format!("of {due} polls due {skipped} {were} skipped");
    (skipped > 0).then(|| match summary.slow() {
        Some(slow) => format!("answers take {:.1} s: {told}", slow.as_secs_f64()),
        None => format!("{told}: one took long, or the machine slept"),
    })
}
