//! Calls about cards that come at the same time, to one server or to two: what they are answered is what they would have
//! been one after the other.

use crate::card_model::{Standing, Wish};
use crate::company_client::{self, COMPANIES, chosen, other_company, status_of};
use crate::platform_client::{
    INSERT, card_id, inserted, invoice, update as told_by_platform, upload_invoice_pdf,
};
use crate::{Client, PLATFORM, REIMBURSER, TestServer};
use fastrand::Rng;
use serde_json::Value;

/// Cards, and how often several callers want something of each.
const CARDS: u32 = 6;
const TURNS: usize = 8;

/// All of them at the same time: their codes.
fn codes<const N: usize>(tries: [Box<dyn Fn() -> Value + Send + '_>; N]) -> [i64; N] {
    std::thread::scope(|scope| {
        let tries = tries.map(|one| scope.spawn(one));
        tries.map(|one| one.join().unwrap()["errcode"].as_i64().unwrap())
    })
}

/// What two companies and the platform want next: a company's lock and a cancel are seldom of one turn, so that cards
/// come to every end.
fn wishes(rng: &mut Rng, standing: Standing) -> [Wish; 3] {
    let of_company = |rng: &mut Rng, company| match (standing, rng.u32(0..6)) {
        (Standing::Init, 0..4) | (_, 0) => Wish::Lock(company),
        (Standing::Init, 4) | (_, 1..4) => Wish::Unlock(company),
        _ => Wish::Close(company),
    };
    let (mine, theirs) = (of_company(rng, 0), of_company(rng, 1));
    if rng.u32(0..6) == 0 {
        return [mine, theirs, Wish::Cancel];
    }
    let third = rng.usize(0..2);
    [mine, theirs, of_company(rng, third)]
}

/// Two companies and a platform want anything of the same cards at once: their answers, and where each card stands then,
/// are what the rules say of one of the orders in which they can have come.
pub fn wishes_agree_with_a_model(one: &TestServer, other: &TestServer) {
    let seed = fastrand::u64(..);
    let mut rng = Rng::with_seed(seed);
    let platform = one.client(PLATFORM);
    let company = one.client(REIMBURSER);
    let other_company = other.client_with(other_company(one).token);
    let companies = [&company, &other_company];
    for card in 0..CARDS {
        let number = format!("{:08}", 100 + card);
        let inserted = inserted(one, &platform, &format!("card-{card}"), &number);
        let named = COMPANIES.map(|company| chosen(one, company));
        let ask = |wish: Wish| {
            let told = |company: usize, to: &str| {
                company_client::update(companies[company], &named[company], to)
            };
            match wish {
                Wish::Lock(company) => told(company, "LOCK"),
                Wish::Unlock(company) => told(company, "INIT"),
                Wish::Close(company) => told(company, "CLOSURE"),
                Wish::Cancel => told_by_platform(&platform, &inserted, "CANCEL"),
            }
        };
        let mut standing = Standing::Init;
        for _ in 0..TURNS {
            let wishes = wishes(&mut rng, standing);
            let answered = codes(wishes.map(|wish| {
                let ask = &ask;
                Box::new(move || ask(wish)) as Box<dyn Fn() -> Value + Send + '_>
            }));
            let answers: Vec<_> = wishes.into_iter().zip(answered.map(Some)).collect();
            let says = format!("seed {seed}: {standing:?}: {answers:?}");
            let courses = standing.courses(&answers);
            let status = status_of(&company, &named[0]);
            assert_eq!(status, status_of(&other_company, &named[1]), "{says}");
            let ends = courses.iter().map(|course| course.end);
            let ends: Vec<_> =
                ends.filter(|end| company_client::status(end.name()) == status).collect();
            standing = *ends.first().unwrap_or_else(|| panic!("{says}, then {status}"));
            // Who has it is seen by what they may not do.
            if let Standing::Locked(_) = standing {
                standing = Standing::Locked(holder(companies, &named));
                assert!(ends.contains(&standing), "{says}, then {standing:?}");
            }
        }
    }
}

/// The company that has a locked card: the other one is told that it is locked, this one that it has locked it.
fn holder(companies: [&Client<'_>; 2], named: &[Value; 2]) -> usize {
    let again = [0, 1].map(|company: usize| {
        company_client::update(companies[company], &named[company], "LOCK")["errcode"].as_i64()
    });
    match again {
        [Some(72024), Some(72023)] => 0,
        [Some(72023), Some(72024)] => 1,
        _ => panic!("two have it, or nobody: {again:?}"),
    }
}

/// The same order twice, and the same number for two orders: a card of each.
pub fn insert_against_insert(one: &TestServer, other: &TestServer) {
    let (merchant, platform) = (one.merchant(), one.client(PLATFORM));
    let there = other.client_with(platform.token.clone());
    let card_id = card_id(&platform);
    for round in 0..4 {
        let (first_order, second_order) = (format!("a{round}"), format!("b{round}"));
        merchant.authorized(&first_order);
        merchant.authorized(&second_order);
        let (first, second) = (format!("{:08}", 2 * round), format!("{:08}", 2 * round + 1));
        let pdfs = [(); 3].map(|()| upload_invoice_pdf(&platform));
        let [same, again, other] = codes([
            Box::new(|| platform.post(INSERT, &invoice(&first_order, &card_id, &pdfs[0], &first))),
            Box::new(|| there.post(INSERT, &invoice(&first_order, &card_id, &pdfs[1], &second))),
            Box::new(|| there.post(INSERT, &invoice(&second_order, &card_id, &pdfs[2], &first))),
        ]);
        match (same, again, other) {
            // The order went to the second number, so the first one is free for the other order.
            (0, 72056, 72042) | (72042 | 72056, 0, 0) => {}
            odd => panic!("{odd:?}"),
        }
    }
}
