//! One request and its answer on a stream. The exchange that asks drives both: as long as an upload is not over, whoever
//! reads the answer also sends on. Dropped, the stream is reset and the connection stays good.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, RecvStream, SendStream};
use http::header::HOST;
use http::{Request, Response, Uri, Version};

use crate::upstream::connect::Destination;
use crate::upstream::failed::{Cut, Failed, Why};
use crate::upstream::feed::Cutoff;
use crate::upstream::upload::Upload;

/// Bytes of an upload that are handed on in one step.
const SLICE: usize = 16 * 1024;

pub(crate) struct Answer {
    body: RecvStream,
    /// Rare, and large.
    upload: Option<Box<Sending>>,
}

/// The part of a request that is still to be sent.
struct Sending {
    stream: SendStream<Bytes>,
    /// What waits for the upstream's window.
    piece: Bytes,
    upload: Upload,
}

/// Sends a request and waits for the head of its answer.
pub(crate) async fn send(
    mut send: SendRequest<Bytes>,
    destination: &Destination,
    request: Request<Upload>,
) -> Result<Response<Answer>, Failed> {
    let unsent = |error: h2::Error| Failed { why: Why::Untouched, text: error.to_string() };
    std::future::poll_fn(|cx| send.poll_ready(cx)).await.map_err(unsent)?;
    let (mut head, upload) = request.into_parts();
    head.version = Version::HTTP_2;
    head.headers.remove(HOST);
    head.uri = absolute(destination, &head.uri);
    let sent = send.send_request(Request::from_parts(head, ()), upload.is_end_stream());
    let (mut answer, stream) = sent.map_err(unsent)?;
    let upload = Some(upload).filter(|upload| !upload.is_end_stream());
    let mut upload = upload.map(|upload| Sending { stream, piece: Bytes::new(), upload });
    let response = std::future::poll_fn(|cx| {
        if let Poll::Ready(response) = Pin::new(&mut answer).poll(cx) {
            return Poll::Ready(response.map_err(|error| failed(&error)));
        }
        match upload.as_mut().map(|upload| upload.poll(cx)) {
            // A failure to send is told by the answer, which knows more.
            Some(Poll::Ready(Ok(()))) => upload = None,
            Some(Poll::Ready(Err(cutoff))) => {
                return Poll::Ready(Err(Failed { why: Why::Broke, text: cutoff.to_string() }));
            }
            Some(Poll::Pending) | None => {}
        }
        Poll::Pending
    })
    .await?;
    // Nobody wants the rest of a request that is refused.
    let upload = upload.filter(|_| response.status().is_success()).map(Box::new);
    Ok(response.map(|body| Answer { body, upload }))
}

fn absolute(destination: &Destination, path: &Uri) -> Uri {
    let mut parts = path.clone().into_parts();
    parts.scheme = Some(destination.scheme());
    parts.authority = destination.authority.clone();
    Uri::from_parts(parts).unwrap_or_default()
}

/// Reads from a broken stream what became of the request.
fn failed(error: &h2::Error) -> Failed {
    // RFC 9113, section 8.7: these say that the request was not processed.
    let refused = error.is_remote()
        && (error.is_go_away() || error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM));
    let why = match refused {
        true => Why::Untouched,
        false if error.is_library() => Why::NotHttp,
        false if error.is_reset() => Why::Reset,
        false => Why::Broke,
    };
    Failed { why, text: error.to_string() }
}

impl Answer {
    /// Bytes that have come and were not read yet: a window of them at most.
    pub(crate) fn ahead(&mut self) -> usize {
        self.body.flow_control().used_capacity()
    }

    /// The next bytes; `None` at a clean end.
    pub(crate) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        match self.upload.as_mut().map(|upload| upload.poll(cx)) {
            Some(Poll::Ready(Ok(()))) => self.upload = None,
            Some(Poll::Ready(Err(_))) => return Poll::Ready(Some(Err(Cut))),
            Some(Poll::Pending) | None => {}
        }
        Poll::Ready(match ready!(self.body.poll_data(cx)) {
            Some(Ok(bytes)) => {
                // What is passed on frees its room; an error here is told by the next read.
                let _ = self.body.flow_control().release_capacity(bytes.len());
                Some(Ok(bytes))
            }
            Some(Err(_)) => Some(Err(Cut)),
            None => None,
        })
    }
}

impl Sending {
    /// Sends as the upstream opens its window. Ready when nothing more is to be sent.
    ///
    /// # Errors
    /// When the request broke off. The upstream has a reset then, and no request that looks whole.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Cutoff>> {
        loop {
            if self.piece.is_empty() {
                match ready!(self.upload.poll_piece(cx, SLICE)) {
                    Some(Ok(piece)) => self.piece = piece,
                    Some(Err(cutoff)) => {
                        self.stream.send_reset(Reason::CANCEL);
                        return Poll::Ready(Err(cutoff));
                    }
                    None => {
                        let _ = self.stream.send_data(Bytes::new(), true);
                        return Poll::Ready(Ok(()));
                    }
                }
                continue;
            }
            self.stream.reserve_capacity(self.piece.len().min(SLICE));
            if self.stream.capacity() == 0 {
                match ready!(self.stream.poll_capacity(cx)) {
                    Some(Ok(_)) => continue,
                    // Reset, or the connection is gone: whoever waits for the answer learns why.
                    Some(Err(_)) | None => return Poll::Ready(Ok(())),
                }
            }
            let slice = self.piece.split_to(self.stream.capacity().min(self.piece.len()));
            let is_last = self.piece.is_empty() && self.upload.is_end_stream();
            if self.stream.send_data(slice, is_last).is_err() || is_last {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
