//! Payments as pay merchants place, find and close them (wire_facts 5.2).

use crate::app::App;
use crate::concerned::concerns_payment;
use crate::failure::Failure;
use crate::listing::{self, Filter, Listing};
use crate::payment::names::{mchid_of_prepay_id, new_prepay_id};
use crate::payment::pay_caller::{PayCaller, check_sub_merchant};
use crate::payment::pay_failure::{PayFailure, no_such_payment};
use crate::signed::PaymentName;
use crate::store_access::{Decision, FirstTry, decide, get_fresh};
use kaipiao_domain::Timestamp;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::{Payment, PaymentRequest, PaymentState, Prepay};
use kaipiao_ports::record::{Expect, Key, Save};
use kaipiao_records::payment::payment_alias::{PaymentAlias, payment_alias_key};
use kaipiao_records::payment::payments::payment_key;
use kaipiao_records::record;

/// Places a payment that is paid on a page: unifiedorder. The same number asks for the same again and gets the
/// same `prepay_id` while that serves, and a new one later.
pub async fn place(
    app: &App,
    caller: &PayCaller,
    number: &OutTradeNo,
    asked: &PaymentRequest,
) -> Result<Payment, PayFailure> {
    check_sub_merchant(app, &caller.pay_merchant, asked).await?;
    let now = app.now();
    let mchid = &caller.pay_merchant.mchid;
    let key = payment_key(mchid, number);
    decide(app, key, FirstTry::TakesItForAbsent, |found: Option<Payment>| {
        let prepay = new_prepay(app, mchid, now);
        let next = match found {
            None => placed(caller, number, asked, Some(prepay), now),
            Some(payment) => {
                concerns_payment(&payment);
                payment.check_again(asked, caller.key)?;
                let is_open = payment.can_be_paid_by_page(now);
                let request =
                    PaymentRequest { expires_at: asked.expires_at, ..payment.request.clone() };
                // Its notice is signed as the newest request is.
                let again = Payment { request, sign_type: caller.sign_type, ..payment.clone() };
                if is_open {
                    let next = (again != payment).then(|| again.clone());
                    return Ok(Decision::alone(next, again));
                }
                Payment { prepay: Some(prepay), ..again }
            }
        };
        let also = prepay_alias(&next).into_iter().collect();
        Ok::<_, PayFailure>(Decision { also, ..Decision::alone(Some(next.clone()), next) })
    })
    .await
}

/// A payment as it is asked for.
pub(super) fn placed(
    caller: &PayCaller,
    number: &OutTradeNo,
    asked: &PaymentRequest,
    prepay: Option<Prepay>,
    now: Timestamp,
) -> Payment {
    let payment = Payment {
        mchid: caller.pay_merchant.mchid.clone(),
        out_trade_no: number.clone(),
        request: asked.clone(),
        sign_type: caller.sign_type,
        key: caller.key,
        prepay,
        placed_at: now,
        state: PaymentState::NotPaid,
        refunds: Vec::new(),
        refunded_fen: 0,
        order_merchant: None,
    };
    concerns_payment(&payment);
    payment
}

/// A new name of a page.
pub(super) fn new_prepay(app: &App, mchid: &MchId, now: Timestamp) -> Prepay {
    Prepay { id: new_prepay_id(app, mchid, now), at: now }
}

pub(super) fn prepay_alias(payment: &Payment) -> Option<Save> {
    let Prepay { id, at } = payment.prepay.as_ref()?;
    let alias = PaymentAlias::Prepay { payment: payment.out_trade_no.clone(), at: *at };
    Some(record::save(payment_alias_key(&payment.mchid, id), Expect::Absent, &alias))
}

/// Where a payment is paid: what code_url and mweb_url lead to.
pub fn page_url(app: &App, prepay_id: &str) -> String {
    format!("{}/cashier?prepay_id={prepay_id}", app.settings.public_base_url)
}

