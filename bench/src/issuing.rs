//! makeoutinvoice beside its yardstick, and whole orders: getauthurl, the user's yes, its push,
//! makeoutinvoice, the issuing, its push.

use crate::disk;
use crate::figures::Rounds;
use crate::load::{CONNECTIONS, Connection, on_one_thread};
use crate::merchants::{CODE, Caller, Merchants, TAX_ID};
use crate::server::{Process, baseline_binary, own_binary};
use crate::sink::{Arrival, Sink};
use crate::stored::Stored;
use serde_json::json;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

const MERCHANTS: usize = 100;
const USERS: usize = 1_000;
const ROUNDS: usize = 5;
/// Requests of a round of makeoutinvoice; their orders are authorized before it.
const REQUESTS: usize = 20_000;
/// How long a round of whole orders is, and how many of them are under way at once.
const ROUND: Duration = Duration::from_secs(5);
const UNDER_WAY: usize = 256;

/// Measures, and prints.
pub(crate) fn run() {
    let data = tempfile::tempdir().expect("a temporary directory");
    let noop = Process::noop();
    println!("{MERCHANTS} merchants, {USERS} generated users, {ROUNDS} rounds each");
    let sides = sides(MERCHANTS, &data.path().join("many"));
    requests_per_s(&sides[0].orders, noop.address, data.path());
    orders_per_s(&sides, data.path());
    drop(sides);
    println!("the same for one merchant");
    orders_per_s(&self::sides(1, &data.path().join("one")), data.path());
}

/// A version of the server at work over a store.
struct Side {
    name: String,
    server: Process,
    orders: Arc<Orders>,
    stored: Stored,
}

/// This version over each store, and the baseline's, if there is one, beside them.
fn sides(merchants: usize, data: &Path) -> Vec<Side> {
    let versions = std::iter::once(("", own_binary()))
        .chain(baseline_binary().map(|binary| ("baseline ", binary)));
    let mut sides = Vec::new();
    for (version, binary) in versions {
        for store in ["SQLite", "PostgreSQL"] {
            let name = format!("{version}{store}");
            let data = data.join(&name);
            let stored = match store {
                "SQLite" => Stored::Files(data.join("data")),
                _ => Stored::in_tables(),
            };
            std::fs::create_dir_all(&data).expect("a directory of its own");
            let sink = Sink::start();
            let merchants = Merchants::new(merchants, sink.address);
            let server = merchants.serve_by(&binary, &data, "", &stored.arguments());
            let users: Vec<_> = (0..USERS).map(|n| format!("user-{n}")).collect();
            for user in &users {
                server.post("/sandbox/v1/users", &json!({ "id": user }));
            }
            let callers = merchants.callers(&server);
            let (address, post) = (server.address, PostOffice::over(sink));
            let orders = Arc::new(Orders { address, callers, users, post });
            sides.push(Side { name, server, orders, stored });
        }
    }
    sides
}

/// makeoutinvoice accepted per second; the invoices are issued and pushed at the same time.
fn requests_per_s(orders: &Arc<Orders>, noop: SocketAddr, data: &Path) {
    println!("{REQUESTS} requests a round over {CONNECTIONS} connections");
    println!("round  no-op/s  makeoutinvoice/s  ratio  fsync/s");
    let mut figures = [Rounds::default(), Rounds::default(), Rounds::default()];
    for round in 1..=ROUNDS {
        let requests = Arc::new(on_one_thread(orders.authorized(round)));
        let idle = |(_, body): &(String, String)| ("/noop".to_owned(), body.clone());
        let idle: Arc<Vec<_>> = Arc::new(requests.iter().map(idle).collect());
        let no_op = per_s(noop, &idle);
        let accepted = per_s(orders.address, &requests);
        orders.post.wait_for_results(round * REQUESTS);
        let sync = disk::syncs_per_s(data, Duration::from_secs(1));
        println!("{round:5}  {no_op:7.0}  {accepted:16.0}  {:5.2}  {sync:7.0}", accepted / no_op);
        figures.iter_mut().zip([no_op, accepted, sync]).for_each(|(rounds, f)| rounds.push(f));
    }
    let [no_op, accepted, sync] = figures.map(|rounds| rounds.median());
    println!("median {no_op:7.0}  {accepted:16.0}  {:5.2}  {sync:7.0}", accepted / no_op);
}

