//! The invoice entry of a payment, as its payer goes through the pages: it leads to a page of type 1, which asks for a
//! title.

use crate::cluster::Node;
use crate::order::{Order, Step};
use crate::session::{Outcome, Session};
use kaipiao_tests::pay_client::MCHID;

/// The payer opens the entry, or says yes behind it.
pub fn play(session: &Session<'_>, node: &Node, order: &mut Order, step: Step) {
    let outcome = match step {
        Step::Offer => {
            session.submit(node, &format!("payments/{MCHID}/{}/entry", order.id), order.user, "")
        }
        _ => authorize(session, node, order),
    };
    match session.counted(outcome) {
        Outcome::Done(leads_to) => {
            match step {
                Step::Offer => {
                    assert!(leads_to.contains(&order.id), "{order:?}: {leads_to}");
                    order.link = Some(leads_to);
                }
                _ => assert!(leads_to.contains("&done=1"), "{order:?}: {leads_to}"),
            }
            order.acknowledge(step);
        }
        Outcome::InDoubt => order.doubt(step),
        Outcome::Refused(status, html) => panic!("{step:?} of {order:?}: {status}: {html}"),
    }
}

/// The page carries what it has shown: nobody agrees to anything else.
fn authorize(session: &Session<'_>, node: &Node, order: &Order) -> Outcome<String, u16> {
    let link = order.link.as_ref().expect("its entry was opened");
    let (_, path) =
        link.split_once("://").and_then(|(_, rest)| rest.split_once('/')).expect("an address");
    let path = path.split('#').next().expect("a part");
    match session.visit(node, path, order.user) {
        Outcome::Done(html) => {
            let (_, rest) = html.split_once("name=\"shown\" value=\"").expect("a form");
            let (shown, _) = rest.split_once('"').expect("its value ends");
            let form = format!("shown={shown}&kind=personal&personal.title=x&decision=authorize");
            session.submit(node, path, order.user, &form)
        }
        otherwise => otherwise,
    }
}
