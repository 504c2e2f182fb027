//! The load: keep-alive connections, each sends its next request when the last is answered. One
//! thread drives them all, so that it takes no more than one core from the server beside it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Connections at once.
pub(crate) const CONNECTIONS: usize = 64;

/// What a load does.
#[derive(Clone)]
pub(crate) struct Load {
    /// The server.
    pub(crate) address: SocketAddr,
    /// Path and query.
    pub(crate) path: String,
    /// The body of the n-th request.
    pub(crate) body: Arc<dyn Fn(u64) -> String + Send + Sync>,
}

impl Load {
    /// Requests per second over `during`; every answer must hold `"errcode":0`.
    pub(crate) fn per_s(&self, next: &Arc<AtomicU64>, during: Duration) -> f64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("the process can start a thread").block_on(async {
            let started = Instant::now();
            let end = started + during;
            let tasks: Vec<_> = (0..CONNECTIONS)
                .map(|_| tokio::spawn(self.clone().connection(Arc::clone(next), end)))
                .collect();
            let mut answered = 0;
            for task in tasks {
                answered += task.await.expect("a connection saw only good answers");
            }
            f64::from(answered) / started.elapsed().as_secs_f64()
        })
    }

    async fn connection(self, next: Arc<AtomicU64>, end: Instant) -> u32 {
        let mut stream = TcpStream::connect(self.address).await.expect("the server accepts");
        stream.set_nodelay(true).expect("a socket takes the option");
        let (mut answered, mut buffer) = (0, Vec::with_capacity(4096));
        while Instant::now() < end {
            let body = (self.body)(next.fetch_add(1, Ordering::Relaxed));
            let request = format!(
                "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n{body}",
                self.path,
                body.len()
            );
            stream.write_all(request.as_bytes()).await.expect("the server reads");
            read_answer(&mut stream, &mut buffer).await;
            answered += 1;
        }
        answered
    }
}

/// Reads one whole answer and checks it.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.expect("the server answers");
        assert!(read > 0, "the server closed the connection");
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&buffer[..head]).expect("a head is ASCII");
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.unwrap_or_else(|| panic!("no content-length: {text}"));
        if buffer.len() >= head + 4 + length {
            let body = &buffer[head + 4..];
            assert!(
                body.starts_with(br#"{"errcode":0,"#),
                "a wrong answer: {}",
                String::from_utf8_lossy(body)
            );
            return;
        }
    }
}