/// What whole orders cost on one side.
#[derive(Default)]
struct OrderFigures {
    per_s: Rounds,
    kib_logged: Rounds,
    kib_stored: Rounds,
}

/// Whole orders per second, and the bytes of each; the sides take turns.
fn orders_per_s(sides: &[Side], data: &Path) {
    println!("whole orders, {UNDER_WAY} under way at once, rounds of {} s", ROUND.as_secs());
    println!("KiB of an order, logged: what SQLite's server writes in all, PostgreSQL's WAL;");
    println!("stored: what the files, PostgreSQL's tables and indexes have grown by");
    println!("round  store                  orders/s  p50 ms  p99 ms  logged  stored  fsync/s");
    let mut figures: Vec<_> = sides.iter().map(|_| OrderFigures::default()).collect();
    for round in 1..=ROUNDS {
        for (side, figures) in sides.iter().zip(&mut figures) {
            let (started, before) = (Instant::now(), side.stored.bytes(&side.server));
            let mut took_ms = on_one_thread(side.orders.whole(round, started + ROUND));
            let count = f64::from(u32::try_from(took_ms.len()).expect("it fits"));
            let per_s = count / started.elapsed().as_secs_f64();
            let after = side.stored.bytes(&side.server);
            let kib_logged = kib(after.logged - before.logged) / count;
            let kib_stored = kib(after.stored - before.stored) / count;
            took_ms.sort_by(f64::total_cmp);
            let (median, high) = (took_ms[took_ms.len() / 2], took_ms[took_ms.len() * 99 / 100]);
            let sync = disk::syncs_per_s(data, Duration::from_secs(1));
            println!(
                "{round:5}  {:<21}  {per_s:8.0}  {median:6.1}  {high:6.1}  {kib_logged:6.1}  {kib_stored:6.1}  {sync:7.0}",
                side.name
            );
            figures.per_s.push(per_s);
            figures.kib_logged.push(kib_logged);
            figures.kib_stored.push(kib_stored);
        }
    }
    println!("medians                        orders/s  to SQLite          logged  stored");
    let of_sqlite = figures[0].per_s.median();
    for (side, OrderFigures { per_s, kib_logged, kib_stored }) in sides.iter().zip(&figures) {
        let per_s = per_s.median();
        println!(
            "median {:<21}  {per_s:8.0}  {:9.2}          {:6.1}  {:6.1}",
            side.name,
            per_s / of_sqlite,
            kib_logged.median(),
            kib_stored.median()
        );
    }
}

fn kib(bytes: i64) -> f64 {
    f64::from(i32::try_from(bytes / 1024).expect("it fits"))
}

