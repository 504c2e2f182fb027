//! The operator's API: plain HTTP statuses and `{"error":…}`, behind a bearer token.

use crate::Server;
use crate::access::caller::Operator;
use crate::admin::invoices::{TaxpayerOut, read_taxpayer};
use crate::admin::pushes::CallbackOut;
use crate::answer::json;
use crate::body::Sent;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::accounts::AccountSpec;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;

#[derive(Serialize)]
struct AccountOut<'a> {
    appid: &'a str,
    role: &'static str,
    name: &'a str,
    original_id: &'a str,
    bound_to: Option<&'a str>,
    s_pappid: Option<&'a str>,
    merchant_api: bool,
    merchant: Option<TaxpayerOut>,
    callback: Option<CallbackOut>,
    /// Only when it was made just now: it is told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl<'a> AccountOut<'a> {
    async fn new(
        server: &Server,
        account: &'a Account,
        secret: Option<String>,
    ) -> Result<Self, Failure> {
        let callback = server.app.shown_callback(&account.appid).await?;
        let taxpayer = server.app.taxpayer(&account.appid).await?;
        Ok(Self {
            appid: account.appid.as_str(),
            role: account.role.name(),
            name: &account.name,
            original_id: &account.original_id,
            bound_to: account.bound_to.as_ref().map(|appid| appid.as_str()),
            s_pappid: account.platform_id.as_ref().map(|id| id.as_str()),
            merchant_api: account.merchant_api,
            merchant: taxpayer.map(TaxpayerOut::from),
            callback: callback.map(CallbackOut::from),
            secret,
        })
    }
}

#[derive(Serialize)]
struct ErrorOut<'a> {
    error: &'a str,
}

/// `{"error":…}` with a status.
pub(crate) fn refuse(status: StatusCode, error: &str) -> Response {
    json(status, bare(&ErrorOut { error }))
}

/// A use case's failure in this API's terms; the log has the store's words.
pub(crate) fn failed(failure: Failure) -> Response {
    match failure {
        Failure::Refused(refusal) => refuse(StatusCode::BAD_REQUEST, &refusal.to_string()),
        Failure::Unavailable(why) => {
            tracing::error!(%why, "failed");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "the store is away, try again")
        }
    }
}

pub(crate) async fn list_accounts(_: Operator, State(server): State<Server>) -> Response {
    #[derive(Serialize)]
    struct Out<'a> {
        accounts: Vec<AccountOut<'a>>,
    }
    let listed = async {
        let accounts = server.app.accounts().await?;
        let mut out = Vec::new();
        for account in &accounts {
            out.push(AccountOut::new(&server, account, None).await?);
        }
        Ok(bare(&Out { accounts: out }))
    };
    listed.await.map_or_else(failed, |text| json(StatusCode::OK, text))
}

pub(crate) async fn put_account(
    _: Operator,
    State(server): State<Server>,
    Path(appid): Path<String>,
    sent: Sent,
) -> Response {
    let spec = match sent.object().and_then(|object| read_spec(appid, &object)) {
        Ok(spec) => spec,
        Err(refusal) => return failed(refusal.into()),
    };
    let saved = async {
        let saved = server.app.save_account(&spec).await?;
        let status = if saved.is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok((status, bare(&AccountOut::new(&server, &saved.account, saved.new_secret).await?)))
    };
    saved.await.map_or_else(failed, |(status, text)| json(status, text))
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
        merchant_api: if object.has("merchant_api") {
            Some(object.flag("merchant_api")?)
        } else {
            None
        },
        merchant: object.object("merchant")?.as_ref().map(read_taxpayer).transpose()?,
    })
}

/// A page that is not asked for in another size, and the largest.
const PAGE: i64 = 100;
const LARGEST_PAGE: i64 = 1000;

/// `limit` of a listing: 100 unless it is given, 1,000 at most.
pub(crate) fn page_size(object: &Object) -> Result<usize, Refusal> {
    let limit = object.integer("limit")?.unwrap_or(PAGE);
    let fits = usize::try_from(limit).ok().filter(|_| (1..=LARGEST_PAGE).contains(&limit));
    fits.ok_or_else(|| Refusal::invalid("limit", format!("must be 1 to {LARGEST_PAGE}")))
}
