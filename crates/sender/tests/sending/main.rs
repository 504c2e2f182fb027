//! The sender against real sockets that behave badly.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod names;

use kaipiao_domain::access::address_range::AddressRange;
use kaipiao_ports::delivery::sender::{Content, Incoming, Outgoing, SendError, Sender};
use kaipiao_sender::guard::Guard;
use kaipiao_sender::{HttpSender, SenderSettings};
use kaipiao_testkit::addresses::Refusing;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LIMIT: Duration = Duration::from_secs(5);

/// A receiver that reads one request's head and then behaves as given, once per connection.
async fn receiver<F, R>(behave: F) -> SocketAddr
where
    F: Fn(TcpStream, String) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let behave = Arc::new(behave);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let behave = Arc::clone(&behave);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.windows(4).any(|w| w == b"\r\n\r\n") {
                    if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                behave(stream, String::from_utf8_lossy(&head).into_owned()).await;
            });
        }
    });
    address
}

/// A receiver that answers with these bytes and closes.
async fn answering(bytes: &'static [u8]) -> SocketAddr {
    receiver(move |mut stream, _| async move {
        stream.write_all(bytes).await.unwrap();
    })
    .await
}

fn sender() -> HttpSender {
    HttpSender::new(SenderSettings::of_machine(Guard::open())).unwrap()
}

fn outgoing(url: String) -> Outgoing {
    Outgoing {
        url,
        headers: Vec::new(),
        content: Some(Content { content_type: "text/xml", bytes: b"<xml></xml>".to_vec() }),
        time_limit: LIMIT,
        most_answer_bytes: Outgoing::MOST_ANSWER_BYTES,
    }
}

async fn send_to(address: SocketAddr) -> Result<Incoming, SendError> {
    sender().send(outgoing(format!("http://{address}/callback?a=1#fragment"))).await
}

#[tokio::test]
async fn any_whole_answer_is_an_answer() {
    for (bytes, status, body) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess"[..], 200, "success"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 1\r\n\r\nx", 500, "x"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            302,
            "",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, "abc"),
    ] {
        let answer = send_to(answering(bytes).await).await.unwrap();
        assert_eq!((answer.status, &*answer.body), (status, body.as_bytes()));
    }
}

#[tokio::test]
async fn the_request_is_what_receivers_expect() {
    let (report, reported) = std::sync::mpsc::channel();
    let address =
        receiver(move |mut stream, head| {
            report.send(head).unwrap();
            async move {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap()
            }
        })
        .await;
    send_to(address).await.unwrap();
    let head = reported.recv().unwrap().to_lowercase();
    assert!(head.starts_with("post /callback?a=1 http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: text/xml\r\n"), "{head}");
    assert!(head.contains("content-length: 11\r\n") && head.contains(&format!("host: {address}")));
    let signed = vec![("kaipiao-signature".into(), "ab12".to_owned())];
    let url = format!("http://{address}/");
    sender().send(Outgoing { headers: signed, ..outgoing(url) }).await.unwrap();
    let head = reported.recv().unwrap().to_lowercase();
    assert!(head.contains("kaipiao-signature: ab12\r\n"), "{head}");
    let get = Outgoing { content: None, ..outgoing(format!("http://{address}/?echostr=1")) };
    sender().send(get).await.unwrap();
    assert!(reported.recv().unwrap().starts_with("GET /?echostr=1 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn an_answers_headers_are_told_by_their_names_in_lower_case() {
    let bytes = b"HTTP/1.1 200 OK\r\nX-Signed: a b\r\nContent-Length: 0\r\n\r\n";
    let answer = send_to(answering(bytes).await).await.unwrap();
    assert_eq!((answer.header("x-signed"), answer.header("x-other")), (Some("a b"), None));
}

#[tokio::test]
async fn half_an_answer_garbage_and_a_reset_are_none() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"\x16\x03\x01garbage\r\n\r\n",
        b"",
    ] {
        let error = send_to(answering(bytes).await).await.unwrap_err();
        assert!(matches!(error, SendError::Broken(_)), "{error}");
    }
    let reset = receiver(|stream, _| async move {
        stream.set_zero_linger().unwrap();
        drop(stream);
    })
    .await;
    let error = send_to(reset).await.unwrap_err();
    assert!(matches!(error, SendError::Broken(_)), "{error}");
}

