//! Sections 9 and 10: the authorization page's fields.

use crate::{App, Failure};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::page_fields::PageFields;
use kaipiao_errcode::ErrorCode;
use kaipiao_records::authorization::page_fields::page_fields_key;

impl App {
    /// Replaces the merchant's fields.
    pub async fn set_page_fields(
        &self,
        caller: &Account,
        fields: &PageFields,
    ) -> Result<(), Failure> {
        fields.check(self.settings.custom_key_max_chars)?;
        self.put(page_fields_key(caller.merchant()), fields).await
    }

    /// The merchant's fields as set; 72029 when it never set any.
    pub async fn get_page_fields(&self, caller: &Account) -> Result<PageFields, Failure> {
        let set = self.get(&page_fields_key(caller.merchant())).await?;
        set.ok_or_else(|| {
            let detail = format!("{} never called set_auth_field", caller.merchant());
            Refusal::new(ErrorCode::NeverSetAuthField, detail).into()
        })
    }
}
