//! Several targets at once, each in a thread of its own, so that none waits for another.

/// Does the same with each, all at once, and gives them back in their order.
pub(super) fn abreast<R: Send, T: Send>(runs: Vec<R>, body: impl Fn(&mut R) -> T + Sync) -> Vec<(R, T)> {
    let body = &body;
    let one = move |mut run: R| {
        let ended = body(&mut run);
        (run, ended)
    };
    // These threads cannot outlive their scope, which is their owner.
    std::thread::scope(|scope| {
        let threads: Vec<_> = runs.into_iter().map(|run| scope.spawn(move || one(run))).collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}
