//! Pages of pushes, each at a bounded cost.

use crate::app::App;
use crate::failure::Failure;
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_ports::delivery::outbox::{ListedPush, PushId, PushQuery, PushState, StateFilter};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::store::Store;

/// Pushes that a page of delivered ones looks at, at most. Most pushes are delivered, so no index leads to these alone, and
/// an account whose receiver never answers has none among hundreds of thousands.
const MOST_LOOKED_AT: usize = 1_000;
const DELIVERED: StateFilter = StateFilter::Completed(Outcome::Delivered);

/// A page of pushes.
#[derive(Debug)]
pub struct PushPage {
    /// The pushes, each with its attempts. Of delivered ones there may be few, or none, and more pages all the same.
    pub pushes: Vec<ListedPush>,
    /// Behind which push the next page begins; None: this is the last.
    pub next: Option<PushId>,
}

/// Lists a page of pushes with their attempts.
pub async fn page(app: &App, query: &PushQuery) -> Result<PushPage, Failure> {
    let is_walk = query.state == Some(DELIVERED) && query.ordering_keys.is_empty();
    if is_walk {
        return Ok(delivered(&*app.store, query).await?);
    }
    let pushes = app.store.pushes(query).await?;
    let last = pushes.last().map(|listed| listed.push.id.clone());
    let next = last.filter(|_| pushes.len() == query.limit);
    Ok(PushPage { pushes, next })
}

/// Walks through pushes of every state, and keeps those that were delivered.
async fn delivered(store: &dyn Store, query: &PushQuery) -> Result<PushPage, StoreError> {
    let mut page = PushPage { pushes: Vec::new(), next: query.after.clone() };
    let mut left = MOST_LOOKED_AT;
    while left > 0 {
        let limit = left.min(2 * query.limit);
        let all = PushQuery { state: None, after: page.next.clone(), limit, ..query.clone() };
        let found = store.pushes(&all).await?;
        let is_last = found.len() < limit;
        left -= limit;
        for listed in found {
            page.next = Some(listed.push.id.clone());
            page.pushes.extend(is_delivered(&listed).then_some(listed));
            if page.pushes.len() == query.limit {
                return Ok(page);
            }
        }
        if is_last {
            return Ok(PushPage { next: None, ..page });
        }
    }
    Ok(page)
}

fn is_delivered(listed: &ListedPush) -> bool {
    matches!(listed.push.state, PushState::Completed { outcome: Outcome::Delivered, .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::delivery::push::PushKind;
    use kaipiao_ports::delivery::claims::{ClaimRequest, TurnKey};
    use kaipiao_ports::delivery::outbox::Outbox as _;
    use kaipiao_ports::delivery::outbox::{Destination, NewBody, NewPush, Next, PushReport};
    use kaipiao_ports::store::Commit;
    use kaipiao_store_memory::MemoryStore;
    use std::time::Duration;

    const ACCOUNT: &str = "wx1";

    /// A store with these pushes, in this order, each over.
    async fn store(outcomes: impl IntoIterator<Item = Outcome>) -> MemoryStore {
        let store = MemoryStore::default();
        let turn = TurnKey { account: ACCOUNT.into(), origin: String::new() };
        for (number, outcome) in outcomes.into_iter().enumerate() {
            let push = NewPush {
                account: ACCOUNT.into(),
                destination: Destination::Callback,
                kind: PushKind::Event,
                ordering_key: number.to_string(),
                openid: String::new(),
                event: "user_authorize_invoice",
                body: NewBody::Whole(String::new()),
                now_ms: 1,
            };
            let commit = Commit { pushes: vec![push], ..Commit::default() };
            store.commit(commit).await.unwrap();
            let lapses_in = Duration::from_secs(60);
            let request =
                ClaimRequest { turn: &turn, due_by_ms: 1, lapses_in, limit: 1, holder: "main" };
            let claimed = store.claim_pushes(&request).await.unwrap();
            let next = Next::Complete { outcome, now_ms: 2 };
            let report = PushReport { token: claimed.claims[0].token, attempt: None, next };
            store.complete_push(report).await.unwrap();
        }
        store
    }

    fn query(after: Option<PushId>, limit: usize) -> PushQuery {
        let account = Some(ACCOUNT.to_owned());
        PushQuery { account, state: Some(DELIVERED), after, limit, ..PushQuery::default() }
    }

    #[tokio::test]
    async fn pages_of_delivered_pushes_have_each_of_them_once() {
        let is_delivered = |number: u32| number.is_multiple_of(3);
        let outcome = |number| match is_delivered(number) {
            true => Outcome::Delivered,
            false => Outcome::GaveUp,
        };
        let store = store((0..50).map(outcome)).await;
        let (mut keys, mut after) = (Vec::new(), None);
        loop {
            let page = delivered(&store, &query(after, 5)).await.unwrap();
            keys.extend(page.pushes.into_iter().map(|listed| listed.push.ordering_key));
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        let expected = (0..50).rev().filter(|number| is_delivered(*number));
        assert_eq!(keys, expected.map(|number| number.to_string()).collect::<Vec<_>>());
    }

    /// The oldest was delivered, and none since.
    #[tokio::test]
    async fn a_page_looks_at_a_thousand_and_says_that_more_follow() {
        let rest = core::iter::repeat_n(Outcome::GaveUp, MOST_LOOKED_AT + 100);
        let store = store(core::iter::once(Outcome::Delivered).chain(rest)).await;
        let first = delivered(&store, &query(None, 50)).await.unwrap();
        assert_eq!(first.pushes, []);
        let next = first.next.unwrap();
        assert_eq!(next.number, 102, "of 1,101 it has looked at a thousand");
        let second = delivered(&store, &query(Some(next), 50)).await.unwrap();
        assert_eq!((second.pushes.len(), second.next), (1, None));
    }
}
