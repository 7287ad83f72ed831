//! The answering side of one stream of HTTP/2.

use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::{HeaderName, HeaderValue, Response, header};
use tokio::sync::Notify;

use super::terms::{Ending, Length};

/// The wish that a connection end once its streams have.
#[derive(Default)]
pub(super) struct GoAway {
    pub(super) wanted: AtomicBool,
    pub(super) notify: Notify,
}

impl GoAway {
    pub(super) fn ask(&self) {
        self.wanted.store(true, Relaxed);
        self.notify.notify_one();
    }
}

/// Shared by whoever answers and by whoever watches for the peer's departure; never used by both at once.
#[derive(Clone)]
pub(crate) struct Out {
    state: Arc<Mutex<State>>,
    going: Arc<GoAway>,
}

enum State {
    /// Nothing was answered yet.
    Asked(SendResponse<Bytes>),
    /// Headers have gone out.
    Answering(SendStream<Bytes>),
    /// Ended, or reset.
    Over,
}

fn gone() -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}

impl Out {
    pub(super) fn new(respond: SendResponse<Bytes>, going: Arc<GoAway>) -> Self {
        Self { state: Arc::new(Mutex::new(State::Asked(respond))), going }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the headers; `extra` is lines that end in CRLF.
    pub(crate) fn head(
        &self,
        status: u16,
        content_type: &str,
        length: Length,
        coding: Option<&'static str>,
        extra: &str,
    ) -> io::Result<()> {
        let mut head = Response::builder()
            .status(status)
            .header(header::SERVER, "drill")
            .header(header::CONTENT_TYPE, content_type);
        if let Some(coding) = coding {
            head = head.header(header::CONTENT_ENCODING, coding);
        }
        if let Length::Bytes(n) = length {
            head = head.header(header::CONTENT_LENGTH, n);
        }
        for line in extra.split("\r\n").filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            let name = HeaderName::try_from(name).map_err(io::Error::other)?;
            head = head.header(name, HeaderValue::try_from(value).map_err(io::Error::other)?);
        }
        let head = head.body(()).map_err(io::Error::other)?;
        let mut state = self.state();
        let State::Asked(respond) = &mut *state else { return Err(gone()) };
        *state = State::Answering(respond.send_response(head, false).map_err(io::Error::other)?);
        Ok(())
    }

    /// Sends a piece of the body, as fast as the peer takes it.
    pub(crate) async fn data(&self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = Bytes::copy_from_slice(bytes);
        poll_fn(|cx| {
            let mut state = self.state();
            let State::Answering(stream) = &mut *state else { return Poll::Ready(Err(gone())) };
            while !rest.is_empty() {
                stream.reserve_capacity(rest.len());
                if stream.capacity() == 0 {
                    match stream.poll_capacity(cx) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Some(Ok(_))) => continue,
                        Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(Err(gone())),
                    }
                }
                let piece = rest.split_to(stream.capacity().min(rest.len()));
                if stream.send_data(piece, false).is_err() {
                    return Poll::Ready(Err(gone()));
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Ends the body.
    pub(crate) fn end(&self) -> io::Result<()> {
        let mut state = self.state();
        if let State::Answering(stream) = &mut *state {
            stream.send_data(Bytes::new(), true).map_err(io::Error::other)?;
            *state = State::Over;
        }
        Ok(())
    }

    /// Resets the stream with this code.
    pub(crate) fn reset(&self, code: u64) {
        let reason = Reason::from(u32::try_from(code).unwrap_or(2));
        let mut state = self.state();
        match &mut *state {
            State::Asked(respond) => respond.send_reset(reason),
            State::Answering(stream) => stream.send_reset(reason),
            State::Over => {}
        }
        *state = State::Over;
    }

    /// Tells the peer that the connection takes no further streams.
    pub(crate) fn go_away(&self) {
        self.going.ask();
    }

    /// Resets the stream where HTTP/1.1 would close the connection, unless all has been said.
    pub(super) fn finish(&self, ending: Ending) {
        let over = matches!(*self.state(), State::Over);
        match ending {
            // It cannot fail in a way that matters: the peer has left.
            Ending::KeepAlive => drop(self.end()),
            Ending::Close if over => self.go_away(),
            Ending::Close => self.reset(u64::from(u32::from(Reason::CANCEL))),
            Ending::Reset => self.reset(u64::from(u32::from(Reason::INTERNAL_ERROR))),
        }
    }

    /// Ready when the peer has reset the stream, or its connection is gone.
    pub(super) fn poll_gone(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut *self.state() {
            State::Asked(respond) => respond.poll_reset(cx).map(drop),
            State::Answering(stream) => stream.poll_reset(cx).map(drop),
            State::Over => Poll::Pending,
        }
    }
}
