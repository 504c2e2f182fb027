//! What the platform does to bring its own invoices into wallets, and what it and two companies do with their cards, several
//! of them at the same time.

use crate::card::{Card, Wanted};
use crate::cluster::Node;
use crate::kinds::Kind;
use crate::order::{Order, Step};
use crate::session::{Outcome, Session};
use crate::uploads::{self, Upload};
use fastrand::Rng;
use kaipiao_tests::card_model::Wish;
use kaipiao_tests::company_client::COMPANIES;
use kaipiao_tests::{PLATFORM, platform_client};
use serde_json::{Value, json};

/// "order_id repeated": it has a card.
const ORDER_HAS_CARD: i64 = 72056;
/// "billing_no or billing_code repeated".
const NUMBER_IS_TAKEN: i64 = 72042;
/// "another company has it".
const LOCKED_BY_OTHER: i64 = 72023;
/// Uploads that wait for an invoice.
const SPARE: usize = 3;
/// Numbers of a client.
const NUMBERS: usize = 10_000_000;

/// A platform's clerk: what a client has ready for inserts.
pub struct Desk {
    /// Each clerk has numbers of their own.
    first_number: usize,
    /// Those that were used.
    used: usize,
    /// Their template.
    card_id: Option<String>,
    /// PDFs that no invoice has.
    pub spare: Vec<Upload>,
    /// The number of an invoice that is in a wallet.
    taken_number: Option<String>,
}

impl Desk {
    /// The desk of the client of this place.
    pub const fn new(place: usize) -> Self {
        let first_number = place * NUMBERS;
        Self { first_number, used: 0, card_id: None, spare: Vec::new(), taken_number: None }
    }

    fn next_number(&mut self) -> String {
        self.used += 1;
        format!("{:08}", self.first_number + self.used)
    }

    /// Its template, made once.
    fn card_id(&mut self, session: &Session<'_>, node: &Node) -> Option<String> {
        if self.card_id.is_none() {
            let path = session.path_of(PLATFORM, "platform/createcard");
            self.card_id = match session.change(node, &path, &platform_client::template()) {
                Outcome::Done(answer) => {
                    session.kinds.note(Kind::Template);
                    Some(answer["card_id"].as_str().unwrap().to_owned())
                }
                Outcome::InDoubt => None,
                Outcome::Refused(_, answer) => panic!("createcard: {answer}"),
            };
        }
        self.card_id.clone()
    }

    /// Uploads one for later, if there is room.
    pub fn stock(&mut self, session: &Session<'_>, node: &Node) {
        if self.spare.len() < SPARE {
            let words = format!("044032000211 {}", self.next_number());
            self.spare.extend(uploads::upload(session, node, words));
        }
    }

    /// An invoice with a PDF that is there, or is uploaded now.
    fn wanted(&mut self, session: &Session<'_>, node: &Node) -> Option<Wanted> {
        self.spare.retain(|pdf| pdf.is_fresh(session));
        let number = self.next_number();
        let pdf = match self.spare.pop() {
            Some(pdf) => pdf,
            None => uploads::upload(session, node, format!("044032000211 {number}"))?,
        };
        Some(Wanted { number, pdf })
    }
}

/// A step of an order's card.
pub fn play(
    session: &Session<'_>,
    node: &Node,
    order: &mut Order,
    step: Step,
    desk: &mut Desk,
    rng: &mut Rng,
) {
    match step {
        Step::Insert => insert(session, node, order, desk, rng),
        Step::InsertTaken => insert_taken(session, node, order, desk),
        _ if rng.u32(0..12) == 0 => insert_another(session, node, order, desk),
        _ => want(session, node, order, rng),
    }
}

