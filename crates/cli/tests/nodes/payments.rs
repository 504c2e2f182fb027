//! WeChat Pay's calls at two nodes.

use crate::node::Pair;
use kaipiao_tests::pay_races::{
    pay_against_close, refund_against_authorize, reverse_against_refund,
};

#[test]
fn of_two_calls_about_a_payment_at_two_nodes_one_counts() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    for race in [pay_against_close, reverse_against_refund, refund_against_authorize] {
        race(a, b);
    }
    nodes.check();
}