/// Posts all of them, over connections that each send the next when one is answered.
fn per_s(address: SocketAddr, requests: &Arc<Vec<(String, String)>>) -> f64 {
    on_one_thread(async {
        let next = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (next, requests) = (Arc::clone(&next), Arc::clone(requests));
                tokio::spawn(async move {
                    let mut connection = Connection::open(address).await;
                    while let Some((path, body)) =
                        requests.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let answer = connection.post(path, body).await;
                        assert!(answer.starts_with(r#"{"errcode":0,"#), "a wrong answer: {answer}");
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.expect("a connection saw only good answers");
        }
        f64::from(u32::try_from(requests.len()).expect("it fits")) / started.elapsed().as_secs_f64()
    })
}

/// Merchants and people who make orders.
struct Orders {
    address: SocketAddr,
    callers: Vec<Caller>,
    users: Vec<String>,
    post: Arc<PostOffice>,
}

impl Orders {
    fn caller(&self, n: usize) -> &Caller {
        &self.callers[n % self.callers.len()]
    }

    /// The n-th order until its push says who authorized it: the openid.
    async fn authorize(&self, connection: &mut Connection, order_id: &str, n: usize) -> String {
        let pushed = self.post.expect(order_id);
        // Each merchant meets all people in turn.
        let user = &self.users[n / self.callers.len() % self.users.len()];
        self.caller(n).order(connection, order_id, user).await;
        pushed.await.expect("the push arrives").openid
    }

    /// Path and body of makeoutinvoice.
    fn request(&self, order_id: &str, n: usize, openid: &str) -> (String, String) {
        let body = json!({"invoiceinfo": {
            "wxopenid": openid, "ddh": order_id, "fpqqlsh": format!("{CODE}{order_id}"),
            "nsrsbh": TAX_ID, "nsrmc": "开票示例商城有限公司", "nsrdz": "深圳市南山区示例路9号",
            "nsrdh": "0755-80000009", "nsrbank": "示例银行", "nsrbankid": "6200000000000009",
            "ghfmc": "深圳市示例科技有限公司", "kpr": "张三", "jshj": "159", "hjje": "135.9",
            "hjse": "23.1", "invoicedetail_list": [{
                "fphxz": "0", "spbm": "1090418010000000000", "xmmc": "洗衣机", "xmsl": "1",
                "xmdj": "135.9", "xmje": "135.9", "sl": "0.17", "se": "23.1",
            }],
        }});
        let token = &self.caller(n).token;
        (format!("/card/invoice/makeoutinvoice?access_token={token}"), body.to_string())
    }

    /// The requests of a round, each for an order of its own that was authorized just now.
    async fn authorized(self: &Arc<Self>, round: usize) -> Vec<(String, String)> {
        let next = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (this, next) = (Arc::clone(self), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut connection = Connection::open(this.address).await;
                    let mut requests = Vec::new();
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= REQUESTS {
                            return requests;
                        }
                        let order_id = format!("r{round}-{n}");
                        let openid = this.authorize(&mut connection, &order_id, n).await;
                        requests.push(this.request(&order_id, n, &openid));
                    }
                })
            })
            .collect();
        let mut requests = Vec::new();
        for client in clients {
            requests.extend(client.await.expect("every order was taken"));
        }
        requests
    }

    /// Whole orders, many under way at once, until the end: how long each took.
    async fn whole(self: &Arc<Self>, round: usize, end: Instant) -> Vec<f64> {
        let next = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..UNDER_WAY)
            .map(|_| {
                let (this, next) = (Arc::clone(self), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut connection = Connection::open(this.address).await;
                    let mut took_ms = Vec::new();
                    while Instant::now() < end {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let (order_id, started) = (format!("w{round}-{n}"), Instant::now());
                        let openid = this.authorize(&mut connection, &order_id, n).await;
                        let pushed = this.post.expect(&format!("{CODE}{order_id}"));
                        let (path, body) = this.request(&order_id, n, &openid);
                        let answer = connection.post(&path, &body).await;
                        assert!(answer.contains("sucesss"), "{answer}");
                        pushed.await.expect("the result arrives");
                        took_ms.push(started.elapsed().as_secs_f64() * 1000.0);
                    }
                    took_ms
                })
            })
            .collect();
        let mut took_ms = Vec::new();
        for client in clients {
            took_ms.extend(client.await.expect("every order was issued"));
        }
        took_ms
    }
}

/// Hands each push to whoever waits for it by name.
#[derive(Default)]
struct PostOffice {
    waiting: Mutex<HashMap<String, oneshot::Sender<Arrival>>>,
    /// Results that have arrived.
    results: AtomicUsize,
}

impl PostOffice {
    fn over(sink: Sink) -> Arc<Self> {
        let office = Arc::new(Self::default());
        let arrived = Arc::clone(&office);
        std::thread::spawn(move || {
            for arrival in sink.arrivals {
                if arrival.name.starts_with(CODE) {
                    arrived.results.fetch_add(1, Ordering::SeqCst);
                }
                let waiting = arrived.waiting().remove(&arrival.name);
                // Nobody waits for a result in the rounds of requests.
                if let Some(waiting) = waiting {
                    let _ = waiting.send(arrival);
                }
            }
        });
        office
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Arrival>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expect(&self, name: &str) -> oneshot::Receiver<Arrival> {
        let (sender, arrives) = oneshot::channel();
        self.waiting().insert(name.to_owned(), sender);
        arrives
    }

    /// Waits until so many results have arrived in all.
    fn wait_for_results(&self, count: usize) {
        let started = Instant::now();
        while self.results.load(Ordering::SeqCst) < count {
            assert!(started.elapsed() < Duration::from_secs(120), "results are missing");
            pause();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "spinning would take time from the server")]
fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}
