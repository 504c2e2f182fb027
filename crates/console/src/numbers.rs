//! The ranges of numbers that a merchant was allotted: how much of each is used, left, in blocks, and lost; and another
//! is allotted by an operator.

use crate::accounts::add::{refusal_of, taxpayer};
use crate::accounts::settings::merchant;
use crate::adding::{Adding, Entry, Field};
use crate::choice::{Reach, chosen};
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Filters, Flash, Pager, Tone};
use crate::seat::Seat;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::access::accounts::{self, AccountSpec};
use kaipiao_app::invoicing::number_reports::{self, RangeReport};
use kaipiao_app::invoicing::taxpayers::{self, RangeSpec};
use kaipiao_app::listing::Listing;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_pages::{Form, see_other};
use kaipiao_wire::object::Object;

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
    /// Operators alone allot one, to a merchant.
    adding: Option<Adding<'a>>,
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
    page(&console, &seat, StatusCode::OK, None).await
}

/// `POST /console/numbers?appid= {code, first, last, taxpayer, tax_id}`: a range besides. The taxpayer is asked of a merchant
/// without one, which cannot make out invoices.
pub(crate) async fn allot(
    State(console): State<Console>,
    seat: Seat,
) -> Result<Response, Response> {
    seat.operators_alone()?;
    let account = merchant(&console, &seat, seat.query.get("appid").trim()).await?;
    let appid = account.appid.to_string();
    let allotted = async {
        let mut taxpayer = taxpayer(&seat.form).unwrap_or_default();
        taxpayer.numbers.push(range(&seat.form)?);
        let merchant = Some(taxpayer);
        let spec = AccountSpec { appid: appid.clone(), merchant, ..AccountSpec::default() };
        accounts::save(&console.app, &spec).await
    };
    match allotted.await {
        Ok(_) => {
            tracing::info!(appid, by = seat.name(), "numbers were allotted in the console");
            Ok(see_other(&format!("{PATH}?appid={appid}&said=allotted")))
        }
        Err(error) => {
            let refusal = refusal_of(&seat, error)?;
            page(&console, &seat, StatusCode::UNPROCESSABLE_ENTITY, Some(&refusal)).await
        }
    }
}

fn range(form: &Form) -> Result<RangeSpec, Refusal> {
    let typed = ["code", "first", "last"].map(|name| (name, form.get(name).trim()));
    let typed = Object::of_texts(typed.into_iter().filter(|(_, text)| !text.is_empty()));
    Ok(RangeSpec {
        code: typed.required_text("code")?.into_owned(),
        first: typed.required_integer("first")?,
        last: typed.required_integer("last")?,
    })
}

/// The page; `refusal` says why no range was allotted.
async fn page(
    console: &Console,
    seat: &Seat,
    status: StatusCode,
    refusal: Option<&Refusal>,
) -> Result<Response, Response> {
    let frame = &seat.frame;
    let choice = chosen(console, seat, Reach::OneMerchant).await?;
    let found = match &choice.appid {
        None => Ok(Listing::empty()),
        Some(merchant) => number_reports::list(&console.app, merchant, seat.after(), ROWS, 0).await,
    };
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let filters = Filters { frame, path: PATH, filters: vec![choice.filter] };
    let adding = match choice.appid.filter(|_| seat.role.is_operator()) {
        Some(merchant) => Some(adding(console, seat, &merchant, refusal).await?),
        None => None,
    };
    let allotted = || Flash::new(Tone::Good, frame.t("号段已分配。", "The range is allotted."));
    let page = Numbers {
        frame,
        flash: choice.note.or_else(|| (seat.query.get("said") == "allotted").then(allotted)),
        adding,
        pager: Pager::of(&filters.address(), seat.after(), found.next.as_deref()),
        filters,
        damaged: found.damaged.iter().map(ToString::to_string).collect(),
        rows: found.items.into_iter().map(|report| row(frame, report)).collect(),
    };
    Ok(html(status, &page))
}

async fn adding<'a>(
    console: &Console,
    seat: &'a Seat,
    merchant: &AppId,
    refusal: Option<&'a Refusal>,
) -> Result<Adding<'a>, Response> {
    let frame = &seat.frame;
    let taxpayer = taxpayers::find(&console.app, merchant).await;
    let taxpayer = taxpayer.map_err(|failure| seat.failed(&failure))?;
    let mut fields = vec![
        Field::of("code", frame.t("代码", "Code"), Entry::Code).hint(frame.t(
            "12 位发票代码；数电发票为号码中的 3 位（地区和渠道）",
            "12 digits, an invoice code; of fully digital invoices the 3 digits of region and channel",
        )),
        Field::of("first", frame.t("起始号码", "First number"), Entry::Code),
        Field::of("last", frame.t("末尾号码", "Last number"), Entry::Code),
    ];
    if taxpayer.is_none() {
        fields.extend([
            Field::of("taxpayer", frame.t("纳税人名称", "Taxpayer's name"), Entry::Line),
            Field::of("tax_id", frame.t("纳税人识别号", "Taxpayer's id"), Entry::Code),
        ]);
    }
    Ok(Adding {
        frame,
        action: format!("{PATH}?appid={merchant}"),
        headline: frame.t("分配号段", "Allot a range"),
        about: frame.t(
            "号段不能收回，也不能与其他商户的重叠。",
            "A range is not taken back, and no two merchants share a number.",
        ),
        button: frame.t("分配号段", "Allot the range"),
        fields,
        typed: &seat.form,
        refusal,
    })
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
