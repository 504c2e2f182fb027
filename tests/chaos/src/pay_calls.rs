//! What a pay merchant asks for, and the payer's yes. Whoever asks for the same again is answered the same.

use crate::cluster::Node;
use crate::order::Order;
use crate::payment::{Payment, PaymentStage, PaymentStep, REFUNDS_FEN, TOTAL_FEN, Way, has_name};
use crate::session::{Outcome, Session};
use kaipiao_wire::payment::pay_request::PayRequest;
use serde_json::json;

/// A step of an order's payment, for the first time or again.
pub fn play(session: &Session<'_>, node: &Node, order: &mut Order, step: PaymentStep) {
    let is_carried_out = match step {
        PaymentStep::Pay => pay(session, node, order),
        step => call(session, node, order, step),
    };
    if is_carried_out {
        order.acknowledge_payment(step);
    } else {
        order.doubt_payment(step);
    }
}

/// False: nobody knows.
fn pay(session: &Session<'_>, node: &Node, order: &mut Order) -> bool {
    let payment = order.payment.as_mut().expect("it has one");
    let body = json!({"prepay_id": payment.prepay_id, "user": order.user});
    match session.change(node, "sandbox/v1/pay", &body) {
        Outcome::Done(answer) => {
            assert!(!payment.stage.is_paid(), "it was paid twice: {payment:?}: {answer}");
            has_name(&mut payment.transaction_id, answer["transaction_id"].as_str().unwrap());
            true
        }
        Outcome::InDoubt => false,
        Outcome::Refused(_, answer) => {
            let is_known = payment.stage.is_paid() || payment.is_in_doubt;
            let was_paid = answer["error"].as_str().unwrap().contains("it was paid before");
            assert!(is_known && was_paid, "{payment:?}: {answer}");
            true
        }
    }
}

fn call(session: &Session<'_>, node: &Node, order: &mut Order, step: PaymentStep) -> bool {
    let (path, own) = request(session, order, step);
    let own: Vec<_> = own.iter().map(|(name, value)| (*name, &**value)).collect();
    match session.counted(session.pay_call(node, path, &own)) {
        Outcome::Done(answer) => {
            see(order.payment.as_mut().expect("it has one"), step, &answer);
            true
        }
        Outcome::InDoubt => false,
        Outcome::Refused(code, answer) if step == PaymentStep::Charge => {
            let payment = order.payment.as_ref().expect("it has one");
            let is_known = payment.stage.is_paid() || payment.is_in_doubt;
            assert!(is_known && code == "ORDERPAID", "{payment:?}: {code}: {answer:?}");
            true
        }
        Outcome::Refused(code, answer) => panic!("{step:?} of {order:?}: {code}: {answer:?}"),
    }
}

/// What an answer says besides that it was done.
fn see(payment: &mut Payment, step: PaymentStep, answer: &PayRequest) {
    match step {
        PaymentStep::Place => has_name(&mut payment.prepay_id, answer.get("prepay_id")),
        PaymentStep::Charge => {
            assert!(!payment.stage.is_paid(), "it was charged twice: {payment:?}: {answer:?}");
            if payment.way == Way::Quick {
                has_name(&mut payment.transaction_id, answer.get("transaction_id"));
            }
        }
        PaymentStep::Refund(index) => {
            has_name(&mut payment.refund_ids[index], answer.get("refund_id"));
        }
        PaymentStep::Pay | PaymentStep::Close | PaymentStep::Reverse => {}
    }
}

