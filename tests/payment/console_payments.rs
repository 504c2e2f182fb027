//! The console's listing of payments by their state.

use crate::payment::pay_client::{PayClient, link};
use kaipiao_tests::TestServer;

/// No state finds a payment that can still be paid, so the page looks through the newest, and goes on behind them.
#[test]
fn payments_that_nobody_has_paid_are_listed_by_that() {
    let server = TestServer::start();
    // Nobody takes the notice of what is paid.
    server.leaves_pushes();
    link(&server);
    let client = PayClient::new(&server);
    client.order("unpaid-1", &[]);
    client.order("unpaid-2", &[]);
    client.paid("settled-1", &[], "lina");
    let page = server.get_raw("/console/payments?state=notpay").into_body();
    assert!(page.contains("unpaid-1") && page.contains("unpaid-2"), "{page}");
    assert!(!page.contains("settled-1"), "{page}");
    let page = server.get_raw("/console/payments?state=userpaying").into_body();
    assert!(!page.contains("unpaid-1"), "{page}");
}
