//! Pages of a pay merchant's payments by their state, each at a bounded cost.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{Filter, Listing};
use crate::payment::payments;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_ports::record::Field;

/// Payments that can still be paid are found by no state: most are paid within seconds, and would be indexed for these. So a
/// page of them looks through the newest of all, in so many steps of a page each at most.
const MOST_STEPS: usize = 20;
/// The states of payments that can still be paid, by their stored names.
const OPEN_STATES: [&str; 2] = ["notpay", "userpaying"];

/// A pay merchant's payments in a state, by its stored name, newest first. Of those that can still be paid a page may have
/// few, or none, and more pages all the same.
pub async fn in_state(
    app: &App,
    mchid: &MchId,
    state: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Payment>, Failure> {
    if !OPEN_STATES.contains(&state) {
        let filter = Filter::Field(Field::State, state.to_owned());
        return payments::list(app, mchid, filter, after, limit).await;
    }
    let next = after.map(str::to_owned);
    let mut page = Listing { items: Vec::new(), damaged: Vec::new(), next };
    for _ in 0..MOST_STEPS {
        let all = Filter::Time { from_ms: 0, to_ms: i64::MAX };
        let wanted = limit - page.items.len();
        let found = payments::list(app, mchid, all, page.next.as_deref(), wanted).await?;
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
