//! The sandbox's shop: a button that makes an order, and where its user comes back to.

use crate::page::{Frame, LOOKS, Notice, encoded, look_again, notice_with_way_home, see_other};
use crate::pages::Pages;
use crate::visit::{UserVisit, Visit, unavailable};
use crate::wrong_call::PathNames;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::demo_shop::{self, Progress, RETURN_PATH};
use kaipiao_app::invoicing::s14_make_out::MakeOutError;
use kaipiao_app::payment::demo_payment;
use kaipiao_app::payment::pay_failure::PayFailure;

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

/// `POST /shop/payments`: a new payment, and on to its cashier.
pub(crate) async fn pay(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let frame = visit.frame();
    if let Err(response) = visit.form(&pages, &frame).await {
        return response;
    }
    match demo_payment::new_payment(&pages.app).await {
        Ok(address) => see_other(&address),
        Err(PayFailure::Refused(why)) => cannot_take(&frame, &why),
        Err(PayFailure::Failed(Failure::Refused(why))) => cannot_take(&frame, &why),
        Err(PayFailure::Failed(failure)) => unavailable(&frame, &failure),
    }
}

/// `GET /shop/orders/{order_id}?look=`: the merchant's side of the order's end; `look` counts how often
/// the page has looked by itself.
pub(crate) async fn come_back(
    State(pages): State<Pages>,
    PathNames(order_id): PathNames<String>,
    request: Request,
) -> Response {
    let visit = Visit::of(request);
    let look = visit.parameter("look").parse().unwrap_or(0);
    let UserVisit { user, frame, .. } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match demo_shop::come_back(&pages.app, &user.id, &order_id).await {
        Ok(Progress::Issued(name)) => see_other(&format!("/me/cards/{name}")),
        Ok(Progress::Issuing) => issuing(&frame, &order_id, look),
        Ok(Progress::NotTheirs(link)) => not_theirs(&frame, &link),
        Ok(Progress::NoOrder) => notice_with_way_home(
            &frame,
            StatusCode::NOT_FOUND,
            ("订单不存在", "Order not found"),
            (
                "请检查地址，或从首页重新下单。",
                "Check the address, or place a new order from the home page.",
            ),
        ),
        Ok(Progress::Failed { phone }) => Notice::new(
            ("开票失败", "The invoice could not be issued"),
            (
                "请联系商家处理，或从首页重新下单。",
                "Ask the merchant, or place a new order from the home page.",
            ),
        )
        .with_phone(&phone)
        .with_way_home()
        .page(&frame, StatusCode::OK),
        Err(MakeOutError::Content(problem)) => cannot_sell(&frame, &problem.problem),
        Err(MakeOutError::Failed(Failure::Refused(why))) => cannot_sell(&frame, &why),
        Err(MakeOutError::Failed(failure)) => unavailable(&frame, &failure),
    }
}

/// The order's own page says who has answered, and takes another answer.
pub(crate) fn not_theirs(frame: &Frame, link: &str) -> Response {
    let notice = Notice::new(
        ("没有开票", "No invoice this time"),
        ("你没有授权该订单开票。", "You did not ask for an invoice for this order."),
    );
    let notice = notice.of_no().with_link(link, ("查看订单", "See the order"));
    notice.page(frame, StatusCode::OK)
}

/// The page asks again by itself until the invoice is there, or [`LOOKS`] times.
fn issuing(frame: &Frame, order_id: &str, look: u32) -> Response {
    let address = format!("{RETURN_PATH}{}", encoded(order_id));
    if look >= LOOKS {
        let notice = Notice::new(
            ("仍在处理", "Still being issued"),
            (
                "开票需要更长时间，请稍后再查看。",
                "This is taking longer than usual. Look again later.",
            ),
        );
        let notice = notice.of_waiting().with_link(&address, ("再次查看", "Look again"));
        return notice.page(frame, StatusCode::OK);
    }
    let notice = Notice::new(
        ("开票中", "Your invoice is being issued"),
        ("请稍候，开好后会自动显示。", "It will appear here in a moment."),
    );
    let mut response = notice.of_waiting().page(frame, StatusCode::OK);
    look_again(&mut response, &address, look);
    response
}

/// The demo merchant was changed, or its page asks for what no invoice can say.
pub(crate) fn cannot_sell(frame: &Frame, why: &dyn core::fmt::Display) -> Response {
    tracing::warn!(%why, "the demo shop cannot do this");
    notice_with_way_home(
        frame,
        StatusCode::CONFLICT,
        ("示例商城无法开票", "The demo shop cannot invoice this"),
        (
            "填写的内容无法开票，或示例商家的设置已被修改，原因见日志。",
            "What was filled in does not fit an invoice, or the demo merchant's settings were changed. The log says why.",
        ),
    )
}

/// The demo pay merchant was changed.
fn cannot_take(frame: &Frame, why: &dyn core::fmt::Display) -> Response {
    tracing::warn!(%why, "the demo shop cannot do this");
    notice_with_way_home(
        frame,
        StatusCode::CONFLICT,
        ("示例商城无法收款", "The demo shop cannot take a payment"),
        (
            "示例商户号的设置已被修改，原因见日志。",
            "The demo pay merchant's settings were changed. The log says why.",
        ),
    )
}
