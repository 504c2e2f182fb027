//! The pushes as an operator sees them: what was sent, what came back, what waits for what.

use crate::{App, Failure};
use kaipiao_domain::access::account::{Account, AppId, Role};
use kaipiao_domain::authorization::order::{Order, OrderId};
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, TryResult};
use kaipiao_domain::people::user::{OpenId, UserId};
use kaipiao_ports::delivery::outbox::{
    Attempt, Changed, NewPush, Push, PushId, PushQuery, PushState, StateFilter,
};
use kaipiao_wire::authorization::s06_auth_push::{AuthPush, EVENT};
use kaipiao_wire::delivery::event_xml::UntimedXml;
use kaipiao_wire::invoicing::s19_result_push::{self, ResultPush};
use kaipiao_wire::people::openid;

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
        let receiver = self.receiver(&order.request.asked_by, &order.merchant).await?;
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
        Ok(self.new_push(&receiver, &order.request.order_id, &openid, EVENT, push.xml()))
    }

    /// The push that tells how a try at an invoice ended (section 19). It goes where the order's
    /// authorization was pushed to, behind it in the same lane.
    pub(crate) async fn result_push(
        &self,
        request: &InvoiceRequest,
        result: TryResult,
    ) -> Result<NewPush, Failure> {
        let receiver = self.receiver(&request.asked_by, &request.merchant).await?;
        let openid = openid::make(&self.keys, &receiver.appid, &request.user);
        let push = ResultPush {
            to_user: &receiver.original_id,
            from_user: &openid,
            serial: &request.serial,
            result,
            tax_id: &request.content.seller.tax_id,
        };
        Ok(self.new_push(&receiver, &request.order_id, &openid, s19_result_push::EVENT, push.xml()))
    }

    /// A push in the lane of an order.
    fn new_push(
        &self,
        receiver: &Account,
        order_id: &OrderId,
        openid: &OpenId,
        event: &'static str,
        xml: UntimedXml,
    ) -> NewPush {
        NewPush {
            account: receiver.appid.to_string(),
            lane: order_id.as_str().to_owned(),
            openid: openid.as_str().to_owned(),
            event,
            before_time: xml.before,
            after_time: xml.after,
            now_ms: self.now().unix_millis(),
        }
    }

    async fn receiver(&self, asked_by: &AppId, merchant: &AppId) -> Result<Account, Failure> {
        let asked_by = self.account(asked_by).await?;
        if let Some(app) = asked_by.filter(|account| account.role == Role::MiniProgram)
            && self.shown_callback(&app.appid).await?.is_some()
        {
            return Ok(app);
        }
        let account = self.account(merchant).await?;
        account.ok_or_else(|| Failure::Unavailable(format!("the account {merchant} is gone")))
    }
}
