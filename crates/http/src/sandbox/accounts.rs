//! What a test suite needs to know of the sandbox: accounts, secrets, users and their openids.

use crate::admin::error::{SandboxRefusals, failed};
use crate::answer::json;
use crate::openapi::title_sides::TitleSides;
use crate::server::Server;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::access::{accounts, token};
use kaipiao_app::invoicing::taxpayers;
use kaipiao_app::listing::readable;
use kaipiao_app::payment::pay_merchants;
use kaipiao_app::payment::payer_codes::{self, PayerCodes};
use kaipiao_app::people::{titles, users};
use kaipiao_app::sandbox::{
    DEMO_ACCOUNTS, DEMO_ADMIN_TOKEN, DEMO_MCH_KEY, DEMO_MCHID, DEMO_MERCHANT, DEMO_PLATFORM,
};
use kaipiao_app::{App, Failure};
use kaipiao_domain::access::account::{Account, PlatformId};
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_wire::answer::bare;
use kaipiao_wire::people::title::TitleJson;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct DemoJson {
    accounts: Vec<DemoAccountJson>,
    s_pappid: Option<String>,
    /// The demo pay merchant.
    mchid: Option<String>,
    /// The demo's, as long as it is the pay merchant's; null otherwise.
    mch_key: Option<&'static str>,
    /// The demo merchant's taxpayer.
    merchant: Option<MerchantJson>,
    admin_token: Option<String>,
    users: Vec<DemoUserJson>,
}

#[derive(Serialize, ToSchema)]
struct DemoAccountJson {
    appid: String,
    /// The demo's, as long as it is the account's; null otherwise: only its hash is kept.
    secret: Option<&'static str>,
    role: &'static str,
    original_id: String,
    name: String,
    bound_to: Option<String>,
    merchant: Option<MerchantJson>,
}

/// What a request for an invoice must name.
#[derive(Clone, Serialize, ToSchema)]
struct MerchantJson {
    code: String,
    nsrsbh: String,
    nsrmc: String,
}

impl From<Taxpayer> for MerchantJson {
    fn from(taxpayer: Taxpayer) -> Self {
        let code = taxpayer.code.as_str().to_owned();
        Self { code, nsrsbh: taxpayer.party.tax_id, nsrmc: taxpayer.party.name }
    }
}

#[derive(Serialize, ToSchema)]
struct DemoUserJson {
    id: String,
    name: String,
    openids: BTreeMap<String, String>,
    /// Quick pay's code, and the contract of payments on behalf.
    auth_code: String,
    contract_id: String,
    #[schema(value_type = Vec<TitleSides>)]
    titles: Vec<serde_json::Value>,
}

/// Records that the listings below read at once: a sandbox has no more accounts, nor users.
const ALL: usize = 100_000;

/// What a test suite needs to know, as JSON text: also `kaipiao accounts --json`.
pub async fn accounts_json(app: &App, admin_token: Option<&str>) -> Result<String, Failure> {
    let accounts = accounts::list(app, None, ALL).await?.items;
    let users = users_json(app, &accounts).await?;
    let mut merchants = BTreeMap::new();
    for account in &accounts {
        if let Some(taxpayer) = taxpayers::find(app, &account.appid).await? {
            merchants.insert(account.appid.to_string(), MerchantJson::from(taxpayer));
        }
    }
    let s_pappid = demo_platform(&accounts).map(|id| id.as_str().to_owned());
    let to_json = |account: &Account| DemoAccountJson {
        appid: account.appid.to_string(),
        secret: demo_secret(app, account),
        role: account.role.name(),
        original_id: account.original_id.clone(),
        name: account.name.clone(),
        bound_to: account.bound_to.as_ref().map(ToString::to_string),
        merchant: merchants.get(account.appid.as_str()).cloned(),
    };
    let accounts = accounts.iter().map(to_json).collect();
    // An operator's own token is not shown to whoever reaches the sandbox.
    let admin_token = admin_token.filter(|token| *token == DEMO_ADMIN_TOKEN).map(str::to_owned);
    let merchant = merchants.get(DEMO_MERCHANT).cloned();
    let pay_merchant = match MchId::parse(DEMO_MCHID) {
        Some(mchid) => readable(pay_merchants::find(app, &mchid).await, &mut Vec::new())?,
        None => None,
    };
    let mch_key = pay_merchant.as_ref().and_then(|known| {
        let is_demo = pay_merchants::open_key(app, known).is_ok_and(|key| key == DEMO_MCH_KEY);
        is_demo.then_some(DEMO_MCH_KEY)
    });
    let mchid = pay_merchant.map(|pay_merchant| pay_merchant.mchid.to_string());
    Ok(bare(&DemoJson { accounts, s_pappid, mchid, mch_key, merchant, admin_token, users }))
}

async fn users_json(app: &App, accounts: &[Account]) -> Result<Vec<DemoUserJson>, Failure> {
    let mut json = Vec::new();
    for user in users::list(app, None, ALL).await?.items {
        let openid = |account: &Account| {
            let openid = users::openid(app, &account.appid, &user.id);
            (account.appid.to_string(), openid.as_str().to_owned())
        };
        let PayerCodes { auth_code, contract_id } = payer_codes::of(app, &user.id);
        let book = titles::title_book(app, &user).await?;
        let titles = book.iter().map(|entry| serde_json::json!(TitleJson(&entry.title)));
        json.push(DemoUserJson {
            id: user.id.as_str().to_owned(),
            name: user.name.clone(),
            openids: accounts.iter().map(openid).collect(),
            auth_code,
            contract_id,
            titles: titles.collect(),
        });
    }
    Ok(json)
}

/// The demo platform's s_pappid, whatever accounts were added; without it another platform's.
fn demo_platform(accounts: &[Account]) -> Option<&PlatformId> {
    let platforms = || accounts.iter().filter(|account| account.platform_id.is_some());
    let demo = platforms().find(|account| account.appid.as_str() == DEMO_PLATFORM);
    demo.or_else(|| platforms().next())?.platform_id.as_ref()
}

fn demo_secret(app: &App, account: &Account) -> Option<&'static str> {
    let secrets = DEMO_ACCOUNTS.iter().map(|demo| demo.secret);
    secrets.into_iter().find(|secret| token::has_secret(app, account, secret))
}

/// `GET /sandbox/v1/accounts`
#[utoipa::path(
    get,
    path = "/sandbox/v1/accounts",
    tag = "sandbox",
    operation_id = "listDemoAccounts",
    responses(
        (status = 200, description = "What a test suite needs to know.", body = DemoJson),
        SandboxRefusals,
    ),
)]
pub(crate) async fn accounts(State(server): State<Server>) -> Response {
    match accounts_json(&server.app, server.settings.admin_token.as_deref()).await {
        Ok(text) => json(StatusCode::OK, text),
        Err(failure) => failed(failure),
    }
}
