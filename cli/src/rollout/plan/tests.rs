use vitals::units::parse_duration;

use super::*;

fn plan(text: &str) -> Result<Plan, String> {
    let read = Plan::of(Path::new("rollout.toml"), Path::new("/srv/relay"), text);
    read.map_err(|failure| {
        assert_eq!(failure.code(), vitals::exit::USAGE);
        failure.text().to_owned()
    })
}

#[test]
fn a_short_form_is_enough() {
    let plan = plan("compose = \"relay\"").unwrap();
    let command = |order: &Option<Order>| order.as_ref().map(|order| order.command.clone());
    assert_eq!(command(&plan.build).as_deref(), Some("docker compose build relay"));
    assert_eq!(command(&plan.stop).as_deref(), Some("docker compose stop relay"));
    assert_eq!(plan.start.command, "docker compose up -d relay");
    assert_eq!(plan.rollback, None);
    assert_eq!((plan.after, plan.ready.limit), (MINUTE, 2 * MINUTE));
    let watch = plan.watch(false).unwrap();
    assert_eq!((watch.duration, watch.interval), (Some(30 * MINUTE), Duration::from_secs(5)));
    assert_eq!(watch.record.as_deref(), Some(Path::new("/srv/relay/rollout.state/current.csv")));
    assert_eq!(plan.check().unwrap().samples, 3);
    assert_eq!(plan.record(Path::new("b.csv")).unwrap().duration, Some(10 * MINUTE));
    let since = "2026-11-29T10:00:00Z".parse().unwrap();
    let logs = "docker compose logs --no-color --since 2026-11-29T10:00:00.000Z relay";
    assert_eq!(plan.logs(since).as_deref(), Some(logs));
}

