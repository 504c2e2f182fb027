//! Pages of a pay merchant's payments by their state, each at a bounded cost.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{Filter, Listing};
use crate::payment::payments;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::Payment;

/// Payments that can still be paid are found by no state: most are paid within seconds, and would be indexed for these. So a
/// page of them looks through the newest of all, in so many steps of a page each at most.
const MOST_STEPS: usize = 20;
/// The states of payments that can still be paid, by their stored names.
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
    let next = after.map(str::to_owned);
    let mut page = Listing { items: Vec::new(), damaged: Vec::new(), next };
    for _ in 0..MOST_STEPS {
        let wanted = limit - page.items.len();
        let after = page.next.as_deref();
        let found = payments::list(app, mchid, times.clone(), after, wanted).await?;
        let is_asked_for = |payment: &Payment| payment.trade_state().eq_ignore_ascii_case(state);
        page.items.extend(found.items.into_iter().filter(is_asked_for));
        page.damaged.extend(found.damaged);
        page.next = found.next;
        if page.next.is_none() || page.items.len() == limit {
            break;
        }
    }
    Ok(page)
}
