//! Section 2: the authorization page's link.

use crate::access::accounts;
use crate::app::App;
use crate::authorization::order_key::order_key_of;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::payment::s13_receipt::{opened_by_link, waiting_payment};
use crate::signed::{ticket, write_link};
use crate::store_access::{Decision, FirstTry, decide_reading, get};
use kaipiao_domain::access::account::{Account, AppId, PlatformId};
use kaipiao_domain::authorization::authorization_request::{AuthorizationRequest, Source};
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::authorization::requests::{AuthUrlRequest, unknown_platform};
use kaipiao_domain::authorization::ticket::TicketType;
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_errcode::ErrorCode;
use kaipiao_records::authorization::contact::contact_key;

/// A link as its merchant gets it.
#[derive(Clone, Debug)]
pub struct AuthUrl {
    /// The link: an address, or a mini program's page path.
    pub link: String,
    /// The appid of WeChat's own invoicing mini program; only for source wxa.
    pub mini_program: Option<String>,
}

/// 72063: no link before the merchant has set its contact. Says which account lacks it and
/// the call to make (wire_facts 7 no. 1).
pub async fn require_contact(app: &App, caller: &Account) -> Result<(), Failure> {
    let merchant = caller.merchant();
    if get::<Contact>(app, &contact_key(merchant)).await?.is_some() {
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
    app: &App,
    caller: &Account,
    asked: AuthUrlRequest,
) -> Result<AuthUrl, Failure> {
    let AuthUrlRequest { request, platform_appid, ticket } = asked;
    require_platform(app, &request.platform, &platform_appid).await?;
    let now = app.now();
    check_ticket(app, caller, &ticket, now)?;
    let merchant = caller.merchant();
    concerns(merchant, &request.order_id);
    let key = order_key_of(merchant, &request.order_id);
    decide_reading(app, key, FirstTry::TakesItForAbsent, async |found: Option<Order>, _| {
        let request = request.clone();
        if let Some(order) = found {
            return Ok(Decision::alone(order.offer_again(request, now)?, ()));
        }
        let Some(payment) = waiting_payment(app, merchant, &request.order_id).await? else {
            let order = Order::offer(merchant.clone(), request, now);
            return Ok(Decision::alone(Some(order), ()));
        };
        Order::check_paid_with_receipt(&request)?;
        let (order, payment) = opened_by_link(payment, merchant, request, now);
        Ok::<_, Failure>(Decision { also: vec![payment], ..Decision::alone(Some(order), ()) })
    })
    .await?;
    Ok(AuthUrl {
        link: link_of(app, &request),
        mini_program: (request.source == Source::Wxa).then(|| app.settings.wxa_appid.clone()),
    })
}

/// The link of a request, as its merchant got it.
pub fn link_of(app: &App, request: &AuthorizationRequest) -> String {
    write_link(&app.keys, &app.settings.public_base_url, request)
}

/// 72031 for a platform that is not there.
pub(crate) async fn require_platform(
    app: &App,
    platform: &PlatformId,
    appid: &AppId,
) -> Result<(), Failure> {
    let account = accounts::find(app, appid).await?;
    match account.and_then(|account| account.platform_id) {
        Some(known) if known == *platform => Ok(()),
        _ => Err(unknown_platform(platform.as_str()).into()),
    }
}

fn check_ticket(app: &App, caller: &Account, text: &str, now: Timestamp) -> Result<(), Refusal> {
    let wrong = |problem: &str| Err(Refusal::invalid("ticket", problem));
    match ticket::read(&app.keys, text) {
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