/// Each notice has an address of its own.
fn request(
    session: &Session<'_>,
    order: &Order,
    step: PaymentStep,
) -> (&'static str, Vec<(&'static str, String)>) {
    let mut own = vec![("out_trade_no", order.id.clone())];
    let path = match step {
        PaymentStep::Place | PaymentStep::Charge => {
            own.extend([
                ("body", "tea".to_owned()),
                ("total_fee", TOTAL_FEN.to_string()),
                ("spbill_create_ip", "127.0.0.1".to_owned()),
                ("receipt", "Y".to_owned()),
            ]);
            let notify_url = ("notify_url", format!("{}{}", session.notify_url, order.id));
            let accounts = &session.accounts;
            match order.payment.as_ref().expect("it has one").way {
                Way::Page => {
                    own.extend([notify_url, ("trade_type", "NATIVE".to_owned())]);
                    "pay/unifiedorder"
                }
                Way::Quick => {
                    own.push(("auth_code", accounts.auth_code(order.user).to_owned()));
                    "pay/micropay"
                }
                Way::OnBehalf => {
                    let contract = ("contract_id", accounts.contract_id(order.user).to_owned());
                    own.extend([notify_url, contract, ("trade_type", "PAP".to_owned())]);
                    "pay/pappayapply"
                }
            }
        }
        PaymentStep::Close => "pay/closeorder",
        PaymentStep::Reverse => "secapi/pay/reverse",
        PaymentStep::Refund(index) => {
            let number = format!("{}-{index}", order.id);
            own.extend([
                ("notify_url", format!("{}{number}", session.notify_url)),
                ("out_refund_no", number),
                ("total_fee", TOTAL_FEN.to_string()),
                ("refund_fee", REFUNDS_FEN[index].to_string()),
            ]);
            "secapi/pay/refund"
        }
        PaymentStep::Pay => unreachable!("the payer pays"),
    };
    (path, own)
}

/// The pay merchant asks for the last step again, and how the payment stands: it must be told what was acknowledged.
pub fn look(session: &Session<'_>, node: &Node, order: &mut Order) {
    let Some(payment) = &order.payment else { return };
    if let Some(step) = payment.last {
        play(session, node, order, step);
    }
    if payment_is_revoked(order) {
        stays_revoked(session, node, order);
    }
    query(session, node, order);
    query_refunds(session, node, order);
}

fn payment_is_revoked(order: &Order) -> bool {
    order.payment.as_ref().is_some_and(|payment| payment.stage.is_revoked())
}

/// Nobody is charged for it again.
fn stays_revoked(session: &Session<'_>, node: &Node, order: &Order) {
    let (path, own) = request(session, order, PaymentStep::Charge);
    let own: Vec<_> = own.iter().map(|(name, value)| (*name, &**value)).collect();
    match session.pay_call(node, path, &own) {
        Outcome::Refused(code, _) if code == "ORDERCLOSED" => {}
        Outcome::InDoubt => {}
        outcome => panic!("paid again: {order:?}: {outcome:?}"),
    }
}

fn query(session: &Session<'_>, node: &Node, order: &mut Order) {
    let name = [("out_trade_no", &*order.id)];
    let payment = order.payment.as_mut().expect("it has one");
    match session.pay_call(node, "pay/orderquery", &name) {
        Outcome::Done(answer) => {
            let state = answer.get("trade_state");
            assert_eq!(Some(state), payment.stage.trade_state(), "{payment:?}: {answer:?}");
            if payment.stage.is_paid() {
                has_name(&mut payment.transaction_id, answer.get("transaction_id"));
            }
        }
        Outcome::InDoubt => {}
        Outcome::Refused(code, answer) => {
            let is_unknown = payment.stage == PaymentStage::Unknown && code == "ORDERNOTEXIST";
            assert!(is_unknown, "lost: {payment:?}: {code}: {answer:?}");
        }
    }
}

fn query_refunds(session: &Session<'_>, node: &Node, order: &mut Order) {
    let name = [("out_trade_no", &*order.id)];
    let payment = order.payment.as_mut().expect("it has one");
    let known = payment.stage.refunds();
    if known == 0 {
        return;
    }
    match session.pay_call(node, "pay/refundquery", &name) {
        Outcome::Done(answer) => has_refunds(&answer, known, &mut payment.refund_ids),
        Outcome::InDoubt => {}
        Outcome::Refused(code, answer) => panic!("lost: {payment:?}: {code}: {answer:?}"),
    }
}

fn has_refunds(answer: &PayRequest, known: usize, refund_ids: &mut [Option<String>]) {
    assert_eq!(answer.get("total_refund_count"), known.to_string(), "{answer:?}");
    for (index, refund_id) in refund_ids[..known].iter_mut().enumerate() {
        has_name(refund_id, answer.get(&format!("refund_id_{index}")));
    }
}
