//! unifiedorder beside its yardsticks.

use crate::load::Load;
use crate::rates::{Yardsticks, sides};
use crate::server::Process;
use kaipiao_app::sandbox::{DEMO_ACCOUNTS, DEMO_MCHID};
use kaipiao_domain::payment::payments::SignType;
use kaipiao_wire::payment::pay_answer::Fields;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// Measures, and prints a line a round and the medians.
pub(crate) fn run() {
    let beside = Yardsticks::start();
    beside.measure("unifiedorder", &sides(&beside.folder("one"), one_pay_merchant));
}

/// Every request is for a new payment with `receipt=Y`, right in every field and signed.
fn one_pay_merchant(binary: &OsStr, data: &Path) -> (Process, Load) {
    let server = Process::serve(binary, data, &[]);
    let accounts = server.get("/sandbox/v1/accounts");
    let key = accounts["mch_key"].as_str().expect("the sandbox says its key").to_owned();
    let request = move |n| {
        let asked = Fields::default()
            .text("appid", DEMO_ACCOUNTS[0].appid)
            .text("mch_id", DEMO_MCHID)
            .text("nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS")
            .text("body", "洗衣机")
            .text("out_trade_no", format!("bench-{n}"))
            .number("total_fee", 15_900)
            .text("spbill_create_ip", "127.0.0.1")
            .text("notify_url", "https://shop.example/notify")
            .text("trade_type", "NATIVE")
            .text("receipt", "Y");
        ("/pay/unifiedorder".to_owned(), asked.signed(&key, SignType::Md5))
    };
    let load = Load {
        address: server.address,
        answered: "<result_code><![CDATA[SUCCESS]]></result_code>",
        request: Arc::new(request),
    };
    (server, load)
}