/// The payment behind a `prepay_id`, whatever has become of it. None: no payment has it.
pub async fn of_prepay_id(app: &App, prepay_id: &str) -> Result<Option<Payment>, Failure> {
    match key_of_prepay_id(app, prepay_id).await? {
        Some(key) => {
            let found = get_fresh(app, &key).await?;
            found.iter().for_each(concerns_payment);
            Ok(found)
        }
        None => Ok(None),
    }
}

/// The key of the payment that a `prepay_id` was given out for.
pub(super) async fn key_of_prepay_id(app: &App, prepay_id: &str) -> Result<Option<Key>, Failure> {
    let Some(mchid) = mchid_of_prepay_id(prepay_id) else { return Ok(None) };
    let alias = get_fresh::<PaymentAlias>(app, &payment_alias_key(&mchid, prepay_id)).await?;
    Ok(match alias {
        Some(PaymentAlias::Prepay { payment, .. }) => Some(payment_key(&mchid, &payment)),
        Some(PaymentAlias::Transaction(_) | PaymentAlias::Refund(_) | PaymentAlias::TakenBy(_))
        | None => None,
    })
}

/// A pay merchant's payments, from behind `after`, which [`Listing::next`] of the page before says.
pub async fn list(
    app: &App,
    mchid: &MchId,
    filter: Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Payment>, Failure> {
    listing::list_of_owner(app, mchid.as_str(), filter, after, limit).await
}

/// The payment of this number.
pub async fn find(
    app: &App,
    mchid: &MchId,
    number: &OutTradeNo,
) -> Result<Option<Payment>, Failure> {
    get_fresh(app, &payment_key(mchid, number)).await
}

/// The payment of this `out_trade_no`, or of this `transaction_id`.
pub async fn of_any_number(
    app: &App,
    mchid: &MchId,
    text: &str,
) -> Result<Option<Payment>, Failure> {
    if let Ok(number) = OutTradeNo::parse(text)
        && let Some(found) = find(app, mchid, &number).await?
    {
        return Ok(Some(found));
    }
    match get_fresh::<PaymentAlias>(app, &payment_alias_key(mchid, text)).await? {
        Some(PaymentAlias::Transaction(number)) => find(app, mchid, &number).await,
        Some(PaymentAlias::Prepay { .. } | PaymentAlias::Refund(_) | PaymentAlias::TakenBy(_))
        | None => Ok(None),
    }
}

/// The caller's payment of this name: orderquery. ORDERNOTEXIST.
pub async fn query(
    app: &App,
    caller: &PayCaller,
    name: &PaymentName,
) -> Result<Payment, PayFailure> {
    let mchid = &caller.pay_merchant.mchid;
    let number = number_of(app, mchid, name).await?;
    Ok(caller.own(find(app, mchid, &number).await?, &number)?)
}

/// The number of a payment that is named by another name perhaps.
pub(super) async fn number_of(
    app: &App,
    mchid: &MchId,
    name: &PaymentName,
) -> Result<OutTradeNo, PayFailure> {
    let id = match name {
        PaymentName::OutTradeNo(number) => return Ok(number.clone()),
        PaymentName::TransactionId(id) => id,
    };
    match get_fresh::<PaymentAlias>(app, &payment_alias_key(mchid, id)).await? {
        Some(PaymentAlias::Transaction(number)) => Ok(number),
        Some(PaymentAlias::Prepay { .. } | PaymentAlias::Refund(_) | PaymentAlias::TakenBy(_))
        | None => Err(no_such_payment(&format!("transaction_id {id}")).into()),
    }
}

/// Closes the caller's payment of this number. ORDERNOTEXIST; ORDERPAID: refund it.
pub async fn close(
    app: &App,
    caller: &PayCaller,
    number: &OutTradeNo,
) -> Result<Payment, PayFailure> {
    let key = payment_key(&caller.pay_merchant.mchid, number);
    decide(app, key, FirstTry::Reads, |found: Option<Payment>| {
        let payment = caller.own(found, number)?;
        let next = payment.close(app.now())?;
        let result = next.clone().unwrap_or(payment);
        Ok::<_, PayFailure>(Decision::alone(next, result))
    })
    .await
}
