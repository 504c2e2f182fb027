//! The page where a payment is paid, as one visitor sees it: what code_url and mweb_url lead to.

use crate::app::App;
use crate::failure::Failure;
use crate::payment::details::{is_payer, payee_name};
use crate::payment::paying;
use kaipiao_domain::payment::payments::{PayingRefused, Payment};
use kaipiao_domain::people::user::UserId;

/// What the cashier shows.
#[derive(Clone, Debug)]
pub struct Cashier {
    /// The payment.
    pub payment: Payment,
    /// The payee's name, as payers see it.
    pub payee_name: String,
    /// What this visitor can do.
    pub state: CashierState,
}

/// Where a payment stands, for one visitor of its cashier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CashierState {
    /// They can pay.
    Open,
    /// They have paid.
    PaidByVisitor,
    /// They cannot pay.
    Refused(PayingRefused),
}

/// The cashier of a payment for a visitor who came by this `prepay_id`.
pub async fn cashier(
    app: &App,
    payment: Payment,
    prepay_id: &str,
    visitor: &UserId,
) -> Result<Cashier, Failure> {
    let payee_name = payee_name(app, &payment).await?;
    let state = state_for(app, &payment, prepay_id, visitor);
    Ok(Cashier { payment, payee_name, state })
}

fn state_for(app: &App, payment: &Payment, prepay_id: &str, visitor: &UserId) -> CashierState {
    if is_payer(app, payment, visitor) {
        return CashierState::PaidByVisitor;
    }
    let payer = paying::payer(app, payment, visitor);
    match payment.check_payer(Some(prepay_id), &payer, app.now()) {
        Ok(()) => CashierState::Open,
        Err(why) => CashierState::Refused(why),
    }
}
