//! Sections 17 and 18: the merchant's contact.

use crate::{App, Failure};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_errcode::ErrorCode;
use kaipiao_records::authorization::contact::contact_key;

impl App {
    /// Replaces the merchant's contact.
    pub async fn set_contact(&self, caller: &Account, contact: &Contact) -> Result<(), Failure> {
        self.put(contact_key(caller.merchant()), contact).await
    }

    /// The merchant's contact as set; 72063 when it never set any.
    pub async fn get_contact(&self, caller: &Account) -> Result<Contact, Failure> {
        let set = self.get(&contact_key(caller.merchant())).await?;
        set.ok_or_else(|| {
            let detail = format!("{} never called set_contact", caller.merchant());
            Refusal::new(ErrorCode::ContactEmpty, detail).into()
        })
    }
}
