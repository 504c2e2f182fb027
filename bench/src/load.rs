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

/// One keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server accepts");
        stream.set_nodelay(true).expect("a socket takes the option");
        Self { stream, answer: Vec::with_capacity(4096) }
    }

    /// POSTs a body; returns the answer's body.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> &str {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.expect("the server reads");
        read_message(&mut self.stream, &mut self.answer).await.expect("the server answers")
    }
}

/// Reads one whole HTTP message with a Content-Length; returns its body. None: the peer is gone.
pub(crate) async fn read_message<'a>(
    stream: &mut TcpStream,
    buffer: &'a mut Vec<u8>,
) -> Option<&'a str> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
        let Some(head) = buffer.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).expect("a head is ASCII");
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        let end = head + 4 + length.unwrap_or(0_usize);
        if buffer.len() >= end {
            return Some(std::str::from_utf8(&buffer[head + 4..end]).expect("a body is UTF-8"));
        }
    }
}

/// What every good answer of a merchant's call holds.
pub(crate) const DONE: &str = r#"{"errcode":0,"#;

/// What a load does.
#[derive(Clone)]
pub(crate) struct Load {
    /// The server.
    pub(crate) address: SocketAddr,
    /// What every good answer holds.
    pub(crate) answered: &'static str,
    /// Path, query and body of the n-th request.
    pub(crate) request: Arc<dyn Fn(u64) -> (String, String) + Send + Sync>,
}

impl Load {
    /// The same bodies, sent to another address and path, which answers as merchants' calls do.
    pub(crate) fn at(&self, address: SocketAddr, path: &'static str) -> Self {
        let request = Arc::clone(&self.request);
        let request = Arc::new(move |n| (path.to_owned(), request(n).1));
        Self { address, answered: DONE, request }
    }

    /// Milliseconds of each request over `during`, one after the other on one connection, sorted.
    pub(crate) fn latencies_ms(&self, next: &AtomicU64, during: Duration) -> Vec<f64> {
        on_one_thread(async {
            let mut connection = Connection::open(self.address).await;
            let (mut took_ms, end) = (Vec::new(), Instant::now() + during);
            while Instant::now() < end {
                let (path, body) = (self.request)(next.fetch_add(1, Ordering::Relaxed));
                let started = Instant::now();
                let answer = connection.post(&path, &body).await;
                took_ms.push(started.elapsed().as_secs_f64() * 1000.0);
                assert!(answer.contains(self.answered), "a wrong answer: {answer}");
            }
            took_ms.sort_by(f64::total_cmp);
            took_ms
        })
    }

    /// Requests per second over `during`; every answer must be a good one.
    pub(crate) fn per_s(&self, next: &Arc<AtomicU64>, during: Duration) -> f64 {
        on_one_thread(async {
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
        let mut connection = Connection::open(self.address).await;
        let mut answered = 0;
        while Instant::now() < end {
            let (path, body) = (self.request)(next.fetch_add(1, Ordering::Relaxed));
            let answer = connection.post(&path, &body).await;
            assert!(answer.contains(self.answered), "a wrong answer: {answer}");
            answered += 1;
        }
        answered
    }
}

/// Runs a future on a runtime of one thread.
pub(crate) fn on_one_thread<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("the process can start a thread").block_on(future)
}
