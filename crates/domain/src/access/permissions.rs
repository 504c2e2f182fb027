//! What accounts may call: each permission is a switch of the operator's (section 99, D-26).

use kaipiao_errcode::ErrorCode;

/// The calls that one switch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// What merchants call: sections 2, 7 to 12, 17 and 18.
    Merchant,
    /// Issuing through this server: sections 14 to 16.
    Invoicing,
    /// Inserting invoices that were issued elsewhere (wire_facts 1.1).
    Platform,
    /// Reading, locking and writing off the invoices of a company's staff (wire_facts 1.2).
    Reimbursement,
}

impl Permission {
    /// Every permission, in the order of the documentation.
    pub const ALL: [Self; 4] =
        [Self::Merchant, Self::Invoicing, Self::Platform, Self::Reimbursement];

    /// The switch's name in settings and in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Merchant => "merchant_api",
            Self::Invoicing => "invoicing_api",
            Self::Platform => "platform_api",
            Self::Reimbursement => "reimbursement_api",
        }
    }

    /// What a call without the permission is answered (section 99, D-26).
    pub const fn refusal_code(self) -> ErrorCode {
        match self {
            Self::Merchant | Self::Reimbursement => ErrorCode::ApiUnauthorized,
            Self::Invoicing | Self::Platform => ErrorCode::UnauthorizedCreateInvoice,
        }
    }
}

/// The permissions that an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions([bool; Permission::ALL.len()]);

impl Permissions {
    /// Those of which this is so.
    pub fn those(has: impl Fn(Permission) -> bool) -> Self {
        Self(Permission::ALL.map(has))
    }

    /// Whether this one is among them.
    pub const fn has(self, permission: Permission) -> bool {
        self.0[permission as usize]
    }
}
