//! Accounts: `/admin/v1/accounts`.

use crate::admin::callbacks::CallbackJson;
use crate::admin::damaged::DamagedJson;
use crate::admin::error::{Refusals, failed};
use crate::admin::operator::Operator;
use crate::admin::taxpayers::{TaxpayerBody, TaxpayerJson, read_taxpayer};
use crate::answer::json;
use crate::body::{RequestBody, query_object};
use crate::paging::{Page, after, page_size};
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::accounts::{self, AccountSpec};
use kaipiao_app::delivery::callbacks;
use kaipiao_app::invoicing::taxpayers::{self, TaxpayerError};
use kaipiao_app::listing::{Damaged, readable};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::access::address_range::AddressRange;
use kaipiao_domain::access::permissions::Permission;
use kaipiao_wire::answer::bare;
use kaipiao_wire::invoicing::s14_make_out::refuse_taxpayer;
use kaipiao_wire::object::Object;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct AccountJson<'a> {
    appid: &'a str,
    role: &'static str,
    name: &'a str,
    original_id: &'a str,
    bound_to: Option<&'a str>,
    s_pappid: Option<&'a str>,
    merchant_api: bool,
    invoicing_api: bool,
    platform_api: bool,
    reimbursement_api: bool,
    callers: Vec<String>,
    merchant: Option<TaxpayerJson>,
    callback: Option<CallbackJson>,
    /// Only when it was made just now: it is shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl<'a> AccountJson<'a> {
    async fn new(
        server: &Server,
        account: &'a Account,
        secret: Option<String>,
        damaged: &mut Vec<Damaged>,
    ) -> Result<Self, Failure> {
        let app = &server.app;
        let callback = readable(callbacks::find(app, &account.appid).await, damaged)?;
        let taxpayer = readable(taxpayers::find(app, &account.appid).await, damaged)?;
        let may = |permission| account.permissions.has(permission);
        Ok(Self {
            appid: account.appid.as_str(),
            role: account.role.name(),
            name: &account.name,
            original_id: &account.original_id,
            bound_to: account.bound_to.as_ref().map(|appid| appid.as_str()),
            s_pappid: account.platform_id.as_ref().map(|id| id.as_str()),
            merchant_api: may(Permission::Merchant),
            invoicing_api: may(Permission::Invoicing),
            platform_api: may(Permission::Platform),
            reimbursement_api: may(Permission::Reimbursement),
            callers: account.callers.iter().map(AddressRange::to_string).collect(),
            merchant: taxpayer.map(TaxpayerJson::from),
            callback: callback.map(CallbackJson::from),
            secret,
        })
    }
}

#[derive(Serialize, ToSchema)]
struct AccountsJson<'a> {
    accounts: Vec<AccountJson<'a>>,
    /// Records that cannot be read; left out: there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /admin/v1/accounts?limit=&after=`: by appid.
