//! Carries a fault out, or a good answer.

mod errors;
mod framing;
mod http;
mod streams;
mod whole;

use std::io;
use std::time::Duration;

use tokio::time::sleep;

use super::answer::{Asked, Operation, Short};
use super::pack::Packer;
use super::table::{Chosen, Fault};
use super::terms::{Ending, JSON, JSON_CHARSET, Length};
use super::wire::{Wire, settle, silence};

/// Answers one request.
pub(crate) async fn perform(
    wire: &mut Wire<'_>,
    asked: &Asked,
    chosen: Option<Chosen>,
) -> io::Result<Ending> {
    let Some(Chosen { fault, arg, .. }) = chosen else { return good(wire, asked).await };
    let status = u16::try_from(arg).unwrap_or(500);
    match fault {
        Fault::Status | Fault::EarlyError => errors::complete(wire, asked, status).await,
        Fault::ErrorShort => errors::short(wire, asked, status).await,
        Fault::ErrorUnended => errors::unended(wire, asked, status, Ending::Close).await,
        Fault::ErrorReset => errors::unended(wire, asked, status, Ending::Reset).await,
        Fault::ErrorStall => errors::stall(wire, asked, status, false).await,
        Fault::ErrorStallHalf => errors::stall(wire, asked, status, true).await,
        Fault::ErrorEndless => errors::endless(wire, asked, status).await,
        Fault::ErrorHuge => errors::huge(wire, asked, arg).await,
        Fault::Html => errors::html(wire, status).await,
        Fault::Redirect => errors::redirect(wire).await,
        Fault::Empty => wire.whole(200, asked.content_type(), "", b"").await,

        Fault::JsonError => whole::error(wire, asked, JSON).await,
        Fault::JsonErrorCharset => whole::error(wire, asked, JSON_CHARSET).await,
        Fault::JsonAnswer => whole::answer(wire, asked, JSON).await,
        Fault::JsonAnswerCharset => whole::answer(wire, asked, JSON_CHARSET).await,
        Fault::Fields => whole::fields(wire, asked, arg).await,

        Fault::SseAnswer => streams::good(wire, asked).await,
        Fault::FinishReason => good(wire, &with_reason(asked, arg)).await,
        Fault::Incomplete => good(wire, &stopped_short(asked, arg)).await,
        Fault::Failed if asked.stream => streams::failed(wire, asked, arg).await,
        Fault::Failed => whole::failed(wire, asked).await,
        Fault::Blocked if asked.stream => streams::blocked(wire, asked).await,
        Fault::Blocked => whole::blocked(wire, asked).await,
        Fault::FilterOnly if asked.stream => streams::filter_only(wire, asked).await,
        Fault::FilterOnly => good(wire, asked).await,
        Fault::FirstError => streams::first_error(wire, asked).await,
        Fault::ErrorAfter => streams::error_after(wire, asked, arg).await,
        Fault::SilentAfterHeaders => silent_after_headers(wire, asked).await,
        Fault::Silent | Fault::Unread => silence().await,
        Fault::Stall if asked.stream => streams::stall(wire, asked, arg).await,
        Fault::Stall => whole::half_then_silence(wire, asked).await,
        Fault::DripComments => streams::drip_comments(wire, arg).await,
        Fault::DripBytes => streams::drip_bytes(wire, arg).await,
        Fault::NoEvent => streams::no_event(wire).await,
        Fault::ZeroTokens => streams::zero_tokens(wire, asked).await,
        Fault::Flood => streams::flood(wire, asked).await,
        Fault::BigEvent => streams::big_event(wire, asked, arg).await,
        Fault::BigAnswer => whole::big(wire, asked, arg).await,
        Fault::EndlessEvent => streams::endless_event(wire).await,
        Fault::Truncate => streams::truncate(wire, asked, arg).await,
        Fault::NoBlankLine => {
            streams::no_blank_line(wire, asked).await?;
            wire.last_chunk().await
        }
        Fault::FinishSilent => streams::finish_silent(wire, asked).await,
        Fault::NoBlankLineSilent => {
            streams::no_blank_line(wire, asked).await?;
            silence().await
        }
        Fault::NoDone => streams::no_done(wire, asked).await,
        Fault::AfterTerminal => streams::after_terminal(wire, asked).await,
        Fault::TerminalOpen => streams::terminal_open(wire, asked).await,
        Fault::InvalidUtf8 if asked.stream => streams::invalid_utf8(wire, asked).await,
        Fault::InvalidUtf8 => whole::invalid_utf8(wire, asked).await,
        Fault::Odd => streams::odd(wire, asked).await,

        Fault::Cut if asked.stream => framing::cut(wire, asked, arg, Ending::Close).await,
        Fault::ResetInChunk if asked.stream => framing::cut(wire, asked, arg, Ending::Reset).await,
        Fault::Cut => framing::length_short(wire, asked, Ending::Close).await,
        Fault::ResetInChunk => framing::length_short(wire, asked, Ending::Reset).await,
        Fault::LengthShort => framing::length_short(wire, asked, Ending::Close).await,
        Fault::TooLong => framing::too_long(wire, asked).await,
        Fault::TwoAnswers => framing::two_answers(wire, asked).await,
        Fault::LateSurplus => {
            good(wire, asked).await?;
            framing::late_surplus(wire, asked, arg).await
        }
        Fault::CloseIdle => good(wire, asked).await.map(|_| Ending::Close),
        Fault::CloseBeforeHeaders => Ok(Ending::Close),
        Fault::ResetBeforeHeaders => Ok(Ending::Reset),

        Fault::Goaway if asked.stream => streams::goaway(wire, asked).await,
        Fault::Goaway => {
            wire.stream().inspect(|out| out.go_away());
            good(wire, asked).await.map(|_| Ending::Close)
        }
        // Over HTTP/1.1 there is nothing like these; over HTTP/2 they have already been refused often enough.
        Fault::GoawayUnprocessed | Fault::RefusedStream => good(wire, asked).await,
        Fault::ResetStream => {
            wire.stream().inspect(|out| out.reset(arg));
            Ok(Ending::Reset)
        }
        Fault::ResetStreamAfter if asked.stream => {
            streams::tokens(wire, asked, 5).await?;
            settle().await;
            wire.stream().inspect(|out| out.reset(arg));
            Ok(Ending::Reset)
        }
        Fault::ResetStreamAfter => framing::length_short(wire, asked, Ending::Reset).await,
        Fault::WindowShut => silence().await,

        Fault::OddHttp => http::odd(wire, asked, arg).await,
        Fault::LyingHttp => http::lying(wire, asked, arg).await,
        Fault::Headers => http::headers(wire, asked).await,

        Fault::Gzip => packed(wire, &paced(asked, arg), Packer::gzip(), None).await,
        Fault::Deflate => packed(wire, &paced(asked, arg), Packer::deflate(), None).await,
        Fault::GzipTruncate => packed(wire, asked, Packer::gzip(), Some(arg)).await,
        Fault::GzipError => {
            wire.packer = Some(Packer::gzip());
            let ending = errors::complete(wire, asked, status).await;
            wire.packer = None;
            ending
        }
        Fault::GzipBomb => {
            wire.packer = Some(Packer::gzip());
            let ending = match asked.stream {
                true => streams::bomb(wire, asked, arg).await,
                false => whole::big(wire, asked, arg).await,
            };
            wire.packer = None;
            ending
        }

        Fault::Pace => good(wire, &paced(asked, arg)).await,
        Fault::Tokens => good(wire, &Asked { tokens: arg, ..asked.clone() }).await,
        Fault::Split => {
            wire.split = true;
            let ending = good(wire, asked).await;
            wire.split = false;
            ending
        }
    }
}

