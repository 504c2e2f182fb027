//! Addresses that HTTP does not allow: a raw `"`, `<`, `>`, a blank, or bytes that are not UTF-8.
//! hyper answers them with an empty 400 and offers no place to say more. So the stream beneath it
//! keeps the beginning of the newest request, and where hyper writes that answer, writes one that
//! names the character. Requests in order cost the copy of their first bytes, and are not looked at.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use kaipiao_http::CALL_PREFIXES;
use kaipiao_wire::answer;
use std::io::{IoSlice, Result};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is kept of a request: a line that is longer is not explained.
const KEPT_BYTES: usize = 1024;
/// What hyper answers to a request that it cannot read.
const EMPTY_REFUSAL: &[u8] = b"HTTP/1.1 400 Bad Request\r\n";
const NO_BODY: &[u8] = b"content-length: 0\r\n";

/// A stream beneath hyper that explains what hyper refuses.
pub(crate) struct Explained<S> {
    stream: S,
    begin: Vec<u8>,
    answer: Option<Answer>,
}

/// An answer in the place of hyper's.
struct Answer {
    bytes: Vec<u8>,
    written: usize,
}

impl<S> Explained<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, begin: Vec::new(), answer: None }
    }

    /// A method's name is in capitals, and JSON begins otherwise; a body that does begin so is
    /// kept in vain.
    fn keep(&mut self, bytes: &[u8]) {
        if bytes.first().is_some_and(u8::is_ascii_uppercase) {
            self.begin.clear();
        }
        let kept = bytes.len().min(KEPT_BYTES.saturating_sub(self.begin.len()));
        self.begin.extend_from_slice(&bytes[..kept]);
    }

    fn replace(&mut self, written: &[u8]) {
        if self.answer.is_none()
            && written.starts_with(EMPTY_REFUSAL)
            && written.windows(NO_BODY.len()).any(|bytes| bytes == NO_BODY)
            && let Some(explained) = explain(&self.begin)
        {
            self.answer = Some(Answer { bytes: explained, written: 0 });
        }
    }
}

/// The answer that names what is wrong with a request's line; None: it is something else.
fn explain(begin: &[u8]) -> Option<Vec<u8>> {
    let line = begin.split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    let (_, target) = line.split_at_checked(line.iter().position(|byte| *byte == b' ')? + 1)?;
    let end = target.windows(6).rposition(|bytes| bytes == b" HTTP/");
    let target = &target[..end.unwrap_or(target.len())];
    let body = answer::invalid_address(&complaint(target)?);
    let is_api = CALL_PREFIXES.iter().any(|prefix| target.starts_with(prefix.as_bytes()));
    let status = if is_api { "200 OK" } else { "400 Bad Request" };
    let (content_type, length) = (answer::CONTENT_TYPE, body.len());
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
    );
    Some((head + &body).into_bytes())
}

fn complaint(target: &[u8]) -> Option<String> {
    let query = target.iter().position(|byte| *byte == b'?').unwrap_or(target.len());
    let is_raw = |(index, byte): &(usize, &u8)| match byte {
        b'<' | b'>' | 0..=b' ' | 0x7f => true,
        b'"' => *index > query,
        _ => false,
    };
    if let Some((index, byte)) = target.iter().enumerate().find(is_raw) {
        let shown = match byte {
            b'!'..=b'~' => format!("raw {}", char::from(*byte)),
            b' ' => "blank".to_owned(),
            _ => "control character".to_owned(),
        };
        let place = index + 1;
        return Some(format!(
            "the address holds a {shown} at byte {place}, write it as %{byte:02X}"
        ));
    }
    let place = std::str::from_utf8(target).err()?.valid_up_to() + 1;
    Some(format!("the address is not UTF-8 at byte {place}, percent-encode it"))
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.keep(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Explained<S> {
    /// Writes the answer in hyper's place, if there is one; hyper's own counts as written then.
    fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        let Some(answer) = &mut self.answer else { return Poll::Ready(Ok(false)) };
        while answer.written < answer.bytes.len() {
            let rest = &answer.bytes[answer.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into())),
                written => answer.written += written,
            }
        }
        Poll::Ready(Ok(true))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<Result<usize>> {
        self.replace(buffer);
        if ready!(self.poll_answer(context))? {
            return Poll::Ready(Ok(buffer.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.replace(buffers.first().map_or(&[], |buffer| buffer));
        if ready!(self.poll_answer(context))? {
            return Poll::Ready(Ok(buffers.iter().map(|buffer| buffer.len()).sum()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_raw_in_an_address_is_named_and_nothing_else() {
        for (target, seen) in [
            ("/card/x?a=\"b\"", Some("raw \" at byte 11, write it as %22")),
            ("/x?a=<b>", Some("raw < at byte 6, write it as %3C")),
            ("/x?a=b c", Some("a blank at byte 7, write it as %20")),
            ("/x\"?a=b%20{}中", None),
        ] {
            let complaint = complaint(target.as_bytes());
            assert_eq!(complaint.is_some(), seen.is_some(), "{target}: {complaint:?}");
            assert!(complaint.unwrap_or_default().contains(seen.unwrap_or("")), "{target}");
        }
        assert!(complaint(b"/x?a=\xd6\xd0").unwrap().contains("not UTF-8 at byte 6"));
    }

    proptest::proptest! {
        #[test]
        fn no_request_makes_it_panic(begin: Vec<u8>, reads: Vec<Vec<u8>>) {
            let _ = explain(&begin);
            let mut stream = Explained::new(());
            for read in reads {
                stream.keep(&read);
            }
            proptest::prop_assert!(stream.begin.len() <= KEPT_BYTES);
        }
    }
}
