//! The sandbox's shop: a button that makes an order, and where its user comes back to.

use crate::page::{Frame, notice, see_other};
use crate::pages::Pages;
use crate::visit::{UserVisit, Visit, unavailable};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::demo_shop::{self, Progress};
use kaipiao_app::invoicing::s14_make_out::MakeOutError;

/// `POST /shop/orders`: a new order, and on to its authorization page.
pub(crate) async fn order(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let frame = visit.frame();
    if let Err(response) = visit.form(&pages, &frame).await {
        return response;
    }
    match demo_shop::new_order(&pages.app).await {
        Ok(link) => see_other(&link),
        Err(Failure::Refused(why)) => cannot_sell(&frame, &why),
        Err(failure) => unavailable(&frame, &failure),
    }
}

/// `GET /shop/orders/{order_id}`: the merchant's side of the order's end.
pub(crate) async fn come_back(
    State(pages): State<Pages>,
    Path(order_id): Path<String>,
    request: Request,
) -> Response {
    let UserVisit { user, frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match demo_shop::come_back(&pages.app, &user.id, &order_id).await {
        Ok(Progress::Issued(name)) => see_other(&format!("/me/cards/{name}")),
        Ok(Progress::Issuing) => issuing(&frame),
        Ok(Progress::NotTheirs) => notice(
            &frame,
            StatusCode::OK,
            ("没有开票", "No invoice this time"),
            ("你没有授权该订单开票。", "You did not ask for an invoice for this order."),
        ),
        Ok(Progress::Failed) => notice(
            &frame,
            StatusCode::OK,
            ("开票失败", "The invoice could not be issued"),
            ("请从首页重新下单。", "Place a new order from the home page."),
        ),
        Err(MakeOutError::Content(problem)) => cannot_sell(&frame, &problem.problem),
        Err(MakeOutError::Failed(Failure::Refused(why))) => cannot_sell(&frame, &why),
        Err(MakeOutError::Failed(failure)) => unavailable(&frame, &failure),
    }
}

/// The page asks again by itself until the invoice is there.
fn issuing(frame: &Frame) -> Response {
    let mut response = notice(
        frame,
        StatusCode::OK,
        ("开票中", "Your invoice is being issued"),
        ("请稍候，开好后会自动显示。", "It will appear here in a moment."),
    );
    response.headers_mut().insert("refresh", HeaderValue::from_static("1"));
    response
}

/// The demo merchant was changed, or its page asks for what no invoice can say.
fn cannot_sell(frame: &Frame, why: &dyn core::fmt::Display) -> Response {
    tracing::warn!(%why, "the demo shop cannot do this");
    notice(
        frame,
        StatusCode::CONFLICT,
        ("示例商城无法开票", "The demo shop cannot invoice this"),
        (
            "填写的内容无法开票，或示例商家的设置已被修改，原因见日志。",
            "What was filled in does not fit an invoice, or the demo merchant's settings were changed. The log says why.",
        ),
    )
}
