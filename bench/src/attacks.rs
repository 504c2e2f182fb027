//! getauthurl of one merchant, call by call, while others do their worst: quiet and attacked rounds in
//! turn over the same server, and what the server has in memory.

use crate::auth_url::load_of;
use crate::figures::Rounds;
use crate::load::{Connection, Load, on_one_thread};
use crate::server::Process;
use kaipiao_app::sandbox::DEMO_ACCOUNTS;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;

const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(2);
/// Attackers that hold a connection each.
const HOLDERS: usize = 1000;
/// Attackers that send one costly request after the other.
const SENDERS: usize = 4;
const MIB: usize = 1 << 20;
/// Where connections that are held come from: the machine has all of 127.0.0.0/8.
const ATTACKER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Who is attacked, and with whose token.
#[derive(Clone)]
struct Target {
    address: SocketAddr,
    token: String,
}

#[derive(Clone, Copy)]
enum Attack {
    UnfinishedOfNobody,
    UnfinishedOfAnAccount,
    NeverReads,
    BigLists,
    CostlyTexts,
}

/// What a round measured.
struct Figures {
    median_ms: f64,
    slowest_of_100_ms: f64,
    memory_mb: f64,
}

/// Measures, and prints a line an attack.
pub(crate) fn run() {
    let each = ROUND.as_secs();
    println!("getauthurl of one merchant, {ROUNDS} quiet and {ROUNDS} attacked rounds of {each} s");
    println!(
        "attack                     ms: quiet  attacked  ratio   p99: quiet  attacked   MB: quiet  attacked"
    );
    for (name, attack) in [
        ("unfinished, no token", Attack::UnfinishedOfNobody),
        ("unfinished, an account's", Attack::UnfinishedOfAnAccount),
        ("answers never read", Attack::NeverReads),
        ("big lists", Attack::BigLists),
        ("costly texts", Attack::CostlyTexts),
    ] {
        measure(name, attack);
    }
}

fn measure(name: &str, attack: Attack) {
    let data = tempfile::tempdir().expect("a temporary directory");
    let server = Process::kaipiao(data.path(), &[]);
    let load = load_of(&server);
    let target = Target { address: server.address, token: server.token(&DEMO_ACCOUNTS[3]) };
    let next = AtomicU64::new(0);
    round(&server, &load, &next);
    let (mut quiet, mut attacked) = (Columns::default(), Columns::default());
    for _ in 0..ROUNDS {
        quiet.push(&round(&server, &load, &next));
        let running = Running::start(attack, target.clone());
        // What the attackers hold is measured, and not their arrival.
        round(&server, &load, &next);
        attacked.push(&round(&server, &load, &next));
        drop(running);
    }
    let (quiet, attacked) = (quiet.medians(), attacked.medians());
    println!(
        "{name:<25}  {:9.2}  {:8.2}  {:5.1}   {:10.2}  {:8.2}   {:9.0}  {:8.0}",
        quiet.median_ms,
        attacked.median_ms,
        attacked.median_ms / quiet.median_ms,
        quiet.slowest_of_100_ms,
        attacked.slowest_of_100_ms,
        quiet.memory_mb,
        attacked.memory_mb,
    );
}

fn round(server: &Process, load: &Load, next: &AtomicU64) -> Figures {
    let took_ms = load.latencies_ms(next, ROUND);
    Figures {
        median_ms: took_ms[took_ms.len() / 2],
        slowest_of_100_ms: took_ms[took_ms.len() * 99 / 100],
        memory_mb: server.resident_mb(),
    }
}

/// The figures of rounds, a column each.
#[derive(Default)]
struct Columns {
    median_ms: Rounds,
    slowest_of_100_ms: Rounds,
    memory_mb: Rounds,
}

impl Columns {
    fn push(&mut self, figures: &Figures) {
        self.median_ms.push(figures.median_ms);
        self.slowest_of_100_ms.push(figures.slowest_of_100_ms);
        self.memory_mb.push(figures.memory_mb);
    }

