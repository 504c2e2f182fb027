//! The operator's view of invoices: taxpayers, their numbers, and every request.

use crate::Server;
use crate::access::caller::Operator;
use crate::admin::accounts::{failed, page_size, refuse};
use crate::answer::json;
use crate::body::query_object;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::invoicing::taxpayers::{RangeReport, RangeSpec, TaxpayerSpec};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_request::{
    Colour, InvoiceRequest, Offset, RequestState, Serial,
};
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;

/// A taxpayer as the admin API shows it.
#[derive(Serialize)]
pub(crate) struct TaxpayerOut {
    code: String,
    nsrsbh: String,
    nsrmc: String,
    nsrdz: String,
    nsrdh: String,
    nsrbank: String,
    nsrbankid: String,
    face: &'static str,
}

impl From<Taxpayer> for TaxpayerOut {
    fn from(taxpayer: Taxpayer) -> Self {
        let party = taxpayer.party;
        Self {
            code: taxpayer.code.as_str().to_owned(),
            nsrsbh: party.tax_id,
            nsrmc: party.name,
            nsrdz: party.address,
            nsrdh: party.phone,
            nsrbank: party.bank,
            nsrbankid: party.bank_account,
            face: taxpayer.face.name(),
        }
    }
}

/// Reads `merchant` of an account's body.
pub(crate) fn read_taxpayer(object: &Object) -> Result<TaxpayerSpec, Refusal> {
    let range = |range: &Object| {
        Ok(RangeSpec {
            code: range.required_text("code")?.into_owned(),
            first: range.required_integer("first")?,
            last: range.required_integer("last")?,
        })
    };
    Ok(TaxpayerSpec {
        code: object.optional_text("code")?,
        tax_id: object.optional_text("nsrsbh")?,
        name: object.optional_text("nsrmc")?,
        address: object.optional_text("nsrdz")?,
        phone: object.optional_text("nsrdh")?,
        bank: object.optional_text("nsrbank")?,
        bank_account: object.optional_text("nsrbankid")?,
        face: object.optional_text("face")?,
        numbers: object.objects("numbers")?.iter().map(range).collect::<Result<_, Refusal>>()?,
    })
}

#[derive(Serialize)]
struct RangeOut {
    face: &'static str,
    code: String,
    first: u64,
    last: u64,
    /// How many stand on invoices.
    issued: u64,
    /// How many are in no block yet.
    left: u64,
    blocks: Vec<BlockOut>,
    gaps: Vec<GapOut>,
}

#[derive(Serialize)]
struct BlockOut {
    holder: String,
    first: u64,
    last: u64,
}

#[derive(Serialize)]
struct GapOut {
    first: u64,
    last: u64,
    why: &'static str,
}

const GAP: &str = "on no invoice, and not used again: drawn for one that was not recorded, or in a block that was not begun, when the process ended, the store was away or the issuer was given up on. Or being issued at this moment";

impl From<RangeReport> for RangeOut {
    fn from(report: RangeReport) -> Self {
        let left = report.range.left();
        let gap = |(first, last)| GapOut { first, last, why: GAP };
        let blocks = report.range.blocks.into_iter();
        let block = blocks.map(|b| BlockOut { holder: b.holder, first: b.first, last: b.last });
        Self {
            face: report.range.face.name(),
            code: report.range.code,
            first: report.range.first,
            last: report.range.last,
            issued: report.issued,
            left,
            blocks: block.collect(),
            gaps: report.gaps.into_iter().map(gap).collect(),
        }
    }
}

/// `GET /admin/v1/accounts/{appid}/numbers`: the merchant's ranges, and what became of them.
pub(crate) async fn list_numbers(
    _: Operator,
    State(server): State<Server>,
    Path(appid): Path<String>,
) -> Response {
    #[derive(Serialize)]
    struct Out {
        ranges: Vec<RangeOut>,
    }
    let reports = async {
        match AppId::parse(&appid) {
            Some(appid) if server.app.account(&appid).await?.is_some() => {
                server.app.number_reports(&appid).await.map(Some)
            }
            _ => Ok(None),
        }
    };
    match reports.await {
        Ok(None) => refuse(StatusCode::NOT_FOUND, "no account has this appid"),
        Ok(Some(reports)) => {
            let ranges = reports.into_iter().map(RangeOut::from).collect();
            json(StatusCode::OK, bare(&Out { ranges }))
        }
        Err(failure) => failed(failure),
    }
}

#[derive(Serialize)]
struct InvoiceOut {
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

impl From<InvoiceRequest> for InvoiceOut {
    fn from(request: InvoiceRequest) -> Self {
        let invoice = request.invoice().ok().map(|invoice| invoice.number.clone());
        let failure = match &request.state {
            RequestState::Failed { .. } => request.invoice().err(),
            RequestState::Running { .. } | RequestState::Issued { .. } => None,
        };
        let (state, offset_by, since) = standing(&request.state);
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

/// A state's name, the red request that it names, and since when it stands so.
fn standing(state: &RequestState) -> (&'static str, Option<&Serial>, kaipiao_domain::Timestamp) {
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
    struct Out {
        invoices: Vec<InvoiceOut>,
    }
    let ask = match query_object(request.uri()).and_then(|object| Ask::read(&object)) {
        Ok(ask) => ask,
        Err(refusal) => return failed(refusal.into()),
    };
    let found = async {
        match &ask.serial {
            Some(serial) => {
                let one = server.app.request(&ask.merchant, serial).await?;
                Ok(one.into_iter().collect())
            }
            None => {
                let after = ask.after.as_ref();
                server.app.invoice_requests(&ask.merchant, after, ask.limit).await
            }
        }
    };
    match found.await {
        Ok(requests) => {
            let invoices = requests.into_iter().map(InvoiceOut::from).collect();
            json(StatusCode::OK, bare(&Out { invoices }))
        }
        Err(failure) => failed(failure),
    }
}

struct Ask {
    merchant: AppId,
    serial: Option<Serial>,
    after: Option<Serial>,
    limit: usize,
}

impl Ask {
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
