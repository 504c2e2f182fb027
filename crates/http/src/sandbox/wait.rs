//! `GET /sandbox/v1/wait`: answers as soon as something has happened to an order (D-260).

use crate::admin::error::{SandboxRefusals, failed, refuse};
use crate::admin::invoices::InvoiceJson;
use crate::admin::orders::OrderJson;
use crate::admin::payments::PaymentJson;
use crate::admin::pushes::PushJson;
use crate::admin::users::MessageJson;
use crate::answer::json;
use crate::body::query_object;
use crate::server::Server;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use core::time::Duration;
use kaipiao_app::waiting::{self, Awaited, Happened, Party, Question, There, Waited, What};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::{Refusal, text};
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;
use utoipa::ToSchema;

/// How long is waited unless it is said, and at most, in seconds of real time.
const LIMIT_S: i64 = 30;
const LONGEST_LIMIT_S: i64 = 120;

/// What has happened, and to what.
#[derive(Serialize, ToSchema)]
struct HappenedJson {
    event: String,
    /// Unix milliseconds of the server's clock.
    at_ms: i64,
    order_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<PaymentJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<InvoiceJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inserted: Option<InsertedJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    push: Option<PushJson>,
}

/// An invoice that was issued elsewhere.
#[derive(Serialize, ToSchema)]
struct InsertedJson {
    appid: String,
    platform: String,
    card_id: String,
    code: String,
    user: String,
}

/// What is there when the time is over, or the wait is cut short.
#[derive(Serialize, ToSchema)]
struct NotYetJson {
    error: String,
    orders: Vec<OrderJson>,
    payments: Vec<PaymentJson>,
    invoices: Vec<InvoiceJson>,
    pushes: Vec<PushJson>,
}

/// `?order_id=…&event=…&appid=&timeout_s=&after_ms=`: 200 with what has happened, 408 with what is there instead, 503 with it
/// where the wait is cut short, or where too many wait.
#[utoipa::path(
    get,
    path = "/sandbox/v1/wait",
    tag = "sandbox",
    operation_id = "wait",
    description = "Answers at once if it has happened already. 503 also where 64 requests wait, and where the wait is cut short: the server stops, or its name space is restored, reset or removed.",
    params(
        ("order_id" = String, Query, min_length = 1, description = "The order, or the payment's `out_trade_no`."),
        ("event" = String, Query, pattern = "^(authorized|declined|rejected|paid|refunded|issued|failed|offset|inserted|message|(push|delivered)(:.+)?)$", description = "authorized, declined, rejected, paid, refunded, issued, failed, offset, inserted, message, push, delivered, or push: and delivered: with a push's name."),
        ("appid" = Option<String>, Query, description = "Whose order or payment it is, or who receives the push: an account, with its pay merchants, or a mchid."),
        ("timeout_s" = Option<i64>, Query, minimum = 0, maximum = 120, description = "Seconds of real time; 30 unless it is said."),
        ("after_ms" = Option<i64>, Query, description = "Only what happened later, in unix milliseconds of the server's clock."),
    ),
    responses(
        (status = 200, description = "What has happened, and to what.", body = HappenedJson),
        (status = 408, description = "It has not happened in time: what is there instead.", body = NotYetJson),
        SandboxRefusals,
    ),
)]
pub(crate) async fn wait(State(server): State<Server>, uri: Uri) -> Response {
    let asked = query_object(&uri).and_then(|query| read(&query));
    let (asked, limit) = match asked {
        Ok(asked) => asked,
        Err(refusal) => return failed(refusal.into()),
    };
    let now_ms = || server.app.now().unix_millis();
    match waiting::wait(&server.app, &asked, limit).await {
        Ok(Waited::Happened(happened)) => {
            json(StatusCode::OK, bare(&happened_json(&asked, *happened, now_ms())))
        }
        Ok(Waited::NotYet(there)) => {
            let within = format!("within {} s", limit.as_secs());
            let shown = not_yet_json(&asked, &within, *there, now_ms());
            json(StatusCode::REQUEST_TIMEOUT, bare(&shown))
        }
        Ok(Waited::CutShort(there)) => {
            let why = "before the wait was cut short: the server stops, or its name space is restored, reset or removed";
            let shown = not_yet_json(&asked, why, *there, now_ms());
            json(StatusCode::SERVICE_UNAVAILABLE, bare(&shown))
        }
        Ok(Waited::TooMany(most)) => {
            let error = format!("{most} requests wait already, which is all that may");
            refuse(StatusCode::SERVICE_UNAVAILABLE, &error)
        }
        Err(failure) => failed(failure),
    }
}

