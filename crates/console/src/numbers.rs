//! The ranges of numbers that a merchant was allotted: how much of each is used, left, in blocks, and lost.

use crate::choice::{Reach, chosen};
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Filters, Flash, Pager};
use crate::seat::Seat;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::invoicing::number_reports::{self, RangeReport};
use kaipiao_app::listing::Listing;
use kaipiao_domain::invoicing::face::Face;

/// Where they are listed.
pub(crate) const PATH: &str = "/console/numbers";
const ROWS: usize = 20;

#[derive(Template)]
#[template(path = "numbers.html")]
struct Numbers<'a> {
    frame: &'a Frame,
    flash: Option<Flash>,
    filters: Filters<'a>,
    rows: Vec<Row>,
    damaged: Vec<String>,
    pager: Pager,
}

struct Row {
    report: RangeReport,
    face: &'static str,
    left: u64,
    /// Of a thousand: on invoices, and no more in the range but not (yet) on one.
    issued_mille: u64,
    taken_mille: u64,
    taken: u64,
    /// Whether it should soon get a successor.
    is_low: bool,
}

/// `GET /console/numbers?appid=&after=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let choice = chosen(&console, &seat, Reach::OneMerchant).await?;
    let found = match &choice.appid {
        None => Ok(Listing::empty()),
        Some(merchant) => number_reports::list(&console.app, merchant, seat.after(), ROWS, 0).await,
    };
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let filters = Filters { frame, path: PATH, filters: vec![choice.filter] };
    let page = Numbers {
        frame,
        flash: choice.note,
        pager: Pager::of(&filters.address(), seat.after(), found.next.as_deref()),
        filters,
        damaged: found.damaged.iter().map(ToString::to_string).collect(),
        rows: found.items.into_iter().map(|report| row(frame, report)).collect(),
    };
    Ok(html(StatusCode::OK, &page))
}

fn row(frame: &Frame, report: RangeReport) -> Row {
    let all = report.range.last - report.range.first + 1;
    let left = report.range.left();
    let taken = all.saturating_sub(left).saturating_sub(report.issued);
    let mille = |part: u64| u64::try_from(u128::from(part) * 1000 / u128::from(all)).unwrap_or(0);
    let (issued_mille, taken_mille) = (mille(report.issued), mille(taken));
    let face = match report.range.face {
        Face::Classic => frame.lang.t("增值税电子普通发票", "Classic"),
        Face::Digital => frame.lang.t("数电发票", "Fully digital"),
    };
    Row { face, left, issued_mille, taken_mille, taken, is_low: left < all / 10, report }
}
