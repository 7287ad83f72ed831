//! What is polled: one source, several that complete each other, or whichever answers first.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use vitals::{FIELDS, Sample};

use super::failure::{Miss, Next};
use super::plan::{Named, Plan, Targets};
use super::process::Process;
use super::recorded::Recorded;
use super::wire::{Access, Remote, Wire};
use super::{Endpoint, NoNumber, PollError, Reading, Source, Target};
use crate::reading::{Fault, Unusable};

/// The source of a command: one endpoint, or several parts that complete each other.
#[derive(Debug)]
pub(crate) struct Observed {
    parts: Vec<Part>,
    /// Those that are asked from now on, once something has answered.
    chosen: Option<Vec<usize>>,
    name: String,
    shown: String,
}

#[derive(Debug)]
struct Part {
    from: From,
    /// It was named, so it must answer.
    must: bool,
}

#[derive(Debug)]
enum From {
    Remote(Box<Remote>),
    Process(Process),
    Recorded(Recorded),
}

impl Observed {
    /// Prepares to poll; nothing is sent yet.
    ///
    /// # Errors
    /// The plan names something that cannot be polled.
    pub(crate) fn new(plan: &Plan) -> Result<Self, Unusable> {
        let csv = plan.address.as_deref().and_then(Recorded::path);
        if plan.sources.contains(&Named::Csv) && csv.is_none() {
            return Err(Unusable::NoRecording);
        }
        if let Some(path) = csv {
            return Self::of_recording(path, plan);
        }
        let targets = Targets::of(plan)?;
        let mut build =
            Builder { targets: &targets, access: &plan.access, wires: Vec::new(), parts: Vec::new() };
        if plan.sources.is_empty() {
            build.whichever(plan)?;
        } else {
            for named in &plan.sources {
                match named {
                    Named::Http(endpoint) => build.endpoint(*endpoint, true)?,
                    Named::Process if plan.pid.is_none() => {
                        return Err(Unusable::NoPid);
                    }
                    // It comes last: what the target itself says is better.
                    Named::Process | Named::Csv => {}
                }
            }
            // An address of its own is a wish, too.
            for (endpoint, given) in [(Endpoint::Metrics, &plan.metrics), (Endpoint::Pprof, &plan.pprof)] {
                if given.is_some() && !plan.sources.contains(&Named::Http(endpoint)) {
                    build.endpoint(endpoint, true)?;
                }
            }
        }
        if let Some(pid) = plan.pid {
            build.parts.push(Part { from: From::Process(Process::new(pid)?), must: true });
        }
        let parts = build.parts;
        let shown = parts.first().map(Part::shown).unwrap_or_default();
        let shown = targets.main().map_or(shown, |main| main.shown().to_owned());
        let fixed = parts.iter().all(|part| part.must);
        let name = if fixed { joined(parts.iter()) } else { "auto".to_owned() };
        Ok(Self { chosen: fixed.then(|| (0..parts.len()).collect()), parts, name, shown })
    }

    /// It is a recording that somebody else writes.
    pub(crate) fn reads_file(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.from, From::Recorded(_)))
    }

    fn of_recording(path: &Path, plan: &Plan) -> Result<Self, Unusable> {
        let alone = plan.sources.iter().all(|named| *named == Named::Csv);
        if !alone || plan.metrics.is_some() || plan.pprof.is_some() || plan.pid.is_some() {
            return Err(Unusable::Completed { place: plan.place });
        }
        let part = Part { from: From::Recorded(Recorded::new(path)), must: true };
        Ok(Self {
            name: joined(std::iter::once(&part)),
            shown: part.shown(),
            parts: vec![part],
            chosen: Some(vec![0]),
        })
    }

    /// Asks those that must, and the others until one knows the count.
    fn choose(&mut self, deadline: Instant, timeout: Duration) -> Result<Reading, PollError> {
        let mut whole: Option<Reading> = None;
        let (mut chosen, mut misses) = (Vec::new(), Vec::new());
        for (at, part) in self.parts.iter_mut().enumerate() {
            let counted = whole.as_ref().is_some_and(|reading| reading.sample.goroutines.is_some());
            if counted && !part.must {
                continue;
            }
            match part.ask(deadline, timeout) {
                Ok(reading) => {
                    chosen.push(at);
                    complete(&mut whole, reading);
                }
                Err(miss) if part.must || miss.next == Next::Stop => return Err(miss.error),
                Err(miss) => misses.push((at, miss)),
            }
        }
        let Some(reading) = whole else { return Err(self.nothing(misses)) };
        self.name = joined(chosen.iter().map(|at| &self.parts[*at]));
        self.chosen = Some(chosen);
        Ok(reading)
    }

    /// The most telling of several errors: the one that credentials would cure, an answer that cannot be used, else the
    /// first.
    fn nothing(&self, misses: Vec<(usize, Miss)>) -> PollError {
        let tried: Vec<_> = misses.iter().map(|(at, _)| *at).collect();
        let first = |next| misses.iter().position(|(_, miss)| miss.next == next);
        let best = first(Next::Credentials).or_else(|| first(Next::Unusable)).unwrap_or(0);
        let Some((best, miss)) = misses.into_iter().nth(best) else {
            return Fault::NothingToAsk.into();
        };
        let others: Vec<_> =
            tried.into_iter().filter(|at| *at != best).map(|at| self.parts[at].name()).collect();
        if others.is_empty() { miss.error } else { miss.error.within(|fault| Fault::Nor(fault, others)) }
    }
}

