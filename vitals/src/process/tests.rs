use super::*;

/// Answers five seconds apart.
fn seen(samples: impl IntoIterator<Item = Sample>) -> (Processes, Vec<Sight>) {
    let mut processes = Processes::default();
    let sights = (0..)
        .zip(samples)
        .map(|(i, sample)| processes.see(1.8e9 + 5.0 * f64::from(i), None, &sample).1)
        .collect();
    (processes, sights)
}

fn started(start_time: u64) -> Sample {
    Sample { start_time: Some(start_time), ..Sample::default() }
}

fn allocated(total: u64) -> Sample {
    Sample { total_alloc_bytes: Some(total), ..Sample::default() }
}

fn restarts(processes: &Processes) -> (usize, u64) {
    (processes.instances().len(), processes.restarts())
}

#[test]
fn a_start_time_that_changes_once_is_a_restart() {
    use Sight::{First, Same, Started};
    let (processes, sights) = seen([1, 1, 2, 2, 2].map(started));
    assert_eq!(sights, [First, Same, Started, Same, Same]);
    assert_eq!((restarts(&processes), processes.restarted_at()), ((1, 1), vec![1.8e9 + 10.0]));
    assert_eq!(processes.crash_loop(), None);
}

#[test]
fn start_times_that_come_back_are_instances() {
    use Sight::{Back, First, Same, Started};
    let (processes, sights) = seen([1, 2, 1, 1, 2, 2].map(started));
    assert_eq!(sights, [First, Started, Back, Same, Back, Same]);
    assert_eq!(restarts(&processes), (2, 0));
    // The second one is replaced while the first one goes on.
    let (processes, _) = seen([1, 2, 1, 2, 1, 3, 1, 3, 3, 1].map(started));
    assert_eq!(restarts(&processes), (2, 1));
    let lives: Vec<Vec<u32>> =
        processes.instances().iter().map(|lives| lives.iter().map(|life| life.id).collect()).collect();
    assert_eq!(lives, [vec![0], vec![1, 2]]);
}

#[test]
fn many_instances_that_were_there_before_are_no_crash_loop_for_a_moment() {
    let rounds = || [7, 5, 9, 6].map(|day| started(1_799_000_000 + day)).into_iter().cycle();
    for polls in 1..12 {
        let (processes, _) = seen(rounds().take(polls));
        assert_eq!(processes.crash_loop(), None, "{polls}");
    }
    assert_eq!(restarts(&seen(rounds().take(12)).0), (4, 0));
}

#[test]
fn a_process_that_starts_again_and_again_is_in_a_crash_loop() {
    let lives = |seconds: u64| (0..40_u64).map(move |i| started(1_800_000_000 + i * 5 / seconds * seconds));
    let (processes, _) = seen(lives(60));
    assert_eq!(restarts(&processes), (1, 3));
    let found = processes.crash_loop().unwrap();
    assert_eq!((found.times, found.seconds, found.short_lives), (3, 120.0, false));
    // A clock that is an hour behind makes every start look too early.
    let behind = lives(20).map(|sample| started(sample.start_time.unwrap() - 3600));
    assert!(seen(behind).0.crash_loop().is_some());
}

#[test]
fn a_supervisor_that_waits_longer_and_longer_is_seen_by_short_lives() {
    let mut processes = Processes::default();
    for life in 0..4_u32 {
        let born = 1.8e9 + 2400.0 * f64::from(life);
        for poll in 0..10 {
            let t = born + 5.0 * f64::from(poll);
            processes.see(t, None, &started(1_800_000_000 + 2400 * u64::from(life)));
        }
    }
    let found = processes.crash_loop().unwrap();
    assert!(found.short_lives && found.times == 3, "{found:?}");
}

#[test]
fn counters_that_fall_once_are_a_restart_even_when_they_reach_what_they_were() {
    let lives = (0..100).map(|i| i * 10).chain((0..300).map(|i| i * 7));
    let (processes, sights) = seen(lives.map(allocated));
    assert_eq!(restarts(&processes), (1, 1));
    assert!(!sights.contains(&Sight::Back));
}

#[test]
fn counters_that_come_back_are_instances() {
    let two = (0..40).map(|i| if i % 2 == 0 { 100_000 + 50 * i } else { 40_000 + 70 * i });
    let (processes, sights) = seen(two.map(allocated));
    assert_eq!(restarts(&processes), (2, 0));
    let (before, after) = sights.split_at(5);
    assert!(!before.contains(&Sight::Back), "once or twice may be chance: {before:?}");
    assert!(after.iter().all(|sight| *sight == Sight::Back));
    let three = (0..60).map(|i| [100_000, 40_000, 50_000][i as usize % 3] + 50 * i);
    let (processes, _) = seen(three.map(allocated));
    assert_eq!((restarts(&processes), processes.crash_loop()), ((3, 0), None));
    // One that has just started is known when it has grown.
    let fresh = |polls| (0..polls).map(|i| if i % 2 == 0 { 100_000 + 50 * i } else { 400 + 70 * i });
    assert!(!seen(fresh(4).map(allocated)).0.is_several());
    assert_eq!(restarts(&seen(fresh(12).map(allocated)).0), (2, 0));
    // One connection that is kept stays with one of them for a while.
    let held = (0..120).map(|i| if i / 20 % 2 == 0 { 100_000 + 50 * i } else { 4000 + 70 * i });
    assert_eq!(restarts(&seen(held.map(allocated)).0), (2, 0));
}

#[test]
fn a_crash_loop_of_counters_is_one_though_they_reach_each_other() {
    let noise = |i: u64| i * 7919 % 13;
    for length in [2, 3, 12] {
        let lives = (0..120).map(|i| 5 + noise(i / length) / 3 + i % length * 95 + noise(i));
        let (processes, _) = seen(lives.map(allocated));
        assert!(!processes.is_several() && !processes.is_unclear(), "{length}");
        assert!(processes.crash_loop().is_some(), "{length}");
    }
    // Each life like the one before.
    let (processes, _) = seen((0..60).map(|i| allocated(3 + i % 12 * 15)));
    assert_eq!((restarts(&processes), processes.crash_loop().is_some()), ((1, 4), true));
}

#[test]
fn counters_that_come_back_in_their_order_cannot_be_told_apart() {
    let three = (0..60).map(|i| [4000, 50_000, 100_000][i as usize % 3] + 50 * i);
    let (processes, _) = seen(three.map(allocated));
    assert!(processes.is_unclear() && processes.crash_loop().is_none(), "{processes:?}");
    assert_eq!(restarts(&processes), (1, 0));
}

#[test]
fn names_tell_instances_apart_and_what_has_neither_is_one() {
    let mut processes = Processes::default();
    for i in 0..10 {
        let (name, start) = if i % 2 == 0 { ("a", 1) } else { ("b", 1 + i / 6) };
        processes.see(f64::from(i as u32), Some(name), &started(start));
    }
    assert_eq!(restarts(&processes), (2, 1));
    let (processes, sights) = seen([Sample::default(); 4]);
    assert_eq!((restarts(&processes), sights[3]), ((1, 0), Sight::Same));
}

#[test]
fn what_is_remembered_is_bounded_and_restarts_are_counted_all_the_same() {
    let (processes, _) = seen((0..1000).map(started));
    assert_eq!((restarts(&processes), processes.lives.len()), ((1, 999), KEPT));
}
