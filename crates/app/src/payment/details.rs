//! A payment as its payer sees it, and the invoice entry that it shows or not.

use crate::app::App;
use crate::failure::Failure;
use crate::payment::s13_receipt::{self, Entry};
use crate::payment::{pay_merchants, payments};
use crate::signed::openid;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::people::user::UserId;

/// What the pages of a payment show.
#[derive(Clone, Debug)]
pub struct Details {
    /// The payment.
    pub payment: Payment,
    /// The seller's name, as payers see it.
    pub seller_name: String,
    /// Its invoice entry.
    pub entry: Entry,
}

/// The payment of these names, as they stand in an address. None: there is none.
pub async fn details(app: &App, mchid: &str, number: &str) -> Result<Option<Details>, Failure> {
    let (Some(mchid), Ok(number)) = (MchId::parse(mchid), OutTradeNo::parse(number)) else {
        return Ok(None);
    };
    let Some(payment) = payments::find(app, &mchid, &number).await? else { return Ok(None) };
    let (seller_name, entry) =
        (seller_name(app, &payment).await?, s13_receipt::entry(app, &payment).await?);
    Ok(Some(Details { payment, seller_name, entry }))
}

/// The same for whoever has paid it. None also for all others: they are not told that it exists.
pub async fn details_for(
    app: &App,
    mchid: &str,
    number: &str,
    user: &UserId,
) -> Result<Option<Details>, Failure> {
    let found = details(app, mchid, number).await?;
    Ok(found.filter(|details| is_payer(app, &details.payment, user)))
}

/// Whether this user has paid it: by name, or by the openid that was reported.
pub(super) fn is_payer(app: &App, payment: &Payment, user: &UserId) -> bool {
    payment.paid().is_some_and(|paid| match &paid.payer.user {
        Some(payer) => payer == user,
        None => paid.payer.openid == openid::make(&app.keys, &payment.request.appid, user),
    })
}

/// The seller's name; its id where an operator has not named it.
pub(super) async fn seller_name(app: &App, payment: &Payment) -> Result<String, Failure> {
    let seller = payment.seller();
    let known = pay_merchants::find(app, seller).await?;
    Ok(known.map_or_else(|| seller.to_string(), |known| known.name))
}