#[test]
fn what_is_wrong_is_chinese_throughout() {
    for (text, told) in [
        ("[start\n", "rollout.toml:1: 不是有效的 TOML：表头没有结束，缺少 `]`"),
        ("target = 5\n", "rollout.toml:1: `target` 是整数，应为地址，例如 \"http://localhost:3000\""),
        ("[watch]\nsteady_load = []\n", "rollout.toml:2: `watch.steady_load` 是列表，应为 true 或 false"),
        ("target = \"http://a:b\"\n", "rollout.toml:1: `target`：不是地址（端口无效）："),
    ] {
        let said = vitals::Language::Zh.during(|| plan(text)).unwrap_err();
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn a_plan_that_powershell_wrote_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("relay.toml");
    let wide: Vec<u8> = "\u{feff}compose = \"relay\"\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&file, wide).unwrap();
    assert_eq!(Plan::read(&file).unwrap().start.command, "docker compose up -d relay");
    std::fs::write(&file, b"\xffa").unwrap();
    assert!(Plan::read(&file).unwrap_err().text().contains("not UTF-8"));
}

/// What a command says of its flags is said of the plan's keys.
#[test]
fn flags_are_called_by_their_keys() {
    let text =
        "compose = \"relay\"\n[watch]\nmax_peak = 3000\n[compare]\nmax_peak = 2000\n[limits]\ndanger = 9\n";
    let plan = plan(text).unwrap();
    let said = |text: &str| plan.blamed(&Failure::usage(text)).text().to_owned();
    assert_eq!(said("--danger 9: too low"), "rollout.toml:7: `limits.danger` 9: too low");
    assert_eq!(said("--max-peak 1"), "rollout.toml:3: `watch.max_peak` 1");
    assert_eq!(said("--api-url: no"), "rollout.toml: `target`: no", "it is a default");
    assert_eq!(said("nothing of flags"), "rollout.toml: nothing of flags");
}

#[test]
fn a_command_stands_over_its_short_form() {
    let text = "systemd = \"relay.service\"\n[stop]\ncommand = \"./stop\"\ntimeout = 5\n";
    let plan = plan(text).unwrap();
    assert_eq!(plan.stop, Some(Order { command: "./stop".to_owned(), limit: Duration::from_secs(5) }));
    assert_eq!((plan.build, &*plan.start.command), (None, "systemctl start relay.service"));
}

#[test]
fn mistakes_come_with_their_lines_all_at_once() {
    let text = "targt = \"http://a:1\"\n[start]\ncommand = \"./relay\"\nbackgruond = true\ntimeout = \"5 parsecs\"\n\
                [watch]\nfor = \"30q\"\nmax_peak = \"many\"\nsteady_load = \"yes\"\n[whatever]\nx = 1\n";
    let said = plan(text).unwrap_err();
    for wanted in [
        "rollout.toml:1: unknown key `targt`, did you mean `target`?",
        "rollout.toml:4: unknown key `start.backgruond`, did you mean `background`?",
        "rollout.toml:5: `start.timeout`: `5 parsecs` is not a duration",
        "rollout.toml:7: `watch.for`: `30q` is not a duration",
        "rollout.toml:8: `watch.max_peak`: ",
        "rollout.toml:9: `watch.steady_load` is a string, expected true or false",
        "rollout.toml:10: unknown key `whatever`, known here are ",
    ] {
        assert!(said.contains(wanted), "{wanted}\nis not in\n{said}");
    }
    assert_eq!(said.lines().count(), 7, "{said}");
    assert!(
        plan("[build]\ncommand = \"make\"\n")
            .unwrap_err()
            .contains("rollout.toml: there is no `start.command`")
    );
    let broken = plan("x = \n").unwrap_err();
    assert!(broken.contains(": not valid TOML: "), "{broken}");
    let none = plan(&"{ \"json\": [1, 2] }\n".repeat(50)).unwrap_err();
    assert!(none.lines().count() <= 5, "{none}");
    let both = plan("compose = \"a\"\nsystemd = \"b\"\n[start]\ncommand = \"c\"\n").unwrap_err();
    assert!(both.starts_with("rollout.toml:2: `compose` and `systemd`"), "{both}");
}

/// The example is a plan; what is commented out is every other key, and shows the defaults.
#[test]
fn the_example_has_every_key_and_its_defaults() {
    let plain = plan(crate::rollout::EXAMPLE).unwrap();
    let all: String = crate::rollout::EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if key.split_once(" = ").is_some_and(|(name, _)| !name.contains(' ')) => {
                format!("{key}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let values = Values::read(Path::new("rollout.toml"), &all);
    let given: Vec<String> = values.all.iter().map(|given| given.key.full()).collect();
    let known: Vec<String> = keys::KEYS.iter().map(keys::Key::full).collect();
    assert_eq!(given, known);
    let times =
        |section: &str, name: &str| values.text(section, name).map(|text| parse_duration(text).unwrap());
    assert_eq!(times("build", "timeout"), plain.build.map(|order| order.limit));
    assert_eq!(times("stop", "timeout"), plain.stop.map(|order| order.limit));
    assert_eq!(times("start", "timeout"), Some(plain.start.limit));
    assert_eq!(times("ready", "timeout"), Some(plain.ready.limit));
    assert_eq!(times("check", "after"), Some(plain.after));
    for (section, name, usual) in USUAL {
        assert_eq!(values.text(section, name), Some(usual));
    }
    assert_eq!(plain.folder.join(values.text("", "state").unwrap()), plain.state);
    assert_eq!(plain.folder.join(values.text("baseline", "file").unwrap()), plain.baseline);
}

/// The same plan for who reads Chinese.
#[test]
fn the_chinese_example_differs_in_its_comments_alone() {
    let chinese = include_str!("../example.zh.toml");
    let keys = |text: &str| -> Vec<String> {
        let is_comment = |line: &&str| line.starts_with("# ") || line.is_empty();
        text.lines().filter(|line| !is_comment(line)).map(str::to_owned).collect()
    };
    assert_eq!(keys(crate::rollout::EXAMPLE), keys(chinese));
    let english = |line: &&str| line.starts_with("# ") && line.is_ascii();
    assert_eq!(chinese.lines().find(english), None);
    assert_eq!(vitals::Language::Zh.during(crate::rollout::example), chinese);
}
