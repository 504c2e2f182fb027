//! Claims of nodes: caps, and what a node leaves that dies.

use crate::node::{Pair, block_on};
use kaipiao_tests::{
    MERCHANT, Receiver, Reply, assert_sucesss, element, poll_within, wait_for, wait_until,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Within which another node goes on with the work of one that has died.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(20);
/// Attempts at once for one account, per node.
const PER_ACCOUNT: usize = 4;

#[test]
fn a_receiver_that_hangs_has_four_pushes_of_each_node_and_the_rest_when_it_is_well() {
    let nodes = Pair::start_with("[push]\ntimeout_ms = 60000");
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let is_well = Arc::new(AtomicBool::new(false));
    let (held, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let receiver = {
        let (is_well, held, most) = (Arc::clone(&is_well), Arc::clone(&held), Arc::clone(&most));
        Receiver::behaving(move |_, _| {
            most.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            wait_until("the receiver is well", || is_well.load(Ordering::SeqCst));
            held.fetch_sub(1, Ordering::SeqCst);
            Reply::Success("success")
        })
    };
    let (on_a, on_b) = (a.merchant(), b.client(MERCHANT));
    a.set_callback(MERCHANT, &receiver, "plain");
    std::thread::scope(|scope| {
        scope.spawn(|| (0..12).for_each(|n| on_a.authorized(&format!("a{n}"))));
        scope.spawn(|| (0..12).for_each(|n| on_b.authorized(&format!("b{n}"))));
    });
    wait_until("both nodes send", || held.load(Ordering::SeqCst) == 2 * PER_ACCOUNT);
    // Both look into the store each second, and find no place for more.
    let too_many = || (most.load(Ordering::SeqCst) > 2 * PER_ACCOUNT).then_some(());
    assert!(poll_within(Duration::from_secs(3), too_many).is_none(), "{most:?}");
    is_well.store(true, Ordering::SeqCst);
    wait_until("all are delivered", || a.pushes("state=delivered&limit=1000").len() == 24);
    assert_eq!(receiver.received().len(), 24);
}

#[test]
fn the_work_of_a_node_that_was_killed_is_taken_over() {
    let nodes = Pair::start_with("[push]\ntimeout_ms = 60000");
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let hangs = Arc::new(AtomicBool::new(true));
    let hanging = Arc::clone(&hangs);
    let receiver = Receiver::behaving(move |_, _| match hanging.load(Ordering::SeqCst) {
        true => Reply::Hang,
        false => Reply::Success("success"),
    });
    let client = a.merchant();
    a.set_callback(MERCHANT, &receiver, "plain");
    // All that is claimed meanwhile is claimed by `a`.
    nodes.b.signal("-STOP");
    client.authorized("1");
    client.authorized("2");
    wait_for("both pushes are under way", || (receiver.received().len() == 2).then_some(()));
    // Its issuer never answers, so the job is under way as long as the node lives.
    a.fault(json!({"target": "issuer", "drop": true}));
    assert_sucesss(&client.make_out(&client.invoice("1", "J1")));
    let claimed = "SELECT count(*) FROM jobs WHERE queue = 'issue' AND claim_node = 'a'";
    wait_until("the job is under way", || block_on(nodes.database.number(claimed)) == 1);
    nodes.b.signal("-CONT");
    hangs.store(false, Ordering::SeqCst);
    nodes.a.kill();
    let delivered = || {
        let pushes = b.pushes("state=delivered");
        (pushes.len() == 3).then_some(())
    };
    poll_within(TAKEN_OVER_WITHIN, delivered).expect("the other node takes over");
    let mut attempts: BTreeMap<String, usize> = BTreeMap::new();
    for push in receiver.received() {
        let order = element(&push.event(MERCHANT), "SuccOrderId");
        *attempts.entry(order.unwrap_or_else(|| "the invoice".to_owned())).or_default() += 1;
    }
    let expected = [("1", 2), ("2", 2), ("the invoice", 1)];
    assert_eq!(attempts, expected.map(|(order, count)| (order.to_owned(), count)).into());
    assert_eq!(b.client(MERCHANT).result("J1")["errcode"], 0);
    // It is a node like before, with all that there is to do.
    b.client(MERCHANT).issued("3", "K3");
}

/// As a virtual machine does that is moved: it stands still for longer than its claims hold, and then goes on with what it
/// was about to do.
#[test]
fn a_node_that_was_frozen_finds_its_work_done_and_goes_on() {
    let nodes = Pair::start_with("[push]\ntimeout_ms = 60000");
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let goes_on = Arc::new(AtomicBool::new(false));
    let arrived = Arc::new(AtomicUsize::new(0));
    let (is_well, arriving) = (Arc::clone(&goes_on), Arc::clone(&arrived));
    // What `a` sends is answered when `a` has been frozen and goes on.
    let receiver = Receiver::behaving(move |_, _| {
        if arriving.fetch_add(1, Ordering::SeqCst) < 2 {
            hold_until(&is_well);
        }
        Reply::Success("success")
    });
    let client = a.merchant();
    a.set_callback(MERCHANT, &receiver, "plain");
    // Both are claimed by `a`.
    nodes.b.signal("-STOP");
    client.authorized("1");
    client.authorized("2");
    wait_until("both pushes are under way", || arrived.load(Ordering::SeqCst) == 2);
    nodes.a.signal("-STOP");
    nodes.b.signal("-CONT");
    let delivered = || (b.pushes("state=delivered").len() == 2).then_some(());
    poll_within(TAKEN_OVER_WITHIN, delivered).expect("the other node takes over");
    nodes.a.signal("-CONT");
    goes_on.store(true, Ordering::SeqCst);
    client.issued("3", "K3");
    wait_until("all is delivered", || a.pushes("state=delivered").len() == 4);
    let attempts = |push: &Value| push["attempts"].as_array().unwrap().len();
    for push in a.pushes("state=delivered") {
        assert_eq!(attempts(&push), 1, "what came too late counts for nothing: {push}");
    }
    wait_until("what was answered late is noted", || receiver.received().len() == 6);
    let orders = receiver
        .received()
        .iter()
        .filter_map(|push| element(&push.event(MERCHANT), "SuccOrderId"))
        .count();
    assert_eq!(orders, 5, "1 and 2 twice, 3 once");
    let log = nodes.a.stop();
    assert!(!log.contains("ERROR"), "{log}");
}

/// A claim's answer that is read too late: what was claimed has gone out from the other node, and does not go out again.
#[test]
fn a_node_that_was_frozen_before_it_sent_sends_nothing() {
    let nodes = Pair::start_with("[push]\nretry_after_ms = [1000]");
    let (a, b, database) = (&nodes.a.server, &nodes.b.server, &nodes.database);
    let receiver = Receiver::behaving(|number, _| match number {
        0 => Reply::Close,
        _ => Reply::Success("success"),
    });
    let client = a.merchant();
    a.set_callback(MERCHANT, &receiver, "plain");
    // All that is claimed meanwhile is claimed by `a`.
    nodes.b.signal("-STOP");
    client.authorized("1");
    wait_until("the first attempt is noted", || a.pushes("")[0]["attempts"][0].is_object());
    // The next claim takes 3 s in the database, and is answered while `a` stands still.
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
            'BEGIN PERFORM pg_sleep(3); RETURN NEW; END'; \
        CREATE TRIGGER slow BEFORE UPDATE ON pushes FOR EACH ROW WHEN (NEW.claim_node = 'a') \
            EXECUTE FUNCTION slow()";
    block_on(database.execute(slow));
    let claiming = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' \
            AND datname = current_database()";
    wait_until("it claims again", || block_on(database.number(claiming)) == 1);
    nodes.a.signal("-STOP");
    let claimed = "SELECT count(*) FROM pushes WHERE claim_node = 'a'";
    wait_until("it is claimed", || block_on(database.number(claimed)) == 1);
    block_on(database.execute("DROP TRIGGER slow ON pushes"));
    nodes.b.signal("-CONT");
    let delivered = || (b.pushes("state=delivered").len() == 1).then_some(());
    poll_within(TAKEN_OVER_WITHIN, delivered).expect("the other node takes over");
    nodes.a.signal("-CONT");
    client.authorized("2");
    wait_until("all is delivered", || b.pushes("state=delivered").len() == 2);
    let log = nodes.a.stop();
    // A node that stood still for longer than it waits for the database may find that out first.
    let found_out = ["the claim had lapsed", "no answer in time"];
    assert!(found_out.iter().any(|words| log.contains(words)), "{log}");
    let orders = receiver.received();
    let orders = orders.iter().filter_map(|push| element(&push.event(MERCHANT), "SuccOrderId"));
    assert_eq!(orders.collect::<Vec<_>>(), ["1", "1", "2"], "refused, sent by the other node");
}

/// Holds an answer back, for longer than a node is frozen if need be.
fn hold_until(is_so: &AtomicBool) {
    let is_so = || is_so.load(Ordering::SeqCst).then_some(());
    poll_within(2 * TAKEN_OVER_WITHIN, is_so).expect("the node goes on before the answer");
}
