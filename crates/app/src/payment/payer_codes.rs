//! The codes by which a user of the sandbox pays without a page: the 18 digits of their pay code, and the contract
//! of payments on behalf.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::get;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::record::{Expect, Save};
use kaipiao_records::payment::payer_code::{PayerCode, payer_code_key};
use kaipiao_records::record;

/// A user's codes. They never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerCodes {
    /// `auth_code` of micropay: 18 digits that begin with 13.
    pub auth_code: String,
    /// `contract_id` of pappayapply: 18 digits that begin with 20.
    pub contract_id: String,
}

/// A user's codes.
pub fn of(app: &App, user: &UserId) -> PayerCodes {
    PayerCodes { auth_code: code(app, "13", user), contract_id: code(app, "20", user) }
}

/// What is missing for a user's codes to work.
pub(crate) async fn missing(app: &App, user: &UserId) -> Result<Vec<Save>, Failure> {
    let PayerCodes { auth_code, contract_id } = of(app, user);
    let mut missing = Vec::new();
    for key in [auth_code, contract_id].map(|code| payer_code_key(&code)) {
        if get::<PayerCode>(app, &key).await?.is_none() {
            missing.push(record::save(key, Expect::Any, &PayerCode(user.clone())));
        }
    }
    Ok(missing)
}

fn code(app: &App, prefix: &str, user: &UserId) -> String {
    let mac = app.keys.payer_code_mac(prefix, user.as_str());
    let number = mac.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    format!("{prefix}{:016}", number % 10_000_000_000_000_000)
}

/// Whose code this is.
pub(super) async fn user_of(app: &App, code: &str) -> Result<Option<UserId>, Failure> {
    Ok(get::<PayerCode>(app, &payer_code_key(code)).await?.map(|PayerCode(user)| user))
}