#[utoipa::path(
    get,
    path = "/admin/v1/accounts",
    tag = "admin",
    operation_id = "listAccounts",
    params(
        Page,
    ),
    responses(
        (status = 200, description = "Accounts by appid.", body = AccountsJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_accounts(_: Operator, State(server): State<Server>, uri: Uri) -> Response {
    let listed = async {
        let query = query_object(&uri)?;
        let after = after(&query)?;
        let mut page = accounts::list(&server.app, after.as_deref(), page_size(&query)?).await?;
        let mut accounts = Vec::new();
        for account in &page.items {
            accounts.push(AccountJson::new(&server, account, None, &mut page.damaged).await?);
        }
        let damaged = DamagedJson::all(page.damaged);
        Ok(bare(&AccountsJson { accounts, damaged, next: page.next }))
    };
    listed.await.map_or_else(failed, |text| json(StatusCode::OK, text))
}

/// An account, as far as it is said.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
struct AccountBody {
    /// `merchant`, `platform`, `reimburser`, `mini_program` or `mobile_app`; needed for a new account, and final.
    #[schema(pattern = "^(merchant|platform|reimburser|mini_program|mobile_app)$")]
    role: Option<String>,
    /// On pages; the appid unless it is said.
    name: Option<String>,
    /// `gh_…`, which its pushes are addressed to.
    #[schema(min_length = 1)]
    original_id: Option<String>,
    /// 16 to 128 visible ASCII characters; a new account without one gets one.
    secret: Option<String>,
    /// A mini program's or mobile app's merchant; final.
    #[schema(pattern = "^wx[0-9a-f]{16}$")]
    bound_to: Option<String>,
    /// Of an account that issues invoices and has an id already.
    s_pappid: Option<String>,
    /// Sections 2, 7 to 12, 17 and 18.
    merchant_api: Option<bool>,
    /// Sections 14 to 16.
    invoicing_api: Option<bool>,
    /// The calls that insert invoices.
    platform_api: Option<bool>,
    /// `reimburse/…`
    reimbursement_api: Option<bool>,
    /// The addresses that it calls from; none: any.
    #[schema(max_items = 100)]
    callers: Option<Vec<String>>,
    /// Its taxpayer and numbers.
    merchant: Option<TaxpayerBody>,
}

/// `PUT /admin/v1/accounts/{appid}`
#[utoipa::path(
    put,
    path = "/admin/v1/accounts/{appid}",
    tag = "admin",
    operation_id = "putAccount",
    description = "What is left out keeps its value. An account of the config file has its values again at the next start.",
    params(
        ("appid" = String, Path, description = "The account: `wx` and 16 lower-case hexadecimal digits.", pattern = "^wx[0-9a-f]{16}$"),
    ),
    request_body(content = AccountBody, example = json!({"role": "reimburser", "name": "Company"})),
    responses(
        (status = 200, description = "It was changed, or is as it was.", body = AccountJson),
        (status = 201, description = "It is new; its secret is shown here alone.", body = AccountJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn put_account(
    _: Operator,
    State(server): State<Server>,
    PathName(appid): PathName,
    body: RequestBody,
) -> Response {
    let spec = match body.object().and_then(|object| read_spec(appid, &object)) {
        Ok(spec) => spec,
        Err(refusal) => return failed(refusal.into()),
    };
    let saved = async {
        let saved = accounts::save(&server.app, &spec).await.map_err(|error| match error {
            TaxpayerError::Content(problem) => refuse_taxpayer(&problem).into(),
            TaxpayerError::Failed(failure) => failure,
        })?;
        let status = if saved.is_new { StatusCode::CREATED } else { StatusCode::OK };
        let (account, secret, mut damaged) = (&saved.account, saved.new_secret, Vec::new());
        let text = bare(&AccountJson::new(&server, account, secret, &mut damaged).await?);
        damaged.pop().map_or(Ok((status, text)), |part| Err(Failure::Unreadable(part)))
    };
    saved.await.map_or_else(failed, |(status, text)| json(status, text))
}

fn read_permissions(object: &Object) -> Result<BTreeMap<Permission, bool>, Refusal> {
    let said = Permission::ALL.into_iter().filter(|permission| object.has(permission.name()));
    said.map(|permission| Ok((permission, object.flag(permission.name())?))).collect()
}

fn read_spec(appid: String, object: &Object) -> Result<AccountSpec, Refusal> {
    Ok(AccountSpec {
        appid,
        role: object.optional_text("role")?,
        name: object.optional_text("name")?,
        original_id: object.optional_text("original_id")?,
        secret: object.optional_text("secret")?,
        bound_to: object.optional_text("bound_to")?,
        s_pappid: object.optional_text("s_pappid")?,
        permissions: read_permissions(object)?,
        callers: object.texts("callers")?,
        merchant: object.object("merchant")?.as_ref().map(read_taxpayer).transpose()?,
    })
}
