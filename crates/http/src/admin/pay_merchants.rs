//! Pay merchants: `/admin/v1/pay-merchants`.

use crate::admin::damaged::DamagedJson;
use crate::admin::error::{Refusals, failed};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::{RequestBody, query_object};
use crate::paging::{Page, after, page_size};
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::payment::pay_merchants::{self, PayMerchantSpec};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::payment::pay_merchant::{MchId, PayMerchant};
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct PayMerchantJson {
    mchid: String,
    name: String,
    accounts: Vec<String>,
    /// The mchids that it takes payments for.
    sub_merchants: Vec<String>,
    /// The merchant whose orders its payments become, and the platform that issues for them.
    link: Option<LinkJson>,
    /// Only when it was made just now: it is shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct LinkJson {
    appid: String,
    s_pappid: String,
}

impl PayMerchantJson {
    fn new(pay_merchant: PayMerchant, key: Option<String>) -> Self {
        Self {
            mchid: pay_merchant.mchid.to_string(),
            name: pay_merchant.name,
            accounts: pay_merchant.accounts.iter().map(AppId::to_string).collect(),
            sub_merchants: pay_merchant.sub_merchants.iter().map(MchId::to_string).collect(),
            link: pay_merchant.link.map(|link| LinkJson {
                appid: link.merchant.to_string(),
                s_pappid: link.platform.as_str().to_owned(),
            }),
            key,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct PayMerchantsJson {
    pay_merchants: Vec<PayMerchantJson>,
    /// Records that cannot be read; left out: there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /admin/v1/pay-merchants?limit=&after=`: by mchid.
#[utoipa::path(
    get,
    path = "/admin/v1/pay-merchants",
    tag = "admin",
    operation_id = "listPayMerchants",
    params(
        Page,
    ),
    responses(
        (status = 200, description = "By mchid.", body = PayMerchantsJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_pay_merchants(
    _: Operator,
    State(server): State<Server>,
    uri: Uri,
) -> Response {
    let listed = async {
        let query = query_object(&uri)?;
        let (after, limit) = (after(&query)?, page_size(&query)?);
        let page = pay_merchants::list(&server.app, after.as_deref(), limit).await?;
        let page = page.map(|pay_merchant| PayMerchantJson::new(pay_merchant, None));
        let damaged = DamagedJson::all(page.damaged);
        Ok(bare(&PayMerchantsJson { pay_merchants: page.items, damaged, next: page.next }))
    };
    listed.await.map_or_else(failed, |text| json(StatusCode::OK, text))
}

/// A pay merchant, as far as it is said.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
struct PayMerchantBody {
    /// As payers see it; the mchid unless it is said.
    #[schema(min_length = 1)]
    name: Option<String>,
    /// 32 letters and digits; a new pay merchant without one gets one.
    #[schema(pattern = "^[A-Za-z0-9]{32}$")]
    key: Option<String>,
    /// The appids that are bound to it.
    #[schema(max_items = 50)]
    accounts: Option<Vec<String>>,
    /// The mchids that it takes payments for.
    #[schema(max_items = 1000)]
    sub_merchants: Option<Vec<String>>,
}

/// `PUT /admin/v1/pay-merchants/{mchid}`
#[utoipa::path(
    put,
    path = "/admin/v1/pay-merchants/{mchid}",
    tag = "admin",
    operation_id = "putPayMerchant",
    description = "What is left out keeps its value.",
    params(
        ("mchid" = String, Path, description = "The pay merchant: 1 to 32 digits.", pattern = "^[0-9]{1,32}$"),
    ),
    request_body = PayMerchantBody,
    responses(
        (status = 200, description = "It was changed, or is as it was.", body = PayMerchantJson),
        (status = 201, description = "It is new; its key is shown here alone.", body = PayMerchantJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn put_pay_merchant(
    _: Operator,
    State(server): State<Server>,
    PathName(mchid): PathName,
    body: RequestBody,
) -> Response {
    let saved = async {
        let spec = read_spec(mchid, &body.object()?)?;
        let saved = pay_merchants::save(&server.app, &spec).await?;
        let status = if saved.is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok((status, bare(&PayMerchantJson::new(saved.pay_merchant, saved.new_key))))
    };
    saved.await.map_or_else(failed, |(status, text)| json(status, text))
}

fn read_spec(mchid: String, object: &Object) -> Result<PayMerchantSpec, Refusal> {
    Ok(PayMerchantSpec {
        mchid,
        name: object.optional_text("name")?,
        key: object.optional_text("key")?,
        accounts: object.texts("accounts")?,
        sub_merchants: object.texts("sub_merchants")?,
    })
}