/// One invoice, or two at once for the same order; what was not answered is asked for again.
fn insert(session: &Session<'_>, node: &Node, order: &mut Order, desk: &mut Desk, rng: &mut Rng) {
    let Some(card_id) = desk.card_id(session, node) else { return };
    if order.card.is_none() {
        let count = if rng.u32(0..4) == 0 { 2 } else { 1 };
        let wanted: Vec<_> = (0..count).filter_map(|_| desk.wanted(session, node)).collect();
        if wanted.is_empty() {
            return;
        }
        order.card = Some(Card::new(card_id, wanted));
    }
    let card = order.card.as_mut().expect("it was made");
    let other = session.node(rng).unwrap_or(node);
    let path = session.path_of(PLATFORM, "insert");
    let outcomes = at_once(card.wanted.iter().zip([node, other]), |(wanted, node)| {
        let body = body_of(&order.id, &card.card_id, wanted);
        session.change(node, &path, &body)
    });
    let is_there = |(_, outcome): &(usize, &Outcome)| matches!(outcome, Outcome::Done(_));
    let done: Vec<_> = outcomes.iter().enumerate().filter(is_there).map(|(one, _)| one).collect();
    match done[..] {
        [one] => {
            let Outcome::Done(answer) = &outcomes[one] else { unreachable!("it was done") };
            session.kinds.note(Kind::Insert);
            card.taken = Some(one);
            card.has_code(answer["code"].as_str().unwrap());
            desk.taken_number = Some(card.wanted[one].number.clone());
            order.acknowledge(Step::Insert);
        }
        [] => {
            let is_unknown = outcomes.iter().any(|outcome| matches!(outcome, Outcome::InDoubt));
            assert!(is_unknown, "nobody has inserted it: {outcomes:?}: {order:?}");
            order.doubt(Step::Insert);
        }
        _ => panic!("an order has two cards: {outcomes:?}: {order:?}"),
    }
    let may_be_refused = outcomes.len() > 1;
    for outcome in outcomes {
        let Outcome::Refused(code, answer) = outcome else { continue };
        assert!(may_be_refused && code == Some(ORDER_HAS_CARD), "{order:?}: {answer}");
        session.kinds.note(Kind::OrderHasCard);
    }
}

fn body_of(order_id: &str, card_id: &str, wanted: &Wanted) -> Value {
    platform_client::invoice(order_id, card_id, &wanted.pdf.media_id, &wanted.number)
}

/// A number that is in a wallet comes into no other.
fn insert_taken(session: &Session<'_>, node: &Node, order: &Order, desk: &mut Desk) {
    let Some(number) = desk.taken_number.clone() else { return };
    let Some(card_id) = desk.card_id(session, node) else { return };
    let body = platform_client::invoice(&order.id, &card_id, "1", &number);
    match session.ask(node, &session.path_of(PLATFORM, "insert"), &body) {
        Outcome::Refused(Some(NUMBER_IS_TAKEN), _) => session.kinds.note(Kind::NumberIsTaken),
        Outcome::InDoubt => {}
        outcome => panic!("{number} again: {order:?}: {outcome:?}"),
    }
}

/// An order that has a card takes no other.
fn insert_another(session: &Session<'_>, node: &Node, order: &Order, desk: &mut Desk) {
    let card = order.card.as_ref().expect("it was inserted");
    let another = Wanted { number: desk.next_number(), pdf: card.wanted[0].pdf.clone() };
    let body = body_of(&order.id, &card.card_id, &another);
    match session.ask(node, &session.path_of(PLATFORM, "insert"), &body) {
        Outcome::Refused(Some(ORDER_HAS_CARD), _) => session.kinds.note(Kind::OrderHasCard),
        Outcome::InDoubt => {}
        outcome => panic!("another card: {order:?}: {outcome:?}"),
    }
}

/// Companies and platform want something of the card, at the same time.
fn want(session: &Session<'_>, node: &Node, order: &mut Order, rng: &mut Rng) {
    let card = order.card.as_mut().expect("it was inserted");
    if !choose(session, node, order.user, card) {
        return;
    }
    let wishes = card.next_wishes(rng);
    let nodes: Vec<_> = wishes.iter().map(|_| session.node(rng).unwrap_or(node)).collect();
    let answers =
        at_once(wishes.iter().zip(nodes), |(wish, node)| tell(session, node, card, *wish));
    let answers: Vec<_> = wishes.into_iter().zip(answers).collect();
    for (wish, answer) in &answers {
        match (answer, wish) {
            (Some(0), Wish::Lock(_)) => session.kinds.note(Kind::Lock),
            (Some(0), Wish::Unlock(_)) => session.kinds.note(Kind::Unlock),
            (Some(0), Wish::Close(_)) => session.kinds.note(Kind::Close),
            (Some(0), Wish::Cancel) => session.kinds.note(Kind::Cancel),
            (Some(LOCKED_BY_OTHER), _) => session.kinds.note(Kind::LockedByOther),
            _ => {}
        }
    }
    card.answered(&answers);
}

