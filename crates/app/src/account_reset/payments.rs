//! An account's payments, with their refunds and all their names, and its pay merchants' link to it.

use super::scope::Scope;
use super::walk::{Walk, remove_those, save_all};
use crate::failure::Failure;
use crate::store_access::get_fresh;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::{MchId, PayMerchant};
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::refund::Refund;
use kaipiao_ports::record::{Expect, Key, Kind};
use kaipiao_records::payment::payment_alias::{PaymentAlias, number_taken};
use kaipiao_records::payment::payments::payment_key;
use kaipiao_records::payment::refund::refund_key;
use kaipiao_records::record;

pub(super) async fn remove(scope: &Scope<'_>) -> Result<(), Failure> {
    let app = scope.app;
    remove_those(app, async |key, alias: &PaymentAlias| is_its_name(scope, key, alias).await)
        .await?;
    remove_those(app, async |_, refund: &Refund| {
        has_payment(scope, &refund.mchid, &refund.out_trade_no).await
    })
    .await?;
    remove_those(app, async |_, payment: &Payment| Ok(scope.has(payment))).await?;
    unlink(scope).await
}

async fn is_its_name(scope: &Scope<'_>, key: &Key, alias: &PaymentAlias) -> Result<bool, Failure> {
    let Some(mchid) = MchId::parse(&key.owner) else { return Ok(false) };
    match alias {
        PaymentAlias::Prepay { payment, .. } | PaymentAlias::Transaction(payment) => {
            has_payment(scope, &mchid, payment).await
        }
        PaymentAlias::Refund(number) => {
            match get_fresh::<Refund>(scope.app, &refund_key(&mchid, number)).await? {
                Some(refund) => has_payment(scope, &mchid, &refund.out_trade_no).await,
                None => Ok(false),
            }
        }
        PaymentAlias::TakenBy(provider) => match number_taken(&key.id) {
            Some(number) => has_payment(scope, provider, &number).await,
            None => Ok(false),
        },
    }
}

async fn has_payment(
    scope: &Scope<'_>,
    mchid: &MchId,
    number: &OutTradeNo,
) -> Result<bool, Failure> {
    let payment: Option<Payment> = get_fresh(scope.app, &payment_key(mchid, number)).await?;
    Ok(payment.is_some_and(|payment| scope.has(&payment)))
}

/// Section 11's link is one of the account's own settings, and stands on the pay merchant too.
async fn unlink(Scope { app, appid, .. }: &Scope<'_>) -> Result<(), Failure> {
    let mut walk = Walk::of_all(app, Kind::PayMerchant);
    while let Some(found) = walk.next().await? {
        let mut saves = Vec::new();
        for stored in found {
            let Ok(linked) = record::value::<PayMerchant>(&stored) else { continue };
            if linked.link.as_ref().is_some_and(|link| link.merchant == *appid) {
                let unlinked = PayMerchant { link: None, ..linked };
                saves.push(record::save(stored.key, Expect::Version(stored.version), &unlinked));
            }
        }
        save_all(app, saves).await?;
    }
    Ok(())
}