impl Source for Observed {
    fn name(&self) -> &str {
        &self.name
    }

    fn target(&self) -> &str {
        &self.shown
    }

    fn has_profiles(&self) -> bool {
        let mut chosen = self.chosen.iter().flatten().map(|at| &self.parts[*at].from);
        chosen.any(|from| matches!(from, From::Remote(remote) if remote.endpoint == Endpoint::Pprof))
    }

    fn unread(&self) -> Vec<NoNumber> {
        let chosen = self.chosen.iter().flatten().map(|at| &self.parts[*at].from);
        let each = chosen.flat_map(|from| match from {
            From::Remote(remote) => remote.unread.as_slice(),
            From::Process(_) | From::Recorded(_) => &[],
        });
        each.cloned().collect()
    }

    fn poll(&mut self, timeout: Duration) -> Result<Reading, PollError> {
        let start = Instant::now();
        let deadline = start + timeout;
        let Some(chosen) = self.chosen.clone() else {
            let mut reading = self.choose(deadline, timeout)?;
            reading.latency = start.elapsed();
            return Ok(reading);
        };
        let mut whole = None;
        for at in &chosen {
            let reading = self.parts[*at].ask(deadline, timeout).map_err(|miss| miss.error)?;
            complete(&mut whole, reading);
        }
        let mut reading = whole.unwrap_or_else(|| empty(Duration::ZERO));
        if chosen.len() > 1 {
            reading.latency = start.elapsed();
        }
        Ok(reading)
    }
}

impl Part {
    fn ask(&mut self, deadline: Instant, timeout: Duration) -> Result<Reading, Miss> {
        match &mut self.from {
            From::Remote(remote) => remote.ask(deadline, timeout),
            From::Process(process) => {
                let start = Instant::now();
                let (sample, program) = process.look().map_err(Miss::stop)?;
                Ok(Reading { sample, program, ..empty(start.elapsed()) })
            }
            From::Recorded(recorded) => recorded.look(Timestamp::now()).map_err(Miss::stop),
        }
    }

    fn name(&self) -> &'static str {
        match &self.from {
            From::Remote(remote) => remote.endpoint.name(),
            From::Process(_) => "pid",
            From::Recorded(_) => "csv",
        }
    }

    fn shown(&self) -> String {
        match &self.from {
            From::Remote(remote) => remote.target.shown().to_owned(),
            From::Process(process) => process.shown(),
            From::Recorded(recorded) => recorded.shown(),
        }
    }
}

struct Builder<'a> {
    targets: &'a Targets,
    access: &'a Access,
    wires: Vec<Arc<Wire>>,
    parts: Vec<Part>,
}

impl Builder<'_> {
    fn endpoint(&mut self, endpoint: Endpoint, must: bool) -> Result<(), Unusable> {
        let (Some(target), Some(main)) =
            (self.targets.own(endpoint).or(self.targets.api.as_ref()), self.targets.main())
        else {
            return Ok(());
        };
        let known = self.wires.iter().find(|wire| wire.leads_to(target)).cloned();
        let wire = match known {
            Some(wire) => wire,
            None => {
                let wire = Arc::new(Wire::new(target, main, self.access)?);
                self.wires.push(wire.clone());
                wire
            }
        };
        let remote = Remote { wire, target: target.clone(), endpoint, unread: Vec::new() };
        self.parts.push(Part { from: From::Remote(Box::new(remote)), must });
        Ok(())
    }

    /// Everything in order, but first what the address itself names. What has an address of its own must answer.
    fn whichever(&mut self, plan: &Plan) -> Result<(), Unusable> {
        let named = self.targets.api.as_ref().and_then(Target::named);
        let rest = Endpoint::ALL.into_iter().filter(|endpoint| Some(*endpoint) != named);
        for endpoint in named.into_iter().chain(rest) {
            let must = match endpoint {
                Endpoint::Metrics => plan.metrics.is_some(),
                Endpoint::Pprof => plan.pprof.is_some(),
                _ => false,
            };
            self.endpoint(endpoint, must)?;
        }
        Ok(())
    }
}

/// Adds what is missing.
fn complete(whole: &mut Option<Reading>, reading: Reading) {
    let Some(whole) = whole else {
        *whole = Some(reading);
        return;
    };
    for field in FIELDS {
        if (field.get)(&whole.sample).is_none() {
            (field.set)(&mut whole.sample, (field.get)(&reading.sample));
        }
    }
    whole.sample.ended = whole.sample.ended.or(reading.sample.ended);
    whole.status = whole.status.take().or(reading.status);
    whole.program = whole.program.take().or(reading.program);
}

fn empty(latency: Duration) -> Reading {
    Reading::of(Sample::default(), latency)
}

fn joined<'a>(parts: impl Iterator<Item = &'a Part>) -> String {
    parts.map(Part::name).collect::<Vec<_>>().join("+")
}

#[cfg(test)]
mod tests;
