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
use kaipiao_ports::delivery::outbox::{
    ListedPush, Push, PushId, PushQuery, PushState, Replayed, StateFilter,
};

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

/// How many of a receiver's pushes have failed, up to a number that is counted: those that were given up, and those that had
/// nowhere to go.
pub async fn count_failed(app: &App, account: &str, most: usize) -> Result<usize, Failure> {
    let mut count = 0;
    for outcome in [Outcome::GaveUp, Outcome::Unroutable] {
        let query = PushQuery {
            account: Some(account.to_owned()),
            state: Some(StateFilter::Completed(outcome)),
            limit: most - count,
            ..PushQuery::default()
        };
        count += if query.limit == 0 { 0 } else { list(app, &query).await?.len() };
    }
    Ok(count)
}

/// Where a receiver's pushes begin that were committed at this moment of the domain or before, for [`PushQuery::after`]. None:
/// with the newest. Numbers grow with time, so it is found by halving them, and no index is needed.
pub async fn begin_at(app: &App, account: &str, to_ms: i64) -> Result<Option<PushId>, Failure> {
    let newest_before = async |after: Option<PushId>| {
        let account = Some(account.to_owned());
        let query = PushQuery { account, after, limit: 1, ..PushQuery::default() };
        Ok::<_, Failure>(list(app, &query).await?.into_iter().next().map(|listed| listed.push))
    };
    let is_later =
        |push: &Option<Push>| push.as_ref().is_some_and(|push| push.committed_ms > to_ms);
    let newest = newest_before(None).await?;
    let Some(newest) = newest.filter(|push| is_later(&Some(push.clone()))) else { return Ok(None) };
    let place = |number| PushId { account: account.to_owned(), number };
    // Before `low` none is later, before `high` one is.
    let (mut low, mut high) = (0, newest.id.number.saturating_add(1));
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let before = newest_before(Some(place(middle))).await?;
        if is_later(&before) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(place(low)))
}

/// Where a replay of all goes on: behind a push that it has looked at, among those that ended so. What has ended since it
/// began it leaves alone, so that it meets no push twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayPlace {
    began_ms: i64,
    outcome: Outcome,
    after: Option<PushId>,
}

impl ReplayPlace {
    /// The beginning. A push that had nowhere to go takes its tries before it is given up, so these come first: none is
    /// given up in the moment in which it was sent again.
    pub fn beginning(app: &App) -> Self {
        let began_ms = app.now().unix_millis();
        Self { began_ms, outcome: Outcome::Unroutable, after: None }
    }
}

impl ReplayPlace {
    /// Reads what Display writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (began_ms, rest) = text.split_once('.')?;
        let began_ms = began_ms.parse().ok()?;
        let (outcome, after) = rest.split_once('.')?;
        let outcome = Outcome::from_name(outcome).filter(|one| *one != Outcome::Delivered)?;
        let after = if after.is_empty() { None } else { Some(PushId::parse(after)?) };
        Some(Self { began_ms, outcome, after })
    }
}

impl fmt::Display for ReplayPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.after.as_ref().map(ToString::to_string).unwrap_or_default();
        write!(f, "{}.{}.{after}", self.began_ms, self.outcome.name())
    }
}

/// Since when a push must have failed that is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Since a moment of the domain.
    Moment {
        /// In unix milliseconds.
        ms: i64,
    },
    /// For so long before the replay began, by the domain's clock.
    Span {
        /// In milliseconds.
        ms: i64,
    },
}

/// What a page of a replay of all has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayedPage {
    /// Pushes that are due again.
    pub replayed: u64,
    /// Where the next page begins; None: that was all.
    pub next: Option<ReplayPlace>,
}

/// Sends a receiver's pushes again that have failed since a moment, or everybody's: those that had nowhere to go, then those
/// that were given up. One page, which looks at `limit` pushes at most; those that failed earlier it passes over.
pub async fn replay_failed(
    app: &App,
    account: Option<&str>,
    since: Since,
    place: ReplayPlace,
    limit: usize,
) -> Result<ReplayedPage, Failure> {
    let ReplayPlace { began_ms, outcome, after } = place;
    let since_ms = match since {
        Since::Moment { ms } => ms,
        Since::Span { ms } => began_ms.saturating_sub(ms),
    };
    let query = PushQuery {
        account: account.map(str::to_owned),
        state: Some(StateFilter::Completed(outcome)),
        after,
        limit,
        ..PushQuery::default()
    };
    let found = list(app, &query).await?;
    let last = found.last().filter(|_| found.len() == limit).map(|listed| listed.push.id.clone());
    let mut replayed = 0;
    for ListedPush { push, .. } in &found {
        let is_meant = match push.state {
            PushState::Completed { at_ms, .. } => (since_ms..=began_ms).contains(&at_ms),
            PushState::Waiting | PushState::Ready { .. } => false,
        };
        let now_ms = app.now().unix_millis();
        if is_meant && app.store.replay(&push.id, now_ms).await? == Replayed::Yes {
            replayed += 1;
        }
    }
    app.mailboxes.look();
    let next = match (outcome, last) {
        (outcome, Some(last)) => Some(ReplayPlace { began_ms, outcome, after: Some(last) }),
        (Outcome::Unroutable, None) => {
            Some(ReplayPlace { began_ms, outcome: Outcome::GaveUp, after: None })
        }
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
