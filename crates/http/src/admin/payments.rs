//! Payments, and whether they show an invoice entry: `/admin/v1/payments`.

use crate::admin::damaged::DamagedJson;
use crate::admin::error::{ErrorJson, Refusals, failed, refuse};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::{RequestBody, query_object};
use crate::paging::{Page, Period, after, check_state, filter, page_size};
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::listing::Filter;
use kaipiao_app::payment::reported::{self, ReportError};
use kaipiao_app::payment::{payments, s13_receipt};
use kaipiao_app::{App, Failure};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::{Payment, check_fee};
use kaipiao_domain::payment::report::Report;
use kaipiao_domain::people::user::{OpenId, UserId};
use kaipiao_domain::{Refusal, Timestamp, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::record::Field;
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use kaipiao_wire::payment::pay_time;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct PaymentJson {
    mchid: String,
    out_trade_no: String,
    appid: String,
    /// Whom it was taken for in the partner form.
    sub_mch_id: Option<String>,
    trade_type: &'static str,
    total_fee: i64,
    refund_fee: i64,
    receipt: bool,
    /// `NOTPAY`, `USERPAYING`, `SUCCESS`, `REFUND`, `CLOSED` or `REVOKED`.
    trade_state: &'static str,
    transaction_id: Option<String>,
    user: Option<String>,
    openid: Option<String>,
    placed_ms: i64,
    paid_ms: Option<i64>,
    /// Whether the payer is shown an invoice entry; left out of listings.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<EntryJson>,
}

#[derive(Serialize, ToSchema)]
struct EntryJson {
    shown: bool,
    /// What must hold, and whether it does.
    conditions: BTreeMap<&'static str, bool>,
}

impl From<&Payment> for PaymentJson {
    fn from(payment: &Payment) -> Self {
        let paid = payment.paid();
        let user = paid.and_then(|paid| paid.payer.user.as_ref());
        Self {
            mchid: payment.mchid.to_string(),
            out_trade_no: payment.out_trade_no.to_string(),
            appid: payment.request.appid.to_string(),
            sub_mch_id: payment.request.sub_merchant.as_ref().map(|sub| sub.mchid.to_string()),
            trade_type: payment.request.trade_type.as_str(),
            total_fee: payment.request.total_fee_fen,
            refund_fee: payment.refunded_fen,
            receipt: payment.request.has_receipt,
            trade_state: payment.trade_state(),
            transaction_id: paid.and_then(|paid| paid.transaction_id.clone()),
            user: user.map(|user| user.as_str().to_owned()),
            openid: paid.map(|paid| paid.payer.openid.as_str().to_owned()),
            placed_ms: payment.placed_at.unix_millis(),
            paid_ms: paid.and_then(|paid| paid.at).map(Timestamp::unix_millis),
            entry: None,
        }
    }
}

async fn with_entry(app: &App, payment: &Payment) -> Result<String, Failure> {
    let entry = s13_receipt::entry(app, payment).await?;
    let conditions = entry.conditions.iter().map(|(one, is_met)| (one.name(), *is_met));
    let entry = EntryJson { shown: entry.is_shown(), conditions: conditions.collect() };
    Ok(bare(&PaymentJson { entry: Some(entry), ..PaymentJson::from(payment) }))
}

#[derive(Serialize, ToSchema)]
struct PaymentsJson {
    payments: Vec<PaymentJson>,
    /// Records that cannot be read; left out: there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /admin/v1/payments?mchid=…`: a pay merchant's payments, newest first; of a time (`from_ms`, `to_ms`), a
/// `state` or a `user`.
#[utoipa::path(
    get,
    path = "/admin/v1/payments",
    tag = "admin",
    operation_id = "listPayments",
    description = "By one filter at most.",
    params(
        ("mchid" = String, Query, description = "The pay merchant.", pattern = "^[0-9]{1,32}$"),
        ("state" = Option<String>, Query, description = "Where it stands: success, refund, closed, revoked."),
        ("user" = Option<String>, Query, description = "The payer."),
        Period,
        Page,
    ),
    responses(
        (status = 200, description = "Newest first.", body = PaymentsJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_payments(_: Operator, State(server): State<Server>, uri: Uri) -> Response {
    let listed = async {
        let query = query_object(&uri)?;
        let mchid = MchId::checked("mchid", &query.required_text("mchid")?)?;
        let (filter, after, limit) = (read_filter(&query)?, after(&query)?, page_size(&query)?);
        let page = payments::list(&server.app, &mchid, filter, after.as_deref(), limit).await?;
        let page = page.map(|payment| PaymentJson::from(&payment));
        let damaged = DamagedJson::all(page.damaged);
        Ok(bare(&PaymentsJson { payments: page.items, damaged, next: page.next }))
    };
    listed.await.map_or_else(failed, |text| json(StatusCode::OK, text))
}

/// Query members that a listing can go by, and the fields that they are.
const FILTERS: [(&str, Field); 2] = [("state", Field::State), ("user", Field::User)];
/// States that a listing can go by. What nobody has paid yet is listed by time.
const STATES: [&str; 4] = ["success", "refund", "closed", "revoked"];

fn read_filter(query: &Object) -> Result<Filter, Refusal> {
    let filter = filter(query, &FILTERS)?;
    check_state(filter.as_ref(), &STATES)?;
    Ok(filter.unwrap_or(Filter::Time { from_ms: 0, to_ms: i64::MAX }))
}

/// `GET /admin/v1/payments/{mchid}/{out_trade_no}`: with what its entry depends on.
#[utoipa::path(
    get,
    path = "/admin/v1/payments/{mchid}/{out_trade_no}",
    tag = "admin",
    operation_id = "getPayment",
    params(
        ("mchid" = String, Path, description = "The pay merchant.", pattern = "^[0-9]{1,32}$"),
        ("out_trade_no" = String, Path, description = "The merchant's number of the payment.", pattern = r"^[A-Za-z0-9_|*-]{6,32}$"),
    ),
    responses(
        (status = 200, description = "The payment, with each condition of its invoice entry.", body = PaymentJson),
        (status = 404, description = "The pay merchant has no payment of this number.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn get_payment(
    _: Operator,
    State(server): State<Server>,
    PathName((mchid, number)): PathName<(String, String)>,
) -> Response {
    let found = async {
        let (mchid, number) = names(&mchid, &number)?;
        match payments::find(&server.app, &mchid, &number).await? {
            Some(payment) => Ok(Some(with_entry(&server.app, &payment).await?)),
            None => Ok(None),
        }
    };
    match found.await {
        Ok(Some(text)) => json(StatusCode::OK, text),
        Ok(None) => refuse(StatusCode::NOT_FOUND, "the pay merchant has no payment of this number"),
        Err(failure) => failed(failure),
    }
}

/// A payment that was made elsewhere.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
struct ReportBody {
    /// Fen.
    #[schema(minimum = 1, maximum = 100000000)]
    total_fee: i64,
    /// The payer, as the account knows them.
    #[schema(min_length = 1, max_length = 128)]
    openid: String,
    /// `Y` opens an invoice entry, `N` none.
    #[schema(pattern = "^[YN]$")]
    receipt: Option<String>,
    /// The account that took it; the pay merchant's first unless it is said.
    #[schema(pattern = "^wx[0-9a-f]{16}$")]
    appid: Option<String>,
    /// In the partner form the pay merchant that it was taken for.
    #[schema(pattern = "^[0-9]{1,32}$")]
    sub_mch_id: Option<String>,
    /// The person, who is then told.
    #[schema(pattern = "^[A-Za-z0-9_.@-]{1,64}$")]
    user: Option<String>,
    /// WeChat Pay's number: 1 to 32 letters and digits.
    #[schema(pattern = "^[A-Za-z0-9]{1,32}$")]
    transaction_id: Option<String>,
    /// When it was paid, `yyyyMMddHHmmss` in China.
    #[schema(pattern = "^[0-9]{14}$")]
    time_end: Option<String>,
    /// What was paid for.
    #[schema(max_length = 127)]
    body: Option<String>,
    /// What was given back so far, in fen.
    #[schema(minimum = 0)]
    refund_fee: Option<i64>,
}

/// `PUT /admin/v1/payments/{mchid}/{out_trade_no}`: a payment that was made elsewhere, or given back. 409: it differs
/// from what is known, which cannot be corrected any more.
#[utoipa::path(
    put,
    path = "/admin/v1/payments/{mchid}/{out_trade_no}",
    tag = "admin",
    operation_id = "putPayment",
    description = "The same report again changes nothing, what it leaves out stays, and what differs corrects what is known.",
    params(
        ("mchid" = String, Path, description = "The pay merchant.", pattern = "^[0-9]{1,32}$"),
        ("out_trade_no" = String, Path, description = "The merchant's number of the payment.", pattern = r"^[A-Za-z0-9_|*-]{6,32}$"),
    ),
    request_body = ReportBody,
    responses(
        (status = 200, description = "The payment as it is known now.", body = PaymentJson),
        (status = 409, description = "A member can be corrected no more: which, and why.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn put_payment(
    _: Operator,
    State(server): State<Server>,
    PathName((mchid, number)): PathName<(String, String)>,
    body: RequestBody,
) -> Response {
    let kept = async {
        let (mchid, out_trade_no) = names(&mchid, &number)?;
        let report = read_report(mchid, out_trade_no, &body.object()?)?;
        let payment = reported::report(&server.app, &report).await?;
        Ok(with_entry(&server.app, &payment).await?)
    };
    match kept.await {
        Ok(text) => json(StatusCode::OK, text),
        Err(ReportError::Conflict(why)) => refuse(StatusCode::CONFLICT, &why),
        Err(ReportError::Failed(failure)) => failed(failure),
    }
}

fn names(mchid: &str, number: &str) -> Result<(MchId, OutTradeNo), Refusal> {
    let number = OutTradeNo::parse(number);
    let number =
        number.map_err(|refusal| Refusal::new(ErrorCode::InvalidParams, refusal.detail))?;
    Ok((MchId::checked("mchid", mchid)?, number))
}

fn read_report(mchid: MchId, out_trade_no: OutTradeNo, object: &Object) -> Result<Report, Refusal> {
    let total_fee_fen = object.required_integer("total_fee")?;
    check_fee("total_fee", total_fee_fen)
        .map_err(|refusal| Refusal::new(ErrorCode::InvalidParams, refusal.detail))?;
    let appid = object.optional_text("appid")?;
    let appid = appid.map(|text| {
        AppId::parse(&text).ok_or_else(|| Refusal::invalid("appid", "is not an appid"))
    });
    let user = object.optional_text("user")?;
    let user = user.map(|text| {
        UserId::parse(&text).ok_or_else(|| Refusal::invalid("user", "is not a user's id"))
    });
    let openid = object.required_text("openid")?.into_owned();
    text::limited("openid", &openid, 128)?;
    let description = object.optional_text("body")?;
    text::limited("body", description.as_deref().unwrap_or_default(), 127)?;
    let sub_mchid = object.optional_text("sub_mch_id")?;
    let sub_mchid = sub_mchid.map(|text| MchId::checked("sub_mch_id", &text));
    let transaction_id = object.optional_text("transaction_id")?;
    transaction_id.as_deref().map_or(Ok(()), check_transaction_id)?;
    let paid_at = object.optional_text("time_end")?;
    let paid_at = paid_at.map(|text| {
        pay_time::read(&text).ok_or_else(|| {
            let problem = format!("must be yyyyMMddHHmmss in China, not {}", text::quoted(&text));
            Refusal::invalid("time_end", problem)
        })
    });
    Ok(Report {
        mchid,
        out_trade_no,
        appid: appid.transpose()?,
        sub_mchid: sub_mchid.transpose()?,
        openid: OpenId::from_checked(openid),
        user: user.transpose()?,
        transaction_id,
        paid_at: paid_at.transpose()?,
        total_fee_fen,
        description,
        has_receipt: object.optional_text("receipt")?.as_deref().map(read_receipt).transpose()?,
        refunded_fen: object.integer("refund_fee")?.unwrap_or(0),
    })
}

/// Whether a payment was made with `receipt` being `Y`.
fn read_receipt(text: &str) -> Result<bool, Refusal> {
    match text {
        "Y" => Ok(true),
        "N" => Ok(false),
        other => {
            let problem = format!("must be Y or N, or be left out, not {}", text::quoted(other));
            Err(Refusal::invalid("receipt", problem))
        }
    }
}

/// WeChat Pay's own number of a payment: 28 digits today.
fn check_transaction_id(text: &str) -> Result<(), Refusal> {
    if (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    let problem = format!("must be 1 to 32 letters and digits, not {}", text::quoted(text));
    Err(Refusal::invalid("transaction_id", problem))
}
