//! Waiting for something until a deadline. When it is over, one more moment is given: what came meanwhile is read before
//! anybody is judged.

use std::future::Future;
use std::ops::Add;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use super::{awake, millis, until_awake};

/// After a deadline: for what waits in the sockets, in milliseconds.
const LATE: u64 = 25;

/// A moment on the clock of deadlines, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    pub(crate) fn now() -> Self {
        Self(awake())
    }

    /// The moment at which [`awake`] says so.
    pub(crate) fn at(awake: u64) -> Self {
        Self(awake)
    }
}

/// A limit beyond what the clock can count ends where the clock does.
impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0.saturating_add(millis(time)))
    }
}

pin_project! {
    /// A wait for something until a moment ([`until`]). Written out: an `async fn` keeps what it is given twice, as it came
    /// and where it is waited for, and each around it doubles that.
    pub(crate) struct Until<F> {
        #[pin]
        future: F,
        #[pin]
        asleep: Option<Sleep>,
        at: u64,
        late: bool,
    }
}

/// Waits for `future` until `at`. `None`: it was not ready by then.
pub(crate) fn until<F: Future>(at: Moment, future: F) -> Until<F> {
    Until { future, asleep: None, at: at.0, late: false }
}

impl<F: Future> Future for Until<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            // Most are ready at once, and need no timer.
            if let Poll::Ready(output) = this.future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            match this.asleep.as_mut().as_pin_mut() {
                Some(timer) => ready!(timer.poll(cx)),
                None => {
                    let mut left = until_awake(*this.at);
                    if left.is_zero() {
                        // It was over before: whoever asks again and again gets no new moment each time.
                        (*this.at, *this.late) = (this.at.saturating_add(LATE), true);
                        left = until_awake(*this.at);
                        if left.is_zero() {
                            return Poll::Ready(None);
                        }
                    }
                    this.asleep.set(Some(sleep(left)));
                    continue;
                }
            }
            // A pause has moved the deadline.
            let left = until_awake(*this.at);
            if left.is_zero() {
                if *this.late {
                    return Poll::Ready(None);
                }
                (*this.at, *this.late) = (awake().saturating_add(LATE), true);
            }
            this.asleep.set(Some(sleep(until_awake(*this.at))));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::pin::pin;

    use super::*;
    use crate::clock::scripted;
    use crate::scene;

    #[test]
    fn a_deadline_that_is_over_leaves_a_moment_for_what_has_come() {
        let runtime = scene::runtime();
        runtime.block_on(async {
            let passed = Moment::now();
            let second_look = async {
                let mut looks = 0;
                std::future::poll_fn(move |_| {
                    looks += 1;
                    if looks > 2 { Poll::Ready(looks) } else { Poll::Pending }
                })
                .await
            };
            assert_eq!(until(passed, second_look).await, Some(3));
            assert_eq!(until(passed, pending::<()>()).await, None);
        });
    }

    #[test]
    fn who_asks_again_after_a_deadline_gets_no_new_moment() {
        let runtime = scene::runtime();
        scripted::stands_at(1_000);
        assert_eq!(runtime.block_on(until(Moment::at(1_000 - LATE), std::future::ready(7))), Some(7));
        assert_eq!(runtime.block_on(until(Moment::at(1_000 - LATE), pending::<()>())), None);
    }

    #[test]
    fn a_pause_moves_the_deadline() {
        let runtime = scene::runtime();
        runtime.block_on(async {
            scripted::stands_at(1_000);
            let mut waits = pin!(until(Moment::now() + Duration::from_millis(10), pending::<()>()));
            let wait = tokio::time::timeout(Duration::from_millis(60), waits.as_mut());
            assert!(wait.await.is_err(), "the clock of deadlines stands still");
            scripted::stands_at(1_010);
            let wait = tokio::time::timeout(Duration::from_millis(60), waits.as_mut());
            assert!(wait.await.is_err(), "it is over, and there is still a moment");
            scripted::stands_at(1_035);
            assert_eq!(waits.await, None);
        });
    }
}
