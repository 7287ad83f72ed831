//! `diagnose`: the way to the target step by step, then what grows in it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use vitals::exit;
use vitals::units::format_duration;

use crate::args::{Color, DiagnoseArgs, ListFormat};
use crate::diagnosis::{self, Grown, Step};
use crate::output::{self, Failure};
use crate::render::{self, Diagnosed, Styles};
use crate::source::{Observed, Plan, Probe, Source, Targets};
use crate::stop::Stop;

/// What a relay of this program calls itself.
const OURS: &str = "watertight";

/// Runs it.
pub(crate) fn run(args: &DiagnoseArgs, color: Color) -> Result<u8, Failure> {
    let at = Timestamp::now();
    let plan = super::access::plan(args.target.api_url.as_deref(), &args.target.source)?;
    let mut source = Observed::new(&plan).map_err(Failure::usage)?;
    let targets = Targets::of(&plan).map_err(Failure::usage)?;
    let stop = Stop::on_signal().map_err(Failure::output)?;
    let timeout = args.target.timeout;
    let (steps, reading) = diagnosis::reach(targets.main(), &mut source, timeout);
    let mut diagnosed = Diagnosed { target: source.target().to_owned(), at, steps, ..Diagnosed::default() };
    if let Some(reading) = reading {
        let ours = reading.program.is_some_and(|program| program.starts_with(OURS));
        let look = Look { plan: &plan, targets: &targets, args, stop: &stop, timeout };
        look.inside(ours, &mut diagnosed)?;
    }
    output::result(&match args.format {
        ListFormat::Text => {
            render::diagnosis(&diagnosed, &Styles::new(render::use_color(color)), render::width())
        }
        ListFormat::Json => render::diagnosis_json(&diagnosed),
    })?;
    if stop.is_set() {
        return Err(Failure {
            code: exit::INTERRUPTED,
            text: "interrupted before the second look".to_owned(),
        });
    }
    Ok(diagnosed.verdict().exit_code())
}

struct Look<'a> {
    plan: &'a Plan,
    targets: &'a Targets,
    args: &'a DiagnoseArgs,
    stop: &'a Stop,
    timeout: Duration,
}

impl Look<'_> {
    /// What grows: exchanges of our own relay, stacks of any Go program.
    fn inside(&self, ours: bool, diagnosed: &mut Diagnosed) -> Result<(), Failure> {
        if ours {
            if let Some(probe) = self.probe(self.targets.api.as_ref())? {
                match diagnosis::crowds(&probe, self.timeout, || self.wait("exchanges")) {
                    Ok(crowds) => diagnosed.exchanges = Some(crowds),
                    Err(step) => diagnosed.steps.push(step),
                }
            }
            return Ok(());
        }
        let Some(probe) = self.probe(self.targets.profiles())? else { return Ok(()) };
        match diagnosis::grown(&probe, self.timeout, || self.wait("profiles")) {
            Ok(Grown { places, apart, note }) => {
                diagnosed.growing = Some(places);
                diagnosed.apart = apart;
                diagnosed.steps.extend(note);
            }
            Err(step) => diagnosed.steps.push(step),
        }
        let reachable = diagnosed.growing.is_some();
        if self.args.prove && reachable && !self.stop.is_set() {
            match diagnosis::proof(&probe, self.timeout) {
                Ok(proof) => diagnosed.proof = Some(proof),
                Err(step) => diagnosed.steps.push(step),
            }
        } else if self.args.prove && !reachable {
            let seen = "there is no profile, so there is no proof";
            diagnosed.steps.push(Step::note("proof", seen, None));
        }
        Ok(())
    }

    fn probe(&self, target: Option<&crate::source::Target>) -> Result<Option<Probe>, Failure> {
        let Some((target, main)) = target.zip(self.targets.main()) else { return Ok(None) };
        Probe::new(target, main, &self.plan.access).map(Some).map_err(Failure::usage)
    }

    /// Waits for the second look; true if somebody interrupts.
    fn wait(&self, what: &str) -> bool {
        let apart = format_duration(self.args.apart);
        output::hint(&format!("looking at two {what}, {apart} apart"));
        self.stop.wait_until(Instant::now() + self.args.apart)
    }
}