/// An answer that stops for the reason of that number.
fn with_reason(asked: &Asked, reason: u64) -> Asked {
    Asked { finish: usize::try_from(reason).unwrap_or(0), ..asked.clone() }
}

/// An answer that is shorter than it might have been.
fn stopped_short(asked: &Asked, reason: u64) -> Asked {
    let short = if reason == 0 { Short::Length } else { Short::Filter };
    Asked { short: Some(short), ..asked.clone() }
}

fn paced(asked: &Asked, ms: u64) -> Asked {
    Asked { pace: (ms > 0).then_some(Duration::from_millis(ms)).or(asked.pace), ..asked.clone() }
}

/// A good answer, packed; cut after some tokens where `cut` says so.
async fn packed(wire: &mut Wire<'_>, asked: &Asked, packer: Packer, cut: Option<u64>) -> io::Result<Ending> {
    wire.packer = Some(packer);
    let ending = match cut {
        None => good(wire, asked).await,
        Some(_) if !asked.stream => whole::half_packed(wire, asked).await,
        Some(n) => match streams::tokens(wire, asked, n).await {
            Ok(()) => {
                // Without its end: the chunked body ends cleanly, what is in it does not.
                wire.packer = None;
                wire.last_chunk().await
            }
            Err(error) => Err(error),
        },
    };
    wire.packer = None;
    ending
}

/// The answer that is right in every byte.
async fn good(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    if asked.stream && asked.operation == Operation::Chat {
        return streams::good(wire, asked).await;
    }
    if let Some(pace) = asked.pace {
        sleep(pace).await;
    }
    whole::answer(wire, asked, JSON).await
}

async fn silent_after_headers(wire: &mut Wire<'_>, asked: &Asked) -> io::Result<Ending> {
    let length = if asked.stream { Length::Chunked } else { Length::Bytes(1000) };
    wire.head(200, asked.content_type(), length, &asked.headers()).await?;
    silence().await
}
