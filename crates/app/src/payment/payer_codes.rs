//! The codes by which a user of the sandbox pays without a page: the 18 digits of their pay code, and the contract
//! of payments on behalf (ruling D-157).
//!
//! A pay code is `13`, eleven digits that are its user's, and five more. Those five change each minute in the code
//! that the user shows; the fixed code, which programs use, has its own.

use crate::app::App;
use crate::failure::Failure;
use crate::payment::pay_failure::PayFailure;
use crate::store_access::get;
use core::time::Duration;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::people::user::UserId;
use kaipiao_domain::text;
use kaipiao_ports::record::{Expect, Save};
use kaipiao_records::payment::payer_code::{PayerCode, payer_code_key};
use kaipiao_records::record;

/// How long a user shows the same code. It serves as long again afterwards: it may be on its way to the till.
const SHOWN_FOR: Duration = Duration::from_secs(60);
/// The digits of a pay code that say whose it is.
const USER_DIGITS: usize = 13;

/// By what a payer is charged without a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargedBy<'a> {
    /// `auth_code`: the pay code that they show.
    PayCode(&'a str),
    /// `contract_id`
    Contract(&'a str),
}

impl ChargedBy<'_> {
    /// Whose it is. AUTH_CODE_INVALID: nobody's. AUTHCODEEXPIRE: it is shown no more.
    pub(crate) async fn payer(self, app: &App) -> Result<UserId, PayFailure> {
        match self {
            Self::PayCode(auth_code) => payer_of(app, auth_code).await,
            Self::Contract(contract_id) => payer_by_contract(app, contract_id).await,
        }
    }
}

/// A user's codes that never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerCodes {
    /// `auth_code` of micropay: 18 digits that begin with 13.
    pub auth_code: String,
    /// `contract_id` of pappayapply: 18 digits that begin with 20.
    pub contract_id: String,
}

/// A user's codes that never change.
pub fn of(app: &App, user: &UserId) -> PayerCodes {
    let contract_id = format!("20{}", digits(app, "20", user, 16));
    PayerCodes { auth_code: auth_code(app, user, "13"), contract_id }
}

/// The pay code that a user shows at this moment.
pub fn shown(app: &App, user: &UserId) -> String {
    shown_in(app, user, minute(app))
}

fn shown_in(app: &App, user: &UserId, minute: i64) -> String {
    auth_code(app, user, &format!("13/{minute}"))
}

fn minute(app: &App) -> i64 {
    app.now().unix_seconds().div_euclid(SHOWN_FOR.as_secs().cast_signed())
}

fn auth_code(app: &App, user: &UserId, moment: &str) -> String {
    format!("{}{}", user_digits(app, user), digits(app, moment, user, 5))
}

fn user_digits(app: &App, user: &UserId) -> String {
    format!("13{}", digits(app, "user", user, USER_DIGITS - 2))
}

/// Up to 19 digits that nobody else can tell.
fn digits(app: &App, purpose: &str, user: &UserId, count: usize) -> String {
    let mac = app.keys.payer_code_mac(purpose, user.as_str());
    let number = mac.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    format!("{number:020}").split_off(20 - count)
}

/// What is missing for a user's codes to work.
pub(crate) async fn missing(app: &App, user: &UserId) -> Result<Vec<Save>, Failure> {
    let mut missing = Vec::new();
    for name in [user_digits(app, user), of(app, user).contract_id] {
        let key = payer_code_key(&name);
        if get::<PayerCode>(app, &key).await?.is_none() {
            missing.push(record::save(key, Expect::Any, &PayerCode(user.clone())));
        }
    }
    Ok(missing)
}

/// Who shows this pay code. AUTH_CODE_INVALID: nobody; AUTHCODEEXPIRE: they show another one by now.
async fn payer_of(app: &App, auth_code: &str) -> Result<UserId, PayFailure> {
    let name = auth_code.get(..USER_DIGITS).unwrap_or(auth_code);
    let user = user_of(app, name).await?.ok_or_else(|| nobodys("auth_code", auth_code))?;
    let now = minute(app);
    let serves = of(app, &user).auth_code == auth_code
        || [now, now - 1].into_iter().any(|minute| shown_in(app, &user, minute) == auth_code);
    if serves {
        return Ok(user);
    }
    let detail = format!("auth_code {} is shown no more, scan it again", text::quoted(auth_code));
    Err(PayRefusal::new(PayErrorCode::AuthCodeExpire, detail).into())
}

/// Whose contract this is. AUTH_CODE_INVALID: nobody's.
async fn payer_by_contract(app: &App, contract_id: &str) -> Result<UserId, PayFailure> {
    let is_contract = contract_id.starts_with("20");
    let user = if is_contract { user_of(app, contract_id).await? } else { None };
    Ok(user.ok_or_else(|| nobodys("contract_id", contract_id))?)
}

async fn user_of(app: &App, name: &str) -> Result<Option<UserId>, Failure> {
    Ok(get::<PayerCode>(app, &payer_code_key(name)).await?.map(|PayerCode(user)| user))
}

fn nobodys(name: &str, code: &str) -> PayRefusal {
    let problem = "is nobody's; GET /sandbox/v1/accounts lists each user's codes";
    let detail = format!("{name} {} {problem}", text::quoted(code));
    PayRefusal::new(PayErrorCode::AuthCodeInvalid, detail)
}
