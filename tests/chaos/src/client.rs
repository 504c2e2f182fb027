//! A merchant's client: moves orders step by step, and remembers what was acknowledged.

use crate::card_calls::{self, Desk};
use crate::cluster::Node;
use crate::entry;
use crate::order::{Order, Stage, Step};
use crate::pay_calls;
use crate::payment::{Payment, Way};
use crate::session::{Outcome, REFUSALS, Session, USERS};
use crate::uploads;
use fastrand::Rng;
use serde_json::{Value, json};

/// Orders that are looked at again; older ones rest, as most of a merchant's do.
const AT_HAND: usize = 6;
/// "fpqqlsh is processing".
const PROCESSING: i64 = 73107;
/// The order is over, by a rejection or a refund.
const REJECTED: i64 = 72035;

/// A client, and the orders that are its own.
pub struct Client {
    name: String,
    rng: Rng,
    desk: Desk,
    /// All that it has ever begun.
    pub orders: Vec<Order>,
}

impl Client {
    /// The one of this place, which has done nothing yet.
    pub fn new(place: usize) -> Self {
        let (rng, desk) = (Rng::with_seed(0), Desk::new(place));
        Self { name: String::new(), rng, desk, orders: Vec::new() }
    }

    /// What it does in a round follows from this seed, and from the answers. New orders are named
    /// after it.
    pub fn begin(&mut self, name: String, seed: u64) {
        self.name = name;
        self.rng = Rng::with_seed(seed);
    }

    /// Loads the servers until the round is over or all are dead.
    pub fn play(&mut self, session: &Session<'_>) {
        while let Some(node) = session.node(&mut self.rng) {
            if self.rng.u32(0..50) == 0 {
                self.desk.stock(session, node);
                continue;
            }
            let index = self.next_order();
            let (order, rng) = (&mut self.orders[index], &mut self.rng);
            order.is_touched = true;
            if let Some(step) = order.next_payment_step(rng) {
                pay_calls::play(session, node, order, step);
                continue;
            }
            let step = *rng.choice(order.stage.steps()).expect("every stage has a step");
            let needs_link = order.link.is_none() && order.stage != Stage::Refunded;
            match if needs_link { Step::Offer } else { step } {
                step @ (Step::Insert | Step::InsertTaken | Step::Reimburse) => {
                    card_calls::play(session, node, order, step, &mut self.desk, rng);
                }
                step => play_step(session, node, order, step),
            }
        }
    }

    /// PDFs that were uploaded and that no invoice has are there, on every server.
    pub fn look_at_spare_pdfs(&self, session: &Session<'_>) {
        for pdf in &self.desk.spare {
            for node in session.nodes {
                uploads::look(session, node, pdf, false);
            }
        }
    }

    /// One whose payment gave no answer, since every pay merchant asks again; else a new order, or one at hand; one time
    /// in ten any other, to find it as it was left. Every other new order is one that is paid first.
    fn next_order(&mut self) -> usize {
        let rng = &mut self.rng;
        let is_open = |index: &usize| !self.orders[*index].is_at_rest();
        let all = 0..self.orders.len();
        let asks_again =
            all.clone().rev().take(AT_HAND).find(|index| self.orders[*index].is_payment_in_doubt());
        if let Some(index) = asks_again {
            return index;
        }
        let found = match rng.u32(0..100) {
            0..30 => None,
            30..40 => rng.choice(all).filter(is_open),
            _ => {
                let is_unfinished = |index: &usize| !self.orders[*index].is_last();
                let at_hand = all.rev().take(AT_HAND).filter(is_open).filter(is_unfinished);
                rng.choice(at_hand.collect::<Vec<_>>())
            }
        };
        found.unwrap_or_else(|| {
            let user = *rng.choice(&USERS).expect("there are users");
            let way = *rng.choice(&Way::ALL).expect("there are ways");
            let (payment, number) = (rng.bool().then(|| Payment::new(way)), self.orders.len());
            let begin = if payment.is_some() { "pay-" } else { "" };
            self.orders.push(Order::new(format!("{begin}{}-{number}", self.name), user, payment));
            number
        })
    }
}

fn play_step(session: &Session<'_>, node: &Node, order: &mut Order, step: Step) {
    if step == Step::Look {
        return look(session, node, order);
    }
    if order.payment.is_some() && matches!(step, Step::Offer | Step::Authorize) {
        return entry::play(session, node, order, step);
    }
    let (path, body) = request(session, order, step);
    match session.change(node, &path, &body) {
        Outcome::Done(answer) => {
            let result = answer["result"].as_str();
            let wanted = match step {
                Step::Authorize => Some("authorized"),
                Step::Decline => Some("declined"),
                _ => None,
            };
            assert_eq!(result, wanted, "{step:?} of {order:?}: {answer}");
            if step == Step::Offer {
                order.link = Some(answer["auth_url"].as_str().unwrap().to_owned());
            }
            order.acknowledge(step);
        }
        Outcome::InDoubt => order.doubt(step),
        Outcome::Refused(_, answer) => panic!("{step:?} of {order:?}: {answer}"),
    }
}

