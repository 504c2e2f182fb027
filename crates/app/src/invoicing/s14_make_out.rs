//! Section 14: makeoutinvoice. Accepts a request; the issuing follows by itself ([`crate::invoicing::issue`]).

use crate::app::App;
use crate::authorization::never_asked_for;
use crate::authorization::order_key::order_key_of;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::invoicing::acceptance::{self, Reply};
use crate::invoicing::{requests, taxpayers};
use crate::people::known_as;
use crate::store_access::{Decision, FirstTry, decide_reading};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::invoicing::acceptance::{Accepted, NotAccepted, RequestContext};
use kaipiao_domain::invoicing::content::ContentProblem;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::make_out::MakeOut;
use kaipiao_domain::invoicing::requests::MakeOutRequest;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_domain::people::user::UserId;
use kaipiao_records::record::Versioned;

/// Why a request was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum MakeOutError {
    /// A member of the invoice cannot stand.
    #[error("{}", .0.problem)]
    Content(ContentProblem),
    /// A refusal, or the store.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<Refusal> for MakeOutError {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.into())
    }
}

impl From<NotAccepted> for MakeOutError {
    fn from(not_accepted: NotAccepted) -> Self {
        match not_accepted {
            NotAccepted::Refused(refusal) => refusal.into(),
            NotAccepted::Content(problem) => Self::Content(problem),
        }
    }
}

/// Accepts a request for a blue invoice, or finds that it was issued before. The order, the
/// request with its content, and its job are one commit.
pub async fn make_out(
    app: &App,
    caller: &Account,
    asked: &MakeOutRequest,
) -> Result<(), MakeOutError> {
    let taxpayer = taxpayers::taxpayer_of(app, caller).await?;
    let MakeOutRequest { openid, asked } = asked;
    concerns(caller.merchant(), &asked.order_id);
    let key = order_key_of(caller.merchant(), &asked.order_id);
    let taxpayer = &taxpayer;
    let reply =
        decide_reading(app, key, FirstTry::Reads, |order: Option<Order>, attempt| async move {
            let order = order.as_ref();
            let accepted_beside =
                |known| accept(app, caller, openid, asked, order, taxpayer, known);
            let likely = match attempt {
                0 => likely_request(app, caller.merchant(), order, &asked.serial).await?,
                _ => requests::find_versioned(app, caller.merchant(), &asked.serial).await?,
            };
            let is_known = likely.is_some();
            let refused = match accepted_beside(likely) {
                Ok(accepted) => return Ok(accepted),
                Err(refused) if is_known => return Err(refused.into()),
                Err(refused) => refused,
            };
            // What is not accepted may be known all the same: then its caller learns how far
            // it is, whatever else is wrong with it.
            match requests::find_versioned(app, caller.merchant(), &asked.serial).await? {
                None => Err(explained(app, caller, asked, order, refused).await?),
                known => accepted_beside(known).map_err(MakeOutError::from),
            }
        })
        .await?;
    reply.map_err(MakeOutError::from)
}

/// What is said of an order that this merchant never asked for: in the sandbox who has.
async fn explained(
    app: &App,
    caller: &Account,
    asked: &MakeOut,
    order: Option<&Order>,
    refused: NotAccepted,
) -> Result<MakeOutError, Failure> {
    Ok(match (refused, order) {
        (NotAccepted::Refused(refusal), None) => {
            never_asked_for::explained(app, &asked.order_id, caller.merchant(), None, refusal)
                .await?
                .into()
        }
        (refused, _) => refused.into(),
    })
}

fn accept(
    app: &App,
    caller: &Account,
    openid: &str,
    asked: &MakeOut,
    order: Option<&Order>,
    taxpayer: &Taxpayer,
    known: Option<Versioned<InvoiceRequest>>,
) -> Result<Decision<Order, Reply>, NotAccepted> {
    let asked_by = order.map(|order| &order.request.asked_by);
    let under = || [caller.merchant(), &caller.appid].into_iter().chain(asked_by);
    let paid_as = order.and_then(Order::authorization).map_or(&[][..], |yes| &yes.paid_as);
    let names_user = |user: &UserId| known_as::names(app, openid, user, under(), paid_as);
    let known_request = known.as_ref().map(|known| &known.value);
    let now = app.now();
    let context =
        RequestContext { taxpayer, openid, names_user: &names_user, known: known_request, now };
    let life = app.settings.issuing.authorization_life;
    let can_print = |c: char| app.renderer.can_print(c);
    let category_of = |tax_code: &str| app.renderer.category_of(tax_code).map(str::to_owned);
    let accepted = asked.decide(order, &context, life, &can_print, &category_of)?;
    if let Accepted::Begins { content, .. } = &accepted {
        app.told_codes.tell(content);
    }
    Ok(acceptance::decision(app, accepted, known.as_ref()))
}

/// The request with that serial, where the order says that there is one. Most serials are new:
/// the commit finds out for those that are not.
async fn likely_request(
    app: &App,
    merchant: &AppId,
    order: Option<&Order>,
    serial: &Serial,
) -> Result<Option<Versioned<InvoiceRequest>>, Failure> {
    let used_by = order.and_then(Order::authorization).and_then(|yes| yes.used_by.as_ref());
    if used_by == Some(serial) {
        return requests::find_versioned(app, merchant, serial).await;
    }
    Ok(None)
}
