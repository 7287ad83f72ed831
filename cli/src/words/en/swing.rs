//! How much of a swinging count its load explains.

use vitals::trend::{Swing, SwingBasis};

/// All of it in one line.
pub(crate) fn swing(swing: &Swing) -> String {
    let [low, level, high] = swing.levels;
    let swings = format!("goroutines swing between {low:.0} and {high:.0} around {level:.0}");
    let percent = swing.explained.unwrap_or_default() * 100.0;
    let rest = swing.rest.map(|rest| format!("; the rest swings by ±{rest:.0}")).unwrap_or_default();
    match (swing.basis, swing.per_request) {
        (SwingBasis::Level, _) => {
            format!("goroutines hardly swing: {low:.0} to {high:.0}, {} samples", swing.samples)
        }
        (SwingBasis::Explained, _) => format!("{swings}; load explains {percent:.0} % of the swing{rest}"),
        (SwingBasis::InFlight, Some(cost)) => {
            format!(
                "{swings}; load explains {percent:.0} % of the swing, {cost:.1} for a request in flight{rest}"
            )
        }
        (SwingBasis::InFlight, None) => {
            format!("{swings}; the load did not move, so it explains none of the swing")
        }
        (SwingBasis::Undetermined, _) => format!(
            "{swings}; whether that is the load cannot be told: they do not move together clearly enough in {} samples. \
             Look longer (--apart 2m), or at a --recording of some hours",
            swing.samples
        ),
        (SwingBasis::Unknown, _) => format!(
            "{swings}; nothing is known of the load: a source that reports requests in flight would tell, such as a \
             /metrics page (--metrics-url)"
        ),
    }
}

/// A recording with too few samples to tell.
pub(crate) fn few_samples(role: &str, name: &str, samples: usize, needed: usize) -> String {
    format!(
        "{role} {name}: {samples} good samples of goroutines are too few, {needed} are needed: record longer"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(
        basis: SwingBasis,
        explained: Option<f64>,
        per_request: Option<f64>,
        rest: Option<f64>,
    ) -> String {
        swing(&Swing { samples: 40, levels: [210.0, 340.4, 480.0], basis, explained, per_request, rest })
    }

    #[test]
    fn in_words() {
        assert_eq!(
            told(SwingBasis::InFlight, Some(0.934), Some(5.08), Some(12.2)),
            "goroutines swing between 210 and 480 around 340; load explains 93 % of the swing, 5.1 for a request in \
             flight; the rest swings by ±12"
        );
        assert_eq!(
            told(SwingBasis::Explained, Some(1.0), None, Some(0.0)),
            "goroutines swing between 210 and 480 around 340; load explains 100 % of the swing; the rest swings by ±0"
        );
        assert!(
            told(SwingBasis::InFlight, Some(0.0), None, Some(135.0))
                .ends_with("so it explains none of the swing")
        );
        assert!(told(SwingBasis::Unknown, None, None, None).contains("nothing is known of the load"));
        assert!(told(SwingBasis::Undetermined, None, None, None).contains("--recording"));
        assert_eq!(
            told(SwingBasis::Level, None, None, None),
            "goroutines hardly swing: 210 to 480, 40 samples"
        );
    }
}
