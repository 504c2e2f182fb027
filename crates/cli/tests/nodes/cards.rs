//! Calls about cards at two nodes at the same time.

use crate::node::Pair;
use kaipiao_tests::card_races::{insert_against_insert, wishes_agree_with_a_model};

#[test]
fn cards_are_inserted_and_reimbursed_at_two_nodes_as_at_one() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    for race in [wishes_agree_with_a_model, insert_against_insert] {
        race(a, b);
    }
    nodes.check();
}
