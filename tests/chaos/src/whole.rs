//! Once nothing is left to be done: everything that follows from the orders is there, once, and nothing
//! else is.

use crate::card::Card;
use crate::cluster::Node;
use crate::deliveries::{Arrival, PushKey, receivers};
use crate::listings::{InvoiceRow, PushRow, Records, cards, messages, notices, pushes};
use crate::order::{Order, Stage};
use crate::session::USERS;
use crate::titles::{self, Pick};
use kaipiao_tests::card_model::Standing;
use kaipiao_tests::{MERCHANT, element};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What a card's changes are told by, and a picked title.
const STATUS_EVENT: &str = "update_invoice_status";
const TITLE_EVENT: &str = "submit_invoice_title";

/// The store, looked at from every side.
pub fn check(node: &Node, orders: &[&Order], picks: &[Pick], arrivals: &[Arrival]) {
    let records = Records::of(node);
    for order in orders {
        let stage = records.stage(order);
        assert_eq!(stage, order.stage, "it has changed by itself: {order:?}");
        let runs = matches!(stage, Stage::Requested | Stage::OffsetRequested);
        assert!(!runs, "its job is lost: {order:?}");
        let standing = inserted(order).map(|card| card.standing);
        assert_eq!(records.standing(order), standing, "its card has changed: {order:?}");
    }
    check_messages(node, orders);
    check_cards(node, &records, orders);
    check_numbers(node, &records);
    let pushes: Vec<_> = receivers().map(|account| (account, pushes(node, account))).collect();
    pushes.iter().for_each(|(_, of_account)| check_delivered(of_account));
    check_order_pushes(orders, &records, &pushes[0].1);
    check_card_pushes(orders, &pushes);
    check_picks(picks, &pushes);
    let (told, events): (Vec<_>, Vec<_>) = arrivals.iter().cloned().partition(Arrival::is_notice);
    let stored: Vec<_> = pushes.into_iter().flat_map(|(_, of_account)| of_account).collect();
    check_arrivals(&stored, &events);
    check_payments(orders);
    check_notices(orders, &notices(node), &told);
}

/// The card of an order's inserted invoice.
fn inserted(order: &Order) -> Option<&Card> {
    order.card.as_ref().filter(|_| order.stage == Stage::Inserted)
}

/// A payment, a rejection, an invoice and its end are one message each; a failure leaves at least one.
fn check_messages(node: &Node, orders: &[&Order]) {
    let mut found: HashMap<(String, String), usize> = HashMap::new();
    for message in messages(node) {
        let about = match &message.fpqqlsh {
            Some(serial) => serial.clone(),
            None => format!("{} {}", message.order_id, message.reason),
        };
        *found.entry((message.event, about)).or_default() += 1;
    }
    let mut take = |event: &str, about: String| found.remove(&(event.to_owned(), about));
    for order in orders {
        let once = |is_wanted: bool| is_wanted.then_some(1);
        let is_paid = order.payment.as_ref().is_some_and(|payment| payment.stage.is_paid());
        assert_eq!(take("paid", format!("{} ", order.id)), once(is_paid), "paid: {order:?}");
        let is_rejected = order.stage == Stage::Rejected;
        let about = format!("{} {}", order.id, order.reason());
        assert_eq!(take("rejected", about), once(is_rejected), "rejected: {order:?}");
        let issued = take("issued", order.serial());
        assert_eq!(issued, once(order.numbers[0].is_some()), "issued: {order:?}");
        let taken_back = take("taken_back", order.serial());
        assert_eq!(taken_back, once(order.numbers[1].is_some()), "taken back: {order:?}");
        if let Some((card, serial)) = inserted(order).and_then(|card| Some((card, card.serial()?)))
        {
            assert_eq!(take("issued", serial.clone()), Some(1), "inserted: {order:?}");
            let is_cancelled = card.standing == Standing::Cancelled;
            assert_eq!(take("taken_back", serial.clone()), once(is_cancelled), "{order:?}");
            let is_closed = matches!(card.standing, Standing::Closed(_));
            assert_eq!(take("written_off", serial), once(is_closed), "{order:?}");
        }
        let failed = take("failed", format!("{} ", order.id));
        assert!(order.stage != Stage::Failed || failed.is_some(), "failed: {order:?}");
    }
    assert!(found.is_empty(), "messages about nothing: {found:?}");
}

