//! `diagnose`: the way to the target step by step, then what grows in it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use vitals::exit;

use super::abreast::abreast;
use crate::args::{Color, DiagnoseArgs, ListFormat};
use crate::diagnosis::{self, Grown, Sampling};
use crate::finding::{Before, Diagnosis, Kept, Runtime, Step, Twice};
use crate::output::{self, Failure};
use crate::profile::Profile;
use crate::render::{self, Diagnosed, Styles};
use crate::settings::Aim;
use crate::source::{Plan, Probe, Source, Targets};
use crate::stop::Stop;
use crate::words;

/// The name of this program's own relay in its health JSON.
const OURS: &str = "watertight";

pub(crate) fn run(args: &DiagnoseArgs, color: Color) -> Result<u8, Failure> {
    let at = Timestamp::now();
    if let Some(path) = &args.recording {
        let swing = Some(diagnosis::recorded(path)?);
        let target = path.display().to_string();
        let diagnosed = Diagnosed { target, at, swing, ..Diagnosed::default() };
        return show(&[diagnosed], args.format, color);
    }
    let aims = Aim::of(&args.target)?;
    let several = aims.len() > 1;
    let stop = Stop::on_signal().map_err(Failure::output)?;
    let mut all = Vec::new();
    for (aim, told) in abreast(aims, |aim| look(aim, args, &stop, several)) {
        all.push(told.map_err(|failure| if several { failure.of(aim.source.target()) } else { failure })?);
    }
    let code = show(&all, args.format, color)?;
    if stop.is_set() {
        return Err(Failure::interrupted(Before::Look));
    }
    Ok(code)
}

/// Looks at one target.
fn look(aim: &mut Aim, args: &DiagnoseArgs, stop: &Stop, several: bool) -> Result<Diagnosed, Failure> {
    let (at, timeout) = (Timestamp::now(), args.target.timeout);
    let Aim { plan, source, .. } = aim;
    let targets = Targets::of(plan)?;
    let (begun, held) = (Instant::now(), plan.pid.map(process::look));
    let (steps, reading) = diagnosis::reach(targets.main(), source, timeout);
    let target = source.target().to_owned();
    let name = several.then(|| target.clone());
    let mut diagnosed = Diagnosed { target, at, steps, ..Diagnosed::default() };
    if let Some(reading) = reading {
        let ours = reading.program.as_ref().is_some_and(|program| program.starts_with(OURS));
        let has_load = reading.sample.in_flight.or(reading.sample.explained).is_some();
        let sampling = has_load.then(Sampling::default);
        let targets = &targets;
        let mut look = Look { source, plan, targets, args, stop, timeout, sampling, name };
        match reading.program.as_deref().and_then(Runtime::of) {
            // Only a Go program has profiles, unless the operator says that one does.
            Some(runtime) if plan.pprof.is_none() => {
                diagnosed.steps.push(Step::note("program", Diagnosis::NotGo(runtime)));
            }
            _ => look.inside(ours, &mut diagnosed)?,
        }
        look.swing(&mut diagnosed);
        look.keeps(begun, held.as_ref(), &mut diagnosed);
    }
    Ok(diagnosed)
}

fn show(all: &[Diagnosed], format: ListFormat, color: Color) -> Result<u8, Failure> {
    output::result(&match format {
        ListFormat::Text => render::diagnoses(all, &Styles::new(render::use_color(color)), render::width()),
        ListFormat::Json => render::diagnoses_json(all),
    })?;
    Ok(exit::gravest(all.iter().map(|diagnosed| diagnosed.verdict().exit_code())))
}

struct Look<'a> {
    source: &'a mut dyn Source,
    plan: &'a Plan,
    targets: &'a Targets,
    args: &'a DiagnoseArgs,
    stop: &'a Stop,
    timeout: Duration,
    /// Where the load is known: samples between the two looks.
    sampling: Option<Sampling>,
    /// The target's, where it is one of several.
    name: Option<String>,
}

