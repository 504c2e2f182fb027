//! Invoice requests: `/admin/v1/invoices`.

use crate::admin::damaged::DamagedJson;
use crate::admin::error::{Refusals, failed};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::query_object;
use crate::paging::{Page, Period, after, check_state, filter, merchant, page_size};
use crate::server::Server;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::authorization::orders;
use kaipiao_app::invoicing::requests;
use kaipiao_app::invoicing::unnamed_codes::unnamed_codes;
use kaipiao_app::listing::{Damaged, Filter, Listing, readable};
use kaipiao_domain::Refusal;
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_ports::record::Field;
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceJson {
    fpqqlsh: String,
    order_id: String,
    user: String,
    /// "blue" or "red".
    colour: &'static str,
    /// The serial of the blue invoice that a red one offsets.
    offsets: Option<String>,
    /// "running", "failed", "issued", "being_offset" or "offset".
    state: &'static str,
    /// The red request's serial.
    offset_by: Option<String>,
    fpdm: Option<String>,
    fphm: Option<String>,
    jshj: String,
    /// What the user saw when authorizing, and how much more the invoice comes to; null on a red one.
    order_fen: Option<i64>,
    difference_fen: Option<i64>,
    /// Tax codes that print without a short name; only where the listing is asked for one serial.
    #[serde(skip_serializing_if = "Option::is_none")]
    unnamed_codes: Option<Vec<String>>,
    /// Unix milliseconds; so is the one that follows.
    accepted_ms: i64,
    since_ms: i64,
    errcode: Option<i32>,
    errmsg: Option<String>,
}

impl From<InvoiceRequest> for InvoiceJson {
    fn from(request: InvoiceRequest) -> Self {
        let invoice = request.invoice().ok().map(|invoice| invoice.number.clone());
        let failure = match &request.state {
            RequestState::Failed { .. } => request.invoice().err(),
            RequestState::Running { .. } | RequestState::Issued { .. } => None,
        };
        let (state, offset_by, since) = status_of(&request.state);
        let (colour, offsets) = match request.colour {
            Colour::Blue => ("blue", None),
            Colour::Red { blue } => ("red", Some(blue.to_string())),
        };
        Self {
            fpqqlsh: request.serial.to_string(),
            order_id: request.order_id.to_string(),
            user: request.user.as_str().to_owned(),
            colour,
            offsets,
            state,
            offset_by: offset_by.map(|serial| serial.to_string()),
            fpdm: invoice.as_ref().map(|number| number.code().to_owned()),
            fphm: invoice.as_ref().map(|number| number.number().to_owned()),
            jshj: request.summary.gross.to_string(),
            order_fen: None,
            difference_fen: None,
            unnamed_codes: None,
            accepted_ms: request.accepted_at.unix_millis(),
            since_ms: since.unix_millis(),
            errcode: failure.as_ref().map(|refusal| refusal.code.number()),
            errmsg: failure.map(|refusal| refusal.to_string()),
        }
    }
}

impl InvoiceJson {
    /// The request beside the order that it is for.
    async fn beside_order(
        server: &Server,
        request: InvoiceRequest,
        damaged: &mut Vec<Damaged>,
    ) -> Result<Self, Failure> {
        let (merchant, order_id) = (request.merchant.clone(), request.order_id.clone());
        let order = match request.colour {
            Colour::Blue => {
                let key = OrderKey { merchant, order_id };
                readable(orders::find(&server.app, &key).await, damaged)?
            }
            Colour::Red { .. } => None,
        };
        let gross_fen = request.summary.gross.get();
        let order_fen = order.map(|order| order.request.money_fen);
        let difference_fen = order_fen.map(|order_fen| gross_fen - order_fen);
        Ok(Self { order_fen, difference_fen, ..Self::from(request) })
    }
}

/// A state's name, the red request that it names, and since when it has it.
fn status_of(state: &RequestState) -> (&'static str, Option<&Serial>, kaipiao_domain::Timestamp) {
    match state {
        RequestState::Running { since } => ("running", None, *since),
        RequestState::Failed { at, .. } => ("failed", None, *at),
        RequestState::Issued { invoice, offset: Offset::Standing } => ("issued", None, invoice.at),
        RequestState::Issued { invoice, offset: Offset::Underway(red) } => {
            ("being_offset", Some(red), invoice.at)
        }
        RequestState::Issued { invoice, offset: Offset::Done(red) } => {
            ("offset", Some(red), invoice.at)
        }
    }
}

