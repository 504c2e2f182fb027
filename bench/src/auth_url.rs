//! getauthurl beside its yardsticks.

use crate::disk;
use crate::figures::Rounds;
use crate::load::{CONNECTIONS, Load};
use crate::merchants::Merchants;
use crate::server::{Process, baseline_binary, own_binary};
use kaipiao_app::sandbox::DEMO_ACCOUNTS;
use serde_json::json;
use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_secs(1);

/// Merchants that the second row's orders are of, in turn.
const MERCHANTS: usize = 100;

/// A version of the server, and the load on it.
struct Side {
    name: &'static str,
    load: Load,
    _server: Process,
}

/// Measures, and prints a line a round and the medians.
pub(crate) fn run() {
    let data = tempfile::tempdir().expect("a temporary directory");
    let noop = Process::noop();
    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {} s each", ROUND.as_secs());
    println!("one merchant");
    measure(&sides(&data.path().join("one"), one_merchant), &noop, data.path());
    println!("{MERCHANTS} merchants");
    measure(&sides(&data.path().join("many"), many_merchants), &noop, data.path());
}

/// This version, and beside it the baseline, if there is one.
fn sides(data: &Path, start: impl Fn(&OsStr, &Path) -> (Process, Load)) -> Vec<Side> {
    let binaries = std::iter::once(("this", own_binary()))
        .chain(baseline_binary().map(|binary| ("baseline", binary)));
    let side = |(name, binary): (&'static str, OsString)| {
        let data = data.join(name);
        std::fs::create_dir_all(&data).expect("a directory of its own");
        let (server, load) = start(&binary, &data);
        Side { name, load, _server: server }
    };
    binaries.map(side).collect()
}

fn measure(sides: &[Side], noop: &Process, data: &Path) {
    let next = Arc::new(AtomicU64::new(0));
    for side in sides {
        side.load.per_s(&next, WARM_UP);
        side.load.at(noop.address, "/noop").per_s(&next, WARM_UP);
    }
    let mut figures: Vec<_> = sides.iter().map(|_| [(); 3].map(|()| Rounds::default())).collect();
    println!("round  version   no-op/s  getauthurl/s  ratio  fsync/s");
    for round in 1..=ROUNDS {
        for (side, figures) in sides.iter().zip(&mut figures) {
            let idle = side.load.at(noop.address, "/noop");
            let (no_op, call) = (idle.per_s(&next, ROUND), side.load.per_s(&next, ROUND));
            let sync = disk::syncs_per_s(data, Duration::from_secs(1));
            line(&format!("{round:6}"), side.name, [no_op, call, sync]);
            figures.iter_mut().zip([no_op, call, sync]).for_each(|(rounds, f)| rounds.push(f));
        }
    }
    for (side, figures) in sides.iter().zip(figures) {
        let medians = figures.map(|rounds| rounds.median());
        line("median", side.name, medians);
        let [_, call, sync] = medians;
        println!(
            "{:.1} durable getauthurl calls for each fsync that the disk can do alone",
            call / sync
        );
    }
}

fn line(round: &str, name: &str, [no_op, call, sync]: [f64; 3]) {
    println!("{round}  {name:<8}  {no_op:7.0}  {call:12.0}  {:5.2}  {sync:7.0}", call / no_op);
}

/// The same load spread over all merchants.
fn many_merchants(binary: &OsStr, data: &Path) -> (Process, Load) {
    let merchants = Merchants::new(MERCHANTS, SocketAddr::from(([127, 0, 0, 1], 9)));
    let server = merchants.serve_by(binary, data, "", &[]);
    let callers = merchants.callers(&server);
    let asked: Arc<Vec<_>> = Arc::new(callers.iter().map(|caller| caller.getauthurl()).collect());
    let load = Load {
        address: server.address,
        request: Arc::new(move |n| {
            let (path, body) = &asked[usize::try_from(n).unwrap_or(0) % asked.len()];
            (path.clone(), body.replace("ORDER", &format!("bench-{n}")))
        }),
    };
    (server, load)
}

fn one_merchant(binary: &OsStr, data: &Path) -> (Process, Load) {
    let server = Process::serve(binary, data, &[]);
    let load = load_of(&server);
    (server, load)
}

/// Every request is for a new order, right in every field.
pub(crate) fn load_of(server: &Process) -> Load {
    let token = server.token(&DEMO_ACCOUNTS[0]);
    let ticket =
        server.get(&format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={token}"));
    let contact = json!({"contact": {"phone": "88888888", "time_out": 12345}});
    let path = format!("/card/invoice/setbizattr?action=set_contact&access_token={token}");
    assert_eq!(server.post(&path, &contact)["errcode"], 0);
    let body = json!({
        "s_pappid": server.get("/sandbox/v1/accounts")["s_pappid"], "order_id": "ORDER", "money": 11,
        "timestamp": 1_474_875_876, "source": "web", "redirect_url": "https://mp.weixin.qq.com",
        "ticket": ticket["ticket"], "type": 1,
    });
    let body = body.to_string();
    let path = format!("/card/invoice/getauthurl?access_token={token}");
    Load {
        address: server.address,
        request: Arc::new(move |n| (path.clone(), body.replace("ORDER", &format!("bench-{n}")))),
    }
}