fn request(session: &Session<'_>, order: &Order, step: Step) -> (String, Value) {
    let accounts = &session.accounts;
    let (s_pappid, tax_id) = (accounts.s_pappid(), accounts.tax_id());
    let openid = accounts.openid(order.user);
    match step {
        Step::Offer => {
            let body = json!({
                "s_pappid": s_pappid, "order_id": order.id, "money": 11, "timestamp": 1,
                "source": "wxa", "ticket": session.ticket, "type": i32::from(order.payment.is_some()),
            });
            (session.path("getauthurl"), body)
        }
        Step::Decline | Step::Authorize => {
            let decision = if step == Step::Authorize { "authorize" } else { "decline" };
            let body = json!({"auth_url": order.link, "user": order.user, "decision": decision});
            ("sandbox/v1/authorize".to_owned(), body)
        }
        Step::Reject => {
            let body =
                json!({"s_pappid": s_pappid, "order_id": order.id, "reason": order.reason()});
            (session.path("rejectinsert"), body)
        }
        Step::MakeOut => {
            let body = json!({
                "wxopenid": openid, "ddh": order.id, "fpqqlsh": order.serial(), "nsrsbh": tax_id,
                "nsrmc": "n", "nsrdz": "n", "nsrdh": "1", "nsrbank": "b", "nsrbankid": "1",
                "ghfmc": "b", "kpr": "k", "jshj": "113", "hjje": "100", "hjse": "13",
                "invoicedetail_list": [{
                    "fphxz": "0", "spbm": "1090418010000000000", "xmmc": "x", "xmsl": "1",
                    "xmdj": "100", "xmje": "100", "sl": "0.13", "se": "13",
                }],
            });
            (session.path("makeoutinvoice"), body)
        }
        Step::Offset => {
            let (code, number) = order.numbers[0].as_ref().expect("it was seen issued");
            let body = json!({
                "wxopenid": openid, "fpqqlsh": order.red_serial(), "nsrsbh": tax_id, "nsrmc": "n",
                "yfpdm": code, "yfphm": number,
            });
            (session.path("clearoutinvoice"), body)
        }
        Step::Insert | Step::InsertTaken | Step::Reimburse => unreachable!("the platform's"),
        Step::Look => unreachable!("it is no change"),
    }
}

/// The merchant asks how the order stands, and must be told what was acknowledged.
pub fn look(session: &Session<'_>, node: &Node, order: &mut Order) {
    match order.stage {
        Stage::Requested | Stage::Issued | Stage::Failed => query(session, node, order, false),
        Stage::OffsetRequested | Stage::Offset | Stage::OffsetFailed => {
            query(session, node, order, true);
        }
        Stage::Refunded => {
            authorization(session, node, order);
            refunded(session, node, order);
        }
        _ => authorization(session, node, order),
    }
    card_calls::look(session, node, order);
}

/// Nobody opens it again.
fn refunded(session: &Session<'_>, node: &Node, order: &Order) {
    let (path, body) = request(session, order, Step::Offer);
    match session.ask(node, &path, &body) {
        Outcome::Refused(Some(REJECTED), _) | Outcome::InDoubt => {}
        outcome => panic!("open again: {order:?}: {outcome:?}"),
    }
}

fn authorization(session: &Session<'_>, node: &Node, order: &Order) {
    let which = json!({"s_pappid": session.accounts.s_pappid(), "order_id": order.id});
    match session.ask(node, &session.path("getauthdata"), &which) {
        Outcome::Done(answer) => {
            let says = answer["errmsg"].as_str().unwrap();
            let is_known = !says.contains("never called getauthurl");
            assert_eq!(is_known, order.stage != Stage::Unknown, "{order:?}: {answer}");
            let status = match order.stage {
                Stage::Unknown | Stage::Offered | Stage::Declined | Stage::Refunded => "never auth",
                Stage::Rejected => "reject insert",
                _ => "auth success",
            };
            assert_eq!(answer["invoice_status"], status, "{order:?}: {answer}");
        }
        Outcome::InDoubt => {}
        Outcome::Refused(_, answer) => panic!("{order:?}: {answer}"),
    }
}

fn query(session: &Session<'_>, node: &Node, order: &mut Order, is_red: bool) {
    let serial = if is_red { order.red_serial() } else { order.serial() };
    let which = json!({"fpqqlsh": serial, "nsrsbh": session.accounts.tax_id()});
    match session.ask(node, &session.path("queryinvoceinfo"), &which) {
        Outcome::Done(answer) => {
            let of = |name: &str| answer["invoicedetail"][name].as_str().unwrap().to_owned();
            order.has_number(is_red, (of("fpdm"), of("fphm")));
            order.seen(if is_red { Stage::Offset } else { Stage::Issued });
        }
        Outcome::Refused(Some(PROCESSING), answer) => {
            let runs = matches!(order.stage, Stage::Requested | Stage::OffsetRequested);
            assert!(runs, "{order:?}: {answer}");
        }
        Outcome::Refused(Some(code), _) if REFUSALS.contains(&code) => {
            order.seen(if is_red { Stage::OffsetFailed } else { Stage::Failed });
        }
        Outcome::Refused(_, answer) => panic!("lost: {order:?}: {answer}"),
        Outcome::InDoubt => {}
    }
}
