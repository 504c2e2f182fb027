//! What accounts and their parts are called.

use crate::frame::Frame;
use kaipiao_domain::access::account::{AppId, Role};
use kaipiao_domain::access::permissions::Permission;
use kaipiao_domain::people::title::{TitleField, TitleSide};

/// Where the accounts are listed.
pub(crate) const PATH: &str = "/console/accounts";

/// An account's address.
pub(crate) fn address_of(appid: &AppId) -> String {
    format!("{PATH}/{appid}")
}

pub(crate) fn role_name(frame: &Frame, role: Role) -> &'static str {
    match role {
        Role::Merchant => frame.lang.t("商户（公众号）", "Merchant (Official Account)"),
        Role::Platform => frame.lang.t("开票平台", "Invoicing platform"),
        Role::Reimburser => frame.lang.t("报销企业", "Reimbursing company"),
        Role::MiniProgram => frame.lang.t("小程序", "Mini program"),
        Role::MobileApp => frame.lang.t("移动应用", "Mobile app"),
    }
}

pub(crate) fn permission_name(frame: &Frame, permission: Permission) -> &'static str {
    match permission {
        Permission::Merchant => frame.lang.t("授权页", "authorization"),
        Permission::Invoicing => frame.lang.t("开票", "invoicing"),
        Permission::Platform => frame.lang.t("平台插卡", "platform"),
        Permission::Reimbursement => frame.lang.t("报销", "reimbursement"),
    }
}

pub(crate) fn side_name(frame: &Frame, side: TitleSide) -> &'static str {
    match side {
        TitleSide::Company => frame.lang.t("单位", "Company"),
        TitleSide::Personal => frame.lang.t("个人", "Individual"),
    }
}

pub(crate) fn field_name(frame: &Frame, field: TitleField) -> &'static str {
    match field {
        TitleField::Title => frame.lang.t("抬头名称", "Name"),
        TitleField::TaxNo => frame.lang.t("税号", "Tax number"),
        TitleField::Addr => frame.lang.t("单位地址", "Address"),
        TitleField::Phone => frame.lang.t("电话号码", "Phone"),
        TitleField::BankType => frame.lang.t("开户银行", "Bank"),
        TitleField::BankNo => frame.lang.t("银行账户", "Bank account"),
        TitleField::Email => frame.lang.t("电子邮箱", "E-mail"),
    }
}