fn read(query: &Object) -> Result<(Question, Duration), Refusal> {
    let order_id = OrderId::parse(&query.text("order_id")?)?;
    let event = query.required_text("event")?;
    let awaited = Awaited::from_name(&event).ok_or_else(|| {
        let problem = format!("must be one of {}, not {}", Awaited::names(), text::quoted(&event));
        Refusal::invalid("event", problem)
    })?;
    let named = query.optional_text("appid")?.filter(|named| !named.is_empty());
    let party = named.map(|named| {
        let account = AppId::parse(&named).map(Party::Account);
        let party = account.or_else(|| MchId::parse(&named).map(Party::PayMerchant));
        let problem = || format!("{} is neither an appid nor a mchid", text::quoted(&named));
        party.ok_or_else(|| Refusal::invalid("appid", problem()))
    });
    let limit_s = query.integer("timeout_s")?.unwrap_or(LIMIT_S);
    if !(0..=LONGEST_LIMIT_S).contains(&limit_s) {
        let problem = format!("must be 0 to {LONGEST_LIMIT_S}, not {limit_s}");
        return Err(Refusal::invalid("timeout_s", problem));
    }
    let after_ms = query.integer("after_ms")?.unwrap_or(i64::MIN);
    let question = Question { order_id, party: party.transpose()?, awaited, after_ms };
    Ok((question, Duration::from_secs(limit_s.unsigned_abs())))
}

fn happened_json(asked: &Question, happened: Happened, now_ms: i64) -> HappenedJson {
    let Happened { at, what } = happened;
    let mut shown = HappenedJson {
        event: asked.awaited.to_string(),
        at_ms: at.unix_millis(),
        order_id: asked.order_id.to_string(),
        order: None,
        payment: None,
        invoice: None,
        inserted: None,
        message: None,
        push: None,
    };
    match what {
        What::Order(order) => shown.order = Some(order.into()),
        What::Payment(payment) => shown.payment = Some((&payment).into()),
        What::Invoice(request) => shown.invoice = Some(request.into()),
        What::Inserted(inserted) => {
            shown.inserted = Some(InsertedJson {
                appid: inserted.merchant.to_string(),
                platform: inserted.platform.to_string(),
                card_id: inserted.card_id.as_str().to_owned(),
                code: inserted.code.to_string(),
                user: inserted.user.as_str().to_owned(),
            });
        }
        What::Message(message) => shown.message = Some(message.into()),
        What::Push(push) => shown.push = Some(PushJson::new(*push, now_ms)),
    }
    shown
}

fn not_yet_json(asked: &Question, when: &str, there: There, now_ms: i64) -> NotYetJson {
    let There { orders, payments, invoices, pushes, may_have_older_messages } = there;
    let (event, order_id) = (&asked.awaited, &asked.order_id);
    let unseen = match (event, may_have_older_messages) {
        (Awaited::Message, true) => {
            "; the user has had more than 1,000 messages since, and older ones were not looked at"
        }
        _ => "",
    };
    NotYetJson {
        error: format!("{event} has not happened to {order_id} {when}{unseen}"),
        orders: orders.into_iter().map(OrderJson::from).collect(),
        payments: payments.iter().map(PaymentJson::from).collect(),
        invoices: invoices.into_iter().map(InvoiceJson::from).collect(),
        pushes: pushes.into_iter().map(|listed| PushJson::new(listed, now_ms)).collect(),
    }
}
