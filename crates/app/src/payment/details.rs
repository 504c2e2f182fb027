//! A payment as its payer sees it, and the invoice entry that it shows or not.

use crate::app::App;
use crate::concerned::concerns_payment;
use crate::failure::Failure;
use crate::payment::s13_receipt::{self, Entry};
use crate::payment::{pay_merchants, payments};
use crate::signed::openid;
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::people::user::{KnownAs, UserId};

/// What the pages of a payment show.
#[derive(Clone, Debug)]
pub struct Details {
    /// The payment.
    pub payment: Payment,
    /// The payee's name, as payers see it.
    pub payee_name: String,
    /// Its invoice entry.
    pub entry: Entry,
}

/// The payment of these names, as they stand in an address. None: there is none.
pub async fn details(app: &App, mchid: &str, number: &str) -> Result<Option<Details>, Failure> {
    match named(app, mchid, number).await? {
        Some(payment) => Ok(Some(of_payment(app, payment).await?)),
        None => Ok(None),
    }
}

/// The same for whoever has paid it. None also for all others: they are not told that it exists.
pub async fn details_for(
    app: &App,
    mchid: &str,
    number: &str,
    user: &UserId,
) -> Result<Option<Details>, Failure> {
    match payment_for(app, mchid, number, user).await? {
        Some(payment) => Ok(Some(of_payment(app, payment).await?)),
        None => Ok(None),
    }
}

/// The payment alone, for whoever has paid it.
pub async fn payment_for(
    app: &App,
    mchid: &str,
    number: &str,
    user: &UserId,
) -> Result<Option<Payment>, Failure> {
    let payment = named(app, mchid, number).await?;
    Ok(payment.filter(|payment| is_payer(app, payment, user)))
}

/// The payment of these names, whoever has paid it.
pub(crate) async fn named(
    app: &App,
    mchid: &str,
    number: &str,
) -> Result<Option<Payment>, Failure> {
    let (Some(mchid), Ok(number)) = (MchId::parse(mchid), OutTradeNo::parse(number)) else {
        return Ok(None);
    };
    let found = payments::find(app, &mchid, &number).await?;
    found.iter().for_each(concerns_payment);
    Ok(found)
}

async fn of_payment(app: &App, payment: Payment) -> Result<Details, Failure> {
    let payee_name = payee_name(app, &payment).await?;
    let entry = s13_receipt::entry(app, &payment).await?;
    Ok(Details { payment, payee_name, entry })
}

/// Whether this user has paid it: by name, or by the openid that was reported.
pub(crate) fn is_payer(app: &App, payment: &Payment, user: &UserId) -> bool {
    payment.paid().is_some_and(|paid| match &paid.payer.user {
        Some(payer) => payer == user,
        None => paid.payer.openid == openid::make(&app.keys, &payment.request.appid, user),
    })
}

/// As the payment that opened an order names a user; empty: no payment has, or they have not made it.
pub(crate) async fn paid_as(
    app: &App,
    order: &Order,
    user: &UserId,
) -> Result<Vec<KnownAs>, Failure> {
    let Some(opened) = &order.payment else { return Ok(Vec::new()) };
    let number = order.request.order_id.as_str();
    let payment = payment_for(app, opened.mchid.as_str(), number, user).await?;
    Ok(payment.map_or_else(Vec::new, |payment| payment.paid_as()))
}

/// The payee's name; its id where an operator has not named it.
pub(crate) async fn payee_name(app: &App, payment: &Payment) -> Result<String, Failure> {
    let payee = payment.payee();
    let known = pay_merchants::find(app, payee).await?;
    Ok(known.map_or_else(|| payee.to_string(), |known| known.name))
}
