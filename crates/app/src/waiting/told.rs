//! What an order has moved past: its state says it no more, and the push that was committed with it still does.

use super::events::{Awaited, Happened, What};
use super::scope::{Scope, merchant_of, of_order, of_request, requests_of};
use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::requests;
use crate::signed::{auth_push, result_push};
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_ports::delivery::outbox::ListedPush;

impl Scope {
    /// Every no to one of the orders, also where a yes came after it.
    pub(super) async fn declined(&self, app: &App) -> Result<Vec<Happened>, Failure> {
        let mut said_no = Vec::new();
        for push in self.all_pushes(app, Some(auth_push::EVENT)).await? {
            if auth_push::is_declined(&push.push.body)
                && let Some(receiver) = AppId::parse(&push.push.id.account)
            {
                said_no.push((merchant_of(app, &receiver).await?, push));
            }
        }
        let mut found = Vec::new();
        for order in self.orders(app).await? {
            let own = said_no.iter().filter(|(merchant, _)| *merchant == order.merchant);
            let told = own.map(|(_, push)| happened(push, What::Order(order.clone()))).collect();
            found.extend(with_state(told, of_order(&Awaited::Declined, order)));
        }
        Ok(found)
    }

    /// Every try that has failed, also where a later one has made the invoice.
    pub(super) async fn failed(&self, app: &App) -> Result<Vec<Happened>, Failure> {
        let pushes = self.all_pushes(app, Some(result_push::EVENT)).await?;
        let mut found = Vec::new();
        for order in self.orders(app).await? {
            let mut states: Vec<_> = requests_of(app, &order).await?;
            let mut told: Vec<Happened> = Vec::new();
            for push in &pushes {
                let failed = result_push::failed_serial(&push.push.body);
                let Some(serial) = failed else { continue };
                // A number that another merchant's order has too.
                let Some(request) = requests::find(app, &order.merchant, &serial).await? else {
                    continue;
                };
                states.retain(|state| state.serial != serial);
                states.push(request.clone());
                told.push(happened(push, What::Invoice(request)));
            }
            for state in states {
                let serial = state.serial.clone();
                let (own, rest) = told.into_iter().partition(|happened| {
                    matches!(&happened.what, What::Invoice(request) if request.serial == serial)
                });
                told = rest;
                found.extend(with_state(own, of_request(&Awaited::Failed, state)));
            }
        }
        Ok(found)
    }
}

/// What pushes have told, and the state where none tells it any more: the push of a state is committed with it, and not
/// earlier.
fn with_state(told: Vec<Happened>, state: Option<Happened>) -> Vec<Happened> {
    let newest = told.iter().map(|happened| happened.at).max();
    let untold = state.filter(|state| newest.is_none_or(|newest| newest < state.at));
    told.into_iter().chain(untold).collect()
}

fn happened(push: &ListedPush, what: What) -> Happened {
    Happened { at: Timestamp::from_unix_millis(push.push.committed_ms), what }
}
