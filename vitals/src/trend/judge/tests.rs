use super::*;
use crate::trend::load::Beta;

/// A block a minute.
fn blocks(x: &[f64]) -> Points {
    let mut points = Points::default();
    for (i, x) in x.iter().enumerate() {
        points.push(60.0 * real(i), *x, f64::NAN, 0, 0);
    }
    points
}

fn close(found: f64, known: f64) {
    assert!((found - known).abs() < 1e-6 * known.abs(), "{found}, not {known}");
}

#[test]
fn what_matters_is_what_is_slight_and_what_the_loads_cost_may_feign() {
    let beta = Some(Beta { value: 6.0, error: 0.5 });
    let adjustment = Adjustment { basis: LoadBasis::InFlight, beta, moved: 20.0, rose: 0.2 };
    let matters = |metric, level: f64, span_s| {
        let mut trend = empty(&Series::default(), metric, span_s);
        fill(&mut trend, &blocks(&[level; 8]), None, metric, &Rules::default(), &adjustment, 3.0);
        trend.matters.unwrap()
    };
    // A tenth of the level, at least 50; and three standard errors for each of 20 units of load.
    close(matters(Metric::Tasks, 1000.0, 420.0), 100.0 + 30.0);
    close(matters(Metric::Tasks, 200.0, 420.0), 50.0 + 30.0);
    // A twentieth of the level, at least 0.7 MB an hour.
    close(matters(Metric::Heap, 1e8, 3600.0), 5e6 + 30.0);
    close(matters(Metric::Heap, 1e6, 7200.0), 1.4e6 + 30.0);
}

#[test]
fn the_smallest_slope_that_would_be_seen() {
    // Eight blocks, one above and one below a level in turn: a variance of 8 by 6.
    let alternating: Vec<f64> = (0..8).map(|i| 100.0 + if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
    // 1.3 (2.33 + 0.84) sqrt(8 / 6) sqrt(12 / (8 * 63)) / 60 s.
    close(min_detectable(&blocks(&alternating), 0.0, 2.33).unwrap(), 0.012_237_595);
}

#[test]
fn growth_is_the_loads_where_it_is_about_in_proportion() {
    let of = |metric, basis, rose, beta: Option<Beta>, slope_ci| {
        let mut trend = empty(&Series::default(), metric, 3600.0);
        (trend.growth, trend.first, trend.last, trend.matters) =
            (Some(300.0), Some(1000.0), Some(1300.0), Some(100.0));
        (trend.load, trend.slope_ci) = (basis, slope_ci);
        outgrown(&trend, &Adjustment { basis, beta, moved: 20.0, rose })
    };
    let tasks = |basis, rose| of(Metric::Tasks, basis, rose, None, None);
    // A tenth more load is worth (1000 + 300 / 13) / 10 * 4 / 3 = 136; a tenth more than that leaves 150 of the 300.
    assert_eq!(tasks(LoadBasis::Undetermined, 0.1), LoadBasis::Outgrown);
    // 205, and 225 with a tenth more, leave 75.
    assert_eq!(tasks(LoadBasis::Undetermined, 0.15), LoadBasis::Undetermined);
    // The slope's lower end says 200 of the 300.
    let unsure = of(Metric::Tasks, LoadBasis::Undetermined, 0.1, None, Some([200.0, 400.0]));
    assert_eq!(unsure, LoadBasis::Undetermined);
    // 300 is less than twice 205, and more than twice 136.
    assert_eq!(tasks(LoadBasis::Constant, 0.15), LoadBasis::Undetermined);
    assert_eq!(tasks(LoadBasis::Constant, 0.1), LoadBasis::Constant);
    // What stands for the load must have risen by a third of the 300 at most.
    assert_eq!(tasks(LoadBasis::Allocation, 0.1), LoadBasis::Unknown);
    assert_eq!(tasks(LoadBasis::Collections, 0.05), LoadBasis::Collections);
    assert_eq!(tasks(LoadBasis::Unknown, 0.05), LoadBasis::Outgrown);
    assert_eq!(tasks(LoadBasis::Unknown, f64::INFINITY), LoadBasis::Unknown);
    // A quarter more load is worth 341, and 375 with a tenth more: the heap's 300 and what was taken off it.
    let heap =
        |cost| of(Metric::Heap, LoadBasis::InFlight, 0.25, Some(Beta { value: cost, error: 0.1 }), None);
    assert_eq!(heap(1.0), LoadBasis::Undetermined, "320");
    assert_eq!(heap(5.0), LoadBasis::InFlight, "400");
}

#[test]
fn growth_goes_on_to_the_end() {
    assert!(is_sustained(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    assert!(!is_sustained(&[0.0, 0.0, 5.0, 5.0, 5.0, 5.0]), "the last third is not above the middle one");
    assert!(!is_sustained(&[9.0, 9.0, 1.0, 1.0, 2.0, 2.0]), "the second half is below the first");
    assert!(is_sustained(&[5.0, 4.0, 3.0]), "too few to say");
}
