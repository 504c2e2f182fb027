//! Pay merchants to add or change.

use super::error::SettingsError;
use super::files::either;
use kaipiao_app::payment::pay_merchants::PayMerchantSpec;
use serde::Deserialize;
use std::path::PathBuf;

/// `[[pay_merchants]]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayMerchantSetting {
    mchid: String,
    name: Option<String>,
    key: Option<String>,
    pub(super) key_file: Option<PathBuf>,
    accounts: Option<Vec<String>>,
    sub_merchants: Option<Vec<String>>,
}

impl PayMerchantSetting {
    pub(super) fn spec(&self) -> Result<PayMerchantSpec, SettingsError> {
        let whose = format!("pay_merchants: {}", self.mchid);
        Ok(PayMerchantSpec {
            mchid: self.mchid.clone(),
            name: self.name.clone(),
            key: either(&whose, "key", self.key.as_ref(), self.key_file.as_deref())?,
            accounts: self.accounts.clone(),
            sub_merchants: self.sub_merchants.clone(),
        })
    }
}
