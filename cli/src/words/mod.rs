//! The words of the observers, by language: each language is a module with the same functions, and whoever speaks finds
//! here the one of the language that is spoken. A message that lacks its translation does not compile.
//!
//! The `text` of JSON and NDJSON is English whatever the language: whoever writes it calls [`en`] itself.

pub(crate) mod en;
mod terms;
pub(crate) mod usage;
mod zh;

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::time::Duration;

use vitals::trend::{Metric, Swing, Trend};
use vitals::{Expectation, Judgement, Measure, MemoryBand, Sample, TaskBand, Thresholds, Traffic, Verdict};

use crate::finding::rollout::{self, Accepted, Flaw, Refused, Rollout, State, Told};
use crate::finding::{
    About, Acted, Advice, Before, Changed, Check, Column, Crowd, Event, Finding, Growth, Instance, Kept,
    Loads, Misuse, News, NoRecording, Note, Rose, Statistics, Step, Subject, Tale, Thing, Twice, Undelivered,
    Unopened, Unread, Untold, Well,
};
use crate::profile::{Cause, Maker, Place, Wait, Waiting};
use crate::reading::{NoNumber, PollError, Reading, Unusable};
use crate::summary::{Step as Moved, Summary};

pub(crate) use terms::{Term, term};

vitals::speak! {
    /// What became of a command that a watch runs for an event.
    acted(acted: &Acted) -> String;
    /// It came instead of a sample: a lowercase fragment.
    error_seen(error: &PollError) -> String;
    /// The next step after a poll that failed.
    error_cure(error: &PollError) -> String;
    /// A value that is no number, beside a sample that came without it.
    left_out(unread: &NoNumber) -> String;
    /// The command line names nothing that can be polled: a lowercase fragment with the cure.
    unusable(unusable: &Unusable) -> String;
    /// The first word of an answer.
    verdict(verdict: Verdict) -> &'static str;
    /// Beside the resident memory.
    resident_notes(limit: Option<u64>) -> Vec<String>;
    /// A target without a count that is fine.
    uncounted() -> &'static str;
    /// A verdict that has no reasons.
    verdict_in_words(verdict: Verdict) -> &'static str;
    /// The polls that were due and skipped, and why, if there were any.
    skipped(summary: &Summary) -> Option<String>;
    /// How often a target restarted between polls; nothing where it did not.
    restarts(times: u64) -> Option<String>;
    /// Whose numbers are shown, of several instances.
    shown_instance(instance: &Instance) -> String;
    /// So many instances answer behind one address, and how to poll each.
    instances(count: usize) -> String;
    /// How many targets there are of each verdict.
    whole(counts: &[(Verdict, usize)]) -> String;
    /// Without the verdict itself.
    verdict_alone(verdict: Verdict) -> &'static str;
    finding(finding: &Finding) -> String;
    /// What rose between the polls of a quick check.
    rose(rose: &Rose) -> String;
    /// The next step about it.
    after_rise() -> &'static str;
    /// The first word in place of that of ok, while the count rises without a pause.
    rises() -> &'static str;
    /// The sentence of a watch that has nothing else to say.
    rising_alone(trend: &Trend) -> String;
    /// The next step of such a watch.
    rising_advice(named: Option<&Place>) -> String;
    /// The next step about a target that drains and is well otherwise.
    after_draining() -> &'static str;
    /// The next steps after a quick check, most urgent first.
    advice(sample: &Sample, judgement: &Judgement, thresholds: &Thresholds) -> Vec<&'static str>;
    /// After a watch whose warnings have passed: the verdict and its reason.
    passed() -> &'static str;
    /// Without the verdict itself.
    passed_alone() -> &'static str;
    /// The next step about something that grows: who is to blame, and when there must be a restart.
    grows(trend: Option<&Trend>, named: Option<&Place>, kept: &[Kept]) -> String;
    /// The next step about growth of which it cannot be said that the load did not cause it.
    grows_perhaps(named: Option<&Place>) -> String;
    /// The next step about a stack that leaks, where no trend is known.
    stands(named: Option<&Place>) -> String;
    /// The next step when the last sample is well above the first, and nobody knows yet whether that is a trend.
    higher(trend: Option<&Trend>, needs_s: Option<f64>) -> String;
    /// The next step after a watch in which nothing grows.
    watch_advice(verdict: Verdict, up: bool) -> &'static str;
    /// The medians of a target without a count.
    held_medians(measure: Measure, ends: Option<[u64; 3]>) -> String;
    /// The next step when every threshold holds and an expectation does not.
    unexpected() -> &'static str;
    /// The next step when the target does not report what is expected of it.
    unreported() -> &'static str;
    /// The next step after a comparison.
    next_step(advice: &Advice) -> String;
    /// What a comparison is about.
    subject(subject: &Subject<'_>) -> String;
    side_name(names: &[String]) -> String;
    about(side: &About<'_>) -> String;
    loads(loads: &Loads) -> String;
    changes(changes: &[Changed<'_>]) -> String;
    note(note: &Note) -> String;
    /// Columns of which nothing can be told.
    untold(untold: &Untold) -> String;
    well(well: Well) -> String;
    holds(of: Column) -> String;
    course(trend: &Trend) -> String;
    /// Two medians and a peak.
    medians(ends: Option<[u64; 3]>, beyond: bool, carried: Option<&Finding>) -> String;
    medians_explained() -> &'static str;
    folded_sides() -> &'static str;
    folded_notes() -> &'static str;
    change_untold() -> &'static str;
    lenient(code: u8) -> String;
    /// How the load was taken into account.
    load(said: &Statistics) -> String;
    /// `+20.8 %`
    percent(growth: Growth) -> Option<String>;
    /// A number of goroutines, or of bytes, with its sign if wanted.
    amount(metric: Metric, value: f64, signed: bool) -> String;
    unread(role: &str, name: &str, why: &Unread<'_>) -> String;
    no_recording(why: &NoRecording) -> String;
    unopened(why: &Unopened) -> String;
    unwritable(path: &Path, error: &io::Error, rows: u64) -> String;
    cannot_read(path: &Path, error: &dyn Display) -> String;
    cannot_write(path: &Path, error: &dyn Display) -> String;
    cannot_remove(path: &Path, error: &io::Error) -> String;
    rows_are_safe(error: &str, csv: Option<&Path>) -> String;
    other_target(earlier: &str, now: &str) -> String;
    kept(keep: Option<u32>) -> String;
    clock_jumped(back: bool, by: Duration, at: &str) -> String;
    /// The template of a progress bar, with an end or without.
    progress_line(bounded: bool) -> &'static str;
    none_succeeded(error: &PollError) -> String;
    polling(target: &str, every: Duration, polls: u64) -> String;
    given_up(polls: u64) -> String;
    no_page() -> &'static str;
    misuse(misuse: &Misuse<'_>) -> String;
    chart_title(metric: Measure, one_load: bool) -> &'static str;
    chart_caption(metric: Measure, explained: bool, one_load: Option<u64>, polls: [u64; 2]) -> String;
    chart_line(name: &str, numbers: Option<[String; 4]>) -> String;
    page_heading(target: Option<&str>, name: &str) -> String;
    page_subtitle(from: &str, length: &str, polls: u64, every: Option<String>) -> String;
    /// A trend in one or two sentences.
    page_trend(trend: &Trend) -> String;
    page_slope(trend: &Trend) -> String;
    levels_and_peaks(said: &str) -> String;
    event(event: Event<'_>) -> String;
    scrolls() -> &'static str;
    uneventful() -> &'static str;
    local_times() -> &'static str;
    no_notes() -> &'static str;
    method(warning: u64, danger: u64, at: &str) -> String;
    /// A stack that grows, in one line.
    stack(place: &Place) -> String;
    /// A short form: without the folders; of what nobody closed, who asked for it.
    stack_in_short(place: &Place) -> String;
    /// Where the exit code is not the verdict's own.
    exit_code(code: u8) -> String;
    /// The label of an error's cure.
    what_to_do() -> &'static str;
    /// `answered in 3 ms`; `from` another source than the usual one.
    answered(from: Option<&str>, latency: Duration) -> String;
    /// The polls that numbers rest on, when it is more than one.
    polls(asked: u32, failed: u32) -> Option<String>;
    tasks_notes(sample: &Sample, judged: u64, thresholds: &Thresholds) -> Vec<String>;
    memory_notes(sample: &Sample) -> Vec<String>;
    load_notes(sample: &Sample) -> Vec<String>;
    descriptor_notes(sample: &Sample) -> Vec<String>;
    errors_notes(traffic: &Traffic, polls: u32) -> Vec<String>;
    /// A gate that needs two polls, and has one.
    needs_samples(flag: &str) -> String;
    /// The next step after a watch whose gravest finding is about requests or answers.
    requests_advice(check: Check) -> Option<&'static str>;
    /// `12.1 %`
    error_percent(percent: f64) -> String;
    /// Requests over a time; nothing where nobody counts them.
    traffic(traffic: &Traffic) -> Option<String>;
    /// Those of two sides.
    two_traffics(both: [&Traffic; 2]) -> Option<String>;
    /// A quick check in one line, without the verdict.
    check_summary(reading: &Reading, asked: u32, failed: u32) -> String;
    /// Live memory, which the JSON counts in whole MiB.
    live(bytes: u64) -> String;
    /// The label of tasks beyond the explained ones.
    beyond_the_explained() -> &'static str;
    /// An expectation, and the measurement.
    expected(expectation: &Expectation, value: Option<f64>) -> String;
    /// The measurement alone.
    found(expectation: &Expectation, value: Option<f64>) -> String;
    interrupted(before: Before) -> &'static str;
    /// Events since the last good poll.
    events(step: &Moved) -> Vec<String>;
    /// A poll that failed, by its kind.
    failed(kind: &str, what: &str) -> String;
    failed_again(kind: &str, times: u64) -> String;
    /// `watching http://localhost:3000 every 5s for 30m; Ctrl-C ends it`
    opening(target: &str, every: Duration, length: Option<Duration>, count: Option<u64>) -> String;
    /// The end of a watch: how long, how many polls, and what became of them.
    watched(summary: &Summary, took: Duration) -> String;
    /// The end of a recording: how many rows, `where_to` they went, and how the counts are spread.
    recorded(summary: &Summary, where_to: &str) -> String;
    start_to_end() -> &'static str;
    since_restart() -> &'static str;
    /// A peak beside its limit.
    peak(peak: u64, explains: bool, at: &str, limit: u64) -> String;
    /// The live view cannot be drawn.
    no_terminal(error: &std::io::Error) -> String;
    /// The operator's webhook cannot be used at all.
    /// The first lines of a message.
    news(news: &News, verdict: Verdict, before: Option<Verdict>, target: &str) -> Vec<String>;
    no_webhook(why: &Undelivered) -> String;
    /// A message of a watch was lost.
    webhook_fails(host: &str, why: &Undelivered) -> String;
    /// Before anything was seen.
    waiting() -> &'static str;
    /// Polls that fail, and why; nothing where there is neither.
    failing(times: u64, what: Option<&str>) -> Option<String>;
    /// After a count, how much of it nothing explains; the longest form first.
    beyond_forms(beyond: u64) -> [String; 3];
    /// Lowest, median, 95th percentile and highest value, and when that was; the longest form first.
    spread_forms(values: &[String; 4], at: &str) -> [String; 3];
    paused_forms() -> [String; 2];
    /// In place of a chart.
    no_chart() -> &'static str;
    /// The label of a chart where the target explains tasks.
    beyond_explained() -> &'static str;
    /// The page about the keys.
    keys(target: &str, interval: Duration) -> Vec<String>;
    seen(step: &Step) -> String;
    /// The step after it, where something is to be done.
    next(step: &Step) -> Option<String>;
    /// Before the wait for the second look.
    second_look(twice: Twice, apart: Duration) -> String;
    /// While every goroutine is listed.
    stands_still() -> &'static str;
    /// Stacks cannot be named, and the watch goes on.
    stacks_unnamed(step: &Step) -> String;
    /// In front of the stacks that grew by `few` or more.
    growing(places: usize, few: u64, apart: Duration) -> String;
    /// A stack that grew.
    grown(place: &Place) -> String;
    /// In front of the stacks where the most stand.
    standing() -> &'static str;
    stood(place: &Place) -> String;
    /// Go's own proof, in front of its stacks.
    proven(leaked: u64) -> String;
    proven_at(place: &Place) -> String;
    function(place: &Place) -> &str;
    waits_for(wait: Wait) -> String;
    meaning(cause: Cause) -> &'static str;
    cure(cause: Cause) -> &'static str;
    same_cause() -> &'static str;
    maker(maker: &Maker) -> String;
    /// In front of every goroutine.
    deep(listed: u64, cut: bool) -> String;
    waited(waiting: &Waiting) -> String;
    started_by(creator: &str) -> String;
    /// What a process holds, by kind, and what it held.
    holding(kept: &Kept) -> String;
    /// The kinds that grow, where some do.
    kinds_growing(kept: &Kept) -> Option<String>;
    who_keeps(kept: &Kept) -> Option<String>;
    thing(thing: Thing) -> &'static str;
    no_exchanges() -> &'static str;
    crowd(crowd: &Crowd) -> String;
    /// How much of a swing the load explains.
    swing(swing: &Swing) -> String;
    /// A recording with too few samples to tell.
    few_samples(role: &str, name: &str, samples: usize, needed: usize) -> String;
    /// A metric's column as a label.
    trend_name(metric: Metric) -> &'static str;
    /// A trend in one line: `growing by 241 per hour (220 to 262) over 28m; the load did not move; …`.
    tale(tale: &Tale) -> String;
    /// A short form: the rate, and how long it is until danger.
    tale_in_short(tale: &Tale) -> String;
    /// A course that has just changed.
    turned(trend: &Trend) -> String;
    /// `+12/h`
    slope_in_short(trend: &Trend, per_h: f64, signed: bool) -> String;
    /// A measurement in tables and charts.
    label(measure: Measure) -> &'static str;
    /// Where there is little room.
    short_label(measure: Measure) -> &'static str;
    band(band: TaskBand) -> &'static str;
    memory_band(band: MemoryBand) -> &'static str;
    /// A verdict within a sentence.
    state(verdict: Verdict) -> &'static str;
    /// `warning: 2310 goroutines, above 2000`
    headed(word: &str, said: &str) -> String;
    listed(parts: &[String]) -> String;
    /// `warning above 2000`
    above(word: &str, limit: f64) -> String;
    /// Two sides in a heading.
    against(now: &str, before: &str) -> String;
    /// The heading of a quick check in Markdown.
    check_of(target: &str) -> String;
    from_to(from: &str, to: &str) -> String;
    /// The first and the last value, and the change.
    end_to_end(name: &str, from: &str, to: &str, change: &str) -> String;
    /// Something, and when.
    ends_at(said: &str, at: &str) -> String;
    recordings(count: usize) -> String;
    /// Where rows went, and how long that took.
    in_time(where_to: &str, took: &str) -> String;
    /// A metric of a side.
    within(metric: &str, side: &str) -> String;
    /// In front of why.
    failing_poll() -> &'static str;
    /// What was wrong with a poll, and what to do.
    poll_error(error: &PollError) -> String;
    /// So many samples in a band.
    times_in(band: &str, times: u64) -> String;
    saved(name: &str) -> String;
    unsaved(name: &str, error: &io::Error) -> String;
    /// GitHub's summary of a step.
    unwritten_summary(path: &Path, error: &io::Error) -> String;
    /// A step of a diagnosis by its name in JSON.
    step_name(step: &'static str) -> &'static str;
    /// How long the target is up.
    up(seconds: u64) -> String;
    /// A target whose own word is another one.
    calls_itself(status: &str) -> String;
    /// The keys below the chart, the most wanted first; while it is held, and while it is not.
    key_hints(paused: bool) -> [&'static str; 6];
    /// How many polls there were, and what became of them.
    polls_so_far(all: u64, failed: u64, kinds: &str, restarts: u64) -> String;
    /// Of a duration.
    of_length(length: &str) -> String;
    /// Until the next poll; none while one is under way.
    next_poll(next: Option<&str>) -> String;
    /// Of a step of a rollout.
    told(told: &Told<'_>) -> String;
    step_state(state: State) -> &'static str;
    rollout_columns() -> [&'static str; 3];
    rollout_title(rollout: &Rollout) -> String;
    /// The next step after a rollout.
    after_rollout(rollout: &Rollout, has_rollback: bool) -> String;
    step_begins(step: rollout::Step, what: Option<&str>, length: Option<Duration>) -> String;
    step_ended(step: rollout::Step, state: State, took: &str, line: Option<&str>) -> String;
    rollout_end(next: &str, kept: &Path) -> [String; 2];
    /// What a step would do, where it has no command.
    would(step: rollout::Step, target: &str) -> String;
    would_wait(lines: &[String], url: Option<&str>) -> String;
    /// When the roll-back runs.
    on_danger() -> &'static str;
    rollout_interrupted(step: rollout::Step) -> String;
    rollout_dropped() -> &'static str;
    accepted(accepted: &Accepted) -> String;
    /// Something that is for nothing, but does no harm.
    noted(what: &str) -> String;
    rollout_refused(why: &Refused) -> String;
    no_plan(file: &Path, error: &io::Error) -> String;
    plan_flaw(flaw: &Flaw<'_>) -> String;
    rollout_untold(host: &str, why: &str) -> String;
    /// Why a message did not get through.
    undelivered(why: &Undelivered) -> String;
    not_installed(command: &str, what: &str) -> String;
    no_scheduler(program: &str) -> String;
    installed(checks: usize, by: &str) -> String;
    removed(checks: usize, by: &str) -> String;
    bytes_left_out(bytes: u64) -> String;
    /// The form of a day of a year, for `strftime`.
    day_form() -> &'static str;
}

/// What is said of stacks, in English and in Chinese: for a crate that finds them in English, and says them later.
pub(crate) fn said_of_stacks() -> Vec<(&'static str, &'static str)> {
    let of = |cause: Cause| [(en::meaning(cause), zh::meaning(cause)), (en::cure(cause), zh::cure(cause))];
    Cause::ALL.into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests;
