//! Section 10: the authorization page's fields, as set.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::{get, get_fresh};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::authorization::page_fields::PageFields;
use kaipiao_errcode::ErrorCode;
use kaipiao_records::authorization::page_fields::page_fields_key;

/// What the merchant's type 1 page asks.
pub async fn page_fields(app: &App, merchant: &AppId) -> Result<PageFields, Failure> {
    Ok(get(app, &page_fields_key(merchant)).await?.unwrap_or_else(PageFields::never_set))
}

/// The merchant's fields as set, also a moment ago on another node; 72029 when it never set any.
pub async fn get_page_fields(app: &App, caller: &Account) -> Result<PageFields, Failure> {
    let set = get_fresh(app, &page_fields_key(caller.merchant())).await?;
    set.ok_or_else(|| {
        let detail = format!("{} never called set_auth_field", caller.merchant());
        Refusal::new(ErrorCode::NeverSetAuthField, detail).into()
    })
}
