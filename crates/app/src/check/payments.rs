//! Payments, their refunds, the names of both, and the orders that payments opened.

use super::look::Look;
use super::violation::{Found, Invariant};
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::refund::Refund;
use kaipiao_ports::errors::StoreError;
use kaipiao_records::payment::payment_alias::{PaymentAlias, number_taken, payment_alias_key};
use kaipiao_records::payment::payments::payment_key;
use kaipiao_records::payment::refund::refund_key;

/// The refunds that a payment lists are its own, and its names lead to it.
pub(super) async fn payment(
    look: &Look<'_>,
    payment: &Payment,
    found: &mut Found,
) -> Result<(), StoreError> {
    let refunds_fen = refunds_of(look, payment, found).await?;
    let (refunded_fen, total_fen) = (payment.refunded_fen, payment.request.total_fee_fen);
    // An operator reports what was given back elsewhere: then it is more than the refunds come to.
    let counts_them = (refunds_fen..=total_fen).contains(&refunded_fen);
    let what = format!("it counts {refunded_fen} fen of {total_fen}, its refunds {refunds_fen}");
    found.unless(counts_them, Invariant::Refund, what);
    let number = &payment.out_trade_no;
    if let Some(transaction_id) = payment.paid().and_then(|paid| paid.transaction_id.as_ref()) {
        let alias = PaymentAlias::Transaction(number.clone());
        has_alias(look, &payment.mchid, transaction_id, &alias, found).await?;
    }
    // Afterwards nobody needs the page's name.
    if let Some(prepay) = payment.prepay.as_ref().filter(|_| payment.is_open()) {
        let alias = PaymentAlias::Prepay { payment: number.clone(), at: prepay.at };
        has_alias(look, &payment.mchid, &prepay.id, &alias, found).await?;
    }
    Ok(())
}

/// What a payment's refunds come to, in fen.
async fn refunds_of(
    look: &Look<'_>,
    payment: &Payment,
    found: &mut Found,
) -> Result<i64, StoreError> {
    let mut sum_fen: i64 = 0;
    for (place, number) in payment.refunds.iter().enumerate() {
        let is_once = !payment.refunds[..place].contains(number);
        found.unless(is_once, Invariant::Refund, format!("it lists refund {number} twice"));
        match look.find::<Refund>(&refund_key(&payment.mchid, number)).await? {
            None => found.add(Invariant::Refund, format!("its refund {number} is not there")),
            Some(refund) if refund.out_trade_no != payment.out_trade_no => {
                let what = format!("its refund {number} is of {}", refund.out_trade_no);
                found.add(Invariant::Refund, what);
            }
            Some(refund) => sum_fen = sum_fen.saturating_add(refund.request.refund_fee_fen),
        }
    }
    Ok(sum_fen)
}

/// A refund's payment lists it, and its name leads to it.
pub(super) async fn refund(
    look: &Look<'_>,
    refund: &Refund,
    found: &mut Found,
) -> Result<(), StoreError> {
    let (payment_no, number) = (&refund.out_trade_no, &refund.request.out_refund_no);
    let alias = PaymentAlias::Refund(number.clone());
    has_alias(look, &refund.mchid, &refund.refund_id, &alias, found).await?;
    let Some(payment) = payment_of(look, &refund.mchid, payment_no).await? else {
        found.add(Invariant::Refund, format!("its payment {payment_no} is not there"));
        return Ok(());
    };
    let is_listed = payment.refunds.contains(number);
    let what = format!("its payment {payment_no} does not list it");
    found.unless(is_listed, Invariant::Refund, what);
    let is_of_it = payment.request.total_fee_fen == refund.request.total_fee_fen;
    let what = format!("its payment {payment_no} has another total_fee");
    found.unless(is_of_it, Invariant::Refund, what);
    Ok(())
}

/// A name leads to a payment or a refund that has it.
pub(super) async fn alias(
    look: &Look<'_>,
    mchid: &MchId,
    name: &str,
    alias: &PaymentAlias,
    found: &mut Found,
) -> Result<(), StoreError> {
    let (is_its, what) = match alias {
        // A payment keeps the newest of its prepay_ids only.
        PaymentAlias::Prepay { payment, .. } => {
            let found = payment_of(look, mchid, payment).await?;
            (found.is_some_and(|payment| payment.prepay.is_some()), format!("payment {payment}"))
        }
        PaymentAlias::Transaction(payment) => {
            let found = payment_of(look, mchid, payment).await?;
            let paid = found.as_ref().and_then(Payment::paid);
            let is_its = paid.is_some_and(|paid| paid.transaction_id.as_deref() == Some(name));
            (is_its, format!("payment {payment}"))
        }
        PaymentAlias::Refund(number) => {
            let found: Option<Refund> = look.find(&refund_key(mchid, number)).await?;
            (found.is_some_and(|refund| refund.refund_id == name), format!("refund {number}"))
        }
        PaymentAlias::TakenBy(provider) => {
            let found = match number_taken(name) {
                Some(number) => payment_of(look, provider, &number).await?,
                None => None,
            };
            let is_its = found.is_some_and(|payment| payment.payee() == mchid);
            (is_its, format!("payment that {provider} has taken for {mchid}"))
        }
    };
    found.unless(is_its, Invariant::PaymentAlias, format!("no {what} has this name"));
    Ok(())
}

/// An order that a payment opened has a payment of its number, which was paid with a receipt.
pub(super) async fn order(
    look: &Look<'_>,
    order: &Order,
    found: &mut Found,
) -> Result<(), StoreError> {
    let Some(opened) = &order.payment else { return Ok(()) };
    let mchid = &opened.mchid;
    let payment = match OutTradeNo::parse(order.request.order_id.as_str()) {
        Ok(number) => payment_of(look, mchid, &number).await?,
        Err(_) => None,
    };
    let mut wrong = |what| found.add(Invariant::OrderPayment, what);
    match payment {
        None => wrong(format!("its payment at {mchid} is not there")),
        Some(payment) if payment.paid().is_none() || !payment.request.has_receipt => {
            wrong(format!("its payment at {mchid} was not paid with a receipt"));
        }
        Some(payment) if opened.is_refunded && !payment.is_fully_refunded() => {
            wrong(format!("its payment at {mchid} was not given back in full"));
        }
        Some(_) => {}
    }
    Ok(())
}

async fn payment_of(
    look: &Look<'_>,
    mchid: &MchId,
    number: &OutTradeNo,
) -> Result<Option<Payment>, StoreError> {
    look.find(&payment_key(mchid, number)).await
}

async fn has_alias(
    look: &Look<'_>,
    mchid: &MchId,
    name: &str,
    alias: &PaymentAlias,
    found: &mut Found,
) -> Result<(), StoreError> {
    let leads_to_it = look.find(&payment_alias_key(mchid, name)).await?.as_ref() == Some(alias);
    found.unless(leads_to_it, Invariant::PaymentAlias, format!("{name} does not lead to it"));
    Ok(())
}
