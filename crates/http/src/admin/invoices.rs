//! Invoice requests: `/admin/v1/invoices`.

use crate::admin::error::failed;
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::query_object;
use crate::paging::page_size;
use crate::server::Server;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::invoicing::requests;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;

#[derive(Serialize)]
struct InvoiceJson {
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
            jshj: request.content.gross.to_string(),
            accepted_ms: request.accepted_at.unix_millis(),
            since_ms: since.unix_millis(),
            errcode: failure.as_ref().map(|refusal| refusal.code.number()),
            errmsg: failure.map(|refusal| refusal.to_string()),
        }
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

/// `GET /admin/v1/invoices?appid=&fpqqlsh=&after=&limit=`: a merchant's requests, by serial.
pub(crate) async fn list_invoices(
    _: Operator,
    State(server): State<Server>,
    request: Request,
) -> Response {
    #[derive(Serialize)]
    struct InvoicesJson {
        invoices: Vec<InvoiceJson>,
    }
    let query = match query_object(request.uri()).and_then(|object| InvoiceQuery::read(&object)) {
        Ok(query) => query,
        Err(refusal) => return failed(refusal.into()),
    };
    let found = async {
        match &query.serial {
            Some(serial) => {
                let one = requests::find(&server.app, &query.merchant, serial).await?;
                Ok(one.into_iter().collect())
            }
            None => {
                let after = query.after.as_ref();
                requests::list(&server.app, &query.merchant, after, query.limit).await
            }
        }
    };
    match found.await {
        Ok(requests) => {
            let invoices = requests.into_iter().map(InvoiceJson::from).collect();
            json(StatusCode::OK, bare(&InvoicesJson { invoices }))
        }
        Err(failure) => failed(failure),
    }
}

struct InvoiceQuery {
    merchant: AppId,
    serial: Option<Serial>,
    after: Option<Serial>,
    limit: usize,
}

impl InvoiceQuery {
    fn read(object: &Object) -> Result<Self, Refusal> {
        let merchant = AppId::parse(&object.required_text("appid")?);
        let merchant = merchant.ok_or_else(|| Refusal::invalid("appid", "is not an appid"))?;
        let serial = |name: &str| -> Result<Option<Serial>, Refusal> {
            let text = object.text(name)?;
            let wrong = || Refusal::invalid(name, "is not a serial");
            if text.is_empty() {
                Ok(None)
            } else {
                Serial::parse(&text).map(Some).ok_or_else(wrong)
            }
        };
        Ok(Self {
            merchant,
            serial: serial("fpqqlsh")?,
            after: serial("after")?,
            limit: page_size(object)?,
        })
    }
}