/// The user chooses the card for both companies. False: nobody knows.
fn choose(session: &Session<'_>, node: &Node, user: &str, card: &mut Card) -> bool {
    if card.encrypt_codes.is_some() || card.is_out_of_reach {
        return true;
    }
    let mut encrypt_codes = COMPANIES.map(|_| String::new());
    for (company, encrypt_code) in COMPANIES.into_iter().zip(&mut encrypt_codes) {
        let body = json!({"appid": company, "user": user, "codes": [card.code]});
        match session.ask(node, "sandbox/v1/choose-invoice", &body) {
            Outcome::Done(answer) => {
                let chosen = answer["choose_invoice_info"].as_str().unwrap();
                let chosen: Value = serde_json::from_str(chosen).unwrap();
                chosen[0]["encrypt_code"].as_str().unwrap().clone_into(encrypt_code);
            }
            Outcome::InDoubt => return false,
            // The user has a hundred newer ones.
            Outcome::Refused(None, _) => {
                card.is_out_of_reach = true;
                return true;
            }
            Outcome::Refused(_, answer) => panic!("{card:?}: {answer}"),
        }
    }
    card.encrypt_codes = Some(encrypt_codes);
    true
}

/// The code of the answer; None: there was none.
fn tell(session: &Session<'_>, node: &Node, card: &Card, wish: Wish) -> Option<i64> {
    let (status, company) = match wish {
        Wish::Lock(company) => ("LOCK", Some(company)),
        Wish::Unlock(company) => ("INIT", Some(company)),
        Wish::Close(company) => ("CLOSURE", Some(company)),
        Wish::Cancel => ("CANCEL", None),
    };
    let mut body = match company {
        Some(company) => named(card, company),
        None => json!({"card_id": card.card_id, "code": card.code}),
    };
    body["reimburse_status"] = json!(format!("INVOICE_REIMBURSE_{status}"));
    let path = match company {
        Some(company) => session.path_of(COMPANIES[company], "reimburse/updateinvoicestatus"),
        None => session.path_of(PLATFORM, "platform/updatestatus"),
    };
    match session.change(node, &path, &body) {
        Outcome::Done(_) => Some(0),
        Outcome::InDoubt => None,
        Outcome::Refused(code, answer) => {
            Some(code.unwrap_or_else(|| panic!("{wish:?} of {card:?}: {answer}")))
        }
    }
}

/// The card as a company names it.
fn named(card: &Card, company: usize) -> Value {
    let encrypt_codes = card.encrypt_codes.as_ref().expect("it was chosen");
    json!({"card_id": card.card_id, "encrypt_code": encrypt_codes[company]})
}

/// Both companies and the platform find the card as it was acknowledged, with the very PDF that was uploaded.
pub fn look(session: &Session<'_>, node: &Node, order: &Order) {
    let Some(card) = &order.card else { return };
    for (place, wanted) in card.wanted.iter().enumerate() {
        uploads::look(session, node, &wanted.pdf, card.taken == Some(place));
    }
    let (Some(invoice), Some(_)) = (card.invoice(), &card.encrypt_codes) else { return };
    for (place, company) in COMPANIES.into_iter().enumerate() {
        let path = session.path_of(company, "reimburse/getinvoiceinfo");
        match session.ask(node, &path, &named(card, place)) {
            Outcome::Done(answer) => {
                let info = &answer["user_info"];
                let status = format!("INVOICE_REIMBURSE_{}", card.standing.name());
                assert_eq!(info["reimburse_status"], json!(status), "{order:?}: {answer}");
                assert_eq!(info["order_id"], json!(order.id), "{order:?}: {answer}");
                assert_eq!(info["billing_code"], json!(invoice.number), "{order:?}: {answer}");
                let pdf_url = info["pdf_url"].as_str().unwrap();
                uploads::read(session, node, &invoice.pdf, pdf_url);
            }
            Outcome::InDoubt => {}
            Outcome::Refused(_, answer) => panic!("lost: {order:?}: {answer}"),
        }
    }
}

/// What all of them answer, asked at the same time.
fn at_once<T: Send, R: Send>(each: impl Iterator<Item = T>, ask: impl Fn(T) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let ask = &ask;
        let asked: Vec<_> = each.map(|one| scope.spawn(move || ask(one))).collect();
        asked.into_iter().map(|one| one.join().expect("it was answered")).collect()
    })
}
