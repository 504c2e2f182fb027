//! The sandbox's shop: one that sells a single thing, so that people get to their first invoice
//! without a program of their own. It does what a merchant does, through the same use cases.

use crate::access::accounts;
use crate::app::App;
use crate::authorization::s02_auth_url::AuthUrl;
use crate::authorization::{orders, s01_ticket, s02_auth_url};
use crate::failure::Failure;
use crate::invoicing::s14_make_out::{self, MakeOutError};
use crate::invoicing::taxpayers;
use crate::people::wallet::{self, InvoiceProgress};
use crate::sandbox::{DEMO_MERCHANT, DEMO_PLATFORM};
use crate::signed::write_link;
use crate::store_access::{add, get};
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::authorization::authorization_request::{
    AuthorizationRequest, PageType, Source,
};
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::authorization::requests::AuthUrlRequest;
use kaipiao_domain::authorization::ticket::TicketType;
use kaipiao_domain::authorization::user_decision::Authorization;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::line::{Line, LineNature};
use kaipiao_domain::invoicing::make_out::MakeOut;
use kaipiao_domain::invoicing::party::{Party, PartyField};
use kaipiao_domain::invoicing::requests::MakeOutRequest;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::people::title::{InvoiceTitle, TitleField};
use kaipiao_domain::people::user::UserId;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_records::authorization::contact::contact_key;
use rust_decimal::Decimal;

/// Where the user comes back to, with the order's number behind it.
pub const RETURN_PATH: &str = "/shop/orders/";
/// What its orders' numbers begin with: other orders of the merchant are its programs' own affair.
const ORDER_PREFIX: &str = "shop-";
const NET: Fen = Fen::new(10_000);
const TAX: Fen = Fen::new(1_300);
/// What an order of the shop costs.
pub const GROSS: Fen = Fen::new(11_300);
/// The name of the one thing that it sells.
pub const GOODS: &str = "钢笔";

/// How far an order of the shop is, for one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The shop has no such order.
    NoOrder,
    /// Nobody has said yes, or somebody else has: the order's own page, whose link this is, says more.
    NotTheirs(String),
    /// The invoice is being issued.
    Issuing,
    /// It is issued: its name in addresses.
    Issued(String),
    /// It could not be.
    Failed {
        /// The merchant's contact number; empty when it took it back meanwhile.
        phone: String,
    },
}

/// A new order: the link of its authorization page.
pub async fn new_order(app: &App) -> Result<String, Failure> {
    let order_id = new_number(app, ORDER_PREFIX)?;
    let redirect_url = format!("{}{RETURN_PATH}{order_id}", app.settings.public_base_url);
    Ok(ask(app, DEMO_MERCHANT, Source::Wap, order_id, redirect_url).await?.link)
}

/// An order's number that nobody has used.
pub(crate) fn new_number(app: &App, prefix: &str) -> Result<OrderId, Failure> {
    let number = u64::from_be_bytes(app.random());
    Ok(OrderId::parse(&format!("{prefix}{number:020}"))?)
}

/// getauthurl of an order of the shop, by the merchant's account or an app bound to it. The contact that it
/// needs is set where nobody has.
pub(crate) async fn ask(
    app: &App,
    appid: &str,
    source: Source,
    order_id: OrderId,
    redirect_url: String,
) -> Result<AuthUrl, Failure> {
    let caller = account(app, appid).await?;
    let platform = account(app, DEMO_PLATFORM).await?;
    if let Err(why) = s02_auth_url::require_contact(app, &caller).await {
        let Failure::Refused(_) = why else { return Err(why) };
        let contact = Contact { phone: "0755-80000009".to_owned(), time_out: 12_345 };
        // One that the operator has set since then stays.
        add(app, contact_key(caller.merchant()), &contact).await?;
    }
    let now_s = u32::try_from(app.now().unix_seconds()).unwrap_or(u32::MAX);
    let request = AuthorizationRequest {
        platform: platform.platform_id.ok_or_else(|| changed(DEMO_PLATFORM))?,
        redirect_url,
        order_id,
        money_fen: GROSS.get(),
        timestamp: now_s,
        source,
        card_kind: CardKind::Invoice,
        page_type: PageType::FillTitle,
        asked_by: caller.appid.clone(),
    };
    let ticket = s01_ticket::issue(app, &caller, TicketType::WxCard);
    let asked = AuthUrlRequest { request, platform_appid: platform.appid, ticket };
    s02_auth_url::auth_url(app, &caller, asked).await
}

/// The user is back from the authorization page: their invoice is asked for, once.
pub async fn come_back(app: &App, user: &UserId, order_id: &str) -> Result<Progress, MakeOutError> {
    let merchant = account(app, DEMO_MERCHANT).await?;
    let Some(order) = own_order(app, &merchant, order_id).await? else {
        return Ok(Progress::NoOrder);
    };
    let Some(yes) = order.authorization().filter(|yes| yes.user == *user) else {
        let link = write_link(&app.keys, &app.settings.public_base_url, &order.request);
        return Ok(Progress::NotTheirs(link));
    };
    let Some(serial) = &yes.used_by else {
        issue(app, &merchant, &order, yes).await?;
        return Ok(Progress::Issuing);
    };
    Ok(match wallet::progress(app, &merchant.appid, serial).await? {
        InvoiceProgress::Issued { name, .. } => Progress::Issued(name),
        InvoiceProgress::Awaited | InvoiceProgress::Underway => Progress::Issuing,
        InvoiceProgress::Failed => {
            let contact: Option<Contact> = get(app, &contact_key(&merchant.appid)).await?;
            Progress::Failed { phone: contact.map(|contact| contact.phone).unwrap_or_default() }
        }
    })
}