#[tokio::test]
async fn nobody_there_is_no_connection() {
    let nobody = Refusing::bind();
    let error = send_to(nobody.address).await.unwrap_err();
    assert!(matches!(error, SendError::NoConnection(_)), "{error}");
    let error = sender().send(outgoing("http://nowhere.invalid/".into())).await.unwrap_err();
    assert!(matches!(error, SendError::NoConnection(_)), "{error}");
}

#[tokio::test]
async fn the_limit_is_for_the_whole_answer() {
    let limit = Duration::from_millis(200);
    let silent = receiver(|stream, _| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    // A byte now and then does not prolong it.
    let dripping = receiver(|mut stream, _| async move {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
        stream.write_all(head).await.unwrap();
        let mut drops = tokio::time::interval(Duration::from_millis(20));
        loop {
            drops.tick().await;
            if stream.write_all(b"x").await.is_err() {
                break;
            }
        }
    })
    .await;
    for address in [silent, dripping] {
        let brief = Outgoing { time_limit: limit, ..outgoing(format!("http://{address}/")) };
        assert_eq!(sender().send(brief).await, Err(SendError::TimedOut(limit)));
    }
}

/// A kept connection that the receiver has closed meanwhile costs no try.
#[tokio::test]
async fn a_connection_closed_between_two_pushes_is_not_a_failure() {
    let address = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let sender = sender();
    for _ in 0..50 {
        let answer = sender.send(outgoing(format!("http://{address}/"))).await.unwrap();
        assert_eq!(answer.status, 200);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn ten_megabytes_are_read_to_64_kib() {
    let long = receiver(|mut stream, _| async move {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n";
        stream.write_all(head).await.unwrap();
        // The sender hangs up before all of it is written.
        let _ = stream.write_all(&vec![b'x'; 10_485_760]).await;
    })
    .await;
    let answer = send_to(long).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 65_536));
}

#[tokio::test]
async fn addresses_that_cannot_be_used_are_named() {
    for url in [
        "",
        "callback",
        "ftp://h/",
        "http://",
        "//h/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://[::1]:99999/",
        "http://user:secret@127.0.0.1/",
    ] {
        let error = sender().send(outgoing(url.into())).await.unwrap_err();
        assert!(matches!(error, SendError::BadAddress(_)), "{url}: {error}");
    }
}

#[tokio::test]
async fn private_addresses_are_refused_by_number_and_by_name() {
    let address = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let port = address.port();
    let public_only =
        HttpSender::new(SenderSettings::of_machine(Guard::public_and(Vec::new()))).unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        let error = public_only.send(outgoing(format!("http://{host}:{port}/"))).await.unwrap_err();
        assert!(matches!(error, SendError::PrivateAddress(_)), "{host}: {error}");
        let looked_up = public_only.addresses(&format!("http://{host}:{port}/"), LIMIT).await;
        assert_eq!(looked_up, Err(error), "{host}: a look says what a push would meet");
    }
    let loopback = ["127.0.0.0/8", "::1"].map(|text| AddressRange::parse(text).unwrap()).to_vec();
    let allowed = HttpSender::new(SenderSettings::of_machine(Guard::public_and(loopback))).unwrap();
    assert_eq!(
        allowed.send(outgoing(format!("http://127.0.0.1:{port}/"))).await.unwrap().status,
        200
    );
    for url in ["https://localhost/", "http://127.0.0.1:1/"] {
        assert!(allowed.addresses(url, LIMIT).await.is_ok(), "{url}: nobody need be there");
    }
}

/// A TLS receiver with a certificate of its own making for `localhost`.
async fn tls_receiver(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> SocketAddr {
    use tokio_rustls::rustls::{self, pki_types::PrivateKeyDer};
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    address
}

#[tokio::test]
async fn certificates_are_checked() {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let address = tls_receiver(&certificate).await;
    let by_name = format!("https://localhost:{}/", address.port());
    let error = sender().send(outgoing(by_name.clone())).await.unwrap_err();
    assert!(
        matches!(&error, SendError::NoConnection(why) if why.contains("certificate")),
        "{error}"
    );

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, certificate.cert.pem()).unwrap();
    let settings =
        SenderSettings { ca_file: Some(file.clone()), ..SenderSettings::of_machine(Guard::open()) };
    let trusting = HttpSender::new(settings.clone()).unwrap();
    assert_eq!(trusting.send(outgoing(by_name)).await.unwrap().status, 200);
    // Trusted, but for another name.
    let error = trusting.send(outgoing(format!("https://{address}/"))).await.unwrap_err();
    assert!(matches!(error, SendError::NoConnection(_)), "{error}");

    std::fs::write(&file, "nothing").unwrap();
    assert!(HttpSender::new(settings).is_err());
}