#[derive(Serialize, ToSchema)]
struct InvoicesJson {
    invoices: Vec<InvoiceJson>,
    /// Records that cannot be read; left out: there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl InvoicesJson {
    /// A page, each request beside its order; if it is `with_codes`, also with what its content says.
    async fn new(
        server: &Server,
        page: Listing<InvoiceRequest>,
        with_codes: bool,
    ) -> Result<Self, Failure> {
        let Listing { items, mut damaged, next } = page;
        let mut invoices = Vec::with_capacity(items.len());
        for request in items {
            let codes = match with_codes {
                true => unnamed_codes(&server.app, &request).await.map(Some),
                false => Ok(None),
            };
            let unnamed_codes = readable(codes, &mut damaged)?;
            let shown = InvoiceJson::beside_order(server, request, &mut damaged).await?;
            invoices.push(InvoiceJson { unnamed_codes, ..shown });
        }
        Ok(Self { invoices, damaged: DamagedJson::all(damaged), next })
    }
}

/// `GET /admin/v1/invoices?appid=…&after=&limit=`: a merchant's requests by serial; the one of
/// `fpqqlsh`; or, newest first, those of a time (`from_ms`, `to_ms`), or those that one of `state`,
/// `order_id`, `user`, `buyer`, `number` and `gross_fen` finds. What was committed in the last seconds
/// may be missing among the latter.
#[utoipa::path(
    get,
    path = "/admin/v1/invoices",
    tag = "admin",
    operation_id = "listInvoices",
    description = "By one filter at most. What was committed in the last seconds may be missing under a filter other than the time.",
    params(
        ("appid" = String, Query, description = "The merchant.", pattern = "^wx[0-9a-f]{16}$"),
        ("fpqqlsh" = Option<String>, Query, description = "One request, by its serial."),
        ("state" = Option<String>, Query, description = "Where it stands: running, failed, issued."),
        ("order_id" = Option<String>, Query, description = "The order."),
        ("user" = Option<String>, Query, description = "The user."),
        ("buyer" = Option<String>, Query, description = "The buyer's whole name."),
        ("number" = Option<String>, Query, description = "Code and number, joined."),
        ("gross_fen" = Option<String>, Query, description = "The total with tax, in fen."),
        Period,
        Page,
    ),
    responses(
        (status = 200, description = "By serial; newest first with a filter.", body = InvoicesJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_invoices(_: Operator, State(server): State<Server>, uri: Uri) -> Response {
    let found = async {
        let query = query_object(&uri)?;
        let merchant = merchant(&query)?;
        if let Some(serial) = serial(&query)? {
            let found = requests::find(&server.app, &merchant, &serial).await;
            return InvoicesJson::new(&server, Listing::of_one(found)?, true).await;
        }
        let (filter, after, limit) = (read_filter(&query)?, after(&query)?, page_size(&query)?);
        let found = requests::list(&server.app, &merchant, filter, after.as_deref(), limit).await?;
        InvoicesJson::new(&server, found, false).await
    };
    match found.await {
        Ok(invoices) => json(StatusCode::OK, bare(&invoices)),
        Err(failure) => failed(failure),
    }
}

fn serial(query: &Object) -> Result<Option<Serial>, Refusal> {
    let text = query.text("fpqqlsh")?;
    if text.is_empty() {
        return Ok(None);
    }
    Serial::parse(&text).map(Some).ok_or_else(|| Refusal::invalid("fpqqlsh", "is not a serial"))
}

/// Query members that a listing can go by, and the fields that they are.
const FILTERS: [(&str, Field); 6] = [
    ("state", Field::State),
    ("order_id", Field::Order),
    ("user", Field::User),
    ("buyer", Field::Buyer),
    ("number", Field::Number),
    ("gross_fen", Field::Gross),
];

/// States that a listing can go by; an invoice that is being or was offset is found as issued.
const STATES: [&str; 3] = ["running", "failed", "issued"];

fn read_filter(query: &Object) -> Result<Filter, Refusal> {
    let filter = filter(query, &FILTERS)?;
    check_state(filter.as_ref(), &STATES)?;
    Ok(filter.unwrap_or(Filter::Key))
}
