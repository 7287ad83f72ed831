//! The text of `/debug/pprof/goroutine?debug=1` and of `goroutineleak`: `N @ addresses`, then a line a frame.

use super::frames::{is_runtime, wait};
use super::{Frame, Profile, Stack, Unreadable};

/// True if it looks like one.
pub(super) fn is_one(text: &str) -> bool {
    total(text.lines().next().unwrap_or_default()).is_some()
}

fn total(line: &str) -> Option<u64> {
    let (kind, total) = line.trim_end().split_once(" profile: total ")?;
    kind.starts_with("goroutine").then(|| total.parse().ok())?
}

/// Reads a whole one.
pub(super) fn read(text: &str) -> Result<Profile, Unreadable> {
    let mut lines = text.lines();
    let total = lines.next().and_then(total).ok_or(Unreadable::NoProfile)?;
    let mut stacks: Vec<Stack> = Vec::new();
    for line in lines {
        if let Some((count, _)) = line.split_once(" @").filter(|_| !line.starts_with('#')) {
            let count = count.parse().map_err(|_| Unreadable::NoCount(line.to_owned()))?;
            stacks.push(Stack { count, wait: None, frames: Vec::new() });
        } else if let (Some(frame), Some(stack)) = (frame(line), stacks.last_mut()) {
            stack.frames.push(frame);
        }
    }
    for stack in &mut stacks {
        stack.wait = wait(stack.frames.iter().map(|frame| frame.function.as_str()));
        let runtime = stack.frames.iter().take_while(|frame| is_runtime(&frame.function)).count();
        stack.frames.drain(..runtime);
    }
    let counted: u64 = stacks.iter().map(|stack| stack.count).sum();
    if counted < total {
        return Err(Unreadable::BreaksOff { counted, total });
    }
    Ok(Profile { total, stacks })
}

/// `# 0x8d9f50 main.(*relay).readStream+0x1f0 /src/main.go:124`, with tabs; labels and other comments are none.
fn frame(line: &str) -> Option<Frame> {
    let mut columns = line.strip_prefix("#\t0x")?.split('\t').skip(1).filter(|column| !column.is_empty());
    let function = columns.next()?;
    let function = function.rsplit_once("+0x").map_or(function, |(function, _)| function);
    let (file, line) = columns.next().and_then(|place| place.rsplit_once(':')).unwrap_or_default();
    Some(Frame {
        function: function.trim().to_owned(),
        file: file.to_owned(),
        line: line.parse().unwrap_or(0),
    })
}