/// Every blue and every inserted invoice is one card in its user's wallet, cancelled when it was taken back; what was
/// written off has left it.
fn check_cards(node: &Node, records: &Records, orders: &[&Order]) {
    for user in USERS {
        let own = orders.iter().filter(|order| order.user == user);
        let own: Vec<_> = own.filter_map(|order| inserted(order)).collect();
        let is_closed = |card: &Card| matches!(card.standing, Standing::Closed(_));
        let is_cancelled = |card: &Card| card.standing == Standing::Cancelled;
        let names = |is_wanted: &dyn Fn(&Card) -> bool| -> Vec<String> {
            let wanted = own.iter().filter(|card| is_wanted(card));
            wanted.map(|card| card.serial().expect("it was seen")).collect()
        };
        let held = names(&|card| !is_closed(card));
        let blue = records.invoices.values().filter(|row| row.user == user && !row.is_red());
        let issued = blue.clone().filter(|row| row.number().is_some());
        let offset = blue.filter(|row| row.state == "offset");
        let serials = |row: &InvoiceRow| row.fpqqlsh.clone();
        let wanted: (BTreeSet<_>, BTreeSet<_>) = (
            issued.map(serials).chain(held).collect(),
            offset.map(serials).chain(names(&is_cancelled)).collect(),
        );
        assert_eq!(cards(node, user), wanted, "the cards of {user}");
    }
}

/// A number is on one invoice, and every number that was drawn is an invoice's or a gap.
fn check_numbers(node: &Node, records: &Records) {
    let mut numbers = BTreeSet::new();
    for row in records.invoices.values() {
        let Some((code, number)) = row.number() else { continue };
        let number: u64 = number.parse().unwrap();
        assert!(numbers.insert((code, number)), "a number on two invoices: {row:?}");
    }
    let of = |value: &Value| value.as_u64().unwrap();
    let listed = node.admin("GET", &format!("accounts/{MERCHANT}/numbers"), &Value::Null);
    for range in listed["ranges"].as_array().unwrap() {
        let code = range["code"].as_str().unwrap();
        let length = |run: &Value| of(&run["last"]) - of(&run["first"]) + 1;
        let gaps: u64 = range["gaps"].as_array().unwrap().iter().map(length).sum();
        let ahead = |block: &Value| {
            let (first, last) = (of(&block["first"]), of(&block["last"]));
            let drawn = numbers.range((code.to_owned(), first)..=(code.to_owned(), last));
            last - drawn.last().map_or(first - 1, |(_, highest)| *highest)
        };
        let ahead: u64 = range["blocks"].as_array().unwrap().iter().map(ahead).sum();
        let taken = of(&range["last"]) - of(&range["first"]) + 1 - of(&range["left"]);
        assert!(range.get("next_gap").is_none_or(Value::is_null), "more gaps than are listed");
        assert_eq!(of(&range["issued"]) + gaps + ahead, taken, "{range}");
    }
}

/// An account's pushes are delivered, no two of a user with one CreateTime.
fn check_delivered(pushes: &[PushRow]) {
    let mut keys: HashSet<PushKey> = HashSet::new();
    for push in pushes {
        let is_alone = keys.insert((push.openid.clone(), push.create_time));
        assert!(is_alone, "two pushes with one CreateTime: {push:?}");
        assert_eq!(push.state, "delivered", "{push:?}");
    }
}

