//! Invoices that platforms have inserted: `/admin/v1/inserted-invoices`.

use crate::admin::damaged::DamagedJson;
use crate::admin::error::{Refusals, failed};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::query_object;
use crate::paging::{Page, Period, after, filter, merchant, page_size};
use crate::server::Server;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::listing::{Filter, Listing};
use kaipiao_app::platform::inserted;
use kaipiao_app::platform::inserted::ListedInserted;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
use kaipiao_ports::record::Field;
use kaipiao_wire::answer::bare;
use kaipiao_wire::reimbursement::read_invoice::billing;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct InsertedJson {
    order_id: String,
    user: String,
    platform: String,
    card_id: String,
    /// "invoice" or "bill".
    kind: &'static str,
    code: String,
    billing_no: String,
    billing_code: String,
    fee: i64,
    s_pdf_media_id: String,
    /// Where its card stands; null: it has none.
    reimburse_status: Option<&'static str>,
    /// The company that has it or has written it off.
    company: Option<String>,
    /// Unix milliseconds.
    inserted_ms: i64,
}

impl From<ListedInserted> for InsertedJson {
    fn from(ListedInserted { invoice, status }: ListedInserted) -> Self {
        let InsertedInvoice { number, content, .. } = &invoice;
        let (billing_no, billing_code) = billing(number.code(), number.number());
        Self {
            order_id: invoice.order_id.to_string(),
            user: invoice.user.as_str().to_owned(),
            platform: invoice.platform.to_string(),
            card_id: invoice.card_id.as_str().to_owned(),
            kind: number.card_kind().name(),
            code: invoice.code.to_string(),
            billing_no: billing_no.to_owned(),
            billing_code: billing_code.to_owned(),
            fee: content.gross.get(),
            s_pdf_media_id: invoice.pdf.to_string(),
            reimburse_status: status.as_ref().map(|status| status.plain().name()),
            company: status.and_then(|status| status.company().map(ToString::to_string)),
            inserted_ms: invoice.inserted_at.unix_millis(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ListedJson {
    invoices: Vec<InsertedJson>,
    /// Records that cannot be read; left out: there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Query members that the listing can go by, and the fields that they are.
const FILTERS: [(&str, Field); 3] =
    [("order_id", Field::Order), ("user", Field::User), ("number", Field::Number)];

/// `GET /admin/v1/inserted-invoices?appid=…&after=&limit=`: those for a merchant's orders; or, newest first,
/// those of a time (`from_ms`, `to_ms`), or those that one of `order_id`, `user` and `number` finds. What was
/// committed in the last seconds may be missing among the latter.
#[utoipa::path(
    get,
    path = "/admin/v1/inserted-invoices",
    tag = "admin",
    operation_id = "listInsertedInvoices",
    description = "By one filter at most. What was committed in the last seconds may be missing under order_id, user and number.",
    params(
        ("appid" = String, Query, description = "The merchant.", pattern = "^wx[0-9a-f]{16}$"),
        ("order_id" = Option<String>, Query, description = "The order."),
        ("user" = Option<String>, Query, description = "The user."),
        ("number" = Option<String>, Query, description = "Code and number, joined."),
        Period,
        Page,
    ),
    responses(
        (status = 200, description = "By the card's code; newest first with a filter.", body = ListedJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list(_: Operator, State(server): State<Server>, uri: Uri) -> Response {
    let found = async {
        let query = query_object(&uri)?;
        let merchant = merchant(&query)?;
        let filter = filter(&query, &FILTERS)?.unwrap_or(Filter::Key);
        let (after, limit) = (after(&query)?, page_size(&query)?);
        inserted::list(&server.app, &merchant, filter, after.as_deref(), limit).await
    };
    match found.await {
        Ok(Listing { items, damaged, next }) => {
            let invoices = items.into_iter().map(InsertedJson::from).collect();
            let damaged = DamagedJson::all(damaged);
            json(StatusCode::OK, bare(&ListedJson { invoices, damaged, next }))
        }
        Err(failure) => failed(failure),
    }
}
