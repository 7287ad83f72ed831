use super::*;

pub(in crate::rollout) fn all() -> Vec<Job> {
    let flags =
        |more: &str| ["--api-url=http://relay:3000", "--danger=4000", more].map(str::to_owned).to_vec();
    let (check, watch) = (flags("--expect=goroutines<9"), flags("--max-peak=3000"));
    let flags = Flags { check, watch, compare: flags("--max-growth=20%") };
    let ended = "2026-11-29T10:07:00Z".parse().unwrap();
    let name =
        Name { own: "relay".to_owned(), older: "relay".to_owned(), plan: "/srv/50%/relay.toml".into() };
    jobs(Path::new("/opt/water tight"), &name, ended, &flags, Path::new("/var/50%"))
}

#[test]
fn the_founding_documents_routine() {
    let jobs = all();
    let counts: Vec<usize> = jobs.iter().map(|job| job.times().len()).collect();
    assert_eq!(counts, [24, 3, 12, 4, 1], "hourly, three watches, every 4 h, daily, weekly");
    assert_eq!(jobs[0].name, "watertight-relay-day-1");
    assert!(jobs.windows(2).all(|pair| pair[0].from < pair[1].from));
    let line = jobs[2].line.join(" ");
    assert_eq!(
        line,
        "/opt/water tight compare /var/50%/current.csv http://relay:3000 --duration=10m --danger=4000 --max-growth=20%"
    );
    let gates: Vec<_> = jobs.iter().map(|job| job.line.last().unwrap().as_str()).collect();
    let (check, watch, compare) = ("--expect=goroutines<9", "--max-peak=3000", "--max-growth=20%");
    assert_eq!(
        gates,
        [check, watch, compare, watch, compare],
        "what the rollout must hold holds afterwards, too"
    );
    for job in &jobs {
        let words = job.line.iter().map(Into::into).collect::<Vec<_>>();
        crate::args::parse(words).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn a_name_tells_plans_apart_however_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for sub in ["a", "b"] {
        std::fs::create_dir(at(sub)).unwrap();
        std::fs::write(at(sub).join("mein Relé.toml"), "").unwrap();
    }
    let [one, other] = ["a", "b"].map(|sub| Name::of(&at(sub).join("mein Relé.toml")));
    assert_ne!(one.own, other.own);
    assert_eq!((&*one.older, &one.older), ("mein Relé", &other.older));
    assert!(one.own.starts_with("mein-Rel--"), "{}", one.own);
    assert!(one.own.is_ascii() && !one.own.contains(' '));
    assert_eq!(Name::of(&at("b/../a/mein Relé.toml")).own, one.own);
    assert_eq!(Name::jobs("x").next().as_deref(), Some("watertight-x-day-1"));
}
