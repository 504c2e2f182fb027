//! Accounts.

use crate::codec::{decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::access::account::{Account, AppId, PlatformId, Role, SecretHash};
use kaipiao_domain::access::address_range::AddressRange;
use kaipiao_domain::access::permissions::Permission;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// An account's key.
pub fn account_key(appid: &AppId) -> Key {
    Key { kind: Kind::Account, owner: appid.to_string(), id: String::new() }
}

#[derive(Serialize, Deserialize)]
struct AccountShape {
    role: String,
    name: String,
    original_id: String,
    secret_hash: String,
    bound_to: Option<String>,
    s_pappid: Option<String>,
    merchant_api: bool,
    invoicing_api: Option<bool>,
    platform_api: Option<bool>,
    reimbursement_api: Option<bool>,
    /// Left out while it may call from anywhere, as before there was a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    callers: Vec<String>,
}

impl Record for Account {
    const KIND: Kind = Kind::Account;

    fn encode(&self) -> String {
        let may = |permission| Some(self.permissions.has(permission));
        encode(&AccountShape {
            role: self.role.name().to_owned(),
            name: self.name.clone(),
            original_id: self.original_id.clone(),
            secret_hash: base16ct::lower::encode_string(&self.secret.0),
            bound_to: self.bound_to.as_ref().map(AppId::to_string),
            s_pappid: self.platform_id.as_ref().map(|id| id.as_str().to_owned()),
            merchant_api: self.permissions.has(Permission::Merchant),
            invoicing_api: may(Permission::Invoicing),
            platform_api: may(Permission::Platform),
            reimbursement_api: may(Permission::Reimbursement),
            callers: self.callers.iter().map(AddressRange::to_string).collect(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: AccountShape = decode(stored)?;
        let bound_to = shape.bound_to.map(|text| stored_appid(stored, "bound_to", &text));
        let role = known(stored, "role", Role::from_name(&shape.role))?;
        // An account from before there were more says of sections 14 to 16 what it says of the others.
        let said = |permission| match permission {
            Permission::Merchant => Some(shape.merchant_api),
            Permission::Invoicing => Some(shape.invoicing_api.unwrap_or(shape.merchant_api)),
            Permission::Platform => shape.platform_api,
            Permission::Reimbursement => shape.reimbursement_api,
        };
        let callers = shape.callers.iter();
        let callers = callers.map(|text| known(stored, "callers", AddressRange::parse(text)));
        Ok(Self {
            appid: stored_appid(stored, "the key", &stored.key.owner)?,
            role,
            name: shape.name,
            original_id: shape.original_id,
            secret: known(stored, "secret_hash", secret_hash(&shape.secret_hash))?,
            bound_to: bound_to.transpose()?,
            platform_id: shape.s_pappid.map(PlatformId::from_checked),
            permissions: role.permissions(said),
            callers: callers.collect::<Result<_, _>>()?,
        })
    }
}

fn secret_hash(text: &str) -> Option<SecretHash> {
    let bytes = base16ct::lower::decode_vec(text).ok()?;
    bytes.try_into().ok().map(SecretHash)
}
