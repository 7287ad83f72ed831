use super::*;

/// Two addresses of one name, each with a thread: one recording, with which of them each row is of.
#[test]
fn instances_share_a_file() {
    let dir = tempfile::tempdir().unwrap();
    for (name, more) in [("a.csv", ""), ("a.ndjson", "--format ndjson")] {
        let path = dir.path().join(name);
        let args = arguments(&path, &format!("-n 2 {more}"));
        let clock = Simulated::new(Instant::now());
        let whole = Plan { instances: true, ..settings::recorded(&args, &path) };
        let recorder = Recorder::open(&whole, "http://relays", "script", clock.wall.get()).unwrap();
        let recorder = &Joint::new(recorder, 2);
        for (at, level) in [("10.0.0.1:80", 5), ("10.0.0.2:80", 70)] {
            let source = Scripted { clock: &clock, answer: |n, _: &Simulated| Some(level + n), polls: 0 };
            let (instance, progress) = (Some(at.to_owned()), Progress::new(None));
            let mut run = Run {
                source,
                instance,
                recorder,
                told: BTreeSet::new(),
                summary: Summary::default(),
                progress,
            };
            run.poll(&args, clock.start, &&clock).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        if name == "a.csv" {
            assert_eq!(columns(&path, "goroutines"), ["5", "6", "70", "71"]);
            assert_eq!(
                columns(&path, "instance"),
                ["10.0.0.1:80", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.2:80"]
            );
            continue;
        }
        let ends: Vec<_> = text.lines().filter(|line| line.contains("\"summary\"")).collect();
        assert_eq!(
            (ends.len(), text.lines().count()),
            (2, 6),
            "written once, when the last one is over: {text}"
        );
        assert!(ends[1].contains("\"instance\":\"10.0.0.2:80\"") && ends[1].contains("\"max\":71"), "{text}");
    }
    // A file of an earlier version has no place for it.
    let old = dir.path().join("old.csv");
    let header = String::from_utf8(crate::recording::header()).unwrap();
    let [before, after] = <[&str; 2]>::try_from(header.split(",instance").collect::<Vec<_>>()).unwrap();
    fs::write(&old, format!("{before}\n")).unwrap();
    let args = arguments(&old, "--append");
    let whole = Plan { instances: true, ..settings::recorded(&args, &old) };
    let refused = Recorder::open(&whole, "http://relays", "script", Timestamp::UNIX_EPOCH).unwrap_err();
    assert!(refused.text().contains("has no column `instance`"), "{}", refused.text());
    assert!(after.ends_with(",max_fds,memory_limit_bytes\n"), "{after}");
    fs::write(&old, header.replace(",max_fds,memory_limit_bytes", "")).unwrap();
    assert!(
        Recorder::open(&whole, "http://relays", "script", Timestamp::UNIX_EPOCH).is_ok(),
        "a later one has"
    );
}
