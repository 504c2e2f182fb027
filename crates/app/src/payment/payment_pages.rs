//! Pages of a pay merchant's payments by their state, each at a bounded cost.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Filter, Listing};
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::Payment;

/// The states of payments that can still be paid, by their stored names. No index has these: most are paid within seconds.
const OPEN_STATES: [&str; 2] = ["notpay", "userpaying"];

/// Whether payments in this state, by its stored name, can still be paid: [`payable`] finds them.
pub fn can_be_paid_in(state: &str) -> bool {
    OPEN_STATES.contains(&state)
}

/// A pay merchant's payments that can still be paid and are in this state, newest first, of these times. A page may have
/// few, or none, and more pages all the same.
pub async fn payable(
    app: &App,
    mchid: &MchId,
    state: &str,
    times: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Payment>, Failure> {
    let is_asked_for = |payment: &Payment| payment.trade_state().eq_ignore_ascii_case(state);
    listing::sifted(app, mchid.as_str(), times, after, limit, is_asked_for).await
}