/// What accounts were told of each card is what was granted, each once and in order; nobody else is told.
fn check_card_pushes(orders: &[&Order], pushes: &[(&str, Vec<PushRow>)]) {
    let mut told: HashMap<(&str, &str), Vec<&PushRow>> = HashMap::new();
    for (account, of_account) in pushes {
        for push in of_account {
            if push.event == STATUS_EVENT {
                told.entry((account, &push.order_id)).or_default().push(push);
            } else {
                assert_eq!(*account, MERCHANT, "it was told to somebody else: {push:?}");
            }
        }
    }
    for order in orders {
        let Some(card) = inserted(order) else { continue };
        let mut of_order: HashMap<&str, Vec<String>> = HashMap::new();
        for account in receivers() {
            let found = told.remove(&(account, &*order.id)).unwrap_or_default();
            let of = |push: &PushRow, name: &str| element(&push.body, name).unwrap_or_default();
            for push in &found {
                let named = (of(push, "Code"), of(push, "CardId"));
                assert_eq!(Some(&named.0), card.code.as_ref(), "{order:?}: {push:?}");
                assert_eq!(named.1, card.card_id, "{order:?}: {push:?}");
            }
            of_order.insert(account, found.iter().map(|push| of(push, "Status")).collect());
        }
        assert!(card.explains(|account| of_order[account].clone()), "{order:?}: {of_order:?}");
    }
    assert!(told.is_empty(), "pushes of no card: {told:?}");
}

/// Every title that was picked was told to the merchant, once.
fn check_picks(picks: &[Pick], pushes: &[(&str, Vec<PushRow>)]) {
    let told = pushes.iter().flat_map(|(_, of_account)| {
        let of_picks = of_account.iter().filter(|push| push.event == TITLE_EVENT);
        of_picks.map(|push| {
            let of = |name: &str| element(&push.body, name).unwrap_or_default();
            (of("attach"), of("title"))
        })
    });
    titles::check(picks, &told.collect::<Vec<_>>());
}

/// The merchant's pushes that follow from the orders themselves, each once and in order.
fn check_order_pushes(orders: &[&Order], records: &Records, pushes: &[PushRow]) {
    let mut of_order: HashMap<&str, Vec<String>> = HashMap::new();
    for push in pushes.iter().filter(|push| !matches!(&*push.event, STATUS_EVENT | TITLE_EVENT)) {
        of_order.entry(&push.order_id).or_default().push(what(push));
    }
    for order in orders {
        let found = of_order.remove(&*order.id).unwrap_or_default();
        check_pushes_of(order, records, &found);
    }
    assert!(of_order.is_empty(), "pushes of no order: {of_order:?}");
}

/// What a push says: a decision, or a serial and its status.
fn what(push: &PushRow) -> String {
    let of = |name: &str| element(&push.body, name).unwrap_or_default();
    match &*of("Event") {
        "user_authorize_invoice" if of("SuccOrderId") == push.order_id => "yes".to_owned(),
        "user_authorize_invoice" if of("FailOrderId") == push.order_id => "no".to_owned(),
        "cloud_invoice_invoiceresult_event" => format!("{} {}", of("fpqqlsh"), of("status")),
        _ => panic!("{push:?}"),
    }
}

fn check_pushes_of(order: &Order, records: &Records, found: &[String]) {
    let says = || format!("{order:?}: {found:?}");
    let count = |what: &str| found.iter().filter(|found| *found == what).count();
    let (sure, in_doubt) = order.declines;
    assert!((sure..=sure + in_doubt).contains(&count("no")), "{}", says());
    let is_decided =
        !matches!(order.stage, Stage::Unknown | Stage::Offered | Stage::Declined | Stage::Refunded);
    // A rejection may follow a no.
    let may_lack_yes = order.stage == Stage::Rejected && count("no") > 0;
    assert!(count("yes") == usize::from(is_decided) || may_lack_yes, "{}", says());
    let mut wanted = vec!["no".to_owned(), "yes".to_owned()];
    for (serial, number) in [order.serial(), order.red_serial()].into_iter().zip(&order.numbers) {
        let (failed, issued) = (format!("{serial} 2"), format!("{serial} 100"));
        assert_eq!(count(&issued), usize::from(number.is_some()), "{}", says());
        let is_failed = records.invoices.get(&serial).is_some_and(|row| row.state == "failed");
        assert!(count(&failed) > 0 || !is_failed, "{}", says());
        wanted.extend([failed, issued]);
    }
    let places = found.iter().map(|found| wanted.iter().position(|wanted| wanted == found));
    assert!(places.clone().all(|place| place.is_some()) && places.is_sorted(), "{}", says());
}

