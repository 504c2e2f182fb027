//! Which pay merchant calls: the one whose key has signed the request (wire_facts 5.1).

use crate::access::accounts;
use crate::app::App;
use crate::concerned::concerns_payment;
use crate::failure::Failure;
use crate::payment::pay_failure::{PayFailure, no_such_payment};
use crate::payment::pay_merchants::{find, open_key, signing_key};
use crate::signed::PayRequest;
use crate::store_access::get_fresh;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::{MchId, PayMerchant};
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::{PayKey, Payment, PaymentRequest, SignType, SubMerchant};
use kaipiao_domain::{access::account::AppId, text};
use kaipiao_records::payment::pay_merchant::pay_merchant_key;
use kaipiao_records::record::{self, Versioned};

/// A pay merchant that has proved who it is.
pub struct PayCaller {
    /// The pay merchant.
    pub pay_merchant: PayMerchant,
    /// Which of its keys it signs with.
    pub key: PayKey,
    /// How it signs, and wants its answer signed.
    pub sign_type: SignType,
    /// Whom it calls for, `sub_mch_id` as it was sent; empty: for itself.
    sub_mch_id: String,
    /// The key itself.
    secret: String,
}

impl PayCaller {
    /// This server itself, calling for a pay merchant.
    pub(super) fn itself(app: &App, pay_merchant: PayMerchant) -> Result<Self, Failure> {
        let secret = open_key(app, &pay_merchant)?;
        let (key, sign_type, sub_mch_id) = (PayKey::Own, SignType::default(), String::new());
        Ok(Self { pay_merchant, key, sign_type, sub_mch_id, secret })
    }

    /// The payment that was found under a number of the caller's. ORDERNOTEXIST, also where the call names another
    /// sub-merchant than the payment.
    pub(super) fn own(
        &self,
        found: Option<Payment>,
        number: &OutTradeNo,
    ) -> Result<Payment, PayRefusal> {
        let sub_mch_id = &*self.sub_mch_id;
        let is_named = |payment: &Payment| {
            let sub_merchant = payment.request.sub_merchant.as_ref();
            sub_mch_id.is_empty()
                || sub_merchant.is_some_and(|sub| sub.mchid.as_str() == sub_mch_id)
        };
        let own = found.filter(is_named);
        own.iter().for_each(concerns_payment);
        own.ok_or_else(|| match sub_mch_id {
            "" => no_such_payment(&format!("out_trade_no {number}")),
            _ => {
                let quoted = text::quoted(sub_mch_id);
                no_such_payment(&format!("out_trade_no {number} for sub_mch_id {quoted}"))
            }
        })
    }

