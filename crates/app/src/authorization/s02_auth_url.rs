//! Section 2: the authorization page's link.

use crate::{App, Decision, Failure, FirstTry};
use kaipiao_domain::access::account::{Account, AppId, PlatformId};
use kaipiao_domain::authorization::order::{Order, OrderKey, Source};
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::store::Key;
use kaipiao_records::authorization::contact::contact_key;
use kaipiao_records::authorization::order::order_key;
use kaipiao_wire::authorization::s01_ticket::{Ticket, TicketType};
use kaipiao_wire::authorization::s02_auth_url::{
    AuthUrlAnswer, AuthUrlRequest, unknown_platform, write_link,
};

impl App {
    /// 72063: no link before the merchant has set its contact. Says which account lacks it and
    /// the call to make (facts 7, no. 1).
    pub async fn require_contact(&self, caller: &Account) -> Result<(), Failure> {
        let merchant = caller.merchant();
        if self.store.read(&contact_key(merchant)).await?.is_some() {
            return Ok(());
        }
        let detail = format!(
            "set contact first please: POST /card/invoice/setbizattr?action=set_contact with a token of {merchant}"
        );
        Err(Refusal::new(ErrorCode::ContactEmpty, detail).into())
    }

    /// Offers the order to a user: keeps the request and answers the link. The platform and the
    /// ticket are checked first (72031); 72035 when the order was rejected.
    pub async fn auth_url(
        &self,
        caller: &Account,
        asked: AuthUrlRequest,
    ) -> Result<AuthUrlAnswer, Failure> {
        let AuthUrlRequest { request, platform_appid, ticket } = asked;
        self.require_platform(&request.platform, &platform_appid).await?;
        let now = self.now();
        self.check_ticket(caller, &ticket, now)?;
        let merchant = caller.merchant();
        let key = order_key_of(merchant, &request.order_id);
        self.decide(key, FirstTry::TakesItForAbsent, |found: Option<Order>| {
            let next = match found {
                None => Some(Order::offer(merchant.clone(), request.clone(), now)),
                Some(order) => order.offer_again(request.clone(), now)?,
            };
            Ok::<_, Failure>(Decision::alone(next, ()))
        })
        .await?;
        Ok(AuthUrlAnswer {
            auth_url: write_link(&self.keys, &self.settings.public_base_url, &request),
            appid: (request.source == Source::Wxa).then(|| self.settings.wxa_appid.clone()),
        })
    }

    async fn require_platform(&self, platform: &PlatformId, appid: &AppId) -> Result<(), Failure> {
        let account = self.account(appid).await?;
        match account.and_then(|account| account.platform_id) {
            Some(known) if known == *platform => Ok(()),
            _ => Err(unknown_platform(platform.as_str()).into()),
        }
    }

    fn check_ticket(&self, caller: &Account, text: &str, now: Timestamp) -> Result<(), Refusal> {
        let wrong = |problem: &str| Err(Refusal::invalid("ticket", problem));
        match Ticket::read(&self.keys, text) {
            None => wrong("is unknown, get one from /cgi-bin/ticket/getticket?type=wx_card"),
            Some(ticket) if ticket.ticket_type != TicketType::WxCard => {
                wrong("is a jsapi ticket, get one with type=wx_card")
            }
            Some(ticket) if ticket.merchant != *caller.merchant() => {
                wrong("belongs to another account")
            }
            Some(ticket) if ticket.is_expired(now) => {
                wrong("has expired, tickets live 7200 seconds; get a new one")
            }
            Some(_) => Ok(()),
        }
    }
}

/// The key of a merchant's order.
pub(crate) fn order_key_of(
    merchant: &AppId,
    order_id: &kaipiao_domain::authorization::order::OrderId,
) -> Key {
    order_key(&OrderKey { merchant: merchant.clone(), order_id: order_id.clone() })
}
