//! What the log says of invoices.

use super::Served;
use kaipiao_tests::{TestServer, assert_sucesss};

#[test]
fn a_tax_code_without_a_short_name_is_named_in_the_log_once() {
    const UNKNOWN: &str = "9999999999999999999";
    let data = tempfile::tempdir().unwrap();
    let process = Served::start(data.path(), &[]);
    let server = TestServer::beside(&process.home);
    let client = server.merchant();
    for (order_id, serial) in [("1", "A1"), ("2", "A2")] {
        client.authorized(order_id);
        let mut invoice = client.invoice(order_id, serial);
        invoice["invoicedetail_list"][0]["spbm"] = UNKNOWN.into();
        assert_sucesss(&client.make_out(&invoice));
        client.result(serial);
    }
    // A code that the built-in table knows.
    client.issued("3", "A3");
    drop(server);
    let log = process.stop();
    let told: Vec<_> = log.lines().filter(|line| line.contains("no short name is known")).collect();
    assert!(matches!(told[..], [line] if line.contains(UNKNOWN)), "{told:#?}");
}
