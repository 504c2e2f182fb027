//! What comes before the first request of HTTPS.

use core::time::Duration;
use kaipiao_wire::answer as wire_answer;
use rustls::AlertDescription;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// So long a client may take to read that it is refused.
pub(crate) const REFUSAL_TIME: Duration = Duration::from_secs(1);
/// The log tells of failed handshakes once in so long.
const TOLD_EVERY: Duration = Duration::from_secs(1);

type Socket = Pin<Box<TimeoutStream<TcpStream>>>;

/// A client's handshake.
pub(crate) struct Handshake {
    pub(crate) tls: TlsAcceptor,
    pub(crate) peer: IpAddr,
    pub(crate) time_limit: Duration,
    /// Who has not said hello at the stop is not waited for: an error says that it has come.
    pub(crate) stopped: watch::Receiver<()>,
    pub(crate) failures: Arc<Failures>,
}

impl Handshake {
    /// None: it has failed, and the client was told what can be told.
    pub(crate) async fn run(mut self, stream: Socket) -> Option<TlsStream<Socket>> {
        let shaken = tokio::time::timeout(self.time_limit, shake(&self.tls, stream));
        let shaken = tokio::select! {
            shaken = shaken => shaken,
            _ = self.stopped.changed() => return None,
        };
        match shaken {
            Ok(Shaken::Done(stream)) => return Some(*stream),
            Ok(Shaken::Plain(stream)) => {
                self.failures.tell(self.peer, "it spoke plain HTTP to the port of HTTPS");
                let _ = tokio::time::timeout(REFUSAL_TIME, refuse_plain(stream)).await;
            }
            Ok(Shaken::Silent) => {}
            Ok(Shaken::Failed(error)) => self.failures.tell(self.peer, &explained(&error)),
            Err(_) => self.failures.tell(self.peer, "it took longer than limits.header_timeout_ms"),
        }
        None
    }
}

enum Shaken {
    Done(Box<TlsStream<Socket>>),
    /// A request of HTTP is there, unread.
    Plain(Socket),
    /// The client has gone without a word, as balancers that look whether the port is open.
    Silent,
    Failed(std::io::Error),
}

async fn shake(tls: &TlsAcceptor, stream: Socket) -> Shaken {
    let mut first = [0];
    match stream.get_ref().peek(&mut first).await {
        Ok(0) => return Shaken::Silent,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => return Shaken::Silent,
        Err(error) => return Shaken::Failed(error),
        // A method's name; TLS begins with 22.
        Ok(_) if first[0].is_ascii_alphabetic() => return Shaken::Plain(stream),
        Ok(_) => {}
    }
    match tls.accept(stream).await {
        Ok(stream) => Shaken::Done(Box::new(stream)),
        Err(error) => Shaken::Failed(error),
    }
}

async fn refuse_plain(stream: Socket) {
    let problem = "this port speaks HTTPS: write https:// in place of http://";
    let body = wire_answer::invalid_address(problem);
    refuse(stream, "400 Bad Request", "", &body).await;
}

/// Answers before any request was read, and waits until that is heard: what is closed with a request unread is
/// reset, and the answer lost. `headers` are lines with their ends.
pub(crate) async fn refuse<S>(mut stream: S, status: &str, headers: &str, body: &str)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (content_type, length) = (wire_answer::CONTENT_TYPE, body.len());
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\
         {headers}connection: close\r\n\r\n{body}"
    );
    let is_sent = stream.write_all(answer.as_bytes()).await.is_ok();
    if is_sent && stream.shutdown().await.is_ok() {
        while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
    }
}

/// Why a handshake failed, with what an operator can do about it.
fn explained(error: &std::io::Error) -> String {
    let alert = match error.get_ref().and_then(|error| error.downcast_ref()) {
        Some(rustls::Error::AlertReceived(alert)) => *alert,
        _ => return error.to_string(),
    };
    match alert {
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown => {
            format!("the client does not trust the certificate ({alert:?}): see kaipiao trust")
        }
        AlertDescription::CertificateExpired => {
            "to the client the certificate is over (CertificateExpired): see kaipiao doctor"
                .to_owned()
        }
        alert => format!("the client gave up: {alert:?}"),
    }
}

/// Failed handshakes as the log tells of them: a line in [`TOLD_EVERY`] at most, so that no client floods it, with
/// how many there were since the line before.
#[derive(Default)]
pub(crate) struct Failures(Mutex<Told>);

#[derive(Default)]
struct Told {
    at: Option<Instant>,
    failed_since: u64,
}

impl Failures {
    fn tell(&self, client: IpAddr, why: &str) {
        if let Some(handshakes) = self.count(Instant::now()) {
            tracing::info!(%client, handshakes, "a TLS handshake failed: {why}");
        }
    }

    /// Counts a failure; how many a line tells of, if there is to be one.
    fn count(&self, now: Instant) -> Option<u64> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.failed_since += 1;
        if told.at.is_some_and(|at| now.duration_since(at) < TOLD_EVERY) {
            return None;
        }
        told.at = Some(now);
        Some(core::mem::take(&mut told.failed_since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_failures_the_log_has_a_line_a_second_and_none_is_forgotten() {
        let (failures, begin) = (Failures::default(), Instant::now());
        let at = |ms| failures.count(begin + Duration::from_millis(ms));
        assert_eq!(at(0), Some(1));
        for ms in 1..1000 {
            assert_eq!(at(ms), None);
        }
        assert_eq!(at(1000), Some(1000));
        assert_eq!(at(5000), Some(1));
    }

    #[test]
    fn who_does_not_trust_the_certificate_is_told_apart() {
        let said = |alert| explained(&std::io::Error::other(rustls::Error::AlertReceived(alert)));
        assert!(said(AlertDescription::UnknownCA).contains("kaipiao trust"));
        assert!(said(AlertDescription::CertificateExpired).contains("kaipiao doctor"));
        assert_eq!(said(AlertDescription::UserCanceled), "the client gave up: UserCanceled");
        assert_eq!(explained(&std::io::Error::other("else")), "else");
    }
}
