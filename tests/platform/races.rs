//! Many at once.

use super::{inserted, update};
use crate::reimbursement::{OTHER_COMPANY, chosen, other_company, update as reimburse};
use kaipiao_cli::check::{self, CheckAsk};
use kaipiao_tests::card_races::{insert_against_insert, wishes_agree_with_a_model};
use kaipiao_tests::{PLATFORM, REIMBURSER, TestServer, load};

#[test]
fn a_platforms_cancel_and_two_companies_locks_agree_on_who_was_first() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let (company, other) = (server.client(REIMBURSER), other_company(&server));
    for round in 0..8 {
        let card = inserted(&server, &platform, &round.to_string(), &format!("{:08}", 100 + round));
        let (mine, theirs) = (chosen(&server, REIMBURSER), chosen(&server, OTHER_COMPANY));
        let [cancel, first, second] = std::thread::scope(|scope| {
            [
                scope.spawn(|| update(&platform, &card, "CANCEL")),
                scope.spawn(|| reimburse(&company, &mine, "LOCK")),
                scope.spawn(|| reimburse(&other, &theirs, "LOCK")),
            ]
            .map(|one| one.join().unwrap()["errcode"].as_i64().unwrap())
        });
        assert_eq!(cancel, 0);
        let mut locks = [first, second];
        locks.sort_unstable();
        // The cancel came first, or one lock did; the other company found that lock, or the cancel.
        assert!([[72060, 72060], [0, 72023], [0, 72060]].contains(&locks), "{locks:?}");
        let after = reimburse(&company, &mine, "CLOSURE");
        assert_eq!(after["errcode"], 72060, "{after}");
    }
}

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
fn whatever_companies_and_a_platform_want_at_once_is_answered_as_one_after_the_other() {
    race(wishes_agree_with_a_model);
}

#[test]
fn one_order_and_one_number_are_inserted_once_however_many_try() {
    race(insert_against_insert);
}