impl Look<'_> {
    /// Looks for growth: exchanges of our own relay, stacks of any Go program.
    fn inside(&mut self, ours: bool, diagnosed: &mut Diagnosed) -> Result<(), Failure> {
        if ours {
            if let Some(probe) = self.probe(self.targets.api.as_ref())? {
                let begun = Instant::now();
                match diagnosis::crowds(&probe, self.timeout, || self.wait(Twice::Exchanges)) {
                    Ok(crowds) => (diagnosed.exchanges, diagnosed.apart) = (Some(crowds), begun.elapsed()),
                    Err(step) => diagnosed.steps.push(step),
                }
            }
            return Ok(());
        }
        let Some(probe) = self.probe(self.targets.profiles())? else { return Ok(()) };
        match diagnosis::grown(&probe, self.timeout, || self.wait(Twice::Profiles)) {
            Ok(Grown { places, standing, apart, crowd, note }) => {
                if let Some((first, before)) = crowd.filter(|_| !self.stop.is_set()) {
                    self.stays((first, &before), &probe, diagnosed);
                }
                diagnosed.growing = Some(places);
                diagnosed.standing = standing;
                diagnosed.apart = apart;
                diagnosed.steps.extend(note);
            }
            Err(step) => diagnosed.steps.push(step),
        }
        // Before the proof: afterwards Go no longer says how long the proven ones have waited.
        if self.args.deep && !self.stop.is_set() {
            self.deep(&probe, diagnosed);
        }
        let reachable = diagnosed.growing.is_some();
        if self.args.prove && reachable && !self.stop.is_set() {
            match diagnosis::proof(&probe, self.timeout) {
                Ok(proof) => diagnosed.proof = Some(proof),
                Err(step) => diagnosed.steps.push(step),
            }
        } else if self.args.prove && !reachable {
            diagnosed.steps.push(Step::note("proof", Diagnosis::Unprofiled));
        }
        Ok(())
    }

    /// Whether a crowd leaves.
    fn stays(&self, before: (Instant, &Profile), probe: &Probe, diagnosed: &mut Diagnosed) {
        self.hint(&words::second_look(Twice::Crowd, diagnosis::STAYS));
        let until = |at| self.stop.wait_until(at);
        match diagnosis::stays(before, until, || diagnosis::profile(probe, self.timeout)) {
            Ok(evidence) => diagnosed.staying = evidence,
            Err(step) => diagnosed.steps.push(step),
        }
    }

    fn hint(&self, text: &str) {
        let name = self.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        output::hint(&format!("{name}{text}"));
    }

    fn probe(&self, target: Option<&crate::source::Target>) -> Result<Option<Probe>, Failure> {
        let Some((target, main)) = target.zip(self.targets.main()) else { return Ok(None) };
        Ok(Some(Probe::new(target, main, &self.plan.access)?))
    }

    /// How the count swings. Where there was nothing to look at twice, there are no samples yet.
    fn swing(&mut self, diagnosed: &mut Diagnosed) {
        let is_empty = self.sampling.as_ref().is_some_and(Sampling::is_empty);
        if is_empty && !self.stop.is_set() {
            self.wait(Twice::Samples);
        }
        diagnosed.swing = self.sampling.as_ref().and_then(Sampling::swing);
    }

    /// What its process holds by now, where it is one of this machine.
    fn keeps(&mut self, begun: Instant, held: Option<&process::Look>, diagnosed: &mut Diagnosed) {
        let Some((before, pid)) = held.zip(self.plan.pid) else { return };
        let is_due = begun.elapsed() >= self.args.apart;
        if (is_due || !self.wait(Twice::Holdings)) && !self.stop.is_set() {
            let (now, apart) = (process::look(pid), begun.elapsed());
            diagnosed.kept = Kept::between(before, &now, apart);
            // Where nothing else was looked at twice.
            if diagnosed.apart.is_zero() && !diagnosed.kept.is_empty() {
                diagnosed.apart = apart;
            }
        }
    }

    /// Waits for the second look, and takes samples meanwhile; true if somebody interrupts.
    fn wait(&mut self, twice: Twice) -> bool {
        let apart = self.args.apart;
        self.hint(&words::second_look(twice, apart));
        match &mut self.sampling {
            Some(sampling) => sampling.fill(self.source, apart, self.timeout, self.stop),
            None => self.stop.wait_until(Instant::now() + apart),
        }
    }

    /// Every goroutine, once.
    fn deep(&self, probe: &Probe, diagnosed: &mut Diagnosed) {
        self.hint(words::stands_still());
        match diagnosis::deep(probe, self.timeout) {
            Ok(deep) => diagnosed.deep = Some(deep),
            Err(step) => diagnosed.steps.push(step),
        }
    }
}
