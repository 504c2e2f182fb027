//! Accounts to add or change.

use super::error::SettingsError;
use super::files;
use kaipiao_app::access::accounts::AccountSpec;
use kaipiao_app::delivery::callbacks::CallbackSpec;
use kaipiao_app::invoicing::taxpayers::{RangeSpec, TaxpayerSpec};
use kaipiao_domain::access::permissions::Permission;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `[[accounts]]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSetting {
    pub(super) appid: String,
    role: Option<String>,
    name: Option<String>,
    original_id: Option<String>,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    bound_to: Option<String>,
    s_pappid: Option<String>,
    pub(super) callback_url: Option<String>,
    callback_token: Option<String>,
    callback_token_file: Option<PathBuf>,
    callback_aes_key: Option<String>,
    callback_aes_key_file: Option<PathBuf>,
    callback_mode: Option<String>,
    callback_format: Option<String>,
    merchant_api: Option<bool>,
    invoicing_api: Option<bool>,
    platform_api: Option<bool>,
    reimbursement_api: Option<bool>,
    callers: Option<Vec<String>>,
    merchant: Option<MerchantSetting>,
}

impl AccountSetting {
    fn either(
        &self,
        name: &str,
        here: &Option<String>,
        file: &Option<PathBuf>,
    ) -> Result<Option<String>, SettingsError> {
        files::either(&format!("accounts: {}", self.appid), name, here.as_ref(), file.as_deref())
    }

    pub(super) fn secret_files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let files = [
            ("accounts: secret_file", &self.secret_file),
            ("accounts: callback_token_file", &self.callback_token_file),
            ("accounts: callback_aes_key_file", &self.callback_aes_key_file),
        ];
        files.into_iter().filter_map(|(setting, path)| Some((setting, path.as_deref()?)))
    }

    pub(super) fn forgot_its_callback(&self) -> bool {
        let others = [
            &self.callback_token,
            &self.callback_aes_key,
            &self.callback_mode,
            &self.callback_format,
        ];
        let files = [&self.callback_token_file, &self.callback_aes_key_file];
        self.callback_url.is_none()
            && (others.iter().any(|o| o.is_some()) || files.iter().any(|o| o.is_some()))
    }

    pub(super) fn callback(&self) -> Result<CallbackSpec, SettingsError> {
        let (token, token_file) = (&self.callback_token, &self.callback_token_file);
        let (aes_key, aes_key_file) = (&self.callback_aes_key, &self.callback_aes_key_file);
        Ok(CallbackSpec {
            url: self.callback_url.clone().unwrap_or_default(),
            token: self.either("callback_token", token, token_file)?.unwrap_or_default(),
            encoding_aes_key: self
                .either("callback_aes_key", aes_key, aes_key_file)?
                .unwrap_or_default(),
            mode: self.callback_mode.clone().unwrap_or_default(),
            format: self.callback_format.clone().unwrap_or_default(),
            stands_in: false,
        })
    }

    fn permissions(&self) -> BTreeMap<Permission, bool> {
        let said = |permission| match permission {
            Permission::Merchant => self.merchant_api,
            Permission::Invoicing => self.invoicing_api,
            Permission::Platform => self.platform_api,
            Permission::Reimbursement => self.reimbursement_api,
        };
        Permission::ALL
            .into_iter()
            .filter_map(|permission| Some((permission, said(permission)?)))
            .collect()
    }

    pub(super) fn spec(&self) -> Result<AccountSpec, SettingsError> {
        Ok(AccountSpec {
            appid: self.appid.clone(),
            role: self.role.clone(),
            name: self.name.clone(),
            original_id: self.original_id.clone(),
            secret: self.either("secret", &self.secret, &self.secret_file)?,
            bound_to: self.bound_to.clone(),
            s_pappid: self.s_pappid.clone(),
            permissions: self.permissions(),
            callers: self.callers.clone(),
            merchant: self.merchant.as_ref().map(MerchantSetting::spec),
        })
    }
}

/// `merchant` of `[[accounts]]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MerchantSetting {
    code: Option<String>,
    nsrsbh: Option<String>,
    nsrmc: Option<String>,
    nsrdz: Option<String>,
    nsrdh: Option<String>,
    nsrbank: Option<String>,
    nsrbankid: Option<String>,
    face: Option<String>,
    #[serde(default)]
    numbers: Vec<RangeSetting>,
}

/// A range of invoice numbers.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeSetting {
    code: String,
    first: i64,
    last: i64,
}

impl MerchantSetting {
    fn spec(&self) -> TaxpayerSpec {
        let range = |range: &RangeSetting| RangeSpec {
            code: range.code.clone(),
            first: range.first,
            last: range.last,
        };
        TaxpayerSpec {
            code: self.code.clone(),
            tax_id: self.nsrsbh.clone(),
            name: self.nsrmc.clone(),
            address: self.nsrdz.clone(),
            phone: self.nsrdh.clone(),
            bank: self.nsrbank.clone(),
            bank_account: self.nsrbankid.clone(),
            face: self.face.clone(),
            numbers: self.numbers.iter().map(range).collect(),
        }
    }
}
