//! The merchants' servers of the push benchmarks: one socket that answers every push with 200 and
//! nothing, on a thread of its own; pushes to `/dead` are never answered.

use crate::load::{on_one_thread, read_message};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

/// A push has arrived.
pub(crate) struct Arrival {
    /// The order that was authorized, or the serial whose try has ended.
    pub(crate) name: String,
    /// FromUserName.
    pub(crate) openid: String,
    pub(crate) at: Instant,
}

/// Where pushes go.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    /// Every arrival that was answered.
    pub(crate) arrivals: Receiver<Arrival>,
}

impl Sink {
    pub(crate) fn start() -> Self {
        let (arrived, arrivals) = channel();
        let (ready, is_ready) = channel();
        std::thread::spawn(move || {
            on_one_thread(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
                ready.send(listener.local_addr().expect("an address")).expect("it is waited for");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, arrived.clone()));
                }
            });
        });
        Self { address: is_ready.recv().expect("the sink starts"), arrivals }
    }
}

async fn serve(mut stream: TcpStream, arrived: Sender<Arrival>) {
    stream.set_nodelay(true).expect("a socket takes the option");
    let mut buffer = Vec::with_capacity(4096);
    while let Some(body) = read_message(&mut stream, &mut buffer).await {
        let tag = if body.contains("<fpqqlsh>") { "<fpqqlsh>" } else { "<SuccOrderId>" };
        let name = between(body, &format!("{tag}<![CDATA["), "]]>").to_owned();
        let openid = between(body, "<FromUserName><![CDATA[", "]]>").to_owned();
        if name.starts_with("dead") {
            std::future::pending::<()>().await;
        }
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        if stream.write_all(answer).await.is_err() {
            return;
        }
        // The benchmark may be over.
        let _ = arrived.send(Arrival { name, openid, at: Instant::now() });
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).expect("a push has this tag");
    rest.split_once(after).expect("the tag ends").0
}
