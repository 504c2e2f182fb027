//! A payment that the sandbox's shop places, so that people get to an invoice entry without a program of their own.
//! It does what a merchant does, through the same use cases.

use crate::access::accounts;
use crate::app::App;
use crate::authorization::s02_auth_url::require_contact;
use crate::demo_shop::GOODS;
use crate::failure::Failure;
use crate::payment::pay_caller::PayCaller;
use crate::payment::pay_failure::PayFailure;
use crate::payment::s11_set_pay_merchant::set_pay_merchant;
use crate::payment::{pay_merchants, payments};
use crate::sandbox::{DEMO_MCHID, DEMO_MERCHANT, DEMO_PLATFORM};
use crate::store_access::{add, get_fresh};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::{
    LinkedPayMerchant, MchId, PayMerchant, PayMerchantInfo,
};
use kaipiao_domain::payment::payments::{PaymentRequest, TradeType};
use kaipiao_errcode::ErrorCode;
use kaipiao_records::authorization::contact::contact_key;
use kaipiao_records::payment::pay_merchant::linked_pay_merchant_key;

const TOTAL_FEN: i64 = 11_300;

/// A new payment with `receipt=Y`: the address of its cashier. What the entry needs and nobody has set, it sets.
pub async fn new_payment(app: &App) -> Result<String, PayFailure> {
    let merchant = account(app, DEMO_MERCHANT).await?;
    link_platform(app, &merchant).await?;
    set_contact(app, &merchant).await?;
    let pay_merchant = pay_merchant(app).await?;
    if !pay_merchant.accounts.contains(&merchant.appid) {
        return Err(Failure::from(changed(DEMO_MCHID)).into());
    }
    let caller = PayCaller::itself(app, pay_merchant)?;
    let number = OutTradeNo::parse(&format!("pay-{:020}", u64::from_be_bytes(app.random())))?;
    let description = GOODS.to_owned();
    let asked = PaymentRequest {
        has_receipt: true,
        ..PaymentRequest::of(merchant.appid, TradeType::Native, TOTAL_FEN, description)
    };
    let payment = payments::place(app, &caller, &number, &asked).await?;
    let prepay = payment.prepay.expect("a payment that was placed has a page");
    Ok(payments::page_url(app, &prepay.id))
}

async fn pay_merchant(app: &App) -> Result<PayMerchant, Failure> {
    let mchid = MchId::parse(DEMO_MCHID).ok_or_else(|| changed(DEMO_MCHID))?;
    pay_merchants::find(app, &mchid).await?.ok_or_else(|| changed(DEMO_MCHID).into())
}

async fn account(app: &App, appid: &str) -> Result<Account, Failure> {
    let known = AppId::parse(appid).ok_or_else(|| changed(appid))?;
    accounts::find(app, &known).await?.ok_or_else(|| changed(appid).into())
}

/// Somebody has changed what was seeded so that the shop cannot work with it.
fn changed(name: &str) -> Refusal {
    Refusal::new(ErrorCode::InvalidMchid, format!("{name} is no longer as seeded"))
}

/// A link that somebody has made since then stays, the demo merchant's to another pay merchant too: linking would
/// let go of it. Then the payment shows no entry, and its page says why.
async fn link_platform(app: &App, merchant: &Account) -> Result<(), Failure> {
    let key = linked_pay_merchant_key(&merchant.appid);
    let has_linked = get_fresh::<LinkedPayMerchant>(app, &key).await?.is_some();
    if has_linked || pay_merchant(app).await?.link.is_some() {
        return Ok(());
    }
    let platform = account(app, DEMO_PLATFORM).await?;
    let platform = platform.platform_id.ok_or_else(|| changed(DEMO_PLATFORM))?;
    let info =
        PayMerchantInfo { mchid: DEMO_MCHID.to_owned(), s_pappid: platform.as_str().to_owned() };
    set_pay_merchant(app, merchant, &info).await
}

async fn set_contact(app: &App, merchant: &Account) -> Result<(), Failure> {
    match require_contact(app, merchant).await {
        Ok(()) => Ok(()),
        Err(Failure::Refused(_)) => {
            let contact = Contact { phone: "0755-80000009".to_owned(), time_out: 12_345 };
            add(app, contact_key(&merchant.appid), &contact).await.map(|_| ())
        }
        Err(failure) => Err(failure),
    }
}
