//! Orders and their authorization: `/admin/v1/orders`.

use crate::admin::damaged::DamagedJson;
use crate::admin::error::{Refusals, failed};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::query_object;
use crate::paging::{Page, Period, after, check_state, filter, merchant, page_size};
use crate::server::Server;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::authorization::orders;
use kaipiao_app::listing::{Filter, Listing};
use kaipiao_domain::Refusal;
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::authorization::user_decision::{Authorization, Decline, UserDecision};
use kaipiao_ports::record::Field;
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Default, Serialize, ToSchema)]
pub(crate) struct OrderJson {
    order_id: String,
    s_pappid: String,
    /// "invoice" or "bill".
    kind: &'static str,
    /// The page's type: 0, 1 or 2.
    r#type: i64,
    source: &'static str,
    money_fen: i64,
    /// "offered", "declined", "authorized" or "rejected".
    state: &'static str,
    /// Who decided; null while nobody has.
    user: Option<String>,
    openid: Option<String>,
    /// When the merchant asked last, in unix milliseconds; so are the three that follow.
    offered_ms: i64,
    declined_ms: Option<i64>,
    authorized_ms: Option<i64>,
    rejected_ms: Option<i64>,
    /// The serial of the invoice request that uses the authorization.
    used_by: Option<String>,
}

impl From<Order> for OrderJson {
    fn from(order: Order) -> Self {
        let mut shown = Self {
            order_id: order.request.order_id.to_string(),
            s_pappid: order.request.platform.as_str().to_owned(),
            kind: order.request.card_kind.name(),
            r#type: order.request.page_type.number(),
            source: order.request.source.as_str(),
            money_fen: order.request.money_fen,
            state: "offered",
            offered_ms: order.offered_at.unix_millis(),
            ..Self::default()
        };
        match order.state {
            OrderState::Offered => {}
            OrderState::Declined(decline) => {
                shown.state = "declined";
                shown.show_decline(decline);
            }
            OrderState::Authorized(authorization) => {
                shown.state = "authorized";
                shown.show_authorization(authorization);
            }
            OrderState::Rejected { decided, at, .. } => {
                shown.state = "rejected";
                shown.rejected_ms = Some(at.unix_millis());
                match decided {
                    UserDecision::Authorized(authorization) => {
                        shown.show_authorization(authorization);
                    }
                    UserDecision::Declined(decline) => shown.show_decline(decline),
                }
            }
        }
        shown
    }
}

impl OrderJson {
    fn show_authorization(&mut self, authorization: Authorization) {
        self.user = Some(authorization.user.as_str().to_owned());
        self.openid = Some(authorization.openid.as_str().to_owned());
        self.authorized_ms = Some(authorization.at.unix_millis());
        self.used_by = authorization.used_by.map(|serial| serial.to_string());
    }

    fn show_decline(&mut self, decline: Decline) {
        self.user = Some(decline.user.as_str().to_owned());
        self.openid = Some(decline.openid.as_str().to_owned());
        self.declined_ms = Some(decline.at.unix_millis());
    }
}

#[derive(Serialize, ToSchema)]
struct OrdersJson {
    orders: Vec<OrderJson>,
    /// Records that cannot be read; left out: there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /admin/v1/orders?appid=…&after=&limit=`: a merchant's orders, newest first: all, those of a
/// time (`from_ms`, `to_ms`), those of a `state` or a `user`; or the one of `order_id`. Among those of
/// a state or a user, what was committed in the last seconds may be missing.
#[utoipa::path(
    get,
    path = "/admin/v1/orders",
    tag = "admin",
    operation_id = "listOrders",
    description = "By one filter at most. What was committed in the last seconds may be missing under state and user.",
    params(
        ("appid" = String, Query, description = "The merchant.", pattern = "^wx[0-9a-f]{16}$"),
        ("order_id" = Option<String>, Query, description = "One order."),
        ("state" = Option<String>, Query, description = "Where it stands: declined, authorized, rejected."),
        ("user" = Option<String>, Query, description = "The user."),
        Period,
        Page,
    ),
    responses(
        (status = 200, description = "Newest first.", body = OrdersJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_orders(_: Operator, State(server): State<Server>, uri: Uri) -> Response {
    let found = async {
        let query = query_object(&uri)?;
        let merchant = merchant(&query)?;
        if let Some(order_id) = order_id(&query)? {
            let key = OrderKey { merchant, order_id };
            return Listing::of_one(orders::find(&server.app, &key).await);
        }
        let (filter, after, limit) = (read_filter(&query)?, after(&query)?, page_size(&query)?);
        orders::list(&server.app, &merchant, filter, after.as_deref(), limit).await
    };
    match found.await {
        Ok(Listing { items, damaged, next }) => {
            let orders = items.into_iter().map(OrderJson::from).collect();
            let damaged = DamagedJson::all(damaged);
            json(StatusCode::OK, bare(&OrdersJson { orders, damaged, next }))
        }
        Err(failure) => failed(failure),
    }
}

fn order_id(query: &Object) -> Result<Option<OrderId>, Refusal> {
    let text = query.text("order_id")?;
    if text.is_empty() { Ok(None) } else { OrderId::parse(&text).map(Some) }
}

/// Query members that a listing can go by, and the fields that they are.
const FILTERS: [(&str, Field); 2] = [("state", Field::State), ("user", Field::User)];
/// States that a listing can go by. Most orders are offered and nothing more: listings by time have them.
const STATES: [&str; 3] = ["declined", "authorized", "rejected"];

fn read_filter(query: &Object) -> Result<Filter, Refusal> {
    let filter = filter(query, &FILTERS)?;
    check_state(filter.as_ref(), &STATES)?;
    Ok(filter.unwrap_or(Filter::Time { from_ms: 0, to_ms: i64::MAX }))
}
