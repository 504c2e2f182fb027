//! Section 17: the merchant's contact.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::put;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_records::authorization::contact::contact_key;

/// Replaces the merchant's contact.
pub async fn set_contact(app: &App, caller: &Account, contact: &Contact) -> Result<(), Failure> {
    put(app, contact_key(caller.merchant()), contact).await
}
