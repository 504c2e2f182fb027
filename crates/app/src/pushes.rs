//! The pushes as an operator sees them: what was sent, what came back, what waits for what.

use crate::{App, Failure};
use kaipiao_domain::account::{Account, Role};
use kaipiao_domain::order::Order;
use kaipiao_domain::user::UserId;
use kaipiao_seams::outbox::{
    Attempt, Changed, NewPush, Push, PushId, PushQuery, PushState, StateFilter,
};
use kaipiao_wire::openid;
use kaipiao_wire::s06_auth_push::{AuthPush, EVENT, UntimedXml};

/// A push with its history.
#[derive(Clone, Debug)]
pub struct PushReport {
    /// The push.
    pub push: Push,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// The push of the same lane that it waits for; None: it waits for nobody.
    pub waits_behind: Option<Push>,
}

impl App {
    /// Lists pushes with their attempts.
    pub async fn pushes(&self, query: &PushQuery) -> Result<Vec<PushReport>, Failure> {
        let mut reports = Vec::new();
        for push in self.store.pushes(query).await? {
            let attempts = self.store.attempts(&push.id).await?;
            let waits_behind = match push.state {
                PushState::Waiting => self.first_of_lane(&push).await?,
                PushState::Ready { .. } | PushState::Settled { .. } => None,
            };
            reports.push(PushReport { push, attempts, waits_behind });
        }
        Ok(reports)
    }

    async fn first_of_lane(&self, push: &Push) -> Result<Option<Push>, Failure> {
        let query = PushQuery {
            account: Some(push.id.account.clone()),
            lane: Some(push.lane.clone()),
            state: Some(StateFilter::Open),
            after: None,
            limit: 1000,
        };
        let open = self.store.pushes(&query).await?;
        Ok(open.into_iter().find(|push| matches!(push.state, PushState::Ready { .. })))
    }

    /// Sends a settled push again, through the same tries and retries as the first time.
    pub async fn replay_push(&self, id: PushId) -> Result<Changed, Failure> {
        let changed = self.store.replay(id, self.now().unix_millis()).await?;
        self.push_hint.notify_one();
        Ok(changed)
    }

    /// The push for an order that a user has just authorized or declined. It goes to the mini
    /// program that asked for the link, if it has a callback of its own, otherwise to the
    /// merchant's Official Account (rulings 6).
    pub(crate) async fn answer_push(
        &self,
        order: &Order,
        user: &UserId,
        is_authorized: bool,
    ) -> Result<NewPush, Failure> {
        let receiver = self.receiver(order).await?;
        let openid = openid::make(&self.keys, &receiver.appid, user);
        let push = AuthPush {
            to_user: &receiver.original_id,
            from_user: &openid,
            order_id: &order.request.order_id,
            is_authorized,
            asked_by: &order.request.asked_by,
            source: order.request.source,
            platform: &order.request.platform,
        };
        let UntimedXml { before, after } = push.xml();
        Ok(NewPush {
            account: receiver.appid.to_string(),
            lane: order.request.order_id.as_str().to_owned(),
            openid: openid.as_str().to_owned(),
            event: EVENT,
            before_time: before,
            after_time: after,
            now_ms: self.now().unix_millis(),
        })
    }

    async fn receiver(&self, order: &Order) -> Result<Account, Failure> {
        let asked_by = self.account(&order.request.asked_by).await?;
        if let Some(app) = asked_by.filter(|account| account.role == Role::MiniProgram)
            && self.shown_callback(&app.appid).await?.is_some()
        {
            return Ok(app);
        }
        let merchant = self.account(&order.merchant).await?;
        let missing = || Failure::Unavailable(format!("the account {} is gone", order.merchant));
        merchant.ok_or_else(missing)
    }
}
