//! getauthurl beside its yardsticks.

use crate::disk;
use crate::figures::Rounds;
use crate::load::{CONNECTIONS, Load};
use crate::merchants::Merchants;
use crate::server::Process;
use kaipiao_app::sandbox::DEMO_ACCOUNTS;
use serde_json::json;
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

/// Measures, and prints a line a round and the medians.
pub(crate) fn run() {
    let data = tempfile::tempdir().expect("a temporary directory");
    let noop = Process::noop();
    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {} s each", ROUND.as_secs());
    println!("one merchant");
    let server = Process::kaipiao(&data.path().join("one"), &[]);
    measure(&load_of(&server), &noop, data.path());
    drop(server);
    println!("{MERCHANTS} merchants");
    let many = data.path().join("many");
    std::fs::create_dir_all(&many).expect("a directory of its own");
    let merchants = Merchants::new(MERCHANTS, SocketAddr::from(([127, 0, 0, 1], 9)));
    let server = merchants.serve(&many, "");
    measure(&load_of_all(&merchants, &server), &noop, data.path());
}

fn measure(load: &Load, noop: &Process, data: &Path) {
    let idle = load.at(noop.address, "/noop");
    let next = Arc::new(AtomicU64::new(0));
    load.per_s(&next, WARM_UP);
    idle.per_s(&next, WARM_UP);
    let (mut calls, mut noops, mut syncs) =
        (Rounds::default(), Rounds::default(), Rounds::default());
    println!("round  no-op/s  getauthurl/s  ratio  fsync/s");
    for round in 1..=ROUNDS {
        let (no_op, call) = (idle.per_s(&next, ROUND), load.per_s(&next, ROUND));
        let sync = disk::syncs_per_s(data, Duration::from_secs(1));
        println!("{round:5}  {no_op:7.0}  {call:12.0}  {:5.2}  {sync:7.0}", call / no_op);
        noops.push(no_op);
        calls.push(call);
        syncs.push(sync);
    }
    let (no_op, call, sync) = (noops.median(), calls.median(), syncs.median());
    println!("median {no_op:7.0}  {call:12.0}  {:5.2}  {sync:7.0}", call / no_op);
    println!(
        "{:.1} durable getauthurl calls for each fsync that the disk can do alone",
        call / sync
    );
}

/// The same load spread over all merchants.
fn load_of_all(merchants: &Merchants, server: &Process) -> Load {
    let callers = merchants.callers(server);
    let asked: Arc<Vec<_>> = Arc::new(callers.iter().map(|caller| caller.getauthurl()).collect());
    Load {
        address: server.address,
        request: Arc::new(move |n| {
            let (path, body) = &asked[usize::try_from(n).unwrap_or(0) % asked.len()];
            (path.clone(), body.replace("ORDER", &format!("bench-{n}")))
        }),
    }
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
