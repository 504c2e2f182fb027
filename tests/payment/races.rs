//! Calls about one payment that come at the same time: one counts, and the store holds.

use kaipiao_cli::check::{self, CheckAsk};
use kaipiao_tests::pay_races::{
    pay_against_close, refund_against_authorize, report_against_report, reverse_against_refund,
};
use kaipiao_tests::{TestServer, load};

fn race(run: fn(&TestServer, &TestServer)) {
    let server = TestServer::start_embedded();
    server.leaves_pushes();
    run(&server, &server);
    let (settings, ask) = (load(server.data(), ""), CheckAsk { limit: 10, json: false });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let report = runtime.block_on(check::run(&settings, ask, |_| {})).unwrap();
    assert!(report.holds, "{}", report.text);
}

#[test]
fn a_payment_is_paid_or_closed() {
    race(pay_against_close);
}

#[test]
fn a_quick_payment_is_reversed_or_refunded() {
    race(reverse_against_refund);
}

#[test]
fn an_entry_is_authorized_or_closed_by_a_full_refund() {
    race(refund_against_authorize);
}

#[test]
fn a_payment_that_is_reported_twice_at_once_opens_one_order() {
    race(report_against_report);
}
