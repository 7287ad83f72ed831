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
use crate::upstream::upload::Upload;

/// Bytes of an upload that are handed on in one step.
const SLICE: usize = 16 * 1024;

pub(crate) struct Answer {
    body: RecvStream,
    upload: Option<Sending>,
}

/// The part of a request that is still to be sent.
struct Sending {
    stream: SendStream<Bytes>,
    rest: Bytes,
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
    let rest = upload.into_bytes();
    let sent = send.send_request(Request::from_parts(head, ()), rest.is_empty());
    let (mut answer, stream) = sent.map_err(unsent)?;
    let mut upload = Some(Sending { stream, rest }).filter(|upload| !upload.rest.is_empty());
    let response = std::future::poll_fn(|cx| {
        if let Poll::Ready(response) = Pin::new(&mut answer).poll(cx) {
            return Poll::Ready(response);
        }
        // A failure to send is told by the answer, which knows more.
        if upload.as_mut().is_some_and(|upload| upload.poll(cx).is_ready()) {
            upload = None;
        }
        Poll::Pending
    })
    .await
    .map_err(|error| failed(&error))?;
    // Nobody wants the rest of a request that is refused.
    let upload = upload.filter(|_| response.status().is_success());
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
        if self.upload.as_mut().is_some_and(|upload| upload.poll(cx).is_ready()) {
            self.upload = None;
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
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.rest.is_empty() {
            self.stream.reserve_capacity(self.rest.len().min(SLICE));
            if self.stream.capacity() == 0 {
                match ready!(self.stream.poll_capacity(cx)) {
                    Some(Ok(_)) => continue,
                    // Reset, or the connection is gone: whoever waits for the answer learns why.
                    Some(Err(_)) | None => break,
                }
            }
            let slice = self.rest.split_to(self.stream.capacity().min(self.rest.len()));
            if self.stream.send_data(slice, self.rest.is_empty()).is_err() {
                break;
            }
        }
        self.rest = Bytes::new();
        Poll::Ready(())
    }
}