/// makeoutinvoice of an order of the shop that its user has authorized.
pub(crate) async fn issue(
    app: &App,
    merchant: &Account,
    order: &Order,
    yes: &Authorization,
) -> Result<(), MakeOutError> {
    let taxpayer = taxpayers::taxpayer_of(app, merchant).await?;
    s14_make_out::make_out(app, merchant, &invoice(order, yes, taxpayer)?).await
}

pub(crate) async fn account(app: &App, appid: &str) -> Result<Account, Failure> {
    let known = AppId::parse(appid).ok_or_else(|| changed(appid))?;
    accounts::find(app, &known).await?.ok_or_else(|| changed(appid).into())
}

/// Somebody has changed the demo account so that the shop cannot work with it.
fn changed(appid: &str) -> Refusal {
    Refusal::new(ErrorCode::UnauthorizedCreateInvoice, format!("{appid} is no longer as seeded"))
}

async fn own_order(app: &App, merchant: &Account, id: &str) -> Result<Option<Order>, Failure> {
    let order_id = OrderId::parse(id).ok().filter(|_| id.starts_with(ORDER_PREFIX));
    let Some(order_id) = order_id else { return Ok(None) };
    orders::find(app, &OrderKey { merchant: merchant.appid.clone(), order_id }).await
}

fn invoice(
    order: &Order,
    yes: &Authorization,
    seller: Taxpayer,
) -> Result<MakeOutRequest, Refusal> {
    let order_id = order.request.order_id.clone();
    let serial = format!("{}{order_id}", seller.code.as_str());
    let serial = Serial::parse(&serial).ok_or_else(|| {
        Refusal::invalid("serial", format!("cannot be {}", text::quoted(&serial)))
    })?;
    let content = Content {
        seller: seller.party,
        buyer: yes.title.as_ref().map(buyer).transpose()?.unwrap_or_default(),
        drawer: "张三".to_owned(),
        payee: String::new(),
        reviewer: String::new(),
        gross: GROSS,
        net: NET,
        tax: TAX,
        remark: String::new(),
        lines: vec![goods()],
    };
    let openid = yes.openid.as_str().to_owned();
    Ok(MakeOutRequest { openid, asked: MakeOut { order_id, serial, content } })
}

/// The buyer as the user wrote them; whoever left the name empty is an individual.
fn buyer(title: &InvoiceTitle) -> Result<Party, Refusal> {
    // An invoice has less room than a title, and whatever is printed on it is whole.
    let limited = |field: TitleField, place: PartyField| {
        let value = title.get(field);
        text::limited(field.name(), value, place.max_chars()).map(|()| value.to_owned())
    };
    let name =
        Some(limited(TitleField::Title, PartyField::Name)?).filter(|name| !name.trim().is_empty());
    Ok(Party {
        name: name.unwrap_or_else(|| "个人".to_owned()),
        tax_id: limited(TitleField::TaxNo, PartyField::TaxId)?,
        address: limited(TitleField::Addr, PartyField::Address)?,
        phone: limited(TitleField::Phone, PartyField::Phone)?,
        bank: limited(TitleField::BankType, PartyField::Bank)?,
        bank_account: limited(TitleField::BankNo, PartyField::BankAccount)?,
    })
}

/// The one thing that the shop sells.
fn goods() -> Line {
    Line {
        nature: LineNature::Normal,
        tax_code: "1060402010000000000".to_owned(),
        category: None,
        name: GOODS.to_owned(),
        unit: "支".to_owned(),
        model: String::new(),
        quantity: Some(Decimal::ONE),
        unit_price: Some(NET.yuan()),
        net: NET,
        rate: Decimal::new(13, 2),
        untaxed: None,
        tax: TAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::people::title::TitleSide;

    #[test]
    fn the_shop_takes_as_much_of_a_title_as_makeoutinvoice() {
        for (field, place) in [
            (TitleField::Title, PartyField::Name),
            (TitleField::TaxNo, PartyField::TaxId),
            (TitleField::Addr, PartyField::Address),
            (TitleField::Phone, PartyField::Phone),
            (TitleField::BankType, PartyField::Bank),
            (TitleField::BankNo, PartyField::BankAccount),
        ] {
            let of_length = |chars| {
                let title = InvoiceTitle::new(TitleSide::Company);
                buyer(&title.with(field, "字".repeat(chars)))
            };
            let most = place.max_chars();
            let party = of_length(most).unwrap();
            let (_, printed) = party.texts()[place as usize];
            assert_eq!(printed.chars().count(), most);
            assert!(of_length(most + 1).unwrap_err().detail.contains(field.name()));
        }
    }
}
