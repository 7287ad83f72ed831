//! The tables of a page: what its charts show, in numbers.

use std::fmt::Write;

use report::html::escape;
use vitals::trend::LoadBasis;

use super::{clock, short, time};
use crate::comparison::METRICS;
use crate::finding::Event;
use crate::reporting::{Numbers, Span, Track};
use crate::words::{self, Term, term};

/// Every metric of every recording, the recordings of one metric below one another.
pub(super) fn numbers(tracks: &[Track], out: &mut String) {
    let several = tracks.len() > 1;
    let zone = if tracks.iter().all(|track| track.utc) { " (UTC)" } else { "" };
    let name = match several {
        true => format!("<th class=\"left\">{}</th>", term(Term::Recording)),
        false => String::new(),
    };
    let [min, median, max, last, slope, at] =
        [Term::Min, Term::Median, Term::Max, Term::Last, Term::Slope, Term::HighestAt].map(term);
    let _ = writeln!(
        out,
        "<p class=\"faint scrolls\">{}</p><div class=\"table\"><table><thead><tr><th>{}</th>{name}<th>{min}</th><th>{median}</th><th>p95</th><th>{max}</th>\
         <th>{last}</th><th>{slope}</th><th>{at}{zone}</th></tr></thead><tbody>",
        words::scrolls(),
        term(Term::Metric)
    );
    for (n, metric) in METRICS.into_iter().enumerate() {
        let mut label = words::label(metric);
        for track in tracks.iter().filter(|track| track.has(n)) {
            let numbers = &track.numbers[n];
            let name = if several {
                format!("<td class=\"left\">{}</td>", escape(&track.name))
            } else {
                String::new()
            };
            let _ = write!(out, "<tr><th>{}</th>{name}", escape(std::mem::take(&mut label)));
            for value in cells(numbers) {
                let _ = write!(
                    out,
                    "<td>{}</td>",
                    value.map(|value| metric.unit().show(value)).unwrap_or_default()
                );
            }
            let _ = write!(out, "<td>{}</td>", escape(&slope_of(track, n)));
            let at = i64::try_from(numbers.max_at).unwrap_or(0) + track.from;
            let _ = writeln!(out, "<td>{}</td></tr>", short(at));
        }
    }
    out.push_str("</tbody></table></div>\n");
}

/// The slope of the metrics that are looked at for growth.
fn slope_of(track: &Track, metric: usize) -> String {
    let judged = usize::from(track.trends[0].load == LoadBasis::Explained);
    if metric <= 1 {
        return if metric == judged { words::page_slope(&track.trends[0]) } else { String::new() };
    }
    let trend = track.trends.iter().find(|trend| trend.metric.measure() == METRICS[metric]);
    trend.map(words::page_slope).unwrap_or_default()
}

fn cells(numbers: &Numbers) -> [Option<u64>; 5] {
    let spread = &numbers.spread;
    [spread.min(), spread.median(), spread.p95(), spread.max(), Some(numbers.last)]
}

/// Failed polls, gaps and restarts.
pub(super) fn events(track: &Track, out: &mut String) {
    let at = |since: u64| clock(track.from + i64::try_from(since).unwrap_or(0), track.utc);
    let summary = &track.watching.summary;
    let mut items = Vec::new();
    let (failed, polls) = (summary.failed_polls(), summary.polls());
    if failed > 0 {
        items.push(words::event(Event::Failed { failed, polls, kinds: &summary.kinds() }));
    }
    let several = summary.processes.is_several().then(|| summary.processes.instances().len());
    items.extend(several.map(|count| words::event(Event::Instances(count))));
    items.extend(track.restarts.iter().map(|restart| words::event(Event::Restarted(&at(*restart)))));
    let more = |all: u64, named: usize| Some(all.saturating_sub(named as u64)).filter(|more| *more > 0);
    items.extend(more(summary.restarts, track.restarts.len()).map(|n| words::event(Event::MoreRestarts(n))));
    let gap = |gap: &Span| words::event(Event::Gap([&time(gap.to - gap.from), &at(gap.from), &at(gap.to)]));
    items.extend(track.gaps.iter().map(gap));
    items.extend(more(track.gap_count, track.gaps.len()).map(|n| words::event(Event::MoreGaps(n))));
    if track.foreign > 0 {
        items.push(words::event(Event::Foreign(track.foreign)));
    }
    let _ = write!(out, "<h3>{}</h3>", escape(&track.name));
    items.extend(words::traffic(&summary.requests.all));
    if items.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", words::uneventful());
    } else {
        let items: String = items.iter().map(|item| format!("<li>{}</li>", escape(item))).collect();
        let _ = writeln!(out, "<ul>{items}</ul>");
    }
}

/// The notes beside a recording.
pub(super) fn origin(track: &Track, out: &mut String) {
    let _ = write!(out, "<h3>{}</h3><dl>", escape(&track.name));
    let mut item = |name: &str, value: &str| {
        let _ = write!(out, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
    };
    let end = track.from + i64::try_from(track.length).unwrap_or(0);
    item(term(Term::Rows), &words::from_to(&clock(track.from, track.utc), &clock(end, track.utc)));
    if !track.utc {
        item(term(Term::Times), words::local_times());
    }
    match &track.notes {
        Some(notes) => {
            item(term(Term::Target), &notes.target);
            item(term(Term::Source), &notes.source);
            item(term(Term::RecordedBy), &notes.tool);
            if let Some(host) = &notes.host {
                item(term(Term::On), host);
            }
            for (name, value) in &notes.labels {
                item(name, value);
            }
        }
        None => item(term(Term::Notes), words::no_notes()),
    }
    out.push_str("</dl>\n");
}
