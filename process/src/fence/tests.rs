use super::*;

fn until(mut what: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if what() {
            return true;
        }
        sleep(LOOK);
    }
    false
}

/// A command with a fence around it, which are both taken away.
struct Fenced {
    child: std::process::Child,
    fence: Fence,
}

impl Fenced {
    fn start(command: &str, cage: Option<Cage>) -> Self {
        let child = shell(command, Around::Within, cage.as_ref()).spawn().unwrap();
        let fence = Fence::guarded(child.id(), cage);
        Self { child, fence }
    }

    fn end(&mut self) {
        self.fence.end(Duration::from_secs(3), Duration::from_secs(10), || {
            !matches!(self.child.try_wait(), Ok(None))
        });
    }
}

impl Drop for Fenced {
    fn drop(&mut self) {
        self.end();
        self.child.wait().unwrap();
        self.fence.take_down();
    }
}

/// It has left the group, and its parent is gone.
#[test]
fn who_has_left_the_group_and_lost_its_parent_is_ended_too() {
    let command = "sh -c 'setsid sleep 100 & exec sleep 0.5'; exec sleep 100";
    for cage in [Cage::make(None), None] {
        let mut fenced = Fenced::start(command, cage);
        let fence = &fenced.fence;
        let orphan = || {
            let all = Processes::now();
            let members = fence.members_of(&all);
            let group =
                |id: u32| all.iter().find(|(other, _)| *other == id).map(|(_, process)| process.group);
            let is_away = |id: &u32| {
                group(*id) != Some(fence.root)
                    && all.parent(*id).is_some_and(|parent| !members.contains(&parent))
            };
            members.iter().copied().find(is_away)
        };
        assert!(until(|| orphan().is_some()));
        let orphan = orphan().unwrap();
        fenced.end();
        assert!(!Processes::now().is_live(orphan) && fenced.fence.is_empty());
    }
}

/// What stands in for this process is killed; the guard's pipe ends with it.
#[test]
fn a_guard_ends_what_is_left_without_whoever_started_it() {
    let fenced = Fenced::start("sleep 100 & setsid sleep 100 & wait", Cage::make(None));
    let members = || fenced.fence.members();
    assert!(until(|| members().len() == 3), "{:?}", members());
    let members = members();
    // As if nothing of this program were left that could say that all is over.
    fenced.fence.vanish();
    let all_gone = || members.iter().all(|id| !Processes::now().is_live(*id));
    assert!(until(all_gone), "{members:?}");
}

/// The command is as it was written: its own words, its input and its name for the shell.
#[test]
fn a_shell_with_a_mark_changes_nothing_else() {
    let mut shell = shell("echo $#,$0; cat; no-such-command; exit 7", Around::Within, None);
    let shell = shell.env(mark::NAME, "1-1").stdin(std::process::Stdio::piped());
    let mut child =
        shell.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"input\n").unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), &*String::from_utf8_lossy(&done.stdout)), (Some(7), "0,sh\ninput\n"));
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(
        error.starts_with("sh: ") && error.lines().count() == 1 && error.contains("no-such-command"),
        "{error}"
    );
}
