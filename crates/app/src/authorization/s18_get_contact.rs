//! Section 18: the merchant's contact, as set.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::get_fresh;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_errcode::ErrorCode;
use kaipiao_records::authorization::contact::contact_key;

/// The merchant's contact as set, also a moment ago on another node; 72063 when it never set any.
pub async fn get_contact(app: &App, caller: &Account) -> Result<Contact, Failure> {
    let set = get_fresh(app, &contact_key(caller.merchant())).await?;
    set.ok_or_else(|| {
        let detail = format!("{} never called set_contact", caller.merchant());
        Refusal::new(ErrorCode::ContactEmpty, detail).into()
    })
}
