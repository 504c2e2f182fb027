//! getauthurl beside its yardsticks.

use crate::load::{DONE, Load};
use crate::merchants::Merchants;
use crate::rates::{Yardsticks, sides};
use crate::server::Process;
use kaipiao_app::sandbox::DEMO_ACCOUNTS;
use serde_json::json;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// Merchants that the second row's orders are of, in turn.
const MERCHANTS: usize = 100;

/// Measures, and prints a line a round and the medians.
pub(crate) fn run() {
    let beside = Yardsticks::start();
    println!("one merchant");
    beside.measure("getauthurl", &sides(&beside.folder("one"), one_merchant));
    println!("{MERCHANTS} merchants");
    beside.measure("getauthurl", &sides(&beside.folder("many"), many_merchants));
}

/// The same load spread over all merchants.
fn many_merchants(binary: &OsStr, data: &Path) -> (Process, Load) {
    let merchants = Merchants::new(MERCHANTS, SocketAddr::from(([127, 0, 0, 1], 9)));
    let server = merchants.serve_by(binary, data, "", &[]);
    let callers = merchants.callers(&server);
    let asked: Arc<Vec<_>> = Arc::new(callers.iter().map(|caller| caller.getauthurl()).collect());
    let load = Load {
        address: server.address,
        answered: DONE,
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
        answered: DONE,
        request: Arc::new(move |n| (path.clone(), body.replace("ORDER", &format!("bench-{n}")))),
    }
}