    /// The key that the answer is signed with. Never printed.
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

/// Checks who calls. What is refused here is answered unsigned: LACK_PARAMS, MCHID_NOT_EXIST, SIGNERROR.
pub async fn authenticate(
    app: &App,
    request: &PayRequest,
    key: PayKey,
) -> Result<PayCaller, PayFailure> {
    let name = request.required("mch_id", 32)?;
    request.required("sign", 64)?;
    let sign_type = request.sign_type()?;
    let unknown = || {
        let detail = format!("no pay merchant has mch_id {}", text::quoted(name));
        PayRefusal::new(PayErrorCode::MchidNotExist, detail)
    };
    let mchid = MchId::parse(name).ok_or_else(unknown)?;
    let key_of_record = pay_merchant_key(&mchid);
    let remembered = record::get::<PayMerchant>(&*app.store, &key_of_record).await?;
    if let Some(Versioned { value: pay_merchant, .. }) = remembered
        && let Some(caller) = signed_by(app, request, pay_merchant, key, sign_type)?
    {
        return Ok(caller);
    }
    // Another node may have changed the key a moment ago.
    let now = get_fresh(app, &key_of_record).await?.ok_or_else(unknown)?;
    let caller = signed_by(app, request, now, key, sign_type)?;
    Ok(caller.ok_or_else(|| wrong_signature(key, sign_type))?)
}

/// The pay merchant as a caller; None: its key has not signed this.
fn signed_by(
    app: &App,
    request: &PayRequest,
    pay_merchant: PayMerchant,
    key: PayKey,
    sign_type: SignType,
) -> Result<Option<PayCaller>, Failure> {
    let secret = signing_key(app, &pay_merchant, key)?;
    let is_signed = request.is_signed_by(&secret, sign_type);
    let sub_mch_id = request.get("sub_mch_id").to_owned();
    Ok(is_signed.then_some(PayCaller { pay_merchant, key, sign_type, sub_mch_id, secret }))
}

fn wrong_signature(key: PayKey, sign_type: SignType) -> PayRefusal {
    let whose = match key {
        PayKey::Own => "the pay merchant's key",
        PayKey::Sandbox => "the key that getsignkey gives, not with the pay merchant's own",
    };
    let detail = format!(
        "sign is not the {} of all parameters that are not empty, sorted, and {whose}",
        sign_type.as_str()
    );
    PayRefusal::new(PayErrorCode::SignError, detail)
}

/// Checks what every call names besides the pay merchant: LACK_PARAMS, APPID_NOT_EXIST, APPID_MCHID_NOT_MATCH.
pub async fn check_appid(
    app: &App,
    caller: &PayCaller,
    request: &PayRequest,
) -> Result<(), PayFailure> {
    let appid = request.required_account("appid")?;
    request.required("nonce_str", 32)?;
    check_account(app, &caller.pay_merchant, "appid", &appid).await
}

/// Checks whom a payment is taken for: NOAUTH for a sub-merchant that is not the caller's, and what
/// [`check_appid`] says of its account.
pub(super) async fn check_sub_merchant(
    app: &App,
    caller: &PayMerchant,
    asked: &PaymentRequest,
) -> Result<(), PayFailure> {
    let Some(SubMerchant { mchid, appid, .. }) = &asked.sub_merchant else { return Ok(()) };
    if !caller.sub_merchants.contains(mchid)
        && !as_it_is_now(app, caller).await?.sub_merchants.contains(mchid)
    {
        let detail = format!("sub_mch_id {mchid} is no sub-merchant of {}", caller.mchid);
        return Err(PayRefusal::new(PayErrorCode::NoAuth, detail).into());
    }
    let sub_merchant = find(app, mchid).await?.ok_or_else(|| {
        let detail = format!("sub_mch_id {mchid} is no pay merchant's");
        PayRefusal::new(PayErrorCode::MchidNotExist, detail)
    })?;
    match appid {
        Some(appid) => check_account(app, &sub_merchant, "sub_appid", appid).await,
        None => Ok(()),
    }
}

async fn check_account(
    app: &App,
    pay_merchant: &PayMerchant,
    name: &str,
    appid: &AppId,
) -> Result<(), PayFailure> {
    if pay_merchant.accounts.contains(appid)
        || as_it_is_now(app, pay_merchant).await?.accounts.contains(appid)
    {
        return Ok(());
    }
    let refusal = match accounts::find(app, appid).await? {
        None => {
            let detail = format!("{name} {appid} is no account's");
            PayRefusal::new(PayErrorCode::AppidNotExist, detail)
        }
        Some(_) => {
            let detail = format!("{name} {appid} is not bound to mch_id {}", pay_merchant.mchid);
            PayRefusal::new(PayErrorCode::AppidMchidNotMatch, detail)
        }
    };
    Err(refusal.into())
}

/// A pay merchant as the store has it, before it is refused what an operator may have allowed on another node a
/// moment ago.
async fn as_it_is_now(app: &App, remembered: &PayMerchant) -> Result<PayMerchant, Failure> {
    let now = get_fresh(app, &pay_merchant_key(&remembered.mchid)).await?;
    Ok(now.unwrap_or_else(|| remembered.clone()))
}
