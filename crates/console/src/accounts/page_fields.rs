//! What a merchant's authorization page asks for, beside the page as it will be.

use crate::accounts::fields_form::{self, SidePart, parts};
use crate::accounts::settings::merchant;
use crate::accounts::words::address_of;
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Flash, Tone};
use crate::seat::{Named, Seat};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::authorization::{s09_set_page_fields, s10_get_page_fields, s18_get_contact};
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::authorization_request::PageType;
use kaipiao_domain::authorization::page_fields::PageFields;
use kaipiao_pages::{Preview, preview, refused, see_other};

#[derive(Template)]
#[template(path = "page_fields.html")]
struct FieldsPage<'a> {
    frame: &'a Frame,
    account: &'a Account,
    /// The account's address.
    here: String,
    flash: Option<Flash>,
    sides: [SidePart; 2],
    previews: Vec<PreviewPart>,
}

/// The page of one type.
struct PreviewPart {
    number: i64,
    label: &'static str,
    address: String,
}

/// `GET` and `POST /console/accounts/{appid}/fields`. `preview` draws what was typed, and saves nothing.
pub(crate) async fn show(
    State(console): State<Console>,
    Named(appid): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let account = merchant(&console, &seat, &appid).await?;
    let frame = &seat.frame;
    if !fields_form::is_in(&seat.form) {
        let fields = s10_get_page_fields::page_fields(&console.app, &account.appid).await;
        let fields = fields.map_err(|failure| seat.failed(&failure))?;
        let said = frame.t("页面字段已保存。", "The page's fields are saved.");
        let flash = (seat.query.get("said") == "fields").then(|| Flash::new(Tone::Good, said));
        return Ok(page(&seat, &account, StatusCode::OK, flash, &fields));
    }
    let fields = fields_form::read(&seat.form);
    if seat.form.find("preview").is_some() {
        let words =
            frame.t("预览已更新，尚未保存。", "The preview is up to date; nothing is saved yet.");
        let flash = Some(Flash::new(Tone::Wait, words));
        return Ok(page(&seat, &account, StatusCode::OK, flash, &fields));
    }
    match s09_set_page_fields::set_page_fields(&console.app, &account, &fields).await {
        Ok(()) => {
            tracing::info!(appid = %account.appid, what = "fields", by = seat.name(), "an account was changed in the console");
            Ok(see_other(&format!("{}/fields?said=fields", address_of(&account.appid))))
        }
        Err(Failure::Refused(refusal)) => {
            let flash = Some(Flash::new(Tone::Bad, refused(frame.lang, &refusal)));
            Ok(page(&seat, &account, StatusCode::UNPROCESSABLE_ENTITY, flash, &fields))
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}

fn page(
    seat: &Seat,
    account: &Account,
    status: StatusCode,
    flash: Option<Flash>,
    fields: &PageFields,
) -> Response {
    let frame = &seat.frame;
    let here = address_of(&account.appid);
    let query = fields_form::query(fields);
    let part = |page_type: PageType| {
        let number = page_type.number();
        let address = format!("{here}/fields/preview?type={number}&{query}");
        PreviewPart { number, label: type_name(frame, page_type), address }
    };
    // The type that the fields are of stands first.
    let order = [PageType::FillTitle, PageType::Apply, PageType::Collect];
    let (sides, previews) = (parts(frame, fields), order.into_iter().map(part).collect());
    html(status, &FieldsPage { frame, account, here, flash, sides, previews })
}

fn type_name(frame: &Frame, page_type: PageType) -> &'static str {
    match page_type {
        PageType::Apply => frame.lang.t("申请开票", "Apply"),
        PageType::FillTitle => frame.lang.t("填写抬头申请开票", "Fill in a title and apply"),
        PageType::Collect => frame.lang.t("领取发票", "Collect"),
    }
}

/// `GET /console/accounts/{appid}/fields/preview?type=`: the authorization page, with the fields of the query or those
/// that are set.
pub(crate) async fn show_preview(
    State(console): State<Console>,
    Named(appid): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let account = merchant(&console, &seat, &appid).await?;
    let number = seat.query.get("type").parse().ok();
    let page_type = number.and_then(PageType::from_number);
    let page_type = page_type.ok_or_else(|| seat.frame.not_found())?;
    let app = &console.app;
    let fields = if fields_form::is_in(&seat.query) {
        fields_form::read(&seat.query)
    } else {
        let fields = s10_get_page_fields::page_fields(app, &account.appid).await;
        fields.map_err(|failure| seat.failed(&failure))?
    };
    let phone = match s18_get_contact::get_contact(app, &account).await {
        Ok(contact) => contact.phone,
        Err(Failure::Refused(_)) => String::new(),
        Err(failure) => return Err(seat.failed(&failure)),
    };
    Ok(preview(Preview {
        lang: seat.frame.lang,
        merchant: account.appid,
        merchant_name: account.name,
        merchant_phone: phone,
        fields,
        page_type,
        now: app.now(),
    }))
}