/// What goes out one after the other: an order's own pushes, those of its card at an account, those of a user's titles.
fn line(push: &PushRow) -> (&str, &str, String) {
    let account = element(&push.body, "ToUserName").unwrap_or_default();
    match &*push.event {
        TITLE_EVENT => (TITLE_EVENT, &push.openid, account),
        STATUS_EVENT => (STATUS_EVENT, &push.order_id, account),
        _ => ("", &push.order_id, account),
    }
}

/// Every push has arrived, those of an order in their order, always with the same words; and nothing
/// has arrived that is not stored.
fn check_arrivals(pushes: &[PushRow], arrivals: &[Arrival]) {
    let by_key: HashMap<PushKey, (usize, &PushRow)> = pushes
        .iter()
        .enumerate()
        .map(|(place, push)| ((push.openid.clone(), push.create_time), (place, push)))
        .collect();
    let (mut arrived, mut newest) = (HashSet::new(), HashMap::new());
    for Arrival { key, event, .. } in arrivals {
        let found = by_key.get(key);
        let (place, push) = found.unwrap_or_else(|| panic!("it is not stored: {event}"));
        assert_eq!(push.body, *event, "it arrived with other words: {push:?}");
        arrived.insert(key);
        let before = newest.insert(line(push), place);
        assert!(before.is_none_or(|before| before <= place), "out of order: {push:?}");
    }
    for (key, (_, push)) in &by_key {
        assert!(arrived.contains(key), "delivered and never received: {push:?}");
    }
}

/// WeChat Pay's own numbers name one payment or refund each.
fn check_payments(orders: &[&Order]) {
    let mut known = HashSet::new();
    for payment in orders.iter().filter_map(|order| order.payment.as_ref()) {
        let names = payment.refund_ids.iter().chain([&payment.transaction_id, &payment.prepay_id]);
        for name in names.flatten() {
            assert!(known.insert(name), "{name} is twice there: {payment:?}");
        }
    }
}

/// Every payment that was made has told its address, but quick pay, which has none, and so has every refund, always in
/// the same words; what is stored has arrived, and nothing else.
fn check_notices(orders: &[&Order], stored: &[PushRow], arrivals: &[Arrival]) {
    let mut told: HashMap<&str, &str> = HashMap::new();
    let mut taken: HashSet<String> = HashSet::new();
    for Arrival { key: (address, _), event, is_refused, .. } in arrivals {
        let before = told.insert(address, event);
        let is_same = before.is_none_or(|before| before == event);
        assert!(is_same, "{address} was told {before:?}, and {event}");
        taken.extend((!is_refused).then(|| address.clone()));
    }
    let mut wanted = HashSet::new();
    for order in orders {
        let Some(payment) = &order.payment else { continue };
        let is_told = payment.stage.is_paid() && payment.way.is_told();
        wanted.extend(is_told.then(|| order.id.clone()));
        wanted.extend((0..payment.stage.refunds()).map(|index| format!("{}-{index}", order.id)));
    }
    let lost: Vec<_> = wanted.symmetric_difference(&taken).collect();
    assert!(lost.is_empty(), "never told, or told and not made: {lost:?}");
    let told: HashSet<&str> = told.into_values().collect();
    assert_eq!(stored.len(), wanted.len(), "notices that are stored");
    for push in stored {
        assert_eq!(push.state, "delivered", "{push:?}");
        assert!(told.contains(&*push.body), "stored and told in other words: {push:?}");
    }
}
