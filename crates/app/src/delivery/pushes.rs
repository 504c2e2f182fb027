//! The pushes as an operator sees them: what was sent, what came back, what waits for what.

use crate::app::App;
use crate::failure::Failure;
use crate::payment::notices;
use crate::reimbursement::status_push;
use crate::signed::status_push::EVENT as STATUS_EVENT;
use crate::signed::title_link::EVENT as TITLE_EVENT;
use core::fmt;
use kaipiao_domain::delivery::push::{Outcome, PushKind};
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_ports::delivery::outbox::{ListedPush, Push, PushId, PushQuery, Replayed, StateFilter};

/// The ordering keys of an order's pushes: its events, what has become of its card, and the notices of the payment of
/// the same number and of its refunds. Theirs is another receiver, the pay merchant (D-160).
pub fn ordering_keys_of(order_id: &str) -> Vec<String> {
    let mut keys = vec![order_id.to_owned(), status_push::ordering_key(order_id)];
    if let Ok(number) = OutTradeNo::parse(order_id) {
        keys.extend(notices::ordering_keys(&number));
    }
    keys
}

/// The order that a push is about; empty: it is about a title.
pub fn order_id_of(push: &Push) -> &str {
    match push.kind {
        PushKind::Event if push.event == STATUS_EVENT => {
            status_push::order_id_in(&push.ordering_key)
        }
        PushKind::Event if push.event == TITLE_EVENT => "",
        PushKind::Event => &push.ordering_key,
        PushKind::PaymentNotice => notices::number_in(&push.ordering_key),
    }
}

/// Lists pushes with their attempts.
pub async fn list(app: &App, query: &PushQuery) -> Result<Vec<ListedPush>, Failure> {
    Ok(app.store.pushes(query).await?)
}

/// The push of that id with its attempts; None: there is none.
pub async fn find(app: &App, id: &PushId) -> Result<Option<ListedPush>, Failure> {
    let before = PushId { number: id.number.saturating_add(1), ..id.clone() };
    let query = PushQuery {
        account: Some(id.account.clone()),
        after: Some(before),
        limit: 1,
        ..PushQuery::default()
    };
    let found = list(app, &query).await?;
    Ok(found.into_iter().find(|listed| listed.push.id == *id))
}

/// Where a replay of all goes on: a push that it has looked at, among those that ended so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayPlace {
    outcome: Outcome,
    after: Option<PushId>,
}

impl Default for ReplayPlace {
    /// The beginning.
    fn default() -> Self {
        Self { outcome: Outcome::GaveUp, after: None }
    }
}

impl ReplayPlace {
    /// Reads what Display writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (outcome, after) = text.split_once('.')?;
        let outcome = Outcome::from_name(outcome).filter(|one| *one != Outcome::Delivered)?;
        let after = if after.is_empty() { None } else { Some(PushId::parse(after)?) };
        Some(Self { outcome, after })
    }
}

impl fmt::Display for ReplayPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.after.as_ref().map(ToString::to_string).unwrap_or_default();
        write!(f, "{}.{after}", self.outcome.name())
    }
}

/// What a page of a replay of all has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayedPage {
    /// Pushes that are due again.
    pub replayed: u64,
    /// Where the next page begins; None: that was all.
    pub next: Option<ReplayPlace>,
}

/// Sends an account's failed pushes again that were committed since a moment: those that were given up, then those that had
/// nowhere to go. One page, of `limit` pushes at most; a push that fails again meanwhile is behind the place, so no loop of
/// pages meets it twice.
pub async fn replay_failed(
    app: &App,
    account: &str,
    since_ms: i64,
    place: ReplayPlace,
    limit: usize,
) -> Result<ReplayedPage, Failure> {
    let ReplayPlace { outcome, after } = place;
    let query = PushQuery {
        account: Some(account.to_owned()),
        state: Some(StateFilter::Completed(outcome)),
        after,
        limit,
        ..PushQuery::default()
    };
    let found = list(app, &query).await?;
    let is_full = found.len() == limit;
    let mut replayed = 0;
    let mut last = None;
    for listed in found {
        let push = listed.push;
        if push.committed_ms < since_ms {
            last = None;
            break;
        }
        if app.store.replay(&push.id, app.now().unix_millis()).await? == Replayed::Yes {
            replayed += 1;
        }
        last = Some(push.id);
    }
    app.mailboxes.look();
    let next = match (outcome, last.filter(|_| is_full)) {
        (outcome, Some(last)) => Some(ReplayPlace { outcome, after: Some(last) }),
        (Outcome::GaveUp, None) => Some(ReplayPlace { outcome: Outcome::Unroutable, after: None }),
        (_, None) => None,
    };
    Ok(ReplayedPage { replayed, next })
}

/// Sends a completed push again, through the same tries and retries as the first time.
pub async fn replay(app: &App, id: &PushId) -> Result<Replayed, Failure> {
    let replayed = app.store.replay(id, app.now().unix_millis()).await?;
    app.mailboxes.look();
    Ok(replayed)
}