    fn medians(&self) -> Figures {
        Figures {
            median_ms: self.median_ms.median(),
            slowest_of_100_ms: self.slowest_of_100_ms.median(),
            memory_mb: self.memory_mb.median(),
        }
    }
}

/// An attack on a thread of its own, which ends when this is dropped.
struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Returns when the attackers hold what they can.
    fn start(attack: Attack, target: Target) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            on_one_thread(async {
                let held = hold(attack, &target).await;
                ready.send(()).expect("the measuring waits");
                tokio::select! {
                    () = send(attack, &target) => {}
                    _ = stopped => {}
                }
                drop(held);
            });
        });
        is_ready.recv().expect("the attack begins");
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the attack ends in order");
        }
    }
}

/// Connections that are held open.
async fn hold(attack: Attack, target: &Target) -> Vec<TcpStream> {
    let request = match attack {
        Attack::UnfinishedOfNobody => unfinished("/cgi-bin/stable_token"),
        Attack::UnfinishedOfAnAccount => {
            unfinished(&format!("/card/invoice/getauthdata?access_token={}", target.token))
        }
        Attack::NeverReads => b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(200),
        Attack::BigLists | Attack::CostlyTexts => return Vec::new(),
    };
    let mut held = Vec::new();
    for _ in 0..HOLDERS {
        // A server may refuse who has too many, and stop taking what it does not want.
        let Some(mut stream) = connect(target.address).await else { break };
        let sent = tokio::time::timeout(Duration::from_millis(100), stream.write_all(&request));
        let _ = sent.await;
        held.push(stream);
    }
    held
}

/// A client at an address of its own, with little room for what it never reads.
async fn connect(address: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind(SocketAddr::new(ATTACKER, 0)).ok()?;
    socket.set_recv_buffer_size(4096).ok()?;
    socket.connect(address).await.ok()
}

/// A body that lacks its last byte.
fn unfinished(path: &str) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {MIB}\r\n\r\n");
    let mut request = head.into_bytes();
    request.resize(request.len() + MIB - 1, b' ');
    request
}

/// Costly requests, one after the other; without any it waits for the end.
async fn send(attack: Attack, target: &Target) {
    let body = match attack {
        Attack::BigLists => {
            let items = r#"{"a":1},"#.repeat(MIB / 8 - 100);
            format!("{{\"invoicedetail_list\":[{items}{{}}]}}")
        }
        Attack::CostlyTexts => costly_texts().to_string(),
        _ => return std::future::pending().await,
    };
    let path = format!("/card/invoice/makeoutinvoice?access_token={}", target.token);
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..SENDERS {
        let (path, body, address) = (path.clone(), body.clone(), target.address);
        senders.spawn(async move {
            let mut connection = Connection::open(address).await;
            loop {
                connection.post(&path, &body).await;
            }
        });
    }
    senders.join_all().await;
}

/// Six hundred lines of characters that stand nowhere twice in a row, for an order that nobody has
/// authorized.
pub(crate) fn costly_texts() -> Value {
    let line = |n: u32| {
        let name: String = (0..60_u32)
            .filter_map(|index| char::from_u32(0x4e00 + (n * 7919 + index * 104_729) % 20_000))
            .collect();
        json!({
            "fphxz": 0, "spbm": "1010101010000000000", "xmmc": name, "dw": "个", "xmsl": 1,
            "xmdj": 1, "xmje": 1, "sl": 0.13, "se": 0.13,
        })
    };
    let lines: Vec<_> = (0..600).map(line).collect();
    json!({"invoiceinfo": {
        "wxopenid": "o", "ddh": "nobody", "fpqqlsh": "attack", "nsrsbh": "91440300MA5KP0009F",
        "nsrmc": "a", "nsrdz": "b", "nsrdh": "1", "nsrbank": "c", "nsrbankid": "2", "ghfmc": "d",
        "kpr": "e", "jshj": 678, "hjje": 600, "hjse": 78, "hylx": 0, "invoicedetail_list": lines,
    }})
}
