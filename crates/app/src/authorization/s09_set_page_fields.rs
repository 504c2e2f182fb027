//! Section 9: the authorization page's fields.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::put;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::page_fields::PageFields;
use kaipiao_records::authorization::page_fields::page_fields_key;

/// Replaces the merchant's fields.
pub async fn set_page_fields(
    app: &App,
    caller: &Account,
    fields: &PageFields,
) -> Result<(), Failure> {
    fields.check(app.settings.custom_key_max_chars)?;
    put(app, page_fields_key(caller.merchant()), fields).await
}
