//! Many at once.

use super::{INSERT, card_id, inserted, invoice, update, upload::upload};
use crate::reimbursement::{OTHER_COMPANY, chosen, other_company, update as reimburse};
use kaipiao_tests::{PLATFORM, REIMBURSER, TestServer};
use serde_json::Value;

fn codes<const N: usize>(tries: [Box<dyn Fn() -> Value + Send + '_>; N]) -> [i64; N] {
    std::thread::scope(|scope| {
        let tries = tries.map(|one| scope.spawn(one));
        tries.map(|one| one.join().unwrap()["errcode"].as_i64().unwrap())
    })
}

#[test]
fn a_platforms_cancel_and_two_companies_locks_agree_on_who_was_first() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let (company, other) = (server.client(REIMBURSER), other_company(&server));
    for round in 0..8 {
        let card = inserted(&server, &platform, &round.to_string(), &format!("{:08}", 100 + round));
        let (mine, theirs) = (chosen(&server, REIMBURSER), chosen(&server, OTHER_COMPANY));
        let [cancel, first, second] = codes([
            Box::new(|| update(&platform, &card, "CANCEL")),
            Box::new(|| reimburse(&company, &mine, "LOCK")),
            Box::new(|| reimburse(&other, &theirs, "LOCK")),
        ]);
        assert_eq!(cancel, 0);
        let mut locks = [first, second];
        locks.sort_unstable();
        // The cancel came first, or one lock did; the other company found that lock, or the cancel.
        assert!([[72060, 72060], [0, 72023], [0, 72060]].contains(&locks), "{locks:?}");
        let after = reimburse(&company, &mine, "CLOSURE");
        assert_eq!(after["errcode"], 72060, "{after}");
    }
}

#[test]
fn one_order_and_one_number_are_inserted_once_however_many_try() {
    let server = TestServer::start();
    let (merchant, platform) = (server.merchant(), server.client(PLATFORM));
    let card_id = card_id(&platform);
    for round in 0..4 {
        let (one, two) = (format!("a{round}"), format!("b{round}"));
        merchant.authorized(&one);
        merchant.authorized(&two);
        let (first, second) = (format!("{:08}", 2 * round), format!("{:08}", 2 * round + 1));
        let pdfs = [upload(&platform), upload(&platform), upload(&platform)];
        let [same, again, other] = codes([
            Box::new(|| platform.post(INSERT, &invoice(&one, &card_id, &pdfs[0], &first))),
            Box::new(|| platform.post(INSERT, &invoice(&one, &card_id, &pdfs[1], &second))),
            Box::new(|| platform.post(INSERT, &invoice(&two, &card_id, &pdfs[2], &first))),
        ]);
        match (same, again, other) {
            // The order went to the second number, so the first one is free for the other order.
            (0, 72056, 72042) | (72042 | 72056, 0, 0) => {}
            odd => panic!("{odd:?}"),
        }
        let done = [same, again].iter().filter(|code| **code == 0).count();
        assert_eq!(done, 1, "an order takes one card");
    }
}
