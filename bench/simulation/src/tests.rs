//! The short form: a fixed seed, so nothing here is luck, and bounds that a change of the method for the worse breaks.
//! With 150 runs and a true rate of 2 %, more than 9 alarms come once in a thousand seeds (binomial).

use vitals::trend::Metric;

use crate::scenario::{Scenario, Shape, Signal};
use crate::tally::{Draws, live, one_shot, pairs};
use crate::week::{Load, Week};
use crate::weeks::weeks;

const DRAWS: Draws = Draws { seed: 7, number: 0, runs: 150 };
const TOO_MANY: u32 = 9;

#[test]
fn healthy_runs_raise_no_alarm() {
    for phi in [0.0, 0.8, 0.98] {
        let noisy = Scenario { phi, sd: 150.0, ..Scenario::default() };
        let ramp = Scenario { phi, shape: Shape::Up, signal: Signal::InFlight, ..Scenario::default() };
        for scenario in [noisy, ramp] {
            let found = one_shot(&scenario, Metric::Tasks, DRAWS);
            assert!(found.danger <= TOO_MANY, "{scenario:?}: {found:?}");
        }
    }
    let noisy = Scenario { sd: 150.0, ..Scenario::default() };
    let found = live(&noisy, Metric::Tasks, Draws { runs: 50, ..DRAWS });
    assert!(found.danger <= 4, "{found:?}");
}

#[test]
fn the_leak_of_the_specification_is_found() {
    let leak = Scenario { leak_per_h: 240.0, ..Scenario::default() };
    // Of 150 at 95 %, fewer than 130 come once in a thousand seeds; of 50 at 93 %, fewer than 40.
    let found = one_shot(&leak, Metric::Tasks, DRAWS);
    assert!(found.danger >= 130, "{found:?}");
    let found = live(&leak, Metric::Tasks, Draws { runs: 50, ..DRAWS });
    assert!(found.danger >= 40, "{found:?}");
}

#[test]
fn a_smooth_ramp_is_never_danger() {
    let ramp = Scenario { shape: Shape::Up, signal: Signal::Smooth, ..Scenario::default() };
    assert_eq!(one_shot(&ramp, Metric::Tasks, DRAWS).danger, 0);
}

#[test]
fn comparing_errs_as_seldom_as_it_says() {
    let same = Scenario::default();
    let found = pairs(&same, &same, Metric::Tasks, DRAWS);
    // At 10 %, more than 27 of 150 come once in a thousand seeds.
    assert!(found.differs <= 27 && found.danger <= 6, "{found:?}");
    let above = Scenario { level: 1000.0, ..same };
    let found = pairs(&same, &above, Metric::Tasks, DRAWS);
    assert!(found.danger >= 140, "{found:?}");
    let stepped = Scenario { step: Some((0.6, 200.0)), ..same };
    let found = pairs(&same, &stepped, Metric::Tasks, DRAWS);
    // Twelve minutes hold six blocks, or one too few.
    assert!(found.danger >= 90 && found.danger + found.inconclusive >= 147, "{found:?}");
    let found = pairs(&above, &stepped, Metric::Tasks, DRAWS);
    assert!(found.danger <= 2, "no higher than before: {found:?}");
}

/// A few only: a series of days at 5 s is a quarter of a million samples.
const FEW: Draws = Draws { seed: 7, number: 1, runs: 2 };

#[test]
fn healthy_days_are_not_accused() {
    let plain = Week { days: 8, ..Week::default() };
    for week in [
        Week { memory_s: 997.0, ..plain },
        Week { load: Load::Weekly(5), ..plain },
        Week { restarts: true, hole: Some((4.3, 4.55)), ..plain },
    ] {
        let found = weeks(&week, None, FEW);
        assert_eq!((found.danger, found.warning, found.unknown), (0, 0, 0), "{week:?}: {found:?}");
    }
}

#[test]
fn a_drift_and_a_step_at_noon_are_found() {
    let drift = Week { days: 8, drift: 0.02, ..Week::default() };
    let found = weeks(&drift, None, FEW);
    assert_eq!((found.danger, found.drift), (FEW.runs, FEW.runs), "{found:?}");
    // The pool by itself sees it after 12 days.
    assert!(found.days <= 8 * FEW.runs, "{found:?}");
    for at in [0.4, 0.75] {
        let step = Week { days: 7, step: Some((4.0 + at, 300.0)), ..Week::default() };
        let found = weeks(&step, Some(4), FEW);
        assert_eq!((found.danger, found.right, found.after), (FEW.runs, FEW.runs, 0), "{at}: {found:?}");
    }
}
