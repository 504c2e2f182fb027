//! The ranges of numbers that a merchant was allotted: `/admin/v1/accounts/{appid}/numbers`.

use crate::admin::damaged::DamagedJson;
use crate::admin::error::{ErrorJson, Refusals, failed, refuse};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::query_object;
use crate::paging::{Page, after, page_size};
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::access::accounts;
use kaipiao_app::invoicing::number_reports::{self, RangeReport};
use kaipiao_app::listing::{Listing, readable};
use kaipiao_domain::access::account::AppId;
use kaipiao_wire::answer::bare;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct RangeJson {
    face: &'static str,
    code: String,
    first: u64,
    last: u64,
    /// How many stand on invoices.
    issued: u64,
    /// How many are in no block yet.
    left: u64,
    blocks: Vec<BlockJson>,
    gaps: Vec<GapJson>,
    /// `gaps_after` of the gaps that follow; left out: these are the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_gap: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct BlockJson {
    holder: String,
    first: u64,
    last: u64,
}

#[derive(Serialize, ToSchema)]
struct GapJson {
    first: u64,
    last: u64,
    why: &'static str,
}

const GAP: &str = "on no invoice, and not used again: drawn for one that was not recorded, or in a block that was not begun, when the process ended, the store was away or the issuer was given up on. Or being issued at this moment";

impl From<RangeReport> for RangeJson {
    fn from(report: RangeReport) -> Self {
        let left = report.range.left();
        let to_json = |(first, last)| GapJson { first, last, why: GAP };
        let blocks = report.range.blocks.into_iter();
        let blocks = blocks.map(|b| BlockJson { holder: b.holder, first: b.first, last: b.last });
        Self {
            face: report.range.face.name(),
            code: report.range.code,
            first: report.range.first,
            last: report.range.last,
            issued: report.issued,
            left,
            blocks: blocks.collect(),
            gaps: report.gaps.into_iter().map(to_json).collect(),
            next_gap: report.next_gap,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct RangesJson {
    ranges: Vec<RangeJson>,
    /// Records that cannot be read; left out: there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /admin/v1/accounts/{appid}/numbers?limit=&after=&gaps_after=`: the merchant's ranges, and
/// what became of them. Gaps are limited, too: `next_gap` of a range is `gaps_after` of those that
/// follow.
#[utoipa::path(
    get,
    path = "/admin/v1/accounts/{appid}/numbers",
    tag = "admin",
    operation_id = "listNumbers",
    params(
        ("appid" = String, Path, description = "The merchant."),
        ("gaps_after" = Option<i64>, Query, description = "`next_gap` of a range: its further gaps."),
        Page,
    ),
    responses(
        (status = 200, description = "As they are used up.", body = RangesJson),
        (status = 404, description = "No such account.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_numbers(
    _: Operator,
    State(server): State<Server>,
    PathName(appid): PathName,
    uri: Uri,
) -> Response {
    let listed = async {
        let query = query_object(&uri)?;
        let (after, limit) = (after(&query)?, page_size(&query)?);
        let gaps_after = query.integer("gaps_after")?.unwrap_or(0).max(0).unsigned_abs();
        let Some(appid) = AppId::parse(&appid) else { return Ok(None) };
        let mut damaged = Vec::new();
        let account = readable(accounts::find(&server.app, &appid).await, &mut damaged)?;
        if account.is_none() && damaged.is_empty() {
            return Ok(None);
        }
        let after = after.as_deref();
        let mut listing =
            number_reports::list(&server.app, &appid, after, limit, gaps_after).await?;
        listing.damaged.extend(damaged);
        Ok(Some(listing))
    };
    match listed.await {
        Ok(None) => refuse(StatusCode::NOT_FOUND, "no account has this appid"),
        Ok(Some(Listing { items, damaged, next })) => {
            let ranges = items.into_iter().map(RangeJson::from).collect();
            let damaged = DamagedJson::all(damaged);
            json(StatusCode::OK, bare(&RangesJson { ranges, damaged, next }))
        }
        Err(failure) => failed(failure),
    }
}
