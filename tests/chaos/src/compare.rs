//! After a restart: what is stored against what was acknowledged.

use crate::client::look;
use crate::listings::{Records, messages};
use crate::order::{Order, Stage};
use crate::pay_calls;
use crate::payment::PaymentStage;
use crate::session::Session;
use std::collections::HashSet;

/// Every order stands where it was acknowledged, or one step further where a request was not answered,
/// or where the issuer has brought it since, and so does its payment; those that were touched, also by the merchant's
/// own calls, on every server.
pub fn orders<'a>(session: &Session<'_>, orders: impl Iterator<Item = &'a mut Order>) {
    let records = Records::of(&session.nodes[0]);
    let messages = messages(&session.nodes[0]);
    let rejected = messages.iter().filter(|message| message.event == "rejected");
    let rejected: HashSet<_> =
        rejected.map(|message| (&*message.order_id, &*message.reason)).collect();
    let (mut known, mut known_payments, mut inserted) = (0, 0, 0);
    for order in orders {
        order.seen(records.stage(order));
        if order.stage == Stage::Inserted {
            records.see_card(order);
            inserted += 1;
        }
        known += usize::from(order.stage != Stage::Unknown);
        if let Some(payment) = &mut order.payment {
            records.see_payment(&order.id, order.user, payment);
            known_payments += usize::from(payment.stage != PaymentStage::Unknown);
        }
        for (is_red, serial) in [(false, order.serial()), (true, order.red_serial())] {
            if let Some(number) = records.invoices.get(&serial).and_then(|row| row.number()) {
                order.has_number(is_red, number);
            }
        }
        if order.stage == Stage::Rejected {
            let message = (&*order.id, &*order.reason());
            assert!(rejected.contains(&message), "lost the message of {order:?}");
        }
        if std::mem::take(&mut order.is_touched) {
            for node in session.nodes {
                pay_calls::look(session, node, order);
                look(session, node, order);
            }
        }
    }
    assert_eq!(records.orders(), known, "an order that nobody has asked for");
    assert_eq!(records.inserted(), inserted, "a card that nobody has asked for");
    assert_eq!(records.payments(), known_payments, "a payment that nobody has asked for");
}
