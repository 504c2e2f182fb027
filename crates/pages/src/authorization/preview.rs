//! The authorization page as a merchant's settings would have it, for whoever is changing them: drawn by the page's own
//! template, of an order that there is not. It answers nothing: a page may frame it, and its form goes nowhere.

use crate::authorization::s02_auth_url::untouched;
use crate::lang::Lang;
use crate::page::{Frame, html_under};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use kaipiao_app::authorization::page::{AuthPage, PageStatus};
use kaipiao_app::people::wallet::InvoiceProgress;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::{AppId, PlatformId};
use kaipiao_domain::authorization::authorization_request::{
    AuthorizationRequest, PageType, Source,
};
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::authorization::page_fields::PageFields;
use kaipiao_domain::people::card_kind::CardKind;

/// What a preview shows.
pub struct Preview {
    /// The language.
    pub lang: Lang,
    /// The merchant.
    pub merchant: AppId,
    /// Its name.
    pub merchant_name: String,
    /// Its contact number; empty: it has none.
    pub merchant_phone: String,
    /// What its pages of type 1 ask for.
    pub fields: PageFields,
    /// The page's type.
    pub page_type: PageType,
    /// The moment that the page is seen at.
    pub now: Timestamp,
}

/// A page of this server may frame it, and it sends nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; frame-ancestors 'self'; base-uri 'none'";

/// Draws it.
pub fn preview(preview: Preview) -> Response {
    let frame = Frame::of_nobody(preview.lang);
    let page = specimen(preview, &frame);
    let page = untouched(&frame, &page);
    let mut response = html_under(CONTENT_SECURITY_POLICY, StatusCode::OK, &page);
    let framed = HeaderValue::from_static("SAMEORIGIN");
    response.headers_mut().insert(header::X_FRAME_OPTIONS, framed);
    response
}

fn specimen(preview: Preview, frame: &Frame) -> AuthPage {
    let request = AuthorizationRequest {
        platform: PlatformId::from_checked(String::new()),
        order_id: OrderId::parse("202611270001").expect("it is an order number"),
        money_fen: 12_800,
        timestamp: u32::try_from(preview.now.unix_seconds()).unwrap_or(0),
        source: Source::Web,
        redirect_url: String::new(),
        card_kind: CardKind::Invoice,
        page_type: preview.page_type,
        asked_by: preview.merchant,
    };
    AuthPage {
        merchant_name: preview.merchant_name,
        merchant_phone: preview.merchant_phone,
        platform_name: frame.t("示例开票平台", "Example platform").to_owned(),
        request,
        offered_at: preview.now,
        fields: preview.fields,
        book: Vec::new(),
        status: PageStatus::Open,
        progress: InvoiceProgress::Awaited,
    }
}
